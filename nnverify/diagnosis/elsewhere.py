"""Causes in which the gradient is right, but for other values of a leaf: a mask left out, a kernel not flipped."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np

from nnverify._compare import DIFFERS
from nnverify.diagnosis.cause import Cause, Guess, Held, Key, Named
from nnverify.diagnosis.measure import slope
from nnverify.diagnosis.scene import Array, Scene
from nnverify.isolation import own_steps


def _masks(scene: Scene) -> Iterator[Guess]:
    """Constants of zeros and one other value, replaced by that value, by 1, or by zeros and ones."""
    for name, value in scene.constants().items():
        array = np.asarray(value)
        held = np.unique(array) if array.dtype.kind in "fb" and array.ndim else np.array([])
        if len(held) == 2 and held[0] == 0:
            for what, other in (("scaled", np.full_like(array, held[1])), ("plain", np.ones_like(array))):
                yield from _guess(scene, ("mask", name, what), name, other)
            if held[1] != 1:
                yield from _guess(scene, ("mask", name, "rate"), name, (array != 0).astype(array.dtype))
            yield from _guess(scene, ("mask", name, "inverted"), name, np.where(array == 0, held[1], held[0]))


def _guess(scene: Scene, key: Key, name: str, value: Any) -> Iterator[Guess]:
    """The gradient at another value of a leaf; where one direction already refutes it, the Jacobian is spared."""
    subject, u = scene.at({name: value}), own_steps(scene.subject, scene.leaf, scene.seed).reshape(scene.leaf_shape)
    if scene.claimed.shape != scene.true.shape:
        return
    given = np.sum((scene.claimed * u).reshape(len(scene.claimed), -1), axis=1)
    found, error = slope(subject, {scene.name: u})
    rows = scene.upstreams @ found
    size = np.sum(np.abs(scene.claimed * u).reshape(len(given), -1), axis=1) + np.abs(scene.upstreams) @ np.abs(found)
    if np.all(np.abs(given - rows) <= 1e-5 * size + DIFFERS * error * np.sum(np.abs(scene.upstreams), axis=1)):
        yield Guess(key, partial(_at, scene, name, value))


def _at(scene: Scene, name: str, value: Any) -> Array:
    return scene.rows(scene.jacobian(None, {name: value}).reshape(scene.J.shape))


_MASKS = {
    "scaled": "is the gradient without the zeros of {mask}: the mask is left out",
    "plain": "is the gradient without {mask}: the mask is left out, and its factor too",
    "rate": "is the gradient for {mask} of zeros and ones: the factor that it carries is left out",
    "inverted": "is the gradient for the other mask: zeros and ones of {mask} are interchanged",
}


def _masks_words(held: Held) -> Named:
    _, mask, what = held.key
    cause = f"{held.name} {_MASKS[what].format(mask=mask)}; every entry agrees"
    return Named("NV126", cause, f"multiply the upstream by {mask}, just as forward multiplies its input")


def _undrawn(scene: Scene) -> Iterator[Guess]:
    """A mask that forward draws: zeros of the diagonal filled with its one other value, or all of it 1."""
    if scene.shape_out != scene.leaf_shape or scene.value.size < 3:
        return
    J = scene.J.reshape(scene.value.size, -1)
    own = np.diag(J)
    live = own[own != 0]
    if np.any(J - np.diag(own)) or not 0 < len(live) < len(own) or np.ptp(live) > 1e-9 * abs(live[0]):
        return
    for what, scale in (("scaled", live[0]), ("plain", 1.0)):
        yield Guess(("drawn", what), lambda scale=scale: scene.rows(scale * _unit(scene)), gain=abs(scale))  # type: ignore[misc]
    if abs(live[0] - 1) > 1e-9:
        yield Guess(("drawn", "rate"), lambda: scene.rows((scene.J != 0).astype(np.float64)))


def _unit(scene: Scene) -> Array:
    return np.eye(scene.value.size).reshape((*scene.shape_out, *scene.leaf_shape))


def _undrawn_words(held: Held) -> Named | None:
    drawn = any("random" in note for note in held.scene.subject.notes)
    if not drawn:
        return None
    cause = f"{held.name} {_MASKS[held.key[1]].format(mask='the mask that forward draws')}; every entry agrees"
    return Named("NV126", cause, "keep the mask that forward has drawn, and multiply the upstream by it")


def _otherwise(scene: Scene) -> Iterator[Guess]:
    """Another float leaf turned round, transposed, zero or one."""
    for name, value in scene.values.items():
        yield from _variants(scene, name, value)


def _variants(scene: Scene, name: str, value: Array) -> Iterator[Guess]:
    if name == scene.name or name in scene.constants() or not value.size or not value.ndim:
        return
    axes = [axis for axis, size in enumerate(value.shape) if size > 1]
    for count in (1, 2) if value.ndim > 2 or value.ndim == 1 else ():
        for chosen in combinations(axes, count):
            yield from _guess(scene, ("turned", name, chosen), name, np.flip(value, chosen).copy())
    if value.ndim == 2 and value.shape[0] == value.shape[1] > 1:
        yield from _guess(scene, ("transposed", name), name, value.T.copy())
    yield from _guess(scene, ("zero", name), name, np.zeros_like(value))
    yield from _guess(scene, ("one", name), name, np.ones_like(value))


def _otherwise_words(held: Held) -> Named:
    what, name, *_ = held.key
    cause = f"{held.name} is the gradient for {name} {_OTHER[what]}; every entry agrees"
    return Named(_CODES[what], cause, _FIXES[what].format(leaf=name))


_OTHER = {
    "turned": "turned round",
    "transposed": "transposed",
    "zero": "= 0: it is left out",
    "one": "= 1: it is left out",
}
_CODES = {"turned": "NV121", "transposed": "NV102", "zero": "NV122", "one": "NV122"}
_FIXES = {
    "turned": "turn {leaf} round once: forward is a correlation, and the gradient of its input a convolution",
    "transposed": "use {leaf}.T where forward has {leaf}",
    "zero": "use {leaf} in backward as forward does",
    "one": "multiply by {leaf} in backward as forward does",
}

ELSEWHERE = (
    Cause(2, _masks, _masks_words),
    Cause(2, _undrawn, _undrawn_words),
    Cause(5, _otherwise, _otherwise_words),
)
