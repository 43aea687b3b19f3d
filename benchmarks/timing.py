"""What a benchmark measures beside its time: ratios of calls that take turns, and peaks of memory."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Call = Callable[[], Any]


def in_turn(calls: Sequence[Call], *, rounds: int) -> np.ndarray:
    """The least seconds of each call, in turns, so that what slows the machine slows all of them.

    The least and not the median: what else the machine does can only add, and it adds most to what runs on all cores.
    """
    for call in calls:
        call()
    found = np.empty((rounds, len(calls)))
    for row in found:
        for at, call in enumerate(calls):
            start = time.perf_counter()
            call()
            row[at] = time.perf_counter() - start
    return found.min(axis=0)


def share(part: Call, whole: Call, *, rounds: int) -> float:
    """part's time by whole's, of calls that took turns."""
    one, other = in_turn([part, whole], rounds=rounds)
    return float(one / other)


def peak(call: Call) -> int:
    """The most bytes that were allocated at one time during a call, its result among them."""
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
