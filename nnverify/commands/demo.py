"""nnverify demo: classic mistakes, each caught and explained, without any file."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING

from nnverify.commands._output import FAIL, PASS, write

if TYPE_CHECKING:
    from nnverify.demo import Mistake
    from nnverify.verdict import Finding

HELP = "see classic mistakes caught and explained"
DESCRIPTION = "Check layers with one wrong line each, and print what was found. Nothing is read or written."

_WIDTH, _INDENT = 80, " " * 8


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", type=int, default=0, help="seed of every draw (default: 0)")
    parser.add_argument("-o", "--output", metavar="FILE", help="write it to FILE")


def run(options: argparse.Namespace) -> int:
    from nnverify.demo import MISTAKES

    found = [_caught(mistake, options.seed) for mistake in MISTAKES]
    named = sum(one is not None and one.code == mistake.code for one, mistake in zip(found, MISTAKES, strict=True))
    blocks = ["\n".join(_block(*pair)) for pair in zip(MISTAKES, found, strict=True)]
    caught = sum(one is not None for one in found)
    end = f"{caught} of {len(MISTAKES)} mistakes caught, {named} named. nnverify explain CODE tells more of each."
    write("\n\n".join([*blocks, end]), options.output)
    return PASS if named == len(MISTAKES) else FAIL


def _caught(mistake: Mistake, seed: int) -> Finding | None:
    """The first finding about a wrong gradient."""
    from nnverify.api import check_gradients
    from nnverify.verdict import Outcome

    verdict = check_gradients(mistake.forward, mistake.backward, leaves=mistake.leaves, seed=seed, name=mistake.title)
    return next((one for one in verdict.findings if one.outcome is Outcome.FAIL), None)


def _block(mistake: Mistake, found: Finding | None) -> Iterator[str]:
    yield f"{mistake.title}:   {mistake.line}"
    if found is None:
        yield f"{_INDENT}not caught"
        return
    yield _filled(f"{found.code or 'FAIL':<8}{found.cause or found.message}.", "")
    if found.fix:
        yield _filled(f"Try: {found.fix}.", _INDENT)


def _filled(words: str, first: str) -> str:
    return textwrap.fill(words, _WIDTH, initial_indent=first, subsequent_indent=_INDENT, break_on_hyphens=False)
