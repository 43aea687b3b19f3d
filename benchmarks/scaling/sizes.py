"""A default check at one point, from 10³ to 10⁷ parameters: passes, time in forward passes, own share, memory."""

from __future__ import annotations

import time
import tracemalloc

from benchmarks.scaling.layer import Layer, counted, forward_seconds
from nnverify import check_gradients

LAYERS = (Layer(8, 32, 32), Layer(32, 96, 100), Layer(64, 256, 256), Layer(64, 1000, 1000), Layer(64, 3162, 3162))
HEAD = (
    "layer",
    "parameters",
    "outcome",
    "seen to",
    "forward",
    "backward",
    "time / forward",
    "own code",
    "memory / leaves",
)


def row(layer: Layer) -> tuple[str, ...]:
    """One line of the table. Memory is the peak beyond the caller's own arrays, from a check before."""
    leaves = layer.leaves()
    check_gradients(*_functions(), leaves={name: value[:2] for name, value in Layer(2, 2, 2).leaves().items()})
    peak = _peak(leaves)  # and memory that was never touched is slow
    floor = forward_seconds(leaves)
    passes = counted()
    start = time.perf_counter()
    verdict = check_gradients(passes.forward, passes.backward, leaves=leaves)
    spent = time.perf_counter() - start
    calls = passes.calls()
    return (
        str(layer),
        f"{layer.parameters:,}",
        verdict.outcome.value,
        f"{verdict.resolution:.0e}",
        *map(str, calls),
        f"{spent / floor:,.0f}",
        f"{1 - passes.seconds() / spent:.0%}",
        f"{peak:.1f}",
    )


def _functions() -> tuple[object, object]:
    passes = counted()
    return passes.forward, passes.backward


def _peak(leaves: dict[str, object]) -> float:
    """Bytes at the worst moment, in units of all leaves together."""
    tracemalloc.start()
    check_gradients(*_functions(), leaves=leaves)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / sum(value.nbytes for value in leaves.values())
