"""Formulas in plain letters, as MathML: dW = (2/m) Xᵀ(a−y). What is not understood is kept as it was typed.

Plain letters and not LaTeX, because that is the statement which every package of derivations has.
"""

from __future__ import annotations

import re
from html import escape

_RAISED = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ˡᵀⁿ", "0123456789+−()lTn", strict=True))
_LOWERED = dict(zip("₀₁₂₃₄₅₆₇₈₉ᵢⱼₖₘₙₚ₊₋", "0123456789ijkmnp+−", strict=True))
# Brackets as high as letters, and a prime that stands close: its glyph is already a raised one.
_SIGNS = dict.fromkeys("()[]", ' stretchy="false"') | {"′": ' lspace="0" rspace="0"'}
_ATOM = re.compile(
    rf"""
    \((?P<over>\w+)/(?P<under>\w+)\)                      # (2/m) is a fraction
  | (?P<d>d)(?=[^\W\d_](?:\d|\b|[{"".join(_RAISED)}]))   # the d of dW
  | (?P<raised>[{"".join(_RAISED)}]+)
  | (?P<lowered>[{"".join(_LOWERED)}]+|_[A-Za-z0-9]+)
  | (?P<word>[A-Za-z]+)(?P<number>\d*)                    # W2 is W with a 2 below it; δ1 is a product
  | (?P<digits>\d+(?:\.\d+)?)
  | (?P<space>\s+)
  | (?P<sign>.)
    """,
    re.VERBOSE | re.DOTALL,
)


def formula(statement: str) -> str:
    """One <math> element; names and signs are escaped."""
    atoms: list[_Atom] = []
    for match in _ATOM.finditer(statement):
        kind = match.lastgroup or "sign"
        if kind == "space":
            continue
        if kind in ("raised", "lowered") and atoms:
            atoms[-1].attach(kind, match[0].lstrip("_"))
        else:
            atoms.append(_atom(match, kind))
    return f"<math>{''.join(map(str, atoms))}</math>"


class _Atom:
    """A letter, number or sign, with what is raised and lowered beside it."""

    def __init__(self, core: str, lowered: str = "") -> None:
        self.core, self.scripts = core, {"raised": "", "lowered": lowered}

    def attach(self, kind: str, letters: str) -> None:
        self.scripts[kind] += letters

    def __str__(self) -> str:
        raised, lowered = (_script(self.scripts[kind], kind) for kind in ("raised", "lowered"))
        if raised and lowered:
            return f"<msubsup>{self.core}{lowered}{raised}</msubsup>"
        if raised:
            return f"<msup>{self.core}{raised}</msup>"
        return f"<msub>{self.core}{lowered}</msub>" if lowered else self.core


def _atom(match: re.Match[str], kind: str) -> _Atom:
    if kind == "under":
        return _Atom(f"<mfrac>{_plain(match['over'])}{_plain(match['under'])}</mfrac>")
    if kind in ("word", "number"):
        return _Atom(f"<mi>{escape(match['word'])}</mi>", match["number"])
    return _Atom(_plain(match[0]))


def _plain(letters: str) -> str:
    """A run of letters, of digits, or one sign."""
    if letters[0].isdigit():
        return f"<mn>{letters}</mn>"
    if letters == "T":
        return '<mi mathvariant="normal">T</mi>'
    if letters.isalpha():
        return f"<mi>{escape(letters)}</mi>"
    return f"<mo{_SIGNS.get(letters, '')}>{escape(letters)}</mo>"


def _script(letters: str, kind: str) -> str:
    table = _RAISED if kind == "raised" else _LOWERED
    parts = re.findall(r"\d+|.", "".join(table.get(letter, letter) for letter in letters))
    return f"<mrow>{''.join(map(_plain, parts))}</mrow>" if parts else ""
