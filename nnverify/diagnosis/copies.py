"""The same problem at other sizes and values: pairwise distinct and odd where it takes them.

Which axes belong together is found by trying: axes of one size are changed in ever larger groups until forward and
backward run. Values are the given ones, repeated or cut and shrunk a little, so that signs and domains are kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np

from nnverify.draws import generator
from nnverify.subject import Leaf, Subject, like

Axis = tuple[str, int]

_TRIALS = 160  # runs of the caller's functions
_TOGETHER = 5  # axes that may have to change at once
_ODD, _SMALL = (3, 5, 7, 9, 11, 13), (2, 3, 4, 5, 6, 7, 8, 9)
_ENTRIES = 128  # of the largest leaf, and of the output


@dataclass(frozen=True)
class Axes:
    """Groups of axes that change together, with the size each has; axes that cannot change are in none."""

    groups: tuple[frozenset[Axis], ...]
    sizes: tuple[int, ...]


class _Trials:
    """Runs of the caller's functions at other sizes, counted."""

    def __init__(self, subject: Subject, seed: int) -> None:
        self.subject, self.seed, self.left = subject, seed, _TRIALS
        self._fitting = fitting(subject) or frozenset()

    def at(self, sizes: Mapping[Axis, int], number: int = 0) -> Subject | None:
        """The subject at these sizes; None where it does not run there, or a gradient has another shape only there."""
        if self.left <= 0:
            return None
        self.left -= 1
        leaves = tuple(_resized(leaf, sizes, self.seed, number) for leaf in self.subject.leaves)
        other = replace(self.subject, leaves=leaves)
        found = fitting(other)
        return other if found is not None and self._fitting <= found else None


def fitting(subject: Subject) -> frozenset[str] | None:
    """The leaves whose gradients have their shapes.

    None where forward or backward does not take the leaves, or forward is not finite there.
    """
    try:
        output, pullback = subject.at_point()
        vector = subject.flatten(output)
        if not vector.size or not np.all(np.isfinite(vector)):
            return None
        gradients = pullback(like(np.ones(vector.size), output))
    except Exception:
        return None
    own = {leaf.name: np.shape(leaf.value) for leaf in subject.targets()}
    fit = (name for name, part in gradients.items() if part is not None and np.shape(part) == own.get(name))
    return frozenset(fit) if gradients else None


def _resized(leaf: Leaf, sizes: Mapping[Axis, int], seed: int, number: int) -> Leaf:
    """The leaf with some axes at other sizes, its floats shrunk by random factors where it receives a gradient."""
    if not isinstance(leaf.value, np.ndarray | np.floating | float):
        return leaf
    value = np.asarray(leaf.value)
    for axis, old in enumerate(value.shape):
        new = sizes.get((leaf.name, axis), old)
        value = np.take(value, np.arange(new) % old, axis) if old and new != old else value
    # Constants keep their values, which may be masks or labels; single numbers are rates and factors.
    if value.dtype.kind == "f" and (leaf.differentiable or not value.ndim):
        shrink = generator(seed, leaf.name, "copy", number).uniform(0.6, 1.0, value.shape)
        value = (value * shrink).astype(value.dtype)
    return replace(leaf, value=value[()])


def axes(subject: Subject, trials: _Trials) -> Axes:
    """The groups of axes that can change together."""
    by_size: dict[int, list[Axis]] = {}
    for leaf in subject.leaves:
        for axis, size in enumerate(leaf.value.shape if isinstance(leaf.value, np.ndarray) else ()):
            by_size.setdefault(size, []).append((leaf.name, axis))
    found = [(group, size) for size, own in by_size.items() if size > 1 for group in _groups(own, size, trials)]
    return Axes(tuple(group for group, _ in found), tuple(size for _, size in found))


def _groups(own: list[Axis], size: int, trials: _Trials) -> Iterator[frozenset[Axis]]:
    """Smallest first, each axis in one group at most."""
    left = list(own)
    while left:
        first = left[0]
        found = next((group for group in _with(first, left[1:]) if _moves(group, size, trials)), frozenset({first}))
        if len(found) > 1 or _moves(found, size, trials):
            yield found
        left = [axis for axis in left if axis not in found]


def _with(first: Axis, others: Sequence[Axis]) -> Iterator[frozenset[Axis]]:
    """Groups that hold an axis, the smallest first."""
    for count in range(min(len(others), _TOGETHER - 1) + 1):
        for chosen in combinations(others, count):
            yield frozenset({first, *chosen})


def _moves(group: frozenset[Axis], size: int, trials: _Trials) -> bool:
    return any(
        trials.at(dict.fromkeys(group, other)) is not None for other in (size + 1, size + 2, size - 1) if other > 1
    )


def copies(subject: Subject, seed: int) -> Iterator[Subject]:
    """The subject at other sizes and values, the most telling ones first."""
    trials = _Trials(subject, seed)
    found = axes(subject, trials)
    trials.left = max(trials.left, _TRIALS // 2)
    for number, chosen in enumerate(_sizes(found)):
        sizes = {axis: size for group, size in zip(found.groups, chosen, strict=True) for axis in group}
        if not _small(trials.subject, sizes):
            continue
        made = trials.at(sizes, number)
        if made is not None:
            yield made
    here = trials.at({}, 99)
    if here is not None and _small(here, {}):
        yield here


def _sizes(found: Axes) -> Iterator[tuple[int, ...]]:
    """Sizes to try: odd and distinct, then small and distinct, in the order of the given ones and turned round.

    A size alone is two odd ones in turn: of two samples a normalisation leaves nothing. Last of all the given ones,
    some larger by one: layers with many sizes take no others.
    """
    count = len(found.groups)
    ranked = np.argsort(np.argsort(found.sizes, kind="stable"), kind="stable").tolist()
    turns = max(count, 2) if count else 0
    for pool in (_ODD, _SMALL):
        for turn in range(turns) if count <= len(pool) else ():
            yield tuple(pool[(rank + turn) % turns] for rank in ranked)
    for bit in range(3):
        more = [place >> bit & 1 for place in range(1, count + 1)]
        yield tuple(size + one for size, one in zip(found.sizes, more, strict=True))
        yield tuple(size - one if size > 2 else size + one for size, one in zip(found.sizes, more, strict=True))


def _small(subject: Subject, sizes: Mapping[Axis, int]) -> bool:
    for leaf in subject.targets():
        shape = np.shape(leaf.value)
        if np.prod([sizes.get((leaf.name, axis), size) for axis, size in enumerate(shape)], dtype=float) > _ENTRIES:
            return False
    return True


def named_sizes(subject: Subject) -> dict[str, Any]:
    """Every size by the words "X.shape[0]"."""
    arrays = [leaf for leaf in subject.leaves if isinstance(leaf.value, np.ndarray)]
    return {f"{leaf.name}.shape[{axis}]": size for leaf in arrays for axis, size in enumerate(leaf.value.shape)}
