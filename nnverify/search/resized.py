"""Other sizes of shapes that were given: each at 1, and one point with more than 128 entries.

Equal sizes are taken to be one axis, and change together; a size that a given array has stays. That this is what they
mean shows in the output: its shape must have changed in the same way, else the point is none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from nnverify._errors import UsageError
from nnverify.search.layer import Base, Point
from nnverify.search.runs import upstream_of
from nnverify.subject import Leaf

_ENTRIES = 128  # offsets of eight bits end here, and blocks of rows are usually shorter
_LARGEST = 20_000


def points(base: Base) -> Iterator[Point]:
    """Each size at 1; all at 1; all larger."""
    free = [] if any(spec.parts for spec in base.layer.found.values()) else _free(base)
    for size in free if len(free) > 1 else ():
        yield from _point(base, {size: 1})
    if free:
        yield from _point(base, dict.fromkeys(free, 1))
        yield from _point(base, _larger(base, free))


def quick(base: Base) -> Iterator[Point]:
    """The first size, which is that of the samples as a rule, at 1; all larger."""
    free = [] if any(spec.parts for spec in base.layer.found.values()) else _free(base)
    first = next((spec.shape[0] for spec in base.layer.found.values() if spec.shape), 0)
    if first in free:
        yield from _point(base, {first: 1})
    if free:
        yield from _point(base, _larger(base, free))


def _free(base: Base) -> list[int]:
    """The sizes of the shapes that were given, and of no array that was."""
    found = base.layer.found
    shapes = [spec.shape for spec in found.values() if spec.shape is not None]
    given = [leaf.value for leaf in base.leaves if found[leaf.name].shape is None]
    fixed = {size for value in given if isinstance(value, np.ndarray) for size in value.shape}
    fixed |= {spec.integers_below for spec in found.values() if isinstance(spec.integers_below, int)}
    return sorted({size for shape in shapes for size in shape if size > 1} - fixed)


def _larger(base: Base, free: list[int]) -> dict[int, int]:
    """The same sizes in the same order, so many times as large that the largest leaf has enough entries."""
    shapes = [spec.shape for spec in base.layer.found.values() if spec.shape is not None]
    for factor in range(2, _ENTRIES + 2):
        larger = {size: size * factor for size in free}
        if max(int(np.prod([larger.get(size, size) for size in shape])) for shape in shapes) > _ENTRIES:
            return larger
    return {}


def _point(base: Base, change: Mapping[int, int]) -> Iterator[Point]:
    found = {
        name: spec if spec.shape is None else replace(spec, shape=tuple(change.get(size, size) for size in spec.shape))
        for name, spec in base.layer.found.items()
    }
    try:
        leaves = base.layer.drawn(0, base.regime, None, found)
        if sum(int(np.size(leaf.value)) for leaf in leaves) <= _LARGEST and _understood(base, leaves, change):
            words = ", ".join(f"{size} becomes {other} in all shapes" for size, other in change.items())
            yield Point("sizes", words, leaves, {}, base.options)
    except (UsageError, ValueError):
        return


def _understood(base: Base, leaves: tuple[Leaf, ...], change: Mapping[int, int]) -> bool:
    """Whether the shapes of forward's output have changed as those of the leaves, and the gradients' have, too.

    A backward with a buffer of fixed size is for no other.
    """
    subject = base.layer.subject(leaves, base.options)
    before, (after, pullback) = base.subject.at_point()[0], subject.at_point()
    wanted = [tuple(change.get(size, size) for size in shape) for shape in _shapes(before)]
    if _shapes(after) != wanted:
        return False
    try:
        found = pullback(upstream_of(subject, after, base.layer.demand.seed))
    except Exception:
        return False
    shapes = {name: np.shape(part) for name, part in found.items() if part is not None}
    return all(shapes.get(leaf.name) == np.shape(leaf.value) for leaf in subject.targets())


def _shapes(output: Any) -> list[tuple[int, ...]]:
    return [np.shape(part) for part in (output if isinstance(output, tuple | list) else (output,))]
