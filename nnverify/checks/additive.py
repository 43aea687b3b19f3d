"""Is there a gradient at all, where every line through the point is smooth?

The median of equal values has a slope along every direction, and that along a sum of some is not the sum of theirs: no
gradient agrees with all of them, and none is to blame for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import takewhile

import numpy as np
from numpy.typing import NDArray

from nnverify._compare import DIFFERS, excess
from nnverify.oracles.estimate import Status
from nnverify.oracles.line import EPS
from nnverify.probe import Probe, along, direction
from nnverify.reading import Reading, read
from nnverify.subject import Leaf, Subject
from nnverify.verdict import Finding, Outcome

Array = NDArray[np.float64]

CHECK = "gradient"
_ADDS = 2.0**-14  # of the slopes' sizes: a quotient has so many digits, and what has no gradient shows grossly
_NEAR = 2.0**-8  # of a direction: what else there is along it is further off, and the sum is still a small step
_NUMBERS = range(101, 113)  # directions that nothing else has looked along


def additive(subject: Subject, leaf: Leaf, one: Probe, seed: int) -> Finding | None:
    """INCONCLUSIVE where the slopes along twelve directions are known, and that along their sum is another; else None.

    Along a few, the same of three equal values is met by chance.
    """
    steps = [_NEAR * direction(subject, leaf, number, seed) for number in _NUMBERS]
    lines = [*steps, np.asarray(sum(steps))]
    if _defect(np.array([_quotient(subject, leaf, one, step) for step in lines])) < _ADDS:
        return None
    found = list(_smooth(subject, leaf, one, lines))
    slopes, bars = np.array([reading.numerical for reading in found]), sum(reading.bar for reading in found)
    known = len(found) == len(lines) and excess(np.sum(slopes[:-1]), slopes[-1], bars) > DIFFERS
    if not known or _defect(slopes) < _ADDS:
        return None
    message = (
        f"d{leaf.name} cannot be judged: the slopes along {len(steps)} directions add up to "
        f"{np.sum(slopes[:-1]):+.3g}, that along their sum is {slopes[-1]:+.3g}; "
        "the function has no gradient at this point"
    )
    return Finding(CHECK, leaf.name, Outcome.INCONCLUSIVE, message, "NV201")


def _smooth(subject: Subject, leaf: Leaf, one: Probe, steps: Sequence[Array]) -> Iterator[Reading]:
    """The readings along these, up to the first that is not smooth."""
    found = (read(subject, one, {leaf.name: step}) for step in steps)
    return takewhile(lambda reading: reading.status is Status.SMOOTH, found)


def _quotient(subject: Subject, leaf: Leaf, one: Probe, u: Array) -> float:
    """The weighted sum's, at one step: too rough to judge by."""
    step = float(np.exp2(np.rint(np.log2(np.max(one.spacing, initial=EPS)) / 2.5))) / _NEAR
    line = along(subject, {leaf.name: u}, one)
    return float(one.upstream @ (line(step) - line(-step))) / (2 * step)


def _defect(slopes: Array) -> float:
    """How far all slopes but the last are from adding up to it, relative to their sizes."""
    size = float(np.sum(np.abs(slopes)))
    return abs(float(np.sum(slopes[:-1]) - slopes[-1])) / size if np.isfinite(size) and size > 0 else 0.0
