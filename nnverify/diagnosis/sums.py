"""Causes that sum too much, too little or in the wrong place: over axes, samples, windows, repeated indices."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np

from nnverify.diagnosis.cause import Cause, Guess, Held, Named
from nnverify.diagnosis.factors import batch
from nnverify.diagnosis.recurrent import carry_dropped, recurs
from nnverify.diagnosis.scene import Array, Scene

_REDUCE: dict[str, Any] = {"sum": np.sum, "mean": np.mean}


def subsets(count: int) -> Iterator[tuple[int, ...]]:
    for number in range(1, count + 1):
        yield from combinations(range(count), number)


def _spread(scene: Scene) -> Iterator[Guess]:
    """Summed or averaged over axes that the leaf has, and broadcast back, or not even that."""
    for axes in subsets(len(scene.leaf_shape)):
        for how, reduce in _REDUCE.items():
            for keep in (True, False):
                yield Guess(("leaf", how, axes), partial(_reduced, scene, reduce, axes, keep), gain=scene.value.size)


def _reduced(scene: Scene, reduce: Any, axes: tuple[int, ...], keep: bool) -> Array:
    """With ``keep`` shaped as returned: broadcast over the summed axes."""
    over = tuple(axis + 1 for axis in axes)
    rows: Array = reduce(scene.true, axis=over, keepdims=keep)
    return np.broadcast_to(rows, scene.true.shape) if keep and scene.claimed.shape == scene.true.shape else rows


def _axes(axes: tuple[int, ...]) -> str:
    return f"axis {axes[0]}" if len(axes) == 1 else f"axes {' and '.join(map(str, axes))}"


def _spread_words(held: Held) -> Named:
    _, how, axes = held.key
    word = "summed" if how == "sum" else "averaged"
    cause = (
        f"{held.name} is {word} over {_axes(axes)}, which {held.scene.name} has: one value stands for all entries there"
    )
    if axes == (0,) and held.scene.leaf_shape[0] == batch(held.scene) and len(held.scene.shape_out) > 1:
        return Named("NV116", f"{cause}, so samples are mixed", "take the sum over samples out: each has its own row")
    return Named("NV105", cause, "sum only over the axes along which forward has broadcast the leaf")


def _kept(scene: Scene) -> Iterator[Guess]:
    """Axes too many in what was returned: it agrees once they are summed, or averaged."""
    extra = scene.claimed.ndim - scene.true.ndim
    too_large = scene.claimed.shape[1:] != scene.leaf_shape and scene.claimed.size > scene.true.size
    if not too_large or extra < 0:
        return
    for axes in subsets(scene.claimed.ndim - 1):
        over = tuple(axis + 1 for axis in axes)
        summed = np.sum(scene.claimed, axis=over, keepdims=extra == 0)
        if summed.shape == scene.true.shape and (not extra or len(axes) == extra):
            yield Guess(("kept", axes), lambda: scene.true, given=summed, gain=scene.claimed.size)


def _kept_words(held: Held) -> Named:
    axes = held.key[1]
    cause = f"{held.name} is not summed over {_axes(axes)} of what is returned; it agrees once it is"
    return Named("NV105", cause, f"add .sum(axis={axes[0] if len(axes) == 1 else axes})")


def _other_axis(scene: Scene) -> Iterator[Guess]:
    """A leaf along one axis of the output, whose gradient is summed over that axis and kept along another."""
    if sum(size > 1 for size in scene.leaf_shape) != 1 or len(scene.shape_out) < 2:
        return
    per_output = scene.J.reshape((*scene.shape_out, -1)).sum(axis=-1)
    for axis, size in enumerate(scene.shape_out):
        shape = [size if one == axis else 1 for one in range(len(scene.shape_out))]
        predicted = per_output[..., None] * np.eye(size).reshape((*shape, size))
        yield Guess(("axis", axis), partial(_like_claimed, scene, predicted), gain=scene.value.size)


def _like_claimed(scene: Scene, predicted: Array) -> Array:
    """A vector for each row, shaped as it was returned where that is the same but for axes of size 1."""
    rows = scene.rows(predicted)
    fits = rows.size == scene.claimed.size and max(scene.claimed.shape[1:], default=1) == rows.shape[1]
    return rows.reshape(scene.claimed.shape) if fits else rows


def _other_axis_words(held: Held) -> Named:
    cause = f"{held.name} is summed over the wrong axis: it has one entry for each place of axis {held.key[1]}"
    return Named("NV105", cause, "sum over the axes along which forward has broadcast the leaf")


def _samples(scene: Scene) -> Iterator[Guess]:
    """Some outputs counted, the others not."""
    if len(scene.parts) > 1:
        return
    for axis, size in enumerate(scene.shape_out):
        for words, chosen in _CHOSEN.items() if size > 2 or (size > 1 and axis == 0) else ():
            yield Guess(("outputs", axis, words), partial(_only, scene, axis, chosen(size)))


def _only(scene: Scene, axis: int, chosen: list[int]) -> Array:
    mask = np.zeros(scene.shape_out[axis])
    mask[chosen] = 1.0
    shape = [1] * scene.J.ndim
    shape[axis] = -1
    return scene.rows(scene.J * mask.reshape(shape))


_CHOSEN: dict[str, Any] = {
    "only the first": lambda _: [0],
    "only the last": lambda size: [size - 1],
    "all but the first": lambda size: list(range(1, size)),
    "all but the last": lambda size: list(range(size - 1)),
    "every second": lambda size: list(range(0, size, 2)),
}


def _samples_words(held: Held) -> Named:
    _, axis, words = held.key
    if words == "only the first" and recurs(held.scene, axis):
        return carry_dropped(held.name, axis)
    what = (
        "sample"
        if axis == 0 and held.scene.shape_out[0] == batch(held.scene)
        else f"place along axis {axis} of the output"
    )
    cause = f"{held.name} counts {words} {what}{'s' if words[:3] == 'all' else ''}: with these alone every entry agrees"
    return Named(
        "NV119", cause, "look for [0], [-1] or a range that stops too early; or for = in a loop where += is due"
    )


def _parts(scene: Scene) -> Iterator[Guess]:
    """Some entries of the leaf right along an axis, and zero in the others."""
    for axis, size in enumerate(scene.leaf_shape):
        for words, chosen in _CHOSEN.items() if size > 2 else ():
            yield Guess(("entries", axis, words), partial(_masked, scene, axis, chosen(size)))


def _masked(scene: Scene, axis: int, chosen: list[int]) -> Array:
    mask = np.zeros(scene.leaf_shape[axis])
    mask[chosen] = 1.0
    shape = [1] * scene.true.ndim
    shape[axis + 1] = -1
    return scene.true * mask.reshape(shape)


def _parts_words(held: Held) -> Named:
    _, axis, words = held.key
    cause = f"{held.name} is right for {words} along axis {axis}, and zero elsewhere"
    return Named(
        "NV119", cause, "look for [0], [-1], or a loop that stops too early: the other entries are never filled in"
    )


SUMS = (
    Cause(0, _kept, _kept_words),
    Cause(2, _other_axis, _other_axis_words),
    Cause(2, _spread, _spread_words),
    Cause(3, _samples, _samples_words),
    Cause(3, _parts, _parts_words),
)
