"""Do forward and backward give the same again, also when another forward has run in between?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from nnverify.contract import Calls, differ, floor
from nnverify.subject import Subject
from nnverify.verdict import Finding, Outcome

Array = NDArray[np.float64]

CHECK = "repeatable"


def repeatable(subject: Subject, calls: Calls) -> Iterator[Finding]:
    """A finding about a forward that differs from call to call; else one for each leaf whose gradient does.

    An object may keep what it likes between its calls; then it is only remarked that one forward is good for one
    backward, or that gradients accumulate. Functions keep nothing.
    """
    if any(differ(output, calls.outputs[0]) for output in calls.outputs[1:]):
        message = "forward returns something else at every call for the same leaves"
        yield from (Finding(CHECK, leaf.name, Outcome.INCONCLUSIVE, message, "NV207") for leaf in subject.targets())
        return
    for leaf in subject.targets():
        yield from _stale(leaf.name, calls)
        yield from _second(leaf.name, calls, Outcome.PASS if subject.stateful else Outcome.FAIL)


def _stale(name: str, calls: Calls) -> Iterator[Finding]:
    """Whether a forward on other values, between forward and backward, has changed the gradient."""
    mixed, plain = calls.mixed.gradient(name), None if calls.plain is None else calls.plain.gradient(name)
    if mixed is not None and plain is not None and differ(mixed, plain, floor=floor(calls.first, calls.second)):
        message = f"d{name} is that of another forward, which ran between forward and backward"
        yield Finding(CHECK, name, Outcome.FAIL, message, "NV113")


def _second(name: str, calls: Calls, outcome: Outcome) -> Iterator[Finding]:
    """Whether the same pullback, called again, gives the same again."""
    scaled, again = calls.scaled.gradient(name), calls.again.gradient(name)
    if calls.again.raised and not calls.scaled.raised:
        message = f"backward can be called only once for each forward: then it raised {calls.again.raised}"
        yield Finding(CHECK, name, Outcome.PASS, message, "NV307")
    elif scaled is not None and again is not None and differ(scaled, again, floor=floor(calls.first, calls.second)):
        if not differ(again, 2 * scaled):
            yield Finding(CHECK, name, outcome, f"d{name} accumulates: a second backward adds to it", "NV112")
        else:
            message = f"d{name} differs when backward is called again: the first call has changed what it needs"
            yield Finding(CHECK, name, outcome, message, "NV307")
