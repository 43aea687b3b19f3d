"""Is the backward linear in its upstream?

Zero in, zero out; a power of two times the upstream gives that times the gradient; the gradients of two upstreams
add up to that of their sum. No derivative is needed.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from nnverify.contract import FACTOR, Calls
from nnverify.subject import Subject
from nnverify.tolerance import differ
from nnverify.verdict import Finding, Outcome
from nnverify.watch import Result

CHECK = "linear"


def linear(subject: Subject, calls: Calls) -> Iterator[Finding]:
    """One finding for each leaf whose gradient is not linear in the upstream.

    Terms of the loss that the pullback adds by itself make it affine, and are not judged here.
    """
    if subject.unit_outputs:
        return
    for leaf in subject.targets():
        if leaf.name in calls.erratic:
            continue  # whatever it is linear in
        if message := _broken(leaf.name, calls):
            yield Finding(CHECK, leaf.name, Outcome.FAIL, message, "NV109")


def _broken(name: str, calls: Calls) -> str | None:
    """The first law that does not hold, in words."""
    one, allowed = Result(calls.first.gradients).gradient(name), calls.tolerance
    if one is None:
        return None
    of_zero = calls.zero.gradients.get(name)
    if of_zero is not None and np.any(np.asarray(of_zero) != 0):
        return f"d{name} is not zero for an upstream gradient of zero"
    scaled = calls.scaled.gradient(name)
    nothing = abs(FACTOR) * allowed.nothing
    if scaled is not None and differ(scaled, FACTOR * one, within=allowed.again, nothing=nothing):
        return f"d{name} does not become {FACTOR:g} times as large when the upstream gradient does"
    if name not in (calls.mixed if calls.plain is None else calls.plain):
        return f"d{name} for a sum of two upstream gradients is not the sum of those for each"
    return None
