"""nnverify verify: the formulas of a package, their forms against each other and against the numerical gradient."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from nnverify.commands._output import COULD_NOT_RUN, STATUS, add, counted, write

HELP = "verify a package of derivations"
DESCRIPTION = "Compare the forms of every formula exactly, and with the numerical gradient of its forward."


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "package", nargs="?", default="./reference", help="package, folder or file (default: ./reference)"
    )
    parser.add_argument("--only", default="*", metavar="PATTERN", help="identifiers to verify, such as 'batch.*'")
    parser.add_argument("--draws", type=_positive, default=None, metavar="N", help="exact draws for each formula")
    add(parser, ("text", "json"))


def _positive(text: str) -> int:
    number = int(text) if text.isdecimal() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return number


def run(options: argparse.Namespace) -> int:
    from nnverify.derivations import DRAWS, make, outcome, plan
    from nnverify.loading import load
    from nnverify.records import collect
    from nnverify.report import derivations, json

    found = collect(Path(options.package).name, load(options.package, Path.cwd()))
    work = plan(found, only=options.only, draws=options.draws or DRAWS, seed=options.seed)
    rows = list(counted(make(work, time.perf_counter), len(work)))
    if options.format == "json":
        write(json.dumps(derivations.as_dict(rows, found.name, options.seed)), options.output)
    else:
        write(derivations.table(rows, found.name, options.seed), options.output)
    return COULD_NOT_RUN if any(row.error for row in rows) else STATUS[outcome(rows).value]
