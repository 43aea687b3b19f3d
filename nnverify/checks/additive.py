"""Is there a gradient at all, where every line through the point is smooth?

The median of equal values has a slope along every direction, and that along a sum of some is not the sum of theirs: no
gradient agrees with all of them, and none is to blame for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile

import numpy as np
from numpy.typing import NDArray

from nnverify._compare import DIFFERS
from nnverify.oracles.estimate import Status
from nnverify.oracles.line import EPS
from nnverify.probe import Probe, along, direction
from nnverify.reading import Reading, read
from nnverify.subject import Leaf, Subject
from nnverify.verdict import Finding, Outcome

Array = NDArray[np.float64]

CHECK = "gradient"
_ADDS = 2.0**-12  # of the slopes' sizes: what has no gradient misses one of two sums grossly
_NEAR = 2.0**-8  # of a direction: what else there is along it is further off, and sums are still small steps
_NUMBERS = range(101, 113)  # directions that nothing else has looked along
_SUMS = np.array([[1.0] * 12, [1.0, -1.0] * 6])  # of them


def additive(subject: Subject, leaf: Leaf, one: Probe, seed: int) -> Finding | None:
    """INCONCLUSIVE where slopes along twelve directions are known, and do not add up to those along sums; else None.

    Along a few, the same of three equal values is met by chance.
    """
    quotients = np.array([_quotient(subject, leaf, one, step) for step in _steps(subject, leaf, seed)])
    if not np.max(_gaps(quotients)) > _ADDS * np.sum(np.abs(quotients)):
        return None
    found = _smooth(read(subject, one, {leaf.name: step}) for step in _steps(subject, leaf, seed))
    slopes, bars = np.array([(reading.numerical, reading.bar) for reading in found]).reshape(-1, 2).T
    if len(slopes) < len(quotients):
        return None
    if not np.max(_gaps(slopes)) > _ADDS * np.sum(np.abs(slopes)) + DIFFERS * np.sum(bars):
        return None
    single, worst = _SUMS.shape[1], int(np.argmax(_gaps(slopes)))
    message = (
        f"d{leaf.name} cannot be judged: the slopes along {single} directions add up to "
        f"{_SUMS[worst] @ slopes[:single]:+.3g}, that along their sum is {slopes[single + worst]:+.3g}; "
        "the function has no gradient at this point"
    )
    return Finding(CHECK, leaf.name, Outcome.INCONCLUSIVE, message, "NV201")


def _gaps(slopes: Array) -> Array:
    """How far the sums of the slopes are from the slopes along the sums."""
    single = _SUMS.shape[1]
    return np.abs(_SUMS @ slopes[:single] - slopes[single:])


def _steps(subject: Subject, leaf: Leaf, seed: int) -> Iterator[Array]:
    """The directions, then the sums of them."""
    sums = [np.zeros(np.shape(leaf.value)) for _ in _SUMS]
    for number, signs in zip(_NUMBERS, _SUMS.T, strict=True):
        step = _NEAR * direction(subject, leaf, number, seed)
        sums = [total + sign * step for total, sign in zip(sums, signs, strict=True)]
        yield step
    yield from sums


def _smooth(found: Iterator[Reading]) -> Iterator[Reading]:
    """The readings up to the first that is not smooth."""
    return takewhile(lambda reading: reading.status is Status.SMOOTH, found)


def _quotient(subject: Subject, leaf: Leaf, one: Probe, u: Array) -> float:
    """The weighted sum's, at one step: too rough to judge by."""
    step = float(np.exp2(np.rint(np.log2(np.max(one.spacing, initial=EPS)) / 2.5))) / _NEAR
    line = along(subject, {leaf.name: u}, one)
    return float(one.upstream @ (line(step) - line(-step))) / (2 * step)
