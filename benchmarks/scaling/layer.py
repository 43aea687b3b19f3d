"""The layer that is checked, tanh(XW + b), and the passes through it, which are counted.

The counts are iterators: what Python code could reach and change, a check would put back.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np

_REPEATS = 5


@dataclass(frozen=True)
class Layer:
    """m samples, n inputs, p outputs, at one random point."""

    m: int
    n: int
    p: int

    def __str__(self) -> str:
        return f"{self.m}×{self.n} → {self.p}"

    @property
    def parameters(self) -> int:
        return self.n * self.p + self.p

    def leaves(self) -> dict[str, Any]:
        rng = np.random.default_rng(self.m + self.n + self.p)
        X, W = rng.standard_normal((self.m, self.n)), rng.standard_normal((self.n, self.p)) / np.sqrt(self.n)
        return {"X": X, "W": W, "b": rng.standard_normal(self.p)}


def forward(X: Any, W: Any, b: Any) -> Any:
    return np.tanh(X @ W + b)


def backward(dout: Any, X: Any, W: Any, b: Any) -> Any:
    y = np.tanh(X @ W + b)
    local = dout * (1 - y * y)
    return {"X": local @ W.T, "W": X.T @ local, "b": local.sum(axis=0)}


@dataclass(frozen=True)
class Passes:
    """forward and backward, and how often each was called and for how long in all."""

    forward: Callable[..., Any]
    backward: Callable[..., Any]
    _calls: tuple[Iterator[int], Iterator[int]]
    _nanoseconds: tuple[Any, Any]

    def calls(self) -> tuple[int, int]:
        """So far; to be asked once, since asking counts."""
        one, two = map(next, self._calls)
        return one, two

    def seconds(self) -> float:
        return sum(_read(one) for one in self._nanoseconds) / 1e9


def _read(sum_: Any) -> int:
    return int(sum_.send(0))


def _summing() -> Iterator[int]:
    total = 0
    while True:
        total += yield total


def counted(forward: Callable[..., Any] = forward, backward: Callable[..., Any] = backward) -> Passes:
    """The passes with their counts at 0."""
    calls, sums = (count(), count()), (_summing(), _summing())
    for one in sums:
        next(one)
    return Passes(_timed(forward, calls[0], sums[0]), _timed(backward, calls[1], sums[1]), calls, sums)


def _timed(function: Callable[..., Any], calls: Iterator[int], nanoseconds: Any) -> Callable[..., Any]:
    def timed(*values: Any) -> Any:
        next(calls)
        start = time.perf_counter_ns()
        found = function(*values)
        nanoseconds.send(time.perf_counter_ns() - start)
        return found

    return timed


def forward_seconds(leaves: dict[str, Any]) -> float:
    """The median time of one forward pass."""
    times = []
    for _ in range(_REPEATS):
        start = time.perf_counter()
        forward(*leaves.values())
        times.append(time.perf_counter() - start)
    return float(np.median(times))
