"""Do forward and backward give the same again: at once, after another forward, and when the object is used anew?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from nnverify.contract import Calls
from nnverify.subject import Subject
from nnverify.tolerance import differ
from nnverify.verdict import Finding, Outcome
from nnverify.watch import Result

Array = NDArray[np.float64]

CHECK = "repeatable"
_SUMS = 2.0**14  # units in the last place of the largest output, that sums in another order may be off


def repeatable(subject: Subject, calls: Calls) -> Iterator[Finding]:
    """A finding about a forward that differs from call to call; else one for each leaf whose gradient does, or may.

    An object may keep what it likes between its calls; then it is only remarked that one forward is good for one
    backward, or that gradients accumulate. Functions keep nothing.
    """
    reordered = _SUMS * float(np.max(calls.first.spacing, initial=0.0))
    if any(differ(output, calls.outputs[0], within=reordered) for output in calls.outputs[1:]):
        message = "forward returns something else at every call for the same leaves"
        yield from (Finding(CHECK, leaf.name, Outcome.INCONCLUSIVE, message, "NV207") for leaf in subject.targets())
        return
    for leaf in subject.targets():
        if leaf.name in calls.erratic:
            message = f"d{leaf.name} is another one at every call of backward, for the same leaves and upstream"
            yield Finding(CHECK, leaf.name, Outcome.FAIL, message, "NV307")
            continue
        yield from _stale(leaf.name, calls)
        yield from _second(leaf.name, calls, Outcome.PASS if subject.stateful else Outcome.FAIL)
        yield from _anew(leaf.name, calls)


def _differ(one: Array, two: Array, calls: Calls, *others: Array) -> bool:
    return differ(one, two, *others, within=calls.tolerance.again, nothing=calls.tolerance.nothing)


def _stale(name: str, calls: Calls) -> Iterator[Finding]:
    """Whether a forward on other values, between forward and backward, has changed the gradient."""
    if calls.plain is not None and name in calls.plain - calls.mixed:
        message = f"d{name} is that of another forward, which ran between forward and backward"
        yield Finding(CHECK, name, Outcome.FAIL, message, "NV113")


def _second(name: str, calls: Calls, outcome: Outcome) -> Iterator[Finding]:
    """Whether the same pullback, called again with another upstream, gives the gradient for that."""
    if calls.again.raised and not calls.scaled.raised:
        message = f"backward can be called only once for each forward: then it raised {calls.again.raised}"
        yield Finding(CHECK, name, Outcome.PASS, message, "NV307")
        return
    before, found = calls.scaled.gradient(name), calls.again.gradient(name)
    wanted = Result(calls.second.gradients).gradient(name)
    if before is None or found is None or wanted is None or not _differ(found, wanted, calls, before):
        return
    if not _differ(found, before + wanted, calls, before):
        yield Finding(CHECK, name, outcome, f"d{name} accumulates: a second backward adds to it", "NV112")
    else:
        why = "the first call has changed what it needs, or it is random"
        message = f"d{name} differs when backward is called again: {why}"
        yield Finding(CHECK, name, outcome, message, "NV307")


def _anew(name: str, calls: Calls) -> Iterator[Finding]:
    """Whether what was used at another point before gives another gradient here, its output being the same."""
    if calls.reused is None or _differ(calls.reused[0], calls.outputs[0], calls):
        return
    fresh, found = Result(calls.first.gradients).gradient(name), calls.reused[1].gradient(name)
    if fresh is None or found is None or not _differ(found, fresh, calls):
        return
    message = f"d{name} is another one when the same object was used at other values before"
    yield Finding(CHECK, name, Outcome.FAIL, message, "NV113")
