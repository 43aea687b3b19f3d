"""Strategies for Hypothesis: leaves in general position, upstream gradients, layers of one's own making.

Arrays from the usual strategies sit on kinks and ties, because they shrink to zeros. These keep away from both and
shrink all the same: to the smallest sizes, and to whole numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis import target

from nnverify import _shapes
from nnverify._errors import UsageError
from nnverify.drawing import axis_names, below, spread
from nnverify.leaves import LeafSpec, label, specs
from nnverify.trees import grown
from nnverify.verdict import Verdict

__all__ = ["aim", "generic_arrays", "layers", "leaves", "shapes", "upstreams"]

Array = np.ndarray[Any, Any]
Strategy = st.SearchStrategy[Any]

_DIGITS = (1, 2, 10, 100)  # parts of one, from the simplest numbers to the finest
_ROOM = 3  # times as many numbers as entries, so that distinct ones are soon found
_USUAL = 20  # entries; arrays up to here choose from the same numbers, so that one shrinks into another


def generic_arrays(
    shape: int | tuple[int, ...] | Strategy,
    *,
    low: float = -4.0,
    high: float = 4.0,
    away_from: Sequence[float] = (0.0,),
    gap: float = 0.05,
    dtype: Any = np.float64,
) -> Strategy:
    """Arrays whose entries are pairwise distinct, and at least ``gap`` away from each number in ``away_from``.

    Between low and high, the ends left out. They shrink to short numbers near zero; a shape may be a strategy, and
    then shrinks as well. Raises UsageError where too few numbers lie between low and high.
    """
    if isinstance(shape, st.SearchStrategy):
        return shape.flatmap(
            lambda one: generic_arrays(one, low=low, high=high, away_from=away_from, gap=gap, dtype=dtype)
        )
    sizes = (shape,) if isinstance(shape, int) else tuple(shape)
    count = int(np.prod(sizes))
    numbers = _numbers(count, low, high, away_from, gap)
    # Places in the list, and not st.sampled_from: that draws unique ones by what is left, and hardly shrinks them.
    places = st.lists(st.integers(0, len(numbers) - 1), min_size=count, max_size=count, unique=True)
    return places.map(lambda found: np.array([numbers[place] for place in found], dtype=dtype).reshape(sizes))


def _numbers(count: int, low: float, high: float, away_from: Sequence[float], gap: float) -> list[float]:
    """Enough numbers to choose from, the simplest first."""
    found: dict[float, None] = {}
    for digits in _DIGITS:
        steps = np.arange(np.ceil(low * digits), np.floor(high * digits) + 1)
        inside = [float(one) / digits for one in sorted(steps, key=lambda one: (abs(one), -one))]
        found |= dict.fromkeys(
            one for one in inside if low < one < high and all(abs(one - knot) >= gap for knot in away_from)
        )
        if len(found) >= _ROOM * max(count, _USUAL):
            return list(found)
    if len(found) < max(count, 1):
        raise UsageError(
            what=f"{len(found)} numbers of two decimals lie between {low:g} and {high:g}, {count} are needed",
            where="generic_arrays",
            fix="widen low and high, or make the shape smaller",
        )
    return list(found)


def upstreams(shape: int | tuple[int, ...] | Strategy) -> Strategy:
    """Upstream gradients: no zeros to hide behind, no two alike, so never all ones."""
    return generic_arrays(shape, low=-9.0, high=9.0)


def shapes(*, smallest: int = 1, largest: int = 5, distinct: bool = False, **words: str) -> Strategy:
    """{leaf: shape} for axis words, the same size for the same word: shapes(X="m n", W="n p").

    The sizes are drawn first and the shapes made from them, so that they shrink one by one.
    """
    return _sizes(specs(words), smallest, largest, distinct=distinct).map(
        lambda size: {name: _shapes.shape(_shapes.parse(axes, name), size) for name, axes in words.items()}
    )


def _sizes(found: Mapping[str, LeafSpec], smallest: int, largest: int, *, distinct: bool) -> Strategy:
    names = axis_names(spread(found, ()))
    top = max(largest, smallest + len(names) - 1) if distinct else largest
    lists = st.lists(st.integers(smallest, top), min_size=len(names), max_size=len(names), unique=distinct)
    return lists.map(lambda sizes: dict(zip(names, sizes, strict=True)))


def leaves(*, smallest: int = 1, largest: int = 4, distinct: bool = False, **described: Any) -> Strategy:
    """{leaf: value} for what check_gradients takes: axis words, shapes, leaf(…), arrays; functions are not taken.

    ``**found`` passes them on: check_gradients(forward, backward, **found).
    """
    found = spread(specs(described), ())
    sizes = _sizes(found, smallest, largest, distinct=distinct)
    return sizes.flatmap(lambda size: _dictionaries({name: _leaf(name, one, size) for name, one in found.items()}))


def _dictionaries(parts: Mapping[Any, Strategy]) -> Strategy:
    """In the given order, which is that of the forward's arguments; st.fixed_dictionaries has one of its own."""
    return st.tuples(*parts.values()).map(lambda found: dict(zip(parts, found, strict=True)))


def _leaf(name: str, spec: LeafSpec, size: Mapping[str, int]) -> Strategy:
    if spec.parts:
        parts = {place: _leaf(f"{name}{label(place)}", one, size) for place, one in spec.parts.items()}
        return _dictionaries(parts).map(lambda found: grown(spec.value, found))
    if spec.draw is not None:
        raise UsageError(
            what="it is a function of a generator", where=f"leaf {name!r}", fix="describe it by axis words or leaf(…)"
        )
    if spec.axes is None and spec.shape is None:
        return st.just(spec.value)
    shape = spec.shape if spec.axes is None else _shapes.shape(_shapes.parse(spec.axes, name), size)
    assert shape is not None
    if spec.integers_below is not None:
        return _indices(shape, below(name, spec.integers_below, size))
    low = spec.low if spec.low is not None else min(-4.0, (spec.high or 0.0) - 4.0)
    high = spec.high if spec.high is not None else max(4.0, low + 4.0)
    return generic_arrays(shape, low=low, high=high, dtype=spec.dtype or np.float64)


def _indices(shape: tuple[int, ...], limit: int) -> Strategy:
    count = int(np.prod(shape))
    entries = st.lists(st.integers(0, max(limit - 1, 0)), min_size=count, max_size=count)
    return entries.map(lambda found: np.array(found, dtype=np.int64).reshape(shape))


@st.composite
def layers(
    draw: st.DrawFn, factory: Callable[..., Any], axes: str, /, *, smallest: int = 1, largest: int = 4, **described: Any
) -> tuple[Any, dict[str, Any]]:
    """(layer, {leaf: value}): the factory called with the sizes of these axes, and leaves of the same sizes.

    layers(Dense, "n p", X="m n") makes Dense(n, p) and X of shape (m, n).
    """
    sized = {f"_{place}": LeafSpec(axes=word) for place, word in enumerate(axes.split())}
    found = spread(specs(described), ())
    size = draw(_sizes(sized | found, smallest, largest, distinct=False))
    made = factory(*(size[word] for word in axes.split()))
    return made, {name: draw(_leaf(name, one, size)) for name, one in found.items()}


def aim(verdict: Verdict) -> Verdict:
    """The verdict as it is; inside @given, Hypothesis goes on towards inputs where the two sides differ more."""
    gaps = [_gap(one.backward, one.numerical) for one in verdict.findings]
    target(max(gaps, default=0.0), label="relative gap between backward and numerical")
    return verdict


def _gap(backward: float | None, numerical: float | None) -> float:
    if backward is None or numerical is None or not np.isfinite([backward, numerical]).all():
        return 0.0
    size = max(abs(backward), abs(numerical))
    return abs(backward - numerical) / size if size else 0.0
