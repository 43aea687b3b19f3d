"""Is there a gradient at all, where every line through the point is smooth?

The median of equal values has a slope along every direction, and that along a sum of two is not the sum of both: no
gradient agrees with all of them, and none is to blame for it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnverify._compare import DIFFERS, excess
from nnverify.oracles.estimate import Status
from nnverify.oracles.line import EPS
from nnverify.probe import Probe, along, direction, exact_steps
from nnverify.reading import read
from nnverify.subject import Leaf, Subject
from nnverify.verdict import Finding, Outcome

Array = NDArray[np.float64]

CHECK = "gradient"
_COARSE = 2.0**-8  # the sum of two directions is rounded to a dozen bits, and what has no gradient shows grossly
_NEAR = 2.0**-8  # of a direction: what else there is along it is further off
_PAIRS = tuple((number, number + 1) for number in range(101, 113, 2))  # directions that nothing else has looked along


def additive(subject: Subject, leaf: Leaf, one: Probe, seed: int) -> Finding | None:
    """INCONCLUSIVE where the slopes along two directions and their sum are known, and do not add up; else None.

    Of six pairs the one is looked at for which quotients add up least: of three equal values most pairs meet the same.
    """
    triples = [_triple(subject, leaf, pair, seed) for pair in _PAIRS]
    defects = [_defect([_quotient(subject, leaf, one, step) for step in triple]) for triple in triples]
    if max(defects) < _COARSE:
        return None
    chosen = triples[int(np.argmax(defects))]
    found = [read(subject, one, {leaf.name: step}) for step in chosen]
    if any(reading.status is not Status.SMOOTH for reading in found):
        return None
    first, second, joint = (reading.numerical for reading in found)
    coarse = _COARSE * (abs(first) + abs(second) + abs(joint))
    if excess(first + second, joint, coarse + sum(reading.bar for reading in found)) <= DIFFERS:
        return None
    message = (
        f"d{leaf.name} cannot be judged: the slopes along two directions, {first:+.3g} and {second:+.3g}, are not "
        f"{joint:+.3g}, that along their sum; the function has no gradient at this point"
    )
    return Finding(CHECK, leaf.name, Outcome.INCONCLUSIVE, message, "NV201")


def _triple(subject: Subject, leaf: Leaf, numbers: tuple[int, int], seed: int) -> tuple[Array, Array, Array]:
    u, v = (direction(subject, leaf, number, seed) for number in numbers)
    return _NEAR * u, _NEAR * v, _NEAR * exact_steps(np.asarray(leaf.value, dtype=np.float64), u + v)


def _quotient(subject: Subject, leaf: Leaf, one: Probe, u: Array) -> float:
    """The weighted sum's, at one step: too rough to judge by."""
    step = float(np.exp2(np.rint(np.log2(np.max(one.spacing, initial=EPS)) / 2.5))) / _NEAR
    line = along(subject, {leaf.name: u}, one)
    return float(one.upstream @ (line(step) - line(-step))) / (2 * step)


def _defect(slopes: list[float]) -> float:
    """How far two slopes are from adding up to the third, relative to all."""
    first, second, joint = slopes
    size = abs(first) + abs(second) + abs(joint)
    return abs(first + second - joint) / size if np.isfinite(size) and size > 0 else 0.0
