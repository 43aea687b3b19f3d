"""python -m benchmarks.scaling prints what checking costs, as tables; --quick leaves out what is large."""

import os

# Before NumPy is loaded: with several threads a pass of a large layer and one of a small one are no ratio.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import argparse
from collections.abc import Iterable

from tabulate import tabulate

from benchmarks.scaling import entries, sizes, workers


def _table(title: str, rows: Iterable[tuple[str, ...]], head: tuple[str, ...]) -> None:
    print(f"\n{title}\n")
    print(tabulate(list(rows), head, tablefmt="github", disable_numparse=True, stralign="right"), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="What checking costs.")
    parser.add_argument("tables", nargs="*", help="sizes, entries, workers (default: all)")
    parser.add_argument("--quick", action="store_true", help="leave out the largest sizes, and most of the 200 checks")
    options = parser.parse_args()
    shown = options.tables or ["sizes", "entries", "workers"]
    small = slice(None, 2 if options.quick else None)
    if "sizes" in shown:
        _table("A default check, by size", map(sizes.row, sizes.LAYERS[small]), sizes.HEAD)
    if "entries" in shown:
        wrong = [(n, k, s) for n in entries.LAYERS[small] for k in entries.WRONG for s in entries.SIZES]
        _table("Wrong entries of W", (entries.row(*one) for one in wrong), entries.HEAD)
    if "workers" in shown:
        _table(
            "Checks of medium layers, by workers", workers.rows(20 if options.quick else workers.CHECKS), workers.HEAD
        )


if __name__ == "__main__":
    main()
