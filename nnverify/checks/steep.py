"""Is a gradient that is not finite right, because the function's slope is not finite either?

√x at 0 has an infinite slope, and backward may say so; at a jump it may say what it likes. Where a slope is finite
on one side, NaN is wrong; where it is on both, so is infinity.
"""

from __future__ import annotations

import numpy as np

from nnverify.isolation import own_steps, restricted
from nnverify.oracles.estimate import Status
from nnverify.oracles.ladder import sides
from nnverify.probe import Array, Probe, along
from nnverify.reading import DEMANDED
from nnverify.subject import Leaf, Subject
from nnverify.verdict import Finding, Outcome, place

CHECK = "gradient"
_FLAT = 1e-9  # of the output: a bar below it says that the slope is finite
_LOOKED_AT = 24  # entries


def steep(subject: Subject, leaf: Leaf, one: Probe, seed: int) -> Finding | None:
    """INCONCLUSIVE where the slopes at all entries that are not finite excuse it; None where one of them is wrong."""
    gradient = one.gradient(leaf).reshape(-1)
    odd = np.flatnonzero(~np.isfinite(gradient))
    if not len(odd) or gradient.size != np.size(leaf.value) or len(odd) > _LOOKED_AT:
        return None
    u = np.abs(own_steps(subject, leaf, seed))
    for entry in odd:
        finite = [_finite(subject, leaf, one, int(entry), u, side) for side in range(2)]
        if all(finite) or (np.isnan(gradient[entry]) and any(finite)):
            return None
    index = tuple(int(i) for i in np.unravel_index(odd[0], np.shape(leaf.value)))
    where = f"{leaf.name}{place(index) if index else ''}"
    message = f"d{where} is {gradient[odd[0]]:g}, and the function has no finite slope there"
    return Finding(CHECK, leaf.name, Outcome.INCONCLUSIVE, message, "NV201", index, float(gradient[odd[0]]))


def _finite(subject: Subject, leaf: Leaf, one: Probe, entry: int, u: Array, side: int) -> bool:
    """Whether the slope on that side is seen to be finite: its bar is small beside that of a secant."""
    value = np.asarray(leaf.value, dtype=np.float64)
    line = along(subject, {leaf.name: restricted(value, u, np.array([entry]))}, one)
    found = sides(line, one.upstream)[side]
    if found.status is Status.JUMP:
        return False
    secants = [abs(float(one.upstream @ (line(t) - line(0.0)))) / 0.25 for t in (-0.25, 0.25)]
    known = [secant for secant in secants if np.isfinite(secant)]
    size = max([abs(float(found.value[0])), *known])
    # Where the function is flat its slope is zero, as far as the rounding of the output lets it be seen.
    flat = _FLAT * float(np.linalg.norm(one.upstream * one.output))
    return bool(found.error[0] <= max(DEMANDED * size, flat))
