"""The smallest failing point: shorter axes first, then simpler numbers, the same gradient wrong in the same way.

Deterministic and greedy. Axes are cut out of the arrays that fail, so that given arrays shrink as drawn ones do; every
candidate is judged as the program that is printed will judge it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from nnverify import _shapes
from nnverify._errors import UsageError
from nnverify.leaves import LeafSpec
from nnverify.search.judge import Budget, blame, marked, verified
from nnverify.search.layer import Base, Point, finite
from nnverify.search.parameters import with_parameters
from nnverify.search.values import allowed
from nnverify.subject import Leaf
from nnverify.trees import Tree
from nnverify.verdict import Outcome, Verdict
from nnverify.verify import ELSEWHERE

Array = np.ndarray[Any, Any]
Judge = Callable[[Point], Verdict | None]
Axes = Mapping[str, Sequence[str | None]]

_TRIES = 100
_EVALUATIONS = 15_000  # of forward, for all of them but the first
_SMALL = 16  # entries; beyond, a leaf's numbers are made simple all at once or not at all
_DECIMALS = (0, 1, 2)


def shrunk(base: Base, point: Point, verdict: Verdict, budget: Budget) -> tuple[Point, Verdict, bool]:
    """The smallest point found, its verdict, and whether a program that starts from its arrays fails as well."""
    point = _concrete(point)
    axes = _axes(base, point)
    judge = _Judge(base, budget, verdict, axes)
    found = judge(point)
    if found is None:
        return point, verdict, False
    for shrink in (_shorter(axes), _simpler, _shorter(axes)):
        point, found = _greedy(point, found, shrink, judge)
    return point, found, True


def _concrete(point: Point) -> Point:
    """The point with all its values in the leaves, but those of parameters that an object holds."""
    leaves = tuple(
        replace(leaf, value=point.values[leaf.name]) if leaf.name in point.values else leaf for leaf in point.leaves
    )
    names = {leaf.name for leaf in leaves}
    return replace(point, leaves=leaves, values={name: one for name, one in point.values.items() if name not in names})


class _Judge:
    """The verdict at a point that fails as the first one did; None where it does not, or where enough was tried."""

    def __init__(self, base: Base, budget: Budget, first: Verdict, axes: Axes) -> None:
        self._base, self._budget, self._axes = base, budget, axes
        self._wanted, self._here = blame(first), _seen_here(first)
        self._tries, self._most = _TRIES, np.inf

    def __call__(self, point: Point) -> Verdict | None:
        if not self._tries or self._budget.evaluations > self._most or not _inside(self._base, point):
            return None
        self._tries -= 1
        found = self._found(point)
        self._most = min(self._most, self._budget.evaluations + _EVALUATIONS)
        same = found is not None and found.outcome is Outcome.FAIL and blame(found) & self._wanted
        return found if same and found is not None and (_seen_here(found) or not self._here) else None

    def _found(self, point: Point) -> Verdict | None:
        base = self._base
        demand = replace(base.layer.demand, contract=False)
        try:
            layer = with_parameters(base.layer, point.values)
            subject = self._budget.counted(layer.subject(point.leaves, point.options))
            return marked(verified(subject, point, demand), _named(point, self._axes)) if finite(subject) else None
        except (UsageError, ValueError, IndexError):
            return None


def _inside(base: Base, point: Point) -> bool:
    """Whether all values lie where the caller said that they do."""
    bounds = [(leaf, base.layer.found[leaf.name]) for leaf in point.leaves if leaf.name in base.layer.found]
    return all(
        allowed(np.asarray(leaf.value), leaf, spec)
        for leaf, spec in bounds
        if spec.low is not None or spec.high is not None
    )


def _seen_here(verdict: Verdict) -> bool:
    """Whether every failure is one at the point itself."""
    return not any(ELSEWHERE in one.message for one in verdict.findings if one.outcome is Outcome.FAIL)


def _named(point: Point, axes: Axes) -> Point:
    """The point; if its sizes are what is special, by those that it has now."""
    sizes = {
        name: size
        for leaf in point.leaves
        for name, size in zip(axes[leaf.name], np.shape(leaf.value) if axes[leaf.name] else (), strict=False)
        if name and not name.startswith(("=", "..."))
    }
    words = ", ".join(f"{name}={size}" for name, size in sizes.items())
    return (
        replace(point, special=words) if point.dimension == "sizes" and words and "..." not in point.special else point
    )


def _greedy(
    point: Point, verdict: Verdict, candidates: Callable[[Point], Iterator[Point]], judge: Judge
) -> tuple[Point, Verdict]:
    """The first candidate that still fails, again and again."""
    better = True
    while better:
        better = False
        for candidate in candidates(point):
            found = judge(candidate)
            if found is not None:
                point, verdict, better = candidate, found, True
                break
    return point, verdict


def _axes(base: Base, point: Point) -> Axes:
    """The name of every axis of every leaf; axes of given shapes are one where their sizes are equal."""
    return {leaf.name: _names(base.layer.found.get(leaf.name), leaf) for leaf in point.leaves}


def _names(spec: LeafSpec | None, leaf: Leaf) -> Sequence[str | None]:
    shape = np.shape(leaf.value) if isinstance(leaf.value, np.ndarray) and not isinstance(leaf, Tree) else ()
    if spec is not None and spec.axes is not None:
        words = _shapes.parse(_shapes.spread(spec.axes, (), leaf.name), leaf.name)
        named = [None if axis.size is not None else axis.name for axis in words]
        return [*(f"... {place}" for place in range(len(shape) - len(named), 0, -1)), *named]
    if spec is not None and spec.draw is not None:
        return [None] * len(shape)
    return [f"={size}" for size in shape]


def _shorter(axes: Axes) -> Callable[[Point], Iterator[Point]]:
    """Candidates with one axis cut, the shortest first, from the front and from the back."""

    def candidates(point: Point) -> Iterator[Point]:
        for name in dict.fromkeys(name for names in axes.values() for name in names if name):
            length = max((_length(leaf, axes[leaf.name], name) for leaf in point.leaves), default=0)
            least = 2 if name.startswith("=") else 1
            for size in sorted({least, 2, 3, 4, length // 2, length - length // 4, length - 1}):
                if least <= size < length:
                    yield _cut(point, axes, name, slice(0, size))
                    yield _cut(point, axes, name, slice(length - size, length))

    return candidates


def _length(leaf: Leaf, names: Sequence[str | None], name: str) -> int:
    sizes = [size for size, own in zip(np.shape(leaf.value), names, strict=True) if own == name] if names else []
    return max(sizes, default=0)


def _cut(point: Point, axes: Axes, name: str, part: slice) -> Point:
    leaves = []
    for leaf in point.leaves:
        names = axes[leaf.name]
        if names:
            full = leaf.value.shape
            places = tuple(
                part if own == name and size > 1 else slice(None) for own, size in zip(names, full, strict=True)
            )
            leaf = replace(leaf, value=_below(leaf.value[places].copy(), leaf.value, part))
        leaves.append(leaf)
    return replace(point, leaves=tuple(leaves))


def _below(value: Array, whole: Array, part: slice) -> Array:
    """Indices that may now be too large, brought down."""
    if value.dtype.kind in "iu" and whole.size and part.stop - part.start > 0:
        return np.minimum(value, max(part.stop - part.start - 1, 0))
    return value


def _simpler(point: Point) -> Iterator[Point]:
    """Candidates with simpler numbers in one leaf: all rounded, then entry by entry."""
    for place, leaf in enumerate(point.leaves):
        value = leaf.value
        if not isinstance(value, np.ndarray) or value.dtype.kind != "f" or not leaf.differentiable:
            continue
        for candidate in _rounded(value):
            yield _with(point, place, candidate)


def _rounded(value: Array) -> Iterator[Array]:
    counting = (np.arange(value.size) + 1.0).reshape(value.shape)
    wholes = [counting, *(np.round(value, digits) + 0.0 for digits in _DECIMALS)]  # no -0.0
    yield from (whole.astype(value.dtype) for whole in wholes if _complexity(whole) < _complexity(value))
    if value.size > _SMALL:
        return
    for entry in range(value.size):
        number = float(value.flat[entry])
        for simple in (0.0, 1.0, float(np.sign(number)), *(round(number, digits) + 0.0 for digits in _DECIMALS)):
            changed = value.copy()
            changed.flat[entry] = simple
            if _complexity(changed) < _complexity(value):
                yield changed


def _complexity(value: Array) -> tuple[int, float]:
    """How long the numbers are to write, and how large they are."""
    return sum(len(f"{number:g}" if f"{number:g}" and float(f"{number:g}") == number else repr(number)) for number in
               value.ravel().tolist()), float(np.sum(np.abs(value)))  # fmt: skip


def _with(point: Point, place: int, value: Array) -> Point:
    leaf = replace(point.leaves[place], value=value)
    return replace(point, leaves=(*point.leaves[:place], leaf, *point.leaves[place + 1 :]))
