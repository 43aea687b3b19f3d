"""Causes that leave parts of the Jacobian out: off its diagonal, a path beside another, what a normaliser adds."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray

from nnverify.diagnosis.cause import Cause, Guess, Held, Named
from nnverify.diagnosis.recurrent import carry_dropped
from nnverify.diagnosis.scene import Array, Scene


def _square(scene: Scene) -> bool:
    return scene.shape_out == scene.leaf_shape and scene.value.size > 1


def _matrix(scene: Scene) -> Array:
    """The Jacobian as (output, entry)."""
    return scene.J.reshape(scene.output.size, scene.value.size)


def _as_rows(scene: Scene, matrix: Array) -> Array:
    return scene.rows(matrix.reshape((*scene.shape_out, *scene.leaf_shape)))


def elementwise(scene: Scene) -> bool:
    """Whether every output depends on its own entry of the leaf alone."""
    if not _square(scene):
        return False
    J = _matrix(scene)
    return not np.any(J - np.diag(np.diag(J)))


def _diagonal(scene: Scene) -> Iterator[Guess]:
    if _square(scene) and not elementwise(scene):
        yield Guess(("diagonal",), lambda: _as_rows(scene, np.diag(np.diag(_matrix(scene)))))


def _diagonal_words(held: Held) -> Named:
    name = held.scene.name
    cause = (
        f"{held.name} is the diagonal of the Jacobian times the upstream: how an output depends on other entries of "
        f"{name} is left out"
    )
    return Named("NV106", cause, "every output depends on several entries here: add the terms off the diagonal")


def _own_place(scene: Scene) -> Iterator[Guess]:
    """Along an axis that output and leaf share, only what acts on its own place."""
    for axis, size in enumerate(scene.leaf_shape):
        shared = len(scene.shape_out) > axis and scene.shape_out[axis] == size > 1
        if shared and not elementwise(scene):
            yield Guess(("own", axis), partial(_band, scene, axis))


def _band(scene: Scene, axis: int) -> Array:
    size, outputs = scene.leaf_shape[axis], len(scene.shape_out)
    shape = [1] * scene.J.ndim
    shape[axis] = shape[outputs + axis] = size
    return scene.rows(scene.J * np.eye(size).reshape(shape))


def causal(scene: Scene, axis: int) -> bool:
    """Whether outputs depend on earlier places along an axis, and never on later ones."""
    J = np.moveaxis(scene.J, (axis, len(scene.shape_out) + axis), (0, 1))
    size = J.shape[0]
    acts = np.any(J.reshape(size, size, -1) != 0, axis=2)
    return bool(np.any(np.tril(acts, -1)) and not np.any(np.triu(acts, 1)))


def _own_place_words(held: Held) -> Named:
    axis = held.key[1]
    if causal(held.scene, axis):
        return carry_dropped(held.name, axis)
    cause = (
        f"{held.name} counts for each place along axis {axis} only the output at that place; others depend on it, too"
    )
    return Named("NV106", cause, f"add how outputs at other places along axis {axis} depend on {held.scene.name}")


def _direct(scene: Scene) -> Iterator[Guess]:
    """A path that passes the leaf on as it is: left out, counted alone, or counted twice."""
    if not _square(scene) or elementwise(scene):
        return
    one = np.eye(scene.value.size)
    yield Guess(("left out",), lambda: _as_rows(scene, _matrix(scene) - one))
    yield Guess(("alone",), lambda: _as_rows(scene, one))
    yield Guess(("twice",), lambda: _as_rows(scene, _matrix(scene) + one))


_DIRECT = {
    "left out": "the path that passes {leaf} on as it is, a skip connection, is left out: {name} + dout agrees",
    "alone": "{name} is the upstream itself: only the path that passes {leaf} on as it is would be counted",
    "twice": "{name} holds the upstream once too often: {name} - dout agrees",
}


def _direct_words(held: Held) -> Named:
    cause = _DIRECT[held.key[0]].format(leaf=held.scene.name, name=held.name)
    return Named("NV122", cause, "add up the gradients of all paths from the leaf to the output, each once")


def _detached(scene: Scene) -> Iterator[Guess]:
    """Too much by the output (or a constant) times one vector: a divisor (or a subtrahend) taken as constant."""
    if scene.linear and _square(scene) and not elementwise(scene) and scene.claimed.shape[1:] == scene.leaf_shape:
        for what in ("divisor", "subtrahend"):
            yield Guess((what,), partial(_with_normaliser, scene, what), gain=scene.value.size)


def _with_normaliser(scene: Scene, what: str) -> Array:
    """The true Jacobian and the best such product in every group of outputs that share entries."""
    J, C = _matrix(scene), scene.claimed.reshape(scene.output.size, -1)
    predicted = J.copy()
    for group in groups(J):
        left = scene.output[group] if what == "divisor" else np.ones(len(group))
        if len(group) > 2 and np.any(left):
            right = left @ (C - J)[group] / (left @ left)
            predicted[group] += np.outer(left, right)
    return _as_rows(scene, predicted)


def _unmixed(scene: Scene) -> bool:
    """Whether every claimed gradient is of the output's own entry alone."""
    C = scene.claimed.reshape(scene.output.size, -1)
    return C.shape[0] == C.shape[1] and not np.any(C[~np.eye(len(C), dtype=bool)])


def groups(J: Array) -> list[NDArray[np.intp]]:
    """Outputs in groups that depend on the same entries."""
    acts = J != 0
    _, labels = np.unique(acts, axis=0, return_inverse=True)
    return [np.flatnonzero(labels.reshape(-1) == label) for label in range(int(np.max(labels)) + 1)]


def _detached_words(held: Held) -> Named:
    """A constant only where the gradient mixes no entries; else the term may be there, with another factor."""
    part = "divides by" if held.key[0] == "divisor" else "subtracts"
    lacks = all(_unmixed(scene) for scene in held.scenes)
    what = (
        f"takes what forward {part} as a constant"
        if lacks
        else f"lacks the term of what forward {part}, or has it wrong"
    )
    off = "missing" if lacks else "off"
    where = (
        "the output's share of that term alone" if held.key[0] == "divisor" else "the same for every output of a group"
    )
    cause = f"{held.name} {what}: what is {off} is {where}"
    return Named("NV129", cause, f"differentiate what forward {part}, too: it depends on {held.scene.name}")


def _softmax(scene: Scene) -> Iterator[Guess]:
    """y·(dout - Σ dout·y) with the sum along another axis than forward's."""
    if not _square(scene) or elementwise(scene) or scene.value.ndim < 2:
        return
    for axis in range(scene.value.ndim):
        yield Guess(("softmax", axis), partial(_as_softmax, scene, axis))


def _as_softmax(scene: Scene, axis: int) -> Array:
    y = scene.output.reshape(scene.shape_out)
    dout = scene.upstreams.reshape(-1, *scene.shape_out)
    return y * (dout - np.sum(dout * y, axis=axis + 1, keepdims=True))


def _softmax_words(held: Held) -> Named:
    sums = f"{held.name} sums along axis {held.key[1]}, as the gradient of a softmax there"
    cause = f"{sums}; forward has it along another"
    return Named("NV105", cause, "sum along the axis along which forward normalises")


STRUCTURE = (
    Cause(2, _diagonal, _diagonal_words),
    Cause(2, _direct, _direct_words),
    Cause(3, _own_place, _own_place_words),
    Cause(4, _softmax, _softmax_words),
    Cause(6, _detached, _detached_words),
)
