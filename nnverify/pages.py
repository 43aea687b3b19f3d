"""A page for each code: meaning, how it is recognised, wrong and right lines, what to do. The text is in pages.toml."""

from __future__ import annotations

import textwrap
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from nnverify._errors import UsageError
from nnverify.codes import CODES

_WIDTH = 80
_KINDS = {
    "NV1": "cause of a FAIL",
    "NV2": "reason of INCONCLUSIVE",
    "NV3": "contract of a backward pass",
    "NV4": "derivations",
}


@dataclass(frozen=True)
class Page:
    """All there is to say about one code."""

    code: str
    means: str
    seen: str
    wrong: str
    right: str
    fix: str

    def __str__(self) -> str:
        head = f"{self.code}   {CODES[self.code]}   ({_KINDS[self.code[:3]]})"
        code = f"  wrong:  {self.wrong}\n  right:  {self.right}"
        seen, fix = f"How it is recognised\n{_filled(self.seen)}", f"What to do\n{_filled(self.fix)}"
        return "\n\n".join([head, _filled(self.means), seen, code, fix])


def _filled(words: str) -> str:
    return textwrap.fill(words, _WIDTH, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)


@cache
def pages() -> dict[str, Page]:
    """Every page, by code."""
    text = files("nnverify").joinpath("pages.toml").read_text(encoding="utf-8")
    return {code: Page(code, **parts) for code, parts in tomllib.loads(text).items()}


def page(code: str) -> Page:
    """The page of one code, upper case or not. Raises UsageError for a code that there is not."""
    found = pages().get(code.upper())
    if found is None:
        raise UsageError(
            what=f"there is no code {code!r}", where="nnverify explain", fix="nnverify explain --list shows them all"
        )
    return found


def listed() -> Iterator[str]:
    """One line for each code."""
    yield from (f"{code}  {words}" for code, words in CODES.items())
