"""A smaller layer of the same kind, at which a glance costs next to nothing.

Equal sizes are taken to be one axis and shrink together; or the samples alone do. What is odd there is judged in the
layer itself: that this is what the sizes mean need not be known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from nnverify._errors import UsageError
from nnverify.search.layer import Base, finite
from nnverify.search.screen import suspicious
from nnverify.subject import Leaf

USUAL = 8  # the least of the new sizes: a head, a group or a window of up to so many still fits


def smaller(base: Base, most: int, least: int = USUAL) -> Base:
    """The base with smaller leaves, cut from its own; as it is with so many entries, or where it takes no such leaves.

    most   entries of all leaves
    least  the smallest of the new sizes
    """
    if sum(int(np.size(leaf.value)) for leaf in base.subject.leaves) <= most:
        return base
    if not all(isinstance(leaf.value, np.ndarray | np.generic | int | float) for leaf in base.leaves):
        return base
    tried = (_cut(base, change) for change in _changes(base, least))
    return next((found for found in tried if found is not None), base)


def _changes(base: Base, least: int) -> Iterator[Mapping[int, int]]:
    """Old sizes to new ones: all that shrink, in the same order; the first, which is that of the samples as a rule."""
    shapes = [np.shape(leaf.value) for leaf in base.leaves]
    sizes = sorted({size for shape in shapes for size in shape})
    every = {size: least + place for place, size in enumerate(sizes) if size > least + place}
    if every:
        yield every
    first = next((shape[0] for shape in shapes if shape), 0)
    if len(every) > 1 and first in every:
        yield {first: every[first]}


def _cut(base: Base, change: Mapping[int, int]) -> Base | None:
    """The base with the first entries along the axes of these sizes; None where nothing can be seen there."""
    leaves = tuple(replace(leaf, value=_corner(leaf, change)) for leaf in base.leaves)
    layer = base.layer
    try:
        found = replace(base, subject=layer.subject(leaves, base.options, base.world), leaves=leaves)
        fit = finite(found.subject) and not suspicious(found.subject, layer.demand.seed)
    except UsageError:
        return None
    finally:
        base.world.rewind()
    return found if fit else None


def _corner(leaf: Leaf, change: Mapping[int, int]) -> Any:
    """Indices stay below the smallest of the new sizes: what they count may be one of these."""
    value = leaf.value
    if not isinstance(value, np.ndarray):
        return value
    corner = value[tuple(slice(change.get(size, size)) for size in value.shape)].copy()
    return corner if value.dtype.kind not in "iu" else np.minimum(corner, min(change.values()) - 1)
