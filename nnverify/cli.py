"""The command line: arguments in, a report on stdout, progress on stderr, an exit status.

0 all pass, 1 a fail, 2 could not run, 3 inconclusive only, 5 nothing to check, 130 interrupted.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Sequence

from nnverify._errors import NnverifyError, NothingToCheck
from nnverify.commands import bench, check, demo, explain, mutants, report, scaffold, train, verify
from nnverify.commands._output import COULD_NOT_RUN, INTERRUPTED, NOTHING, PASS, complain, unread

COMMANDS = {
    "verify": verify,
    "check": check,
    "explain": explain,
    "demo": demo,
    "mutants": mutants,
    "scaffold": scaffold,
    "bench": bench,
    "report": report,
    "train": train,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    options = _parser().parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal may have no δ
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
        unread()
        return PASS


def _complain(error: NnverifyError, status: int) -> int:
    complain(str(error))
    return status


class _Version(argparse.Action):
    """Looked up where it is asked for: that takes as long as the rest of the start."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        print(f"nnverify {version('nnverify')}")
        parser.exit()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="nnverify", description="Check gradients that were derived by hand.")
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    rows = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        own = rows.add_parser(name, help=command.HELP, description=command.DESCRIPTION)
        command.arguments(own)
        own.set_defaults(run=command.run)
    return parser
