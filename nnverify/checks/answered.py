"""What is said of a leaf by its readings: that it agrees, and how finely; that it differs; or why it is open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from nnverify.checks.malformed import CHECK
from nnverify.claims import claimed
from nnverify.isolation import nothing
from nnverify.oracles.estimate import Status
from nnverify.reading import Reading, ratio, refuted
from nnverify.subject import Leaf
from nnverify.verdict import Finding, Outcome, sides, times
from nnverify.witness import Testimony


def answered(leaf: Leaf, readings: Sequence[Reading]) -> Finding:
    """FAIL where two directions differ, PASS where nearly all agree and were fine enough, else open."""
    if refuted(readings):
        return _fail(leaf, readings)
    settled = sum(not one.agrees for one in readings) <= len(readings) // 4
    fine = all(one.resolution(leaf.name) <= one.demanded(leaf.name) for one in readings)
    return _pass(leaf, readings) if settled and fine else _open(leaf, readings)


def _pass(leaf: Leaf, readings: Sequence[Reading]) -> Finding:
    worst = max(readings, key=lambda one: one.resolution(leaf.name))
    seen = f"a relative error above {worst.resolution(leaf.name):.1e} would have been seen"
    return _finding(leaf.name, Outcome.PASS, f"d{leaf.name} agrees; {seen}", None, worst)


def _fail(leaf: Leaf, readings: Sequence[Reading]) -> Finding:
    worst = max((one for one in readings if one.differs), key=lambda one: one.excess)
    factor = ratio(readings)
    message = (
        f"d{leaf.name} differs along a random direction: {sides(worst.backward, worst.numerical, worst.bar)}"
        if factor is None
        else f"d{leaf.name} is {times(factor)} x the numerical gradient"
    )
    return replace(_finding(leaf.name, Outcome.FAIL, message, None, worst), ratio=factor)


# Status of the function along the line, or the lack of a gradient, to the reason and its sentence.
_REASONS = {
    "vacuous": ("NV205", "the gradient is zero here on both sides, so nothing was tested"),
    Status.KINK: ("NV201", "the function has a kink at this point"),
    Status.CUSP: ("NV201", "the function has an infinite slope at this point"),
    Status.JUMP: ("NV209", "the function jumps at this point"),
    Status.DOMAIN: ("NV206", "the function is not finite next to this point"),
    Status.SMOOTH: ("NV202", "the function is too noisy here to tell"),
}


def _open(leaf: Leaf, readings: Sequence[Reading]) -> Finding:
    worst = max(readings, key=lambda one: (one.bar, one.excess))
    smooth = all(one.status is Status.SMOOTH and one.agrees for one in readings)
    vacuous = smooth and all(one.sizes.get(leaf.name, 0.0) == 0 or nothing(one) for one in readings)
    code, why = _REASONS["vacuous" if vacuous else worst.status]
    trouble = f" (forward raised {worst.trouble})" if worst.trouble and code == "NV206" else ""
    message = f"d{leaf.name} could not be judged: {why}{trouble}"
    return _finding(leaf.name, Outcome.INCONCLUSIVE, message, code, worst)


def disputed(name: str, found: Reading, other: Testimony) -> Finding:
    """Two witnesses that contradict each other: both values, and no accusation."""
    message = (
        f"d{name} could not be judged: {sides(claimed(found), found.numerical, found.bar)}, but "
        f"{other.witness} {other.value:+z.6g} ± {other.error:.1g}"
    )
    return _finding(name, Outcome.INCONCLUSIVE, message, "NV208", found)


def _finding(name: str, outcome: Outcome, message: str, code: str | None, one: Reading) -> Finding:
    sides = (one.backward, one.numerical, one.bar)
    return Finding(CHECK, name, outcome, message, code, None, *sides, one.resolution(name))
