"""Small mistakes in a gradient, each of a given relative size, each linear in the upstream gradient.

A mistake that were not linear would be found by the checks of linearity, and the study is about accuracy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Gradients = Sequence[Array]
Mistake = Callable[[Array], Array]  # of the gradients of all leaves, as one vector: what is added for size 1
Draw = Callable[[Array, Sequence[int], np.random.Generator], Mistake]


def _whole(gradient: Array, sizes: Sequence[int], rng: np.random.Generator) -> Mistake:
    """Everything times 1 + size."""
    return lambda B: B


def _entry(gradient: Array, sizes: Sequence[int], rng: np.random.Generator) -> Mistake:
    """One entry, drawn from all, times 1 + size."""
    chosen = np.arange(len(gradient)) == rng.integers(len(gradient))
    return lambda B: np.where(chosen, B, 0.0)


def _turned(gradient: Array, sizes: Sequence[int], rng: np.random.Generator) -> Mistake:
    """Orthogonal to the gradient and as long: entries exchanged in random pairs, one of each with its sign changed."""
    order = rng.permutation(len(gradient))
    one, two = order[: len(order) // 2], order[len(order) // 2 : 2 * (len(order) // 2)]

    def mistake(B: Array) -> Array:
        found = np.zeros_like(B)
        found[one], found[two] = B[two], -B[one]
        return found

    return mistake


def _along(pattern: Callable[[int], Array]) -> Draw:
    """The same pattern whatever the upstream, as long as the gradient is on average."""

    def draw(gradient: Array, sizes: Sequence[int], rng: np.random.Generator) -> Mistake:
        signs = rng.choice([-1.0, 1.0], len(gradient))
        shape = pattern(len(gradient)) / np.sqrt(len(gradient))
        return lambda B: shape * (signs @ B)

    return draw


def _smallest_leaf(gradient: Array, sizes: Sequence[int], rng: np.random.Generator) -> Mistake:
    """Random signs on the leaf with the smallest gradient alone; size is relative to that leaf."""
    ends = np.cumsum([0, *sizes])
    leaves = [np.arange(a, b) for a, b in pairwise(ends)]
    own = min(leaves, key=lambda leaf: float(np.linalg.norm(gradient[leaf])))
    signs = np.zeros(len(gradient))
    signs[own] = rng.choice([-1.0, 1.0], len(own))
    return lambda B: signs * B


# "worst direction" is the worst of all but the first two.
MISTAKES: Mapping[str, Draw] = {
    "scaled gradient": _whole,
    "one entry": _entry,
    "turned": _turned,
    "constant": _along(np.ones),
    "alternating": _along(lambda count: np.where(np.arange(count) % 2, -1.0, 1.0)),
    "smallest leaf": _smallest_leaf,
}
DIRECTIONS = tuple(MISTAKES)[2:]


def mistaken(
    backward: Callable[..., Gradients], kind: str, size: float, gradients: Gradients, rng: np.random.Generator
) -> Callable[..., Gradients]:
    """The backward with a mistake of a kind and a relative size; ``gradients`` are right ones, to choose leaves by."""
    sizes = [np.size(one) for one in gradients]
    mistake = MISTAKES[kind](_flat(gradients), sizes, rng)

    def wrong(*arguments: Any) -> Gradients:
        right = backward(*arguments)
        changed = _flat(right) + size * mistake(_flat(right))
        parts = np.split(changed, np.cumsum(sizes)[:-1])
        return [part.reshape(np.shape(one))[()] for part, one in zip(parts, right, strict=True)]

    return wrong


def _flat(gradients: Gradients) -> Array:
    return np.concatenate([np.asarray(one).reshape(-1) for one in gradients])
