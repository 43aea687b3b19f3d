"""One evaluation with numbers that are not floats: what it refused, which branches it took, how long it may go on.

The numbers report here what NumPy and the caller's code do with them. A run belongs to its context, so threads do
not mix; a thread that the caller's code starts by itself has none, and everything in it fails loudly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import chain, repeat
from math import copysign, inf
from typing import Any, NoReturn, TypeVar

import numpy as np

Result = TypeVar("Result")


class NotAvailable(Exception):
    """A witness cannot speak about this function; the text says why."""


class Unlucky(NotAvailable):
    """A number drawn by chance has no inverse or no root; another draw may have."""


class Run:
    """What happened to the numbers of one evaluation.

    side      which way an exact tie goes: 0 as equal, +1 or -1 as just after or just before the point
    relative  the smallest |a − b| / (|a| + |b|) of a comparison that was no tie
    steps     the smallest |a − b| / |a′ − b′|: so many lengths of the direction away, the comparison turns
    ties      comparisons of equal values that do not stay equal
    kinks     the different rates at which they part
    roots     square roots whose sign is a matter of choice
    lost      whether NaN was compared, which objects and floats do differently
    refusal   the first operation that was refused, even if the caller's code caught the exception
    """

    __slots__ = ("kinks", "lost", "refusal", "relative", "roots", "side", "steps", "ticks", "ties")

    def __init__(self, budget: int, side: int = 0) -> None:
        self.side = side
        self.relative = self.steps = inf
        self.ties = self.roots = 0
        self.kinks: set[float] = set()
        self.lost = False
        self.refusal: NotAvailable | None = None
        over = f"it takes more than {budget:,} operations"
        # Counting this way costs 50 ns for each operation, a third of what an attribute would.
        self.ticks: Iterator[None] = chain(repeat(None, budget), iter(lambda: refuse(over), None))

    def near(self, gap: float, moving: float, size: float) -> None:
        """A comparison of values ``gap`` apart, of summed magnitude ``size``, that move apart at rate ``moving``."""
        distance = abs(gap)
        if distance != distance:
            self.lost = True
        elif distance < self.relative * size:
            self.relative = distance / size
        if distance < self.steps * abs(moving):
            self.steps = distance / abs(moving)

    def tie(self, moving: float) -> float:
        """Which of two equal values is the larger one on this run's side of the point: the sign of left − right."""
        self.ties += 1
        self.kinks.add(moving)
        self.relative = self.steps = 0.0
        if moving != moving:
            self.lost = True
        return copysign(self.side, self.side * moving) if self.side else 0.0


_RUN: ContextVar[Run] = ContextVar("run")
current: Callable[[], Run] = _RUN.get


@contextmanager
def running(run: Run) -> Iterator[Run]:
    """The context in which numbers report to ``run``; NumPy's floating-point warnings are silent in it."""
    token = _RUN.set(run)
    try:
        with np.errstate(all="ignore"):
            yield run
    finally:
        _RUN.reset(token)


def refuse(reason: str) -> NoReturn:
    """Raise NotAvailable, and keep it: a caller's ``except`` must not turn a refusal into a wrong number."""
    run, error = _RUN.get(), NotAvailable(reason)
    run.refusal = run.refusal or error
    raise error


def attempt(what: str, function: Callable[..., Result], *arguments: Any) -> Result:
    """The caller's function on such numbers. Raises NotAvailable for whatever it raises, and what it swallowed."""
    try:
        result = function(*arguments)
    except NotAvailable:
        raise
    except Exception as error:  # the caller's code was written for floats: whatever it raises, it was not for these
        raise NotAvailable(f"{what} does not take these numbers: {type(error).__name__}: {error}") from error
    refusal = current().refusal
    if refusal is not None:
        raise refusal
    return result
