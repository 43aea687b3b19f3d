"""Other points for a leaf whose gradient is zero on both sides: there a wrong one might show.

A leaf that the output does not depend on, however far it is moved, has a zero gradient that is right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from nnverify.draws import Array, generator, signs
from nnverify.isolation import own_steps
from nnverify.probe import magnitudes
from nnverify.subject import Leaf, Subject, copied

_SHRINK = (1.0, 2.0**-4, 2.0**-8)  # of the leaf's own size: what is saturated or dead often is so for being large
_SMALLER = (2.0**-2, 2.0**-4, 2.0**-6)
_FAR = tuple(float((-8) ** k) for k in range(11))  # of the leaf's own size, up to a billion
_UNMOVED = 1e-12  # of the output, for every size that the leaf is moved by: the rounding of moving it

_Draw = Callable[[Leaf, np.random.Generator], Array]


def moved(subject: Subject, seed: int) -> Iterator[Subject]:
    """The subject at other points: every float leaf drawn anew, of its own size; positive where forward demands it."""
    return _drawn(subject, seed, lambda leaf, rng: rng.standard_normal(np.shape(leaf.value)) * _size(leaf))


def alike(subject: Subject, seed: int) -> Iterator[Subject]:
    """The same, every entry about as large as it is: none so small that it is next to a pole."""

    def drawn(leaf: Leaf, rng: np.random.Generator) -> Array:
        shape = np.shape(leaf.value)
        return signs(shape, rng, 1.0) * np.abs(own_steps(subject, leaf, seed)).reshape(shape)

    return _drawn(subject, seed, drawn)


def shrunk(subject: Subject, leaf: Leaf) -> Iterator[Subject]:
    """The subject with one leaf that much smaller, and nothing else: what cancels between its entries still does."""
    for factor in _SMALLER:
        value = (np.asarray(leaf.value) * factor).astype(np.asarray(leaf.value).dtype)[()]
        leaves = (replace(one, value=value) if one.name == leaf.name else one for one in subject.leaves)
        other = replace(subject, leaves=tuple(leaves))
        if _finite(other):
            yield other


def _drawn(subject: Subject, seed: int, draw: _Draw) -> Iterator[Subject]:
    for number in range(len(_SHRINK)):
        for positive in (False, True):
            leaves = tuple(_redrawn(subject, leaf, draw, number, seed, positive) for leaf in subject.leaves)
            other = replace(subject, leaves=leaves)
            if _finite(other):
                yield other
                break


def _redrawn(subject: Subject, leaf: Leaf, draw: _Draw, number: int, seed: int, positive: bool) -> Leaf:
    if not leaf.differentiable:
        return leaf
    value = np.asarray(leaf.value)
    rng = generator(seed, subject.name, leaf.name, "moved", number)
    drawn = draw(leaf, rng) * _SHRINK[number]
    return replace(leaf, value=(np.abs(drawn) if positive else drawn).astype(value.dtype)[()])


def _size(leaf: Leaf) -> float:
    """Of the typical entry; 1 for zeros, and for what is as good as zero: its square is lost."""
    size = np.abs(np.asarray(leaf.value, dtype=np.float64))
    least = float(np.sqrt(np.finfo(np.asarray(leaf.value).dtype).tiny))
    known = size[np.isfinite(size) & (size > least)]
    return float(np.median(known)) if known.size else 1.0


def _finite(subject: Subject) -> bool:
    try:
        return bool(np.all(np.isfinite(_output(subject, {}))))
    except Exception:
        return False


def _output(subject: Subject, values: dict[str, Any]) -> Array:
    given = [values.get(leaf.name, copied(leaf.value)) for leaf in subject.leaves]
    return subject.flatten(subject.forward(*given))


def irrelevant(subject: Subject, leaf: Leaf, seed: int) -> bool:
    """Whether the output stays as it is, however far the leaf is moved, as long as it is finite there."""
    here = _output(subject, {})
    value, size = np.asarray(leaf.value, dtype=np.float64), _size(leaf)
    u = generator(seed, subject.name, leaf.name, "far").standard_normal(value.shape) * size
    if not magnitudes(leaf):
        return True
    changes = [np.linalg.norm(_output(subject, {leaf.name: (value + t * u)[()]}) - here) for t in _FAR]
    allowed = [_UNMOVED * abs(t) * np.linalg.norm(here) for t in _FAR]
    return all(not change > most for change, most in zip(changes, allowed, strict=True))
