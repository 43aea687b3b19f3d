"""nnverify bench: the benchmarks of a folder by pytest, kept as pytest-benchmark's JSON."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from nnverify._errors import NothingToCheck, UsageError
from nnverify.commands._output import COULD_NOT_RUN, FAIL, NOTHING, PASS, step_summary

HELP = "run the benchmarks and keep their results"
DESCRIPTION = (
    "Run the benchmarks of a folder with pytest, which shows its progress and its tables, and write "
    "pytest-benchmark's JSON, for nnverify report. Quick unless told otherwise."
)
_NONE_RUN = "ignore::pytest_benchmark.logger.PytestBenchmarkWarning"  # said by us
# pytest's own, in ours: 2 is what cannot be collected, for Ctrl-C is heard here, too.
_STATUS = {0: PASS, 1: FAIL, 2: COULD_NOT_RUN, 5: NOTHING}


def arguments(parser: argparse.ArgumentParser) -> None:
    default = "./benchmarks"
    parser.add_argument("folder", nargs="?", default=default, help=f"folder or file (default: {default})")
    parser.add_argument("--full", action="store_true", help="all sizes, and rounds enough to quote a figure")
    parser.add_argument("--only", metavar="WORDS", help="names to run, as pytest -k takes them")
    parser.add_argument("-o", "--output", metavar="FILE", default="bench.json", help="default: bench.json")


def run(options: argparse.Namespace) -> int:
    from nnverify.report import sources, tables

    folder, output = Path(options.folder), Path(options.output)
    if not folder.exists():
        fix = "run it where they are, or name their folder"
        raise NothingToCheck(what="there are no benchmarks here", where=str(folder), fix=fix)
    if not output.parent.is_dir():
        fix = "name a file in a folder that is there"
        raise UsageError(what="it cannot be written: there is no such folder", where=str(output), fix=fix)
    if output.is_dir():
        raise UsageError(what="it is a folder", where=str(output), fix="name the file to write: --output bench.json")
    with tempfile.TemporaryDirectory() as kept:
        written = Path(kept, "bench.json")
        status = subprocess.run(_command(options, written), check=False).returncode
        if status not in _STATUS:
            what = f"pytest ended with status {status}"
            raise UsageError(what=what, where=str(folder), fix="run pytest there, and see what it says")
        if status == 5 or (status == 0 and not written.is_file()):
            chosen = (
                f"--only {options.only!r} selects none of the benchmarks" if options.only else "no benchmark is in it"
            )
            fix = "leave --only out, or name some of its tests" if options.only else "name a folder of benchmarks"
            raise NothingToCheck(what=chosen, where=str(folder), fix=fix)
        if status == 0:
            output.write_text(_summarised(written.read_text(encoding="utf-8")), encoding="utf-8")
            step_summary(lambda: tables.markdown(sources.read([str(output)])))
    return _STATUS[status]


def _summarised(text: str) -> str:
    """Without every single time, which are megabytes: median, quartiles and the least stay."""
    content = json.loads(text)
    for one in content["benchmarks"]:
        one["stats"].pop("data", None)
    return json.dumps(content, indent=1)


def _command(options: argparse.Namespace, written: Path) -> list[str]:
    command = [sys.executable, "-m", "pytest", options.folder, "-q", f"--benchmark-json={written}", "-W", _NONE_RUN]
    command += ["--full"] if options.full else []
    return command + (["-k", options.only] if options.only else [])
