"""Is there a gradient at all, where every line through the point is smooth?

The median of equal values has a slope along every direction, and that along a sum of two is not the sum of both: no
gradient agrees with all of them, and none is to blame for it.
"""

from __future__ import annotations

import numpy as np

from nnverify._compare import DIFFERS, excess
from nnverify.oracles.estimate import Status
from nnverify.probe import Probe, direction, exact_steps
from nnverify.reading import read
from nnverify.subject import Leaf, Subject
from nnverify.verdict import Finding, Outcome

CHECK = "gradient"
_COARSE = 2.0**-8  # the sum of two directions is rounded to a dozen bits, and what has no gradient shows grossly
_NUMBERS = (101, 102)  # of directions that nothing else has looked along


def additive(subject: Subject, leaf: Leaf, one: Probe, seed: int) -> Finding | None:
    """INCONCLUSIVE where the slopes along two directions and their sum are known, and do not add up; else None."""
    u, v = (direction(subject, leaf, number, seed) for number in _NUMBERS)
    both = exact_steps(np.asarray(leaf.value, dtype=np.float64), u + v)
    found = [read(subject, one, {leaf.name: step}) for step in (u, v, both)]
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
