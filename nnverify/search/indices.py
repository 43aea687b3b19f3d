"""Special indices: all equal, extreme, repeated, in order. Only for leaves that were described as indices.

An index array that was given may be a permutation, or offsets: what else it may hold is not known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from nnverify.search.layer import Base, Point
from nnverify.subject import Leaf

Array = np.ndarray[Any, Any]


def _repeated(ids: Array, _: int) -> Array:
    changed = ids.copy()
    changed.reshape(-1)[:2] = ids.flat[0]
    return changed


def _up(ids: Array, limit: int) -> Array:
    return (np.arange(ids.size) % limit).reshape(ids.shape)


PATTERNS: dict[str, Callable[[Array, int], Array]] = {
    "{} is 0 everywhere": lambda ids, _: np.zeros_like(ids),
    "{} is the last index everywhere": lambda ids, limit: np.full_like(ids, limit - 1),
    "{} repeats its first index": _repeated,
    "{} counts up": _up,
    "{} counts down": lambda ids, limit: limit - 1 - _up(ids, limit),
    "{} holds the first and the last index only": lambda ids, limit: _up(ids, 2) * (limit - 1),
}


def points(base: Base) -> Iterator[Point]:
    """Every pattern in every leaf of indices."""
    size = base.layer.sizes(0)
    for place, leaf in enumerate(base.leaves):
        spec = base.layer.found[leaf.name]
        if spec.integers_below is None or not np.size(leaf.value):
            continue
        limit = size[spec.integers_below] if isinstance(spec.integers_below, str) else spec.integers_below
        for words, pattern in PATTERNS.items():
            yield _point(base, place, words.format(leaf.name), pattern(np.asarray(leaf.value), limit))


def _point(base: Base, place: int, special: str, value: Array) -> Point:
    old = base.leaves[place]
    new: Leaf = replace(old, value=value.astype(np.asarray(old.value).dtype)[()])
    leaves = (*base.leaves[:place], new, *base.leaves[place + 1 :])
    return Point("indices", special, leaves, {}, base.options, "NV117")
