"""The records: a real bug restated small in NumPy, with its right version, and a report of a bug that was none.

Records only; the tables beside this module fill them, score.py judges.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

# What went wrong, in the classes that the bugs were collected under.
KINDS = {
    "MT": "missing or wrong term",
    "SG": "sign",
    "SC": "scale factor",
    "UP": "upstream ignored",
    "NL": "not linear in the upstream",
    "AX": "axis, index or reduction",
    "TR": "transposed",
    "BC": "broadcast not summed back",
    "SH": "only for some shape or option",
    "IX": "index pattern",
    "SV": "special value",
    "KK": "tie or kink",
    "PR": "precision and overflow",
    "OV": "narrow offsets",
    "DT": "only in one dtype",
    "LY": "memory layout",
    "AL": "aliasing and mutation",
    "ST": "stale or unwritten memory",
    "ND": "not deterministic",
    "AC": "accumulation and fan-out",
    "BL": "batch and mode",
    "EN": "engine",
    "2D": "second derivative",
    "CX": "complex",
}


@dataclass(frozen=True)
class Bug:
    """right and wrong make fresh arguments of check_gradients: a forward with its backward, or one target.

    source   the project with its issue (#), pull request (!) or commit (@), or what the report was about
    words    what was wrong, and when
    leaves   what a caller would have passed, knowing nothing of the bug
    options  what a caller must say besides; wrongly for the wrong version, where it is what makes it wrong
    """

    name: str
    source: str
    kind: str
    words: str
    right: Callable[[], Any]
    wrong: Callable[[], Any]
    leaves: Mapping[str, Any]
    options: Mapping[str, Any] = field(default_factory=dict)
    wrongly: Mapping[str, Any] | None = None

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Control:
    """A gradient that was reported as wrong, and is right: no checker may accuse it."""

    name: str
    source: str
    words: str
    right: Callable[[], Any]
    leaves: Mapping[str, Any]
    options: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name


def bug(
    name: str,
    source: str,
    kind: str,
    words: str,
    forward: Callable[..., Any],
    right: Callable[..., Any],
    wrong: Callable[..., Any],
    leaves: Mapping[str, Any],
    **options: Any,
) -> Bug:
    """A bug in a backward(dout, *leaves) that keeps nothing between its calls."""
    return Bug(name, source, kind, words, lambda: (forward, right), lambda: (forward, wrong), leaves, options)


def control(
    name: str,
    source: str,
    words: str,
    forward: Callable[..., Any],
    right: Callable[..., Any],
    leaves: Mapping[str, Any],
    **options: Any,
) -> Control:
    """The same for a report that was wrong."""
    return Control(name, source, words, lambda: (forward, right), leaves, options)


def sigmoid(x: Any) -> Any:
    """1/(1 + e⁻ˣ) without overflow."""
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1.0, e) / (1 + e)
