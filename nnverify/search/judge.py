"""What is found at one point: a verdict, confirmed with other draws, with what was special about it.

A point that forward does not take, or where it is not finite, is none; what is open there is held against nobody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from nnverify._errors import UsageError
from nnverify.drawing import in_precision
from nnverify.reading import Demand
from nnverify.search.layer import Base, Point, finite
from nnverify.search.screen import suspicious
from nnverify.search.smaller import USUAL, smaller
from nnverify.search.undefined import SPECIAL, undefined
from nnverify.subject import Subject
from nnverify.verdict import Finding, Outcome, Verdict
from nnverify.verify import verify

GENERIC = "options"  # the dimension in which neither sizes nor values are special
# What a special value explains better than the code that the check gave.
_UNEXPLAINED = (None, "NV304")


_SMALL = 16  # entries of a layer that is judged as it is
_LEAST = 2  # of the sizes of one that is tried before that of usual sizes
Judged = tuple[Point, Verdict | None]


@dataclass
class Budget:
    """Evaluations of forward so far, and the most; seconds, where a clock says so.

    tried, outside   points by dimension, and those of them that forward does not take
    left             dimensions that points are left of
    """

    most: int
    seconds: float
    clock: Callable[[], float]
    evaluations: int = 0
    tried: Counter[str] = field(default_factory=Counter)
    outside: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._start = self.clock()

    @property
    def spent(self) -> bool:
        return self.evaluations >= self.most or self.clock() - self._start >= self.seconds

    def add(self, other: Budget) -> None:
        """What another process has used."""
        self.evaluations += other.evaluations
        self.tried.update(other.tried)
        self.outside.update(other.outside)

    def counted(self, subject: Subject) -> Subject:
        """The subject, every evaluation of which counts."""
        return replace(subject, run=self._counting(subject.run), forward=self._counting(subject.forward))

    def _counting(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*values: Any) -> Any:
            self.evaluations += 1
            return function(*values)

        return call


def judged(base: Base, point: Point, budget: Budget) -> Judged:
    """The verdict at the point, or at that in a smaller layer at which it was told; None where there is none."""
    budget.tried[point.dimension] += 1
    try:
        subject = budget.counted(subject_at(base, point))
        if finite(subject):
            return _closely(base, subject, point, budget)
    except UsageError:
        pass
    budget.outside[point.dimension] += 1
    return point, None


def _closely(base: Base, subject: Subject, point: Point, budget: Budget) -> Judged:
    """The verdict, where a glance finds something odd or none is asked for.

    Of what is odd here and wrong in a smaller layer the latter says more, at a small part of the cost.
    """
    odd = (point.glance or point.again is not None) and suspicious(subject, base.layer.demand.seed)
    if point.glance and not odd:
        return point, None
    small = _in_smaller(base, point, budget) if odd and point.again is not None else None
    if small is not None:
        return small
    return point, None if point.dear else _confirmed(base, subject, point)


def _in_smaller(base: Base, point: Point, budget: Budget) -> Judged | None:
    """What is wrong at the same point of a smaller layer; None where nothing is."""
    for least in (_LEAST, USUAL):
        near = smaller(base, _SMALL, least)
        same = (one for one in point.again(near) if one.special == point.special) if point.again else iter(())
        there = next(same, None) if near is not base else None
        if there is not None and glanced(base, there, budget):
            found = _confirmed(base, budget.counted(subject_at(base, there)), there)
            if found.outcome is Outcome.FAIL:
                return there, found
    return None


def glanced(base: Base, point: Point, budget: Budget) -> bool:
    """Whether a glance finds something odd at the point."""
    try:
        subject = budget.counted(subject_at(base, point))
        return finite(subject) and suspicious(subject, base.layer.demand.seed)
    except UsageError:
        return False


def subject_at(base: Base, point: Point) -> Subject:
    """The subject at the point. Raises UsageError where forward does not take it."""
    leaves = point.leaves if point.dtype is None else in_precision(point.leaves, point.dtype)
    same = leaves is base.leaves and point.options == base.options
    subject = base.subject if same else base.layer.subject(leaves, point.options, base.world)
    return placed(subject, point.values)


def placed(subject: Subject, values: Mapping[str, Any]) -> Subject:
    """The subject with other values in some leaves."""
    leaves = (replace(leaf, value=values[leaf.name]) if leaf.name in values else leaf for leaf in subject.leaves)
    return replace(subject, leaves=tuple(leaves))


def _confirmed(base: Base, subject: Subject, point: Point) -> Verdict:
    """The verdict; a failure at a special point is one if other draws see it, too."""
    demand = replace(base.layer.demand, contract=point.dimension == GENERIC)
    found = verified(subject, point, demand)
    if found.outcome is not Outcome.FAIL:
        return found
    again = blame(verified(subject, point, replace(demand, seed=demand.seed + 1)))
    kept = tuple(
        one for one in found.findings if one.outcome is not Outcome.FAIL or one.leaf in {leaf for leaf, _ in again}
    )
    return marked(replace(found, findings=kept), point)


def verified(subject: Subject, point: Point, demand: Demand) -> Verdict:
    """The pipeline's verdict; at a special point, what has no value is no mistake."""
    found = verify(subject, demand)
    if found.outcome is Outcome.FAIL and point.dimension in SPECIAL:
        found = undefined(subject, found, demand.seed)
    return found


def blame(verdict: Verdict) -> set[tuple[str, str | None]]:
    """The leaves that are wrong, each with how: by what the contract's code says, or by its numbers."""
    wrong = [one for one in verdict.findings if one.outcome is Outcome.FAIL]
    return {(one.leaf, one.code if (one.code or "").startswith("NV3") else None) for one in wrong}


def marked(verdict: Verdict, point: Point) -> Verdict:
    """The verdict with what was special in every failure."""
    return replace(verdict, findings=tuple(_marked(one, point) for one in verdict.findings))


def _marked(finding: Finding, point: Point) -> Finding:
    if finding.outcome is not Outcome.FAIL or not point.special:
        return finding
    code = point.code if finding.code in _UNEXPLAINED and point.code else finding.code
    return replace(finding, code=code, message=f"{finding.message}; found where {point.special}")
