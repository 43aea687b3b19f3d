"""Where reports go, in which colours, and how progress shows: what all commands share."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Generator, Iterable
from contextlib import closing, suppress
from importlib import import_module
from importlib.util import find_spec
from itertools import count
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
    parser.add_argument("-o", "--output", metavar="FILE", help="write the report to FILE")


def write(text: str, path: str | None) -> None:
    """To the file, or to standard output. Raises NnverifyError where that cannot be written."""
    try:
        if path is None:
            print(text, flush=True)
        else:
            Path(path).write_text(text + "\n", encoding="utf-8")
    except BrokenPipeError:
        unread()  # the reader has left: no error of ours, and no other outcome
    except OSError as error:
        if path is None:
            unread()
        raise NnverifyError(
            what=f"the report could not be written: {error.strerror}",
            where=path or "standard output",
            fix="name a file in a folder that is writable: --output FILE",
        ) from error


def unread() -> None:
    """What is left in the buffer of standard output goes nowhere: at the end it would be tried again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def step_summary(markdown: Callable[[], str]) -> None:
    """What GitHub shows beside a job, where it asks for it."""
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if path:
        # A path that a container does not see must not fail what has been done.
        with suppress(OSError), Path(path).open("a", encoding="utf-8") as file:
            file.write(f"{markdown()}\n")


def say(words: str) -> None:
    """What is being done, on standard error where that is a terminal, in one line that is written over."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{words}", end="", file=sys.stderr, flush=True)


def complain(error: str) -> None:
    """Why something could not be done, where it could not."""
    if error:
        print(error if error.startswith("nnverify") else f"nnverify: {error}", file=sys.stderr)


def finished(rows: Generator[tuple[int, _Row]], total: int, kept: str | None) -> tuple[list[_Row], bool]:
    """The rows by their numbers, and whether Ctrl-C ended them early; with none made by then it is raised again."""
    found: dict[int, _Row] = {}
    try:
        with closing(rows), closing(_progress(total)) as progress:
            next(progress)
            for number, row in rows:
                found[number] = row
                progress.send(row.identifier)
    except KeyboardInterrupt:
        if not found:
            raise
        where = f", and kept in {kept}: the same command goes on there" if kept else ""
        print(f"nnverify: interrupted; {len(found)} of {total} rows are made{where}", file=sys.stderr)
    return [found[number] for number in sorted(found)], len(found) < total


def _progress(total: int) -> Generator[None, str]:
    """Is sent the name of each row that is made; shows how many and how fast where standard error is a terminal."""
    start, last = time.monotonic(), ""
    if not sys.stderr.isatty():
        while True:
            yield
    if find_spec("tqdm") is not None:
        yield from _bar(total)
    try:
        for number in count(1):
            last = yield
            rate = number / max(time.monotonic() - start, 1e-9)
            print(f"\r\x1b[K{number}/{total}  {rate:.2g}/s  {last}", end="", file=sys.stderr, flush=True)
    finally:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _bar(total: int) -> Generator[None, str]:
    with import_module("tqdm").tqdm(total=total, file=sys.stderr, leave=False, unit="row", mininterval=0) as bar:
        while True:
            bar.set_postfix_str((yield), refresh=False)
            bar.update()


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
