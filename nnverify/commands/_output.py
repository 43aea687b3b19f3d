"""Where reports go, in which colours, and how progress shows: what all commands share."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol, TypeVar

from nnverify._errors import NnverifyError

PASS, FAIL, COULD_NOT_RUN, INCONCLUSIVE, NOTHING, INTERRUPTED = 0, 1, 2, 3, 5, 130
STATUS = {"pass": PASS, "fail": FAIL, "inconclusive": INCONCLUSIVE}


class _Named(Protocol):
    @property
    def identifier(self) -> str: ...


_Row = TypeVar("_Row", bound=_Named)


def add(parser: argparse.ArgumentParser, formats: Iterable[str]) -> None:
    """The options that every report has."""
    parser.add_argument("--seed", type=int, default=0, help="seed of every draw (default: 0)")
    parser.add_argument("--format", choices=tuple(formats), default="text", help="default: text")
    parser.add_argument("--output", metavar="FILE", help="write the report to FILE")


def write(text: str, path: str | None) -> None:
    """To the file, or to standard output. Raises NnverifyError where the file cannot be written."""
    if path is None:
        print(text)
        return
    try:
        Path(path).write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise NnverifyError(
            what=f"the report could not be written: {error.strerror}",
            where=path,
            fix="name a file in a folder that is writable",
        ) from error


def counted(rows: Iterable[_Row], total: int) -> Iterator[_Row]:
    """The rows, with a counter on standard error where that is a terminal."""
    shown = sys.stderr.isatty()
    for number, row in enumerate(rows, start=1):
        if shown:
            print(f"\r\x1b[K{number}/{total} {row.identifier}", end="", file=sys.stderr, flush=True)
        yield row
    if shown:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)


_COLOURS = {"PASS": "32", "pass": "32", "FAIL": "31", "ERROR": "31", "INCONCLUSIVE": "33"}


def coloured(text: str, when: str) -> str:
    """The outcome words in colour, where colours are wanted; the words stay, so nothing hangs on the colour."""
    if not _wanted(when):
        return text
    for word, code in _COLOURS.items():
        text = text.replace(f"{word} ", f"\x1b[{code}m{word}\x1b[0m ")
    return text


def _wanted(when: str) -> bool:
    """As pytest decides: NO_COLOR first, then FORCE_COLOR, then whether it is a terminal."""
    if when != "auto":
        return when == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
