"""Is the backward linear in its upstream?

Zero in, zero out; a power of two times the upstream gives that times the gradient; the gradients of two upstreams
add up to that of their sum. No derivative is needed.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from nnverify.contract import FACTOR, Calls, Result, differ, floor
from nnverify.subject import Subject
from nnverify.verdict import Finding, Outcome

Array = NDArray[np.float64]

CHECK = "linear"


def linear(subject: Subject, calls: Calls) -> Iterator[Finding]:
    """One finding for each leaf whose gradient is not linear in the upstream.

    Terms of the loss that the pullback adds by itself make it affine, and are not judged here.
    """
    if subject.unit_outputs:
        return
    for leaf in subject.targets():
        one, two = (Result(probe.gradients).gradient(leaf.name) for probe in (calls.first, calls.second))
        message = None if one is None or two is None else _broken(leaf.name, calls, one, two)
        if message:
            yield Finding(CHECK, leaf.name, Outcome.FAIL, message, "NV109")


def _broken(name: str, calls: Calls, one: Array, two: Array) -> str | None:
    """The first law that does not hold, in words."""
    both = calls.mixed if calls.plain is None else calls.plain
    zero, scaled, added = (found.gradient(name) for found in (calls.zero, calls.scaled, both))
    least = floor(calls.first, calls.second)
    if zero is not None and differ(zero, np.zeros_like(one), one, floor=least):
        return f"d{name} is not zero for an upstream gradient of zero"
    if scaled is not None and differ(scaled, FACTOR * one, floor=least):
        return f"d{name} does not become {FACTOR:g} times as large when the upstream gradient does"
    if added is not None and differ(added, one + two, one, two, floor=least):
        return f"d{name} for a sum of two upstream gradients is not the sum of those for each"
    return None
