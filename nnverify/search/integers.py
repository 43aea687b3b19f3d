"""Integers that were given: the neighbours of an option, and index arrays in which an index occurs twice.

Only numbers that forward is known, or shows, to take: indices that occur already, axes that exist, the next
larger and the next smaller count. Integers may be anything: classes as rows of zeros and ones, edges, lengths. They
are varied where each has its own place in the output, and moves nothing else, as what is looked up does; or in a list
that forward refuses where it points outside. What may be a permutation or a list of offsets stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from nnverify.search.judge import placed
from nnverify.search.layer import Base, Point
from nnverify.subject import Leaf, Subject, copied

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
                if _points(base, leaf) or _looked_up(base, leaf, value):
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
    if len(kinds) < 2 or ordered or _permutes(value):
        return
    yield "{} holds one index twice", _replaced(value, flat[0], slice(0, 2))
    yield "{} is one index everywhere", _replaced(value, flat[0], slice(None))


def _permutes(value: Array) -> bool:
    """Whether each row holds as many consecutive numbers as it is long."""
    rows = np.sort(value.reshape(-1, value.shape[-1]), axis=1)
    return bool(np.all(np.diff(rows, axis=1) == 1))


def _points(base: Base, leaf: Leaf) -> bool:
    """Whether these are indices in a row: forward raises IndexError for what lies beyond all of the arrays."""
    value, beyond = np.asarray(leaf.value), sum(int(np.size(one.value)) for one in base.subject.leaves) + 1
    if value.ndim != 1 or beyond > np.iinfo(value.dtype).max:
        return False
    try:
        _run(placed(base.subject, {leaf.name: np.full_like(value, beyond)}))
    except IndexError:
        return True
    except Exception:  # the caller's forward
        return False
    return False


def _looked_up(base: Base, leaf: Leaf, value: Array) -> bool:
    """Whether the outputs move only where the integers do: in every output their axes come one after the other."""
    before, after = (_outputs(placed(base.subject, {leaf.name: one})) for one in (leaf.value, value))
    stay = np.asarray(leaf.value) == value
    pairs = list(zip(before, after, strict=True)) if len(before) == len(after) else []
    return bool(pairs) and all(_in_place(stay, *pair) for pair in pairs)


def _in_place(stay: Array, before: Array, after: Array) -> bool:
    if before.shape != after.shape:
        return False
    starts = range(before.ndim - stay.ndim + 1)
    fitting = [start for start in starts if before.shape[start : start + stay.ndim] == stay.shape]
    same = (before == after) | (np.isnan(before) & np.isnan(after))
    spread = [stay.reshape((1,) * start + stay.shape + (1,) * (before.ndim - start - stay.ndim)) for start in fitting]
    return any(bool(np.all(same | ~kept)) for kept in spread)


def _outputs(subject: Subject) -> list[Array]:
    """All outputs; none where forward does not take these integers."""
    try:
        found = _run(subject)
        return [np.asarray(part, dtype=np.float64) for part in (found if isinstance(found, tuple | list) else (found,))]
    except Exception:  # the caller's forward
        return []


def _run(subject: Subject) -> Any:
    return subject.forward(*(copied(leaf.value) for leaf in subject.leaves))


def _replaced(value: Array, index: Any, where: slice) -> Array:
    found = value.copy()
    found.reshape(-1)[where] = index
    return found


def _point(base: Base, place: int, special: str, value: Any) -> Point:
    leaves = (*base.leaves[:place], replace(base.leaves[place], value=value), *base.leaves[place + 1 :])
    return Point("integers", special, leaves, {}, base.options)
