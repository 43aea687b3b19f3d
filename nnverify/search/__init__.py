"""The search: what is tried beyond the first point, until something fails or everything planned has been seen.

One file for each dimension says what is worth trying; points are data, and the pipeline judges them. A failure is
shrunk, marked with what was special, and written as a program that reproduces it. What was not covered is said.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from nnverify._session import SESSION
from nnverify.conventions._randomness import World
from nnverify.executing import Lost
from nnverify.search.judge import Budget, glanced
from nnverify.search.layer import Base, Layer, Point, based
from nnverify.search.parameters import with_parameters
from nnverify.search.plan import COMPARISONS, POINTS, Comparison
from nnverify.search.program import at_point, searching
from nnverify.search.results import results
from nnverify.search.shrink import shrunk
from nnverify.search.smaller import smaller
from nnverify.verdict import Finding, Outcome, Verdict
from nnverify.verify import verify

__all__ = ["Layer", "searched"]

_LARGE = 20_000  # entries, beyond which a smaller layer is looked at first


def searched(layer: Layer, world: World) -> Verdict:
    """The verdict at the first point, or at the first further one that fails.

    world  the caller's, as it was: every point starts from it, here or elsewhere
    """
    chosen = layer.chosen
    budget = Budget(chosen.budget.evaluations, chosen.budget.seconds, time.monotonic)
    base = based(layer, world)
    near = base if chosen.effort == "thorough" else smaller(base, _LARGE)
    first = verify(base.subject, layer.demand, None if near is base else near.subject)
    world.rewind()
    if chosen.effort == "point" or (chosen.effort == "standard" and _varied()):
        return first
    if "NV207" in first.codes:  # two runs of such a forward may differ for no reason
        return first
    if first.outcome is Outcome.FAIL:
        return _shown(base, _here(base), first, budget) if chosen.effort == "thorough" else first
    thorough = chosen.effort == "thorough"
    found = None if "NV304" in first.codes else _compared(base, near, first, budget)  # no numbers, nothing to compare
    found = _tried(base, near, budget) if found is None else found
    found = _mixed(base, budget) if found is None and thorough else found
    evaluations = first.evaluations + budget.evaluations
    if found is not None:
        return replace(found, findings=_beside(found, first), evaluations=evaluations)
    return replace(first, evaluations=evaluations, notes=(*first.notes, *_covered(base, budget)))


def _varied() -> bool:
    """Whether a test's @given chooses the values: it comes to special ones by itself."""
    hypothesis = sys.modules.get("hypothesis")
    return hypothesis is not None and bool(hypothesis.currently_in_test_context())


def _here(base: Base) -> Point:
    return Point("", "", base.leaves, {}, base.options)


def _points(base: Base, near: Base, budget: Budget) -> Iterator[Point]:
    thorough = base.layer.chosen.effort == "thorough"
    for dimension in POINTS:
        if thorough or dimension.standard:
            yield from dimension.points(base)
        elif dimension.quick and dimension.small and near is not base:
            odd = _odd(dimension.quick(near), near, budget)
            points = dimension.quick(base) if odd else iter(())
            yield from (replace(point, again=dimension.quick) for point in points if point.special in odd)
        elif dimension.quick:
            again = dimension.quick if dimension.small else None
            yield from (replace(point, glance=True, again=again) for point in dimension.quick(base))


def _odd(points: Iterator[Point], near: Base, budget: Budget) -> set[str]:
    """What is special where a glance finds something odd in the smaller layer."""
    found = {point.special for point in points if glanced(near, point, budget)}
    near.world.rewind()
    return found


def _tried(base: Base, near: Base, budget: Budget) -> Verdict | None:
    """The verdict at the first point that fails, else that some were lost on an executor; None where there is none."""
    lost: list[Lost] = []
    for point, found in results(base, _points(base, near, budget), budget):
        SESSION.progress(f"{base.layer.where}: {budget.tried.total()} points, {point.dimension}")
        if isinstance(found, Lost):
            lost.append(found)
        elif found is not None and found.outcome is Outcome.FAIL:
            return _shown(base, point, found, budget)
    return _missed(base, lost, budget) if lost else None


def _missed(base: Base, lost: Sequence[Lost], budget: Budget) -> Verdict:
    """The first verdict, with what is open because points were given up."""
    first = verify(base.subject, base.layer.demand)
    words = f"was not checked at {len(lost)} of {budget.tried.total()} further points: {lost[0].why}"
    more = (Finding("points", leaf, Outcome.INCONCLUSIVE, f"d{leaf} {words}", lost[0].code) for leaf in first.by_leaf)
    return replace(first, findings=(*first.findings, *more))


def _mixed(base: Base, budget: Budget) -> Verdict | None:
    """What Hypothesis finds; it takes 200 ms to load, which only a thorough check has."""
    from nnverify.search.mixtures import mixed

    SESSION.progress(f"{base.layer.where}: mixtures")
    found = None if budget.spent else mixed(base, budget)
    return None if found is None else _shown(base, *found, budget)


def _shown(base: Base, point: Point, verdict: Verdict, budget: Budget) -> Verdict:
    """The failing verdict at the smallest point, with the program that reproduces it."""
    small, found, alone = shrunk(base, point, verdict, budget)
    text = at_point(with_parameters(base.layer, small.values), small) if alone else searching(base.layer, _here(base))
    shapes = f"{verdict.shapes}, shrunk to {found.shapes}" if found.shapes != verdict.shapes else found.shapes
    findings = tuple(_explained(one, verdict) for one in found.findings)
    return replace(found, findings=findings, notes=(*found.notes, f"found at {shapes}"), program=text)


def _beside(found: Verdict, first: Verdict) -> tuple[Finding, ...]:
    """What was found, and of the leaves that are not wrong there what was said first: at their own point they pass."""
    wrong = {one.leaf for one in found.findings if one.outcome is Outcome.FAIL}
    if not wrong:
        return found.findings
    names = dict.fromkeys(one.leaf for one in (*first.findings, *found.findings))
    return tuple(one for name in names for one in (found if name in wrong else first).findings if one.leaf == name)


def _explained(finding: Finding, first: Verdict) -> Finding:
    """The finding with the cause that was known before the point was shrunk."""
    known = (one for one in first.findings if one.leaf == finding.leaf and one.check == finding.check and one.cause)
    cause = next(known, None)
    if cause is None or finding.outcome is not Outcome.FAIL:
        return finding
    return replace(finding, code=cause.code, cause=cause.cause, fix=cause.fix)


def _compared(base: Base, near: Base, first: Verdict, budget: Budget) -> Verdict | None:
    """The verdict with the findings of two runs that ought to be the same; None where they all are."""
    thorough = base.layer.chosen.effort == "thorough"
    for question in COMPARISONS if thorough else [one for one in COMPARISONS if one.standard]:
        if budget.spent:
            budget.left[question.name] += 1
            continue
        SESSION.progress(f"{base.layer.where}: {question.name}")
        budget.tried[question.name] += 1
        if question.small and near is not base and not _asked(question, near, budget):
            continue
        if found := _asked(question, base, budget):
            return replace(first, findings=(*first.findings, *found), program=searching(base.layer, _here(base)))
    return None


def _asked(question: Comparison, base: Base, budget: Budget) -> tuple[Finding, ...]:
    return tuple(question.findings(replace(base, subject=budget.counted(base.subject)), base.layer.demand.seed))


def _covered(base: Base, budget: Budget) -> Iterator[str]:
    """What was tried, for a thorough check, and what was not; for any other, what the budget has left out."""
    left = [f"{count} {name}, the budget being spent" for name, count in budget.left.items()]
    thorough = base.layer.chosen.effort == "thorough"
    if thorough:
        tried = ", ".join(f"{count} {name}" for name, count in budget.tried.items())
        outside = sum(budget.outside.values())
        yield f"tried: {tried}" + (f"; {outside} of these points lie outside forward's domain" if outside else "")
    if missing := [*(_uncovered(base, budget) if thorough else ()), *left]:
        yield f"not covered: {'; '.join(missing)}"


def _uncovered(base: Base, budget: Budget) -> Iterator[str]:
    found = base.layer.found
    if given := [name for name, spec in found.items() if spec.axes is None]:
        yield f"other sizes of {', '.join(given)} (name their axes: {given[0]}='m n')"
    if kept := [
        leaf.name for leaf in base.leaves if _is_indices(leaf.value) and found[leaf.name].integers_below is None
    ]:
        yield f"other indices in {', '.join(kept)} (describe them: leaf(…, integers_below=…))"
    if "mixtures" not in budget.tried:
        yield "mixtures of special entries"
    if not base.layer.chosen.dtypes:
        yield "precisions below float32 (dtypes=)"
    if base.layer.chosen.keywords == {}:
        yield "keyword arguments (options=)"


def _is_indices(value: object) -> bool:
    return getattr(getattr(value, "dtype", None), "kind", "") in ("i", "u")
