"""How small a mistake does each checker find? The smallest that it refuses in 19 of 20 seeds.

Each seed has its own point, its own place of the mistake and its own random directions. A checker that returns a number
instead of a verdict gets the threshold that nobody has: the largest number that it returned for right gradients.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import ceil
from time import perf_counter
from typing import Any, Protocol

import numpy as np

from benchmarks.accuracy.checkers import Checker, Task
from benchmarks.accuracy.layers import batch_norm, batch_norm_back, mlp_sizes, tanh_loss, tanh_loss_back
from benchmarks.accuracy.mistakes import DIRECTIONS, mistaken
from nnverify.draws import generator

# 1e-15, 2e-15, 5e-15 … 1e3; what is found at one size is taken to be found at all larger ones.
SIZES = (*(float(f"{digit}e{power}") for power in range(-15, 3) for digit in (1, 2, 5)), 1e3)


def _tanh_loss_task(seed: int) -> Task:
    rng = generator(seed, "tanh loss")
    leaves = dict(mlp_sizes(16, 8, 12, 3)(rng))
    X, Y = leaves.pop("X"), rng.standard_normal((16, 3))
    leaves["W1"] /= np.sqrt(8)
    leaves["W2"] /= np.sqrt(12)
    return Task(
        lambda *values: tanh_loss(np, X, *values, Y),
        lambda dout, *values: tanh_loss_back(np, dout, X, *values, Y)[1:-1],
        leaves,
        seed,
    )


def _batch_norm_task(seed: int) -> Task:
    rng = generator(seed, "batch norm")
    leaves = {"X": 1 + 2 * rng.standard_normal((16, 6)), "g": rng.standard_normal(6), "b": rng.standard_normal(6)}
    return Task(
        lambda *values: batch_norm(np, *values), lambda dout, *values: batch_norm_back(np, dout, *values), leaves, seed
    )


LAYERS: Mapping[str, Callable[[int], Task]] = {"tanh MLP loss": _tanh_loss_task, "batch norm": _batch_norm_task}


@dataclass(frozen=True)
class Resolution:
    """One checker on one layer.

    alarms    right gradients refused, of ``right`` seeds
    found     by kind of mistake, the smallest relative size refused in 19 of 20 seeds; None above 1,000
    milliseconds  median time for a right gradient
    threshold of a checker without a verdict
    """

    checker: str
    layer: str
    right: int
    alarms: int
    milliseconds: float
    threshold: float | None
    found: Mapping[str, float | None] = field(default_factory=dict)

    @property
    def worst(self) -> float | None:
        """Over all directions of the error."""
        sizes = [self.found[kind] for kind in DIRECTIONS if kind in self.found]
        return None if None in sizes else max(size for size in sizes if size is not None)

    @property
    def worst_direction(self) -> str:
        known = {kind: self.found[kind] for kind in DIRECTIONS if kind in self.found}
        return max(known, key=lambda kind: np.inf if known[kind] is None else known[kind] or 0.0)


class Effort(Protocol):
    """See study.Effort."""

    @property
    def right(self) -> int: ...
    @property
    def seeds(self) -> int: ...
    @property
    def kinds(self) -> tuple[str, ...]: ...
    @property
    def sizes(self) -> tuple[float, ...]: ...


def resolve(checker: Checker, layer: str, effort: Effort) -> Resolution:
    """Right gradients first, then every kind of mistake."""
    task = LAYERS[layer]
    suspicions, times = zip(*(_timed(checker, task(seed)) for seed in range(effort.right)), strict=True)
    threshold = 0.0 if checker.verdict else max(suspicions)
    alarms = sum(one > threshold for one in suspicions)

    def refused(kind: str, size: float) -> bool:
        """In enough seeds; no more are tried than it takes to tell."""
        missed, allowed = 0, effort.seeds - enough(effort.seeds)
        for seed in range(effort.seeds):
            missed += checker.suspicion(_wrong(task(seed), kind, size)) <= threshold
            if missed > allowed:
                return False
        return True

    found = {kind: _smallest(effort.sizes, partial(refused, kind)) for kind in effort.kinds}
    return Resolution(
        checker.name,
        layer,
        effort.right,
        alarms,
        1e3 * float(np.median(times)),
        None if checker.verdict else threshold,
        found,
    )


def _timed(checker: Checker, task: Task) -> tuple[float, float]:
    start = perf_counter()
    suspicion = checker.suspicion(task)
    return suspicion, perf_counter() - start


def enough(seeds: int) -> int:
    """19 of 20."""
    return ceil(0.95 * seeds)


def _smallest(sizes: Sequence[float], refused: Callable[[float], bool]) -> float | None:
    """Bisection over the sizes."""
    low, high = -1, len(sizes)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if refused(sizes[middle]) else (middle, high)
    return sizes[high] if high < len(sizes) else None


def _wrong(task: Task, kind: str, size: float) -> Task:
    rng = generator(task.seed, "mistake", kind)
    values = task.values
    dout: Any = rng.standard_normal(np.shape(task.forward(*values)))
    gradients = task.backward(dout, *values)
    return Task(task.forward, mistaken(task.backward, kind, size, gradients, rng), task.leaves, task.seed)
