"""nnverify check: one layer of the caller's, from the command line."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from nnverify._errors import NothingToCheck
from nnverify.commands._output import STATUS, add, coloured, write
from nnverify.commands._target import DECLARED, prepared, target_options

if TYPE_CHECKING:
    from nnverify.verdict import Verdict

HELP = "check a layer of your own"
DESCRIPTION = (
    "Compare the gradients of a layer with the numerical ones. Only the file that is named is run; leaves that are "
    "not given are guessed, and the guess is printed."
)


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("target", help="layers.py::Dense, layers.py::forward+backward or package.module:Dense")
    target_options(parser)
    parser.add_argument(
        "--at", metavar="FILE", help="arrays to check at: .npz with a name for each leaf, or .npy for one"
    )
    parser.add_argument("--param", default="*", metavar="PATTERN", help="leaves to report, such as 'W*'")
    parser.add_argument("--only-problems", action="store_true", help="leave out the gradients that pass")
    parser.add_argument("--effort", choices=("point", "standard", "thorough"), default="standard")
    parser.add_argument("--rtol", type=float, help="relative tolerance, added to the error bar")
    parser.add_argument("--kink", choices=("subgradient", "inconclusive"), help="what a kink at the point is judged as")
    parser.add_argument("--color", choices=("auto", "always", "never"), default="auto")
    add(parser, ("text", "json", "markdown", "junit"))


def run(options: argparse.Namespace) -> int:
    from nnverify.api import check_gradients
    from nnverify.report import checks

    found = prepared(options)
    told = {name: getattr(options, name) for name in (*DECLARED, "effort", "rtol", "kink", "seed")}
    name = options.target.rpartition(":")[2]
    verdict = _chosen(check_gradients(*found.objects, leaves=found.leaves, name=name, **told), options.param)
    repeat = f"nnverify check {options.target}" + (f" --seed {options.seed}" if options.seed else "")
    shown = checks.FORMATS[options.format](
        [verdict], checks.Frame(guess=found.guess, repeat=repeat, only_problems=options.only_problems)
    )
    write(
        coloured(shown, options.color if options.output is None else "never") if options.format == "text" else shown,
        options.output,
    )
    return STATUS[verdict.outcome.value]


def _chosen(verdict: Verdict, pattern: str) -> Verdict:
    """The verdict on the leaves that the pattern selects."""
    from dataclasses import replace
    from fnmatch import fnmatchcase

    own = tuple(
        one for one in verdict.findings if fnmatchcase(one.leaf, pattern) or fnmatchcase(f"d{one.leaf}", pattern)
    )
    if not own:
        known = ", ".join(verdict.by_leaf)
        raise NothingToCheck(
            what=f"--param {pattern!r} selects no leaf", where=verdict.subject, fix=f"choose from {known}"
        )
    return replace(verdict, findings=own)
