"""Integers that were given: the neighbours of an option, and index arrays in which an index occurs twice.

Only numbers that forward is known, or shows, to take: indices that occur already, axes that exist, the next
larger and the next smaller count. What may be a permutation or a list of offsets stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from nnverify.search.layer import Base, Point

Array = np.ndarray[Any, Any]

_LARGEST = 16  # an option beyond this is a seed, a mark or a number of classes
_AXES = ("axis", "dim", "axes", "start")


def points(base: Base) -> Iterator[Point]:
    """Everything: what an option may be beside its value is guessed."""
    yield from repeated(base)
    for place, leaf in enumerate(base.leaves):
        if _given(base, place) and isinstance(leaf.value, int | np.integer) and not isinstance(leaf.value, bool):
            for other in _neighbours(base, leaf.name, int(leaf.value)):
                yield _point(base, place, f"{leaf.name} is {other}", other)


def repeated(base: Base) -> Iterator[Point]:
    """Index arrays in which an index occurs twice."""
    for place, leaf in enumerate(base.leaves):
        if _given(base, place) and isinstance(leaf.value, np.ndarray) and leaf.value.dtype.kind in "iu":
            for words, value in _repeated(leaf.value):
                yield _point(base, place, words.format(leaf.name), value)


def _given(base: Base, place: int) -> bool:
    leaf = base.leaves[place]
    return not leaf.differentiable and base.layer.found[leaf.name].given


def _neighbours(base: Base, name: str, value: int) -> list[int]:
    """Other axes, where the name says that it is one; else one more and one less, from 1 on."""
    if abs(value) > _LARGEST:
        return []
    if any(word in name.lower() for word in _AXES):
        ranks = [np.ndim(leaf.value) for leaf in base.subject.targets()]
        rank = max(ranks, default=0)
        return [other for other in (*range(rank), -1) if other != value]
    return [other for other in (value - 1, value + 1) if other >= min(1, value)]


def _repeated(value: Array) -> Iterator[tuple[str, Array]]:
    """The same indices, some in place of others."""
    flat = value.reshape(-1)
    kinds = np.unique(flat)
    ordered = bool(np.all(np.diff(flat) >= 0))
    permutation = len(kinds) == flat.size and kinds[0] == 0 and kinds[-1] == flat.size - 1
    if len(kinds) < 2 or ordered or permutation:
        return
    yield "{} holds one index twice", _replaced(value, flat[0], slice(0, 2))
    yield "{} is one index everywhere", _replaced(value, flat[0], slice(None))


def _replaced(value: Array, index: Any, where: slice) -> Array:
    found = value.copy()
    found.reshape(-1)[where] = index
    return found


def _point(base: Base, place: int, special: str, value: Any) -> Point:
    leaves = (*base.leaves[:place], replace(base.leaves[place], value=value), *base.leaves[place + 1 :])
    return Point("integers", special, leaves, {}, base.options)
