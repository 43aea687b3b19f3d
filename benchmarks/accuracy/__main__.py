"""`python -m benchmarks.accuracy`: run the study, print its tables, and store them as text and JSON."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from nnverify.report.json import dumps


def main() -> int:
    """0 if every floor is met, 1 if one is missed, 2 without mpmath."""
    options = _options()
    try:
        from benchmarks.accuracy.checkers import CHECKERS
        from benchmarks.accuracy.study import FULL, QUICK, floors, study
        from benchmarks.accuracy.tables import text
    except ModuleNotFoundError as error:
        print(f"the study needs {error.name}. Try: pip install '.[bench]'", file=sys.stderr)
        return 2
    unknown = set(options.only) - {one.name for one in CHECKERS}
    if unknown:
        print(f"no checker {', '.join(unknown)}; known are {', '.join(one.name for one in CHECKERS)}", file=sys.stderr)
        return 2
    start = time.perf_counter()
    found = study(
        QUICK if options.quick else FULL,
        options.only,
        lambda what: print(f"{time.perf_counter() - start:6.0f} s  {what}", file=sys.stderr, flush=True),
    )
    shown = f"{text(found)}\n\n{'quick' if options.quick else 'full'} study in {time.perf_counter() - start:.0f} s"
    print(shown)
    _store(options.output, f"accuracy-{'quick' if options.quick else 'full'}", shown, dumps(found.to_dict()))
    return int(any(not one.met for one in floors(found)))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="under a minute instead of half an hour")
    parser.add_argument("--only", action="append", default=[], metavar="CHECKER", help="resolution of this one alone")
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results"), help="folder (default: %(default)s)")
    return parser.parse_args()


def _store(folder: Path, name: str, shown: str, data: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.txt").write_text(shown + "\n", encoding="utf-8")
    (folder / f"{name}.json").write_text(data + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
