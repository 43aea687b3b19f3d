"""How the benchmarks are run, quick or in full, and the tables that they print: at most 100 columns.

Quick is the default and takes less than a minute: few rounds, small sizes. ``--full`` takes all sizes, and rounds
enough for a figure to be quoted.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import numpy as np
import pytest

from nnverify.report.benchmarks import tables
from nnverify.report.sources import Bench

THREADS = 2
_QUICK = {"benchmark_max_time": 0.02, "benchmark_min_rounds": 3, "benchmark_calibration_precision": 1}
_FULL = {"benchmark_max_time": 0.2, "benchmark_min_rounds": 5}


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("nnverify benchmarks")
    group.addoption("--full", action="store_true", help="all sizes, more rounds: minutes, not seconds")


def pytest_configure(config: pytest.Config) -> None:
    """Before pytest-benchmark reads them."""
    for name, value in (_FULL if config.getoption("--full") else _QUICK).items():
        setattr(config.option, name, value)


@pytest.fixture(scope="session", autouse=True)
def two_threads() -> Iterator[None]:
    """The same number of threads for everybody, where it can be set."""
    with ExitStack() as stack:
        try:
            from threadpoolctl import threadpool_limits
        except ModuleNotFoundError:
            pass
        else:
            stack.enter_context(threadpool_limits(THREADS))
        yield


@pytest.fixture
def full(pytestconfig: pytest.Config) -> bool:
    return bool(pytestconfig.getoption("--full"))


def pytest_benchmark_update_machine_info(machine_info: dict[str, Any]) -> None:
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    machine_info["nnverify"] = {
        "NumPy": np.__version__,
        "BLAS": f"{blas.get('name')} {blas.get('version')}",
        "threads": f"{_threads()} of {os.cpu_count()}",
        "load before": f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown",
    }


def _threads() -> int | str:
    try:
        from threadpoolctl import threadpool_info
    except ModuleNotFoundError:
        return "default"
    return min(THREADS, max((pool["num_threads"] for pool in threadpool_info()), default=1))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    session = getattr(config, "_benchmarksession", None)
    found = [_bench(one) for one in getattr(session, "benchmarks", ()) if one.stats.data]
    if not found:
        return
    terminalreporter.section(f"benchmarks, {platform.machine()}, {_threads()} threads: median times")
    for block in filter(None, tables(found)):
        terminalreporter.line(block)
        terminalreporter.line("")


def _bench(one: Any) -> Bench:
    stats = one.stats
    return Bench(one.name, one.group or "", stats.median, stats.min, stats.iqr, stats.rounds, one.extra_info)
