"""The command line: arguments in, a report on stdout, progress on stderr, an exit status.

0 all pass, 1 a fail, 2 could not run, 3 inconclusive only, 5 nothing to check, 130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nnverify._errors import NnverifyError, NothingToCheck

if TYPE_CHECKING:
    from nnverify.derivations import Row, Work

PASS, FAIL, COULD_NOT_RUN, INCONCLUSIVE, NOTHING, INTERRUPTED = 0, 1, 2, 3, 5, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except NothingToCheck as error:
        return _complain(error, NOTHING)
    except NnverifyError as error:
        return _complain(error, COULD_NOT_RUN)
    except KeyboardInterrupt:
        print("nnverify: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output has left; what it did not read is no error of ours.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PASS


def _complain(error: NnverifyError, status: int) -> int:
    print(f"nnverify: {error}", file=sys.stderr)
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="nnverify", description="Check gradients that were derived by hand.")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    verify = commands.add_parser(
        "verify",
        help="verify a package of derivations",
        description="Compare the forms of every formula exactly, and with the numerical gradient of its forward.",
    )
    verify.add_argument(
        "package", nargs="?", default="./reference", help="package, folder or file (default: ./reference)"
    )
    verify.add_argument("--only", default="*", metavar="PATTERN", help="identifiers to verify, such as 'batch.*'")
    verify.add_argument("--draws", type=_positive, default=None, metavar="N", help="exact draws for each formula")
    verify.add_argument("--seed", type=int, default=0, help="seed of every draw (default: 0)")
    verify.add_argument("--format", choices=("text", "json"), default="text", help="default: text")
    verify.add_argument("--output", metavar="FILE", help="write the report to FILE")
    verify.set_defaults(run=_verify)
    return parser


def _positive(text: str) -> int:
    number = int(text) if text.isdecimal() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return number


def _verify(options: argparse.Namespace) -> int:
    # NumPy is loaded here and not at the top: 100 ms that --help need not pay.
    from nnverify.derivations import DRAWS, plan
    from nnverify.loading import load
    from nnverify.records import collect
    from nnverify.report import derivations, json

    found = collect(Path(options.package).name, load(options.package, Path.cwd()))
    work = plan(found, only=options.only, draws=options.draws or DRAWS, seed=options.seed)
    rows = _progress(work)
    if options.format == "json":
        _write(json.dumps(derivations.as_dict(rows, found.name, options.seed)), options.output)
    else:
        _write(derivations.table(rows, found.name, options.seed), options.output)
    return _status(rows)


def _progress(work: tuple[Work, ...]) -> list[Row]:
    """The rows, with a counter on stderr where that is a terminal."""
    from nnverify.derivations import make

    rows, shown = [], sys.stderr.isatty()
    for row in make(work, time.perf_counter):
        rows.append(row)
        if shown:
            print(f"\r\x1b[K{len(rows)}/{len(work)} {row.identifier}", end="", file=sys.stderr, flush=True)
    if shown:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
    return rows


def _status(rows: list[Row]) -> int:
    from nnverify.derivations import outcome

    if any(row.error for row in rows):
        return COULD_NOT_RUN
    return {"pass": PASS, "fail": FAIL, "inconclusive": INCONCLUSIVE}[outcome(rows).value]


def _write(text: str, path: str | None) -> None:
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
