"""nnverify check: one layer of the caller's, from the command line."""

from __future__ import annotations

import argparse
import shlex
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from nnverify._session import SESSION
from nnverify.commands._many import Many, Piece, many_options
from nnverify.commands._output import (
    COULD_NOT_RUN,
    FAIL,
    INCONCLUSIVE,
    INTERRUPTED,
    NOTHING,
    PASS,
    add,
    coloured,
    complain,
    finished,
    say,
    write,
)
from nnverify.commands._target import DECLARED, target_options

if TYPE_CHECKING:
    from nnverify.commands._checking import Checked
    from nnverify.verdict import Verdict

HELP = "check layers of your own"
DESCRIPTION = (
    "Compare the gradients of a layer with the numerical ones. Only the file that is named is run; leaves that are "
    "not given are guessed, and the guess is printed."
)


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "targets",
        nargs="+",
        metavar="target",
        help="layers.py::Dense, layers.py::forward+backward or package.module:Dense; several are told the same options",
    )
    target_options(parser)
    parser.add_argument(
        "--at", metavar="FILE", help="arrays to check at: .npz with a name for each leaf, or .npy for one"
    )
    parser.add_argument("--param", default="*", metavar="PATTERN", help="leaves to report, such as 'W*'")
    parser.add_argument("--only-problems", action="store_true", help="leave out the gradients that pass")
    parser.add_argument("--effort", choices=("point", "standard", "thorough"), default="standard")
    parser.add_argument("--rtol", type=float, help="relative tolerance, added to the error bar")
    parser.add_argument("--kink", choices=("subgradient", "inconclusive"), help="what a kink at the point is judged as")
    parser.add_argument(
        "--reveal", choices=("none", "hint", "full"), default="full", help="how much is told of a wrong one"
    )
    parser.add_argument("--color", choices=("auto", "always", "never"), default="auto")
    many_options(parser)
    add(parser, ("text", "json", "markdown", "junit"))


# What several targets add up to is the first of these that any of them has.
_WORST = (COULD_NOT_RUN, FAIL, INCONCLUSIVE, NOTHING, PASS)

# The options that decide the verdict, or how much is told of it.
_DECISIVE = ("leaf", "at", "init", *DECLARED, "param", "rtol", "kink", "reveal", "effort", "seed")


def run(options: argparse.Namespace) -> int:
    from nnverify.commands._checking import Checked, Job, carry_out, unfinished
    from nnverify.results import restored

    many: Many[Checked] = Many(carry_out, unfinished, partial(restored, Checked), lambda row: row.settled)
    jobs = [Job(target, Path.cwd(), options) for target in options.targets]
    pieces = [Piece(job, job.target, job.mark if options.resume else "") for job in jobs]
    with SESSION.using(progress=say):
        rows, interrupted = finished(many.rows(pieces, options), len(pieces), options.resume)
    for row in rows:
        complain(row.error)
    if any(row.verdict is not None for row in rows) or options.format != "text":
        shown = _shown(rows, options)
        plain = options.format != "text" or options.output is not None
        write(shown if plain else coloured(shown, options.color), options.output)
    return INTERRUPTED if interrupted else next(one for one in _WORST if any(row.status == one for row in rows))


def _shown(rows: Sequence[Checked], options: argparse.Namespace) -> str:
    """The report: a text has a frame for each target, the other forms one for all."""
    from nnverify.report import checks
    from nnverify.revealing import revealed

    form = checks.FORMATS[options.format]
    found = [(row, revealed(verdict, options.reveal)) for row, verdict in _apart(rows)]
    if options.format == "text":
        frames = [checks.Frame(row.guess, _repeat(row, options), options.only_problems) for row, _ in found]
        return "\n\n".join(form([verdict], frame) for (_, verdict), frame in zip(found, frames, strict=True))
    guess = {
        name if len(rows) == 1 else f"{row.identifier}: {name}": words
        for row in rows
        for name, words in row.guess.items()
    }
    errors = {row.identifier: row.error for row in rows if row.verdict is None}
    return form([verdict for _, verdict in found], checks.Frame(guess, "", options.only_problems, errors))


def _apart(rows: Sequence[Checked]) -> list[tuple[Checked, Verdict]]:
    """The rows that have a verdict, with it; those of one name go by their targets."""
    found = [(row, row.verdict) for row in rows if row.verdict is not None]
    names = Counter(verdict.subject for _, verdict in found)
    return [
        (row, replace(verdict, subject=row.identifier) if names[verdict.subject] > 1 else verdict)
        for row, verdict in found
    ]


def _repeat(row: Checked, options: argparse.Namespace) -> str:
    """The command that finds the same again: with what it was told that is not the default."""
    parser = argparse.ArgumentParser()
    arguments(parser)
    told = {name: getattr(options, name) for name in _DECISIVE}
    told = {name: value for name, value in told.items() if value != parser.get_default(name)}
    words = [
        f"--{name}" if one is True else f"--{name} {shlex.quote(str(one))}"
        for name, value in told.items()
        for one in (value if isinstance(value, list) else [value])
    ]
    return " ".join([f"nnverify check {shlex.quote(row.identifier)}", *words])
