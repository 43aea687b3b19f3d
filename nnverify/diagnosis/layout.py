"""Causes that put right numbers into wrong places: transposed, another memory order, reversed, shifted, mixed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import combinations, permutations
from typing import Any

import numpy as np

from nnverify.diagnosis.cause import Cause, Guess, Held, Named
from nnverify.diagnosis.factors import batch
from nnverify.diagnosis.scene import Array, Scene
from nnverify.verdict import place

Move = Callable[[Array], Array]


def _guess(scene: Scene, key: tuple[Any, ...], move: Move) -> Guess:
    """The true gradients with every row moved."""
    return Guess(key, lambda: np.array([move(row) for row in scene.true]))


def _transposed(scene: Scene) -> Iterator[Guess]:
    for order in permutations(range(len(scene.leaf_shape))):
        if list(order) != sorted(order):
            yield _guess(scene, ("transposed", order), partial(np.transpose, axes=order))


def _transposed_words(held: Held) -> Named:
    order = held.key[1]
    how = "transposed" if len(order) == 2 else f"transposed: its axes are in the order {place(order)}"
    cause = f"{held.name} is {how}; every entry agrees once it is turned back"
    return Named("NV102", cause, "transpose it, or swap the two factors of the product and transpose both")


def _untransposed(scene: Scene) -> Iterator[Guess]:
    """Forward's linear map applied to the upstream: A·dout, a sum or a shift that runs the same way."""
    size = scene.value.size
    if len(scene.parts) == 1 and scene.output.size == size > 1:
        square = scene.J.reshape(size, size)
        yield Guess(("untransposed",), lambda: scene.rows(square.T.reshape(scene.J.shape)))


def _untransposed_words(held: Held) -> Named:
    cause = f"{held.name} is forward's own map of the upstream gradient, in place of the transposed one"
    return Named("NV102", cause, "turn it round: A.T for A; sums, shifts and rotations run backwards")


def _reordered(scene: Scene) -> Iterator[Guess]:
    shape = scene.leaf_shape
    if len(shape) < 2:
        return
    yield _guess(scene, ("order", "F from C"), lambda row: row.ravel().reshape(shape, order="F"))
    yield _guess(scene, ("order", "C from F"), lambda row: row.reshape(-1, order="F").reshape(shape))
    for order in permutations(range(len(shape))):
        if list(order) != sorted(order):
            yield _guess(scene, ("order", order), partial(_read_otherwise, order=order))


def _read_otherwise(row: Array, order: tuple[int, ...]) -> Array:
    return row.transpose(order).reshape(row.shape)


def _reordered_words(held: Held) -> Named:
    cause = (
        f"{held.name} holds the right numbers in another order: reshaped where axes must be moved, or C against F order"
    )
    return Named("NV118", cause, "use transpose (or moveaxis) to move axes; reshape in the order in which forward did")


def _flips(scene: Scene) -> Iterator[Guess]:
    axes = range(len(scene.leaf_shape))
    for count in range(1, len(scene.leaf_shape) + 1):
        for chosen in combinations(axes, count):
            yield _guess(scene, ("flip", chosen), partial(np.flip, axis=chosen))


def _flips_words(held: Held) -> Named:
    chosen = held.key[1]
    along = " and ".join(map(str, chosen))
    cause = f"{held.name} is reversed along axis {along}: it agrees in every entry once it is flipped back"
    if chosen == (0,) and sampled(held.scene):
        return Named("NV116", f"{cause}, so samples are mixed", _FIX_MIXED)
    return Named(
        "NV121",
        cause,
        "flip the kernel in the gradient of its input alone, for forward is a correlation; or look for [::-1] and for "
        "a loop that runs backwards and appends",
    )


def sampled(scene: Scene) -> bool:
    """Whether the first axis of the leaf is that of the samples, each with its own part of the output."""
    shared = scene.leaf_shape[:1] == scene.shape_out[:1] == (batch(scene),)
    if not shared or len(scene.leaf_shape) < 2:
        return False
    acts = np.moveaxis(scene.J, len(scene.shape_out), 1) != 0
    return bool(np.all(np.any(acts.reshape((*acts.shape[:2], -1)), axis=2) <= np.eye(len(acts), dtype=bool)))


def _rolls(scene: Scene) -> Iterator[Guess]:
    for axis in range(len(scene.leaf_shape)):
        for step in (1, -1):
            yield _guess(scene, ("roll", axis, step), partial(np.roll, shift=step, axis=axis))
            yield _guess(scene, ("shift", axis, step), partial(_shifted, step=step, axis=axis))
    for axis, size in enumerate(scene.shape_out if len(scene.parts) == 1 else ()):
        for step in (1, -1) if size > 1 else ():
            yield Guess(("upstream", axis, step), partial(_of_rolled, scene, axis, step))


def _shifted(row: Array, step: int, axis: int) -> Array:
    """Shifted, zeros moving in."""
    moved = np.roll(row, step, axis)
    edge = [slice(None)] * row.ndim
    edge[axis] = slice(0, 1) if step > 0 else slice(-1, None)
    moved[tuple(edge)] = 0.0
    return moved


def _of_rolled(scene: Scene, axis: int, step: int) -> Array:
    return scene.rows(np.roll(scene.J, step, axis))


def _rolls_words(held: Held) -> Named:
    what, axis, step = held.key
    mixed = axis == 0 and sampled(held.scene)
    by = f"one place {'forward' if step > 0 else 'back'} along axis {axis}"
    which = "the upstream gradient is read" if what == "upstream" else f"{held.name} is shifted"
    cause = f"{which} {by}, against where it belongs; every entry agrees once that is undone"
    if mixed:
        return Named("NV116", f"{cause}, so samples are mixed", _FIX_MIXED)
    return Named("NV120", cause, "look for an index that is off by one: i + 1 for i, a slice that starts too late")


def _mixed(scene: Scene) -> Iterator[Guess]:
    """Rows of one sample in the place of another's."""
    if scene.shape_out and len(scene.shape_out) > 1 and scene.shape_out[0] > 1:
        yield Guess(("reversed",), lambda: scene.rows(scene.J[::-1]))


def _mixed_words(held: Held) -> Named:
    cause = f"{held.name} takes the upstream gradient of other samples: it agrees once their order is reversed"
    return Named("NV116", cause, _FIX_MIXED)


_FIX_MIXED = "let every sample meet its own row of the upstream gradient"

LAYOUT = (
    Cause(2, _transposed, _transposed_words),
    Cause(3, _flips, _flips_words),
    Cause(3, _rolls, _rolls_words),
    Cause(3, _mixed, _mixed_words),
    Cause(4, _reordered, _reordered_words),
    Cause(6, _untransposed, _untransposed_words),
)
