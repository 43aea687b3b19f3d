"""The points judged one after the other, here or on an executor; which of the two decides no verdict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace

from nnverify.conventions._randomness import restored
from nnverify.executing import Lost
from nnverify.search.judge import Budget, Judged, judged
from nnverify.search.layer import Base, Layer, Point, based
from nnverify.sharing import in_order
from nnverify.verdict import Verdict

Result = tuple[Point, Verdict | Lost | None]


def results(base: Base, points: Iterable[Point], budget: Budget) -> Iterator[Result]:
    """Every point with its verdict, None where there is none; those that the budget leaves out are counted only."""
    rest = iter(points)
    there = base.layer.chosen.executor is not None
    yield from _there(base, list(rest), budget) if there else _here(base, rest, budget)
    budget.left.update(point.dimension for point in rest)


def _here(base: Base, points: Iterator[Point], budget: Budget) -> Iterator[Result]:
    for point in points:
        if budget.spent:
            budget.left[point.dimension] += 1
            return
        try:
            found = judged(base, point, budget)
        finally:
            base.world.rewind()
        yield found


def _there(base: Base, points: Sequence[Point], budget: Budget) -> Iterator[Result]:
    """On the executor; what counts is what came back, in order."""
    chosen = base.layer.chosen
    alone = replace(base.layer, chosen=replace(chosen, executor=None))
    with closing(in_order(_elsewhere, alone, points, chosen.executor, base.layer.where)) as found:
        for place, (point, result) in enumerate(zip(points, found, strict=False)):
            if isinstance(result, Lost):
                budget.tried[point.dimension] += 1
                yield point, result
                continue
            judgement, own = result
            budget.add(own)
            yield judgement
            if budget.spent:
                budget.left.update(one.dimension for one in points[place + 1 :])
                return


def _elsewhere(layer: Layer, point: Point) -> tuple[Judged, Budget]:
    """In another process: the base is made anew there. The caller's objects are as before."""
    budget = Budget(layer.chosen.budget.evaluations, float("inf"), _still)
    with restored(layer.forward, layer.backward) as world:
        base = based(layer, world)
        world.rewind()
        return judged(base, point, budget), budget


def _still() -> float:
    return 0.0
