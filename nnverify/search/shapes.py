"""Special sizes: each axis at 1 and at 0, all equal, two equal, long ones, other ranks, broadcast leaves.

The base has pairwise distinct sizes. Only axes that were named are changed: what a given shape means is not known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import combinations
from typing import Any

from nnverify import _shapes
from nnverify._errors import UsageError
from nnverify.drawing import spread
from nnverify.leaves import LeafSpec
from nnverify.search.layer import Base, Point

_PAIRS = 6  # of axes that are made equal
_LONG = (9, 33, 130)  # beyond usual unrolled loops, and blocks of 8, 32 and 128
_LARGEST = 20_000  # entries of all leaves
_BROADCAST: dict[tuple[str, ...], str] = {
    (): "is no axis",
    ("1",): "has size 1",
    ("1", "_1"): "has sizes 1 and 3",
}
_LONGER = {1: 130, 2: 12, 3: 9}  # the first of so many sizes
_AGAIN = 4  # further draws of distinct sizes


def standard(base: Base) -> Iterator[Point]:
    """Every axis at 1, then all at 1, then all at 2."""
    names = base.layer.axes()
    numbers = range(1, 1 + len(names) + 2 * bool(names))
    sizes = [(number, base.layer.sizes(number)) for number in numbers]
    yield from _at(base, sizes)


def thorough(base: Base) -> Iterator[Point]:
    """Every axis at 0, two equal, long; other distinct sizes; other ranks and broadcast leaves."""
    names, first = base.layer.axes(), base.layer.sizes(0)
    number = len(names) + 3
    sizes = [(number, first | {name: 0}) for name in names]
    sizes += [(number, first | {one: first[two]}) for one, two in list(combinations(names, 2))[:_PAIRS]]
    sizes += [(number + again, base.layer.sizes(number + again)) for again in range(_AGAIN if names else 0)]
    yield from _at(base, sizes)
    yield from _ranks(base)
    yield from _at(base, [(number, first | {name: long}) for long in _LONG for name in names])


def long(base: Base) -> Iterator[Point]:
    """One point with more than 128 entries, beyond blocks of eight rows."""
    names = base.layer.axes()
    if least := _LONGER.get(len(names)):
        yield from _at(base, [(len(names) + 3, {name: least + place for place, name in enumerate(names)})])


def _at(base: Base, sizes: list[tuple[int, dict[str, int]]]) -> Iterator[Point]:
    for number, size in sizes:
        yield from _point(base, number, size, base.layer.found, _words(size))


def _words(size: Mapping[str, int]) -> str:
    return ", ".join(f"{name}={length}" for name, length in size.items())


def _point(
    base: Base, number: int, size: Mapping[str, int], found: Mapping[str, LeafSpec], special: str
) -> Iterator[Point]:
    """The point with these sizes; nothing where no values can be drawn, as an index below 0."""
    try:
        leaves = base.layer.drawn(number, base.regime, size, found)
    except UsageError:
        return
    if sum(_count(leaf.value) for leaf in leaves) <= _LARGEST:
        yield Point("sizes", special, leaves, {}, base.options)


def _count(value: Any) -> int:
    return int(getattr(value, "size", 1))


def _ranks(base: Base) -> Iterator[Point]:
    """ "..." as no axis and as two axes; and, where several leaves have it, short or of size 1 in one of them."""
    found = base.layer.found
    open_ones = [name for name, spec in found.items() if spec.axes and _shapes.ANY in spec.axes.split()]
    if not open_ones:
        return
    size = base.layer.sizes(0) | {"_1": 3, "_2": 2}
    ranks: tuple[tuple[str, ...], ...] = ((), ("_2", "_1"))
    for words in ranks:
        yield from _point(base, 0, size, spread(found, words), f'"..." is {len(words)} axes')
    for name in open_ones if len(open_ones) > 1 else ():
        for words, how in _BROADCAST.items():
            other = spread(found, ("_2", "_1"))
            one: LeafSpec = spread({name: found[name]}, words)[name]
            yield from _point(base, 0, size, other | {name: replace(one)}, f'"..." of {name} {how}')
