"""nnverify verify: the formulas of a package, their forms against each other and against the numerical gradient."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from time import perf_counter

from nnverify.commands._many import Many, Piece, many_options, positive
from nnverify.commands._output import COULD_NOT_RUN, INTERRUPTED, STATUS, add, finished, write

HELP = "verify a package of derivations"
DESCRIPTION = "Compare the forms of every formula exactly, and with the numerical gradient of its forward."


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "package", nargs="?", default="./reference", help="package, folder or file (default: ./reference)"
    )
    parser.add_argument("--only", default="*", metavar="PATTERN", help="identifiers to verify, such as 'batch.*'")
    parser.add_argument("--draws", type=positive, default=None, metavar="N", help="exact draws for each formula")
    many_options(parser)
    add(parser, ("text", "json"))


def run(options: argparse.Namespace) -> int:
    from nnverify.derivations import DRAWS, Job, Row, carry_out, outcome, planned, unfinished
    from nnverify.report import derivations, json
    from nnverify.results import restored

    job = Job(options.package, Path.cwd(), options.only, options.draws or DRAWS, options.seed, _mark(options))
    planned.cache_clear()
    work = planned(job)
    many: Many[Row] = Many(
        task=carry_out,
        lost=lambda one, lost: unfinished(work[one.number], lost.why, lost.code),
        restored=lambda kept: restored(Row, kept),
        settled=lambda row: not row.error and row.draws > 0,
    )
    pieces = [
        Piece(replace(job, number=number), f"{one.kind} {one.identifier} {one.statement}", job.mark)
        for number, one in enumerate(work)
    ]
    start = perf_counter()
    rows, interrupted = finished(many.rows(pieces, options), len(pieces), options.resume)
    of = derivations.Run(Path(options.package).name, options.seed, len(pieces), perf_counter() - start)
    if options.format == "json":
        write(json.dumps(derivations.as_dict(rows, of)), options.output)
    else:
        write(derivations.table(rows, of), options.output)
    if interrupted:
        return INTERRUPTED
    return COULD_NOT_RUN if any(row.error for row in rows) else STATUS[outcome(rows).value]


def _mark(options: argparse.Namespace) -> str:
    """The hash of the sources and options; needed where results, or the workers, outlive the run."""
    if options.resume is None and options.dask is None:
        return ""
    from nnverify.loading import load
    from nnverify.results import fingerprint

    files = [Path(module.__file__) for module in load(options.package, Path.cwd()) if module.__file__]
    return fingerprint(files, options.draws, options.seed)
