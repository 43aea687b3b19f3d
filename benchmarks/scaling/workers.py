"""200 checks of medium layers with one worker process and with more: start-up excluded, BLAS on one thread each."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.scaling.layer import Layer, backward, forward
from nnverify import check_gradients
from nnverify.executing import Crew, spread
from nnverify.workers import processes

CHECKS = 200
HEAD = ("workers", "checks", "seconds", "times one worker", "CPU seconds", "workers idle")


@dataclass(frozen=True)
class Timed:
    """What the checks took: by the clock, in all on the processors, and by the clock inside the workers."""

    seconds: float
    cpu: float
    inside: float


def rows(checks: int) -> Iterator[tuple[str, ...]]:
    """Where the machine is shared, the CPU seconds tell more than the clock: they should not grow with the workers."""
    alone = _timed(1, checks)
    for jobs in range(1, 1 + (os.cpu_count() or 1)):
        found = alone if jobs == 1 else _timed(jobs, checks)
        idle = 1 - found.inside / (jobs * found.seconds)
        faster = f"{alone.seconds / found.seconds:.2f}"
        yield str(jobs), str(checks), f"{found.seconds:.1f}", faster, f"{found.cpu:.1f}", f"{idle:.0%}"


def _timed(jobs: int, checks: int) -> Timed:
    """All checks, on workers that have each done one already."""
    crew = processes(jobs)
    executor = crew.start()
    try:
        warm = Crew(lambda: executor, jobs)
        list(spread(_check, range(2 * jobs), warm))
        start = time.perf_counter()
        found = [one for _, one in spread(_check, range(checks), warm)]
        spent = time.perf_counter() - start
    finally:
        crew.stop(executor)
    assert {outcome for outcome, _, _ in found} == {"pass"}
    return Timed(spent, sum(cpu for _, cpu, _ in found), sum(inside for _, _, inside in found))


def _check(number: int) -> tuple[str, float, float]:
    """The outcome and times of a layer of 9,000 to 33,000 parameters."""
    cpu, start = time.process_time(), time.perf_counter()
    layer = Layer(32, 96 + number % 5 * 22, 96 + number % 3 * 44)
    outcome = check_gradients(forward, backward, leaves=layer.leaves(), seed=number).outcome
    return outcome.value, time.process_time() - cpu, time.perf_counter() - start
