"""What a benchmark measures beside its time: ratios of calls that take turns, and peaks of memory."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Call = Callable[[], Any]


def in_turn(calls: Sequence[Call], *, rounds: int) -> np.ndarray:
    """Seconds, "rounds calls": each call once per round, so that what slows the machine slows all of them."""
    for call in calls:
        call()
    found = np.empty((rounds, len(calls)))
    for row in found:
        for at, call in enumerate(calls):
            start = time.perf_counter()
            call()
            row[at] = time.perf_counter() - start
    return found


def share(part: Call, whole: Call, *, rounds: int) -> float:
    """part's time by whole's: the quotient of the medians of calls that took turns."""
    one, other = np.median(in_turn([part, whole], rounds=rounds), axis=0)
    return float(one / other)


def peak(call: Call) -> int:
    """The most bytes that were allocated at one time during a call, its result among them."""
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
