"""One table of at most 100 columns: the forms side by side, with what vectorizing is worth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from tabulate import tabulate

_HEAD = ("layer", "size", "index", "jacobian", "vectorized", "index / vec.", "jacobian / vec.")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    session = getattr(config, "_benchmarksession", None)
    rows = _rows([bench for bench in getattr(session, "benchmarks", ()) if "form" in (bench.params or {})])
    if rows:
        terminalreporter.section("index, Jacobian and vectorized form: median times")
        terminalreporter.line(tabulate(rows, _HEAD, disable_numparse=True, stralign="right"))


def _rows(benches: Sequence[Any]) -> list[tuple[str, ...]]:
    medians = {(bench.group, bench.params["size"], bench.params["form"]): bench.stats.median for bench in benches}
    found = []
    for group, size in dict.fromkeys((group, size) for group, size, _ in medians):
        times = [medians.get((group, size, form)) for form in ("index", "jacobian", "vector")]
        if all(times):
            found.append((group, size, *map(_time, times), *(f"{time / times[2]:,.0f} x" for time in times[:2])))
    return found


def _time(seconds: float) -> str:
    for unit, factor in (("s", 1), ("ms", 1e3), ("us", 1e6)):
        if seconds * factor >= 1:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"
