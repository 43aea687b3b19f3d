"""nnverify mutants: does a test file go red when the backward passes it checks are wrong?

pytest runs once as it is, and once for each fault in a process of its own; the plug-in there puts the fault into every
backward that a check is given. The tests and the caller's code stay as they are.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nnverify._errors import NothingToCheck, UsageError
from nnverify.commands._output import FAIL, INTERRUPTED, PASS, finished, write

HELP = "put faults into the backward passes that a test file checks, and see what survives"
DESCRIPTION = (
    "Run pytest on a file once for each fault, put into the gradients that its checks are given. A test that stays "
    "green has not seen the fault. Exit status 1 where one survives."
)


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("tests", metavar="TESTFILE", help="a file, a folder or a test, as pytest takes it")
    parser.add_argument("--seed", type=int, default=0, help="which gradient is changed first (default: 0)")
    parser.add_argument("--only", action="append", metavar="FAULT", help="this fault alone; may be repeated")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: text")
    parser.add_argument("-o", "--output", metavar="FILE", help="write the report to FILE")


@dataclass(frozen=True)
class Row:
    """One fault: the tests that went red, those that stayed green, and those it does not apply to."""

    identifier: str
    killed: list[str] = field(default_factory=list)
    survived: list[str] = field(default_factory=list)
    untouched: list[str] = field(default_factory=list)


def run(options: argparse.Namespace) -> int:
    green = _green(options.tests)
    faults = _faults(options.only)
    rows, interrupted = finished(_rows(options, faults, green), len(faults), None)
    write(_json(rows) if options.format == "json" else _text(rows, options.tests, len(green)), options.output)
    if interrupted:
        return INTERRUPTED
    return FAIL if any(row.survived for row in rows) else PASS


def _faults(only: Sequence[str] | None) -> list[str]:
    from nnverify.faults import FAULTS

    known = [fault.name for fault in FAULTS]
    unknown = [name for name in only or () if name not in known]
    if unknown:
        raise UsageError(
            what=f"there is no fault {unknown[0]!r}", where="nnverify mutants", fix=f"choose from {', '.join(known)}"
        )
    return list(only or known)


def _green(tests: str) -> list[str]:
    """The tests that check gradients and pass as they are. Raises NothingToCheck where there are none."""
    found = _session(tests, {})
    # A test that expects a wrong gradient is green for another reason.
    green = [one["test"] for one in found if one["outcome"] == one["worst"]["outcome"] == "pass"]
    if not green:
        what = f"{len(found)} of its tests check gradients, and none passes" if found else "no test checks gradients"
        raise NothingToCheck(
            what=what, where=tests, fix="let a test call assert_gradients or check_gradients, and make it pass first"
        )
    return green


def _rows(options: argparse.Namespace, faults: Sequence[str], green: Sequence[str]) -> Generator[tuple[int, Row]]:
    for number, fault in enumerate(faults):
        row = Row(fault)
        told = {"NNVERIFY_FAULT": fault, "NNVERIFY_FAULT_SEED": str(options.seed)}
        for one in _session(options.tests, told):
            if one["test"] in green:
                _place(row, one).append(one["test"])
        yield number, row


def _place(row: Row, one: Any) -> list[str]:
    from nnverify.mutation import NOTE

    if one["outcome"] != "pass":
        return row.killed
    return row.survived if any(note.startswith(NOTE) for note in one["worst"]["notes"]) else row.untouched


def _session(tests: str, told: dict[str, str]) -> list[Any]:
    """What the tests of one pytest run found. Raises UsageError where pytest could not run them."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "report.json"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--nnverify-report={file}", tests]
        done = subprocess.run(command, env=os.environ | told, capture_output=True, text=True, check=False)
        if done.returncode not in (0, 1, 5) or not file.is_file():
            last = (done.stdout + done.stderr).strip().splitlines()[-1:] or ["it said nothing"]
            raise UsageError(
                what=f"pytest could not run it: {last[0]}", where=tests, fix=f"python -m pytest {tests} shows more"
            )
        return list(json.loads(file.read_text(encoding="utf-8"))["tests"])


def _text(rows: Sequence[Row], tests: str, count: int) -> str:
    from tabulate import tabulate

    cells = [(row.identifier, len(row.killed), len(row.survived), len(row.untouched)) for row in rows]
    table = tabulate(cells, ("fault", "red", "survived", "does not apply"))
    survivors = [f"SURVIVED  {row.identifier}: {test}" for row in rows for test in row.survived]
    killed, alive = (
        sum(len(part) for part in parts) for parts in zip(*((r.killed, r.survived) for r in rows), strict=True)
    )
    checking = "1 test checks" if count == 1 else f"{count} tests check"
    end = f"{tests}: {checking} gradients, {killed} of {killed + alive} mutants killed"
    return "\n\n".join([table, *(["\n".join(survivors)] if survivors else []), end])


def _json(rows: Sequence[Row]) -> str:
    from nnverify.report.json import dumps

    faults = [
        {"fault": row.identifier, "killed": row.killed, "survived": row.survived, "untouched": row.untouched}
        for row in rows
    ]
    return dumps({"schema": 1, "faults": faults})
