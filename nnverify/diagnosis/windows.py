"""The cause in which the windows of a layer with a stride are taken one place apart.

The stride is read off the forward: along one axis the first entry that an output depends on moves by it from output
to output.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import product
from typing import Any

import numpy as np

from nnverify.diagnosis.cause import Cause, Guess, Held, Named
from nnverify.diagnosis.scene import Array, Scene

Strides = dict[int, tuple[int, int]]  # axis of the output: axis of the input, stride


def _strides(J: Array, outputs: int) -> Strides:
    """The axes along which windows move by more than one place."""
    found: Strides = {}
    for out in range(outputs):
        for axis in range(outputs, J.ndim):
            others = tuple(one for one in range(J.ndim) if one not in (out, axis))
            acts = np.any(J != 0, axis=others)
            starts = np.argmax(acts, axis=1)
            steps = np.unique(np.diff(starts))
            if len(steps) == 1 and steps[0] > 1 and np.all(np.any(acts, axis=1)):
                found[out] = (axis - outputs, int(steps[0]))
    return found


def _ignored(scene: Scene) -> Iterator[Guess]:
    outputs = len(scene.shape_out)
    for name in [leaf.name for leaf in scene.subject.targets() if np.ndim(leaf.value) > 1]:
        if scene.values[name].size > _MOST or outputs < 2:
            continue
        strides = _strides(scene.jacobian(name).reshape((*scene.shape_out, *scene.values[name].shape)), outputs)
        if strides:
            made = _moved_rows if name == scene.name else _moved_input
            yield Guess(("stride", name), partial(made, scene, name, strides))


_MOST = 128


def _places(scene: Scene, strides: Strides) -> Iterator[tuple[tuple[Any, ...], dict[int, int]]]:
    """For each place of a window: the outputs there, and how far along each axis of the input it should not be."""
    for place in product(*(range(scene.shape_out[out]) for out in strides)):
        index: list[Any] = [slice(None)] * len(scene.shape_out)
        shifts = {}
        for at, (out, (axis, stride)) in zip(place, strides.items(), strict=True):
            index[out] = at
            shifts[axis] = (stride - 1) * at
        yield tuple(index), shifts


def _moved_rows(scene: Scene, _: str, strides: Strides) -> Array:
    """The gradient of the input itself: every window's part moved back."""
    J = scene.J.copy()
    for index, shifts in _places(scene, strides):
        lead = J[index].ndim - len(scene.leaf_shape)
        J[index] = np.roll(J[index], [-by for by in shifts.values()], [lead + axis for axis in shifts])
    return scene.rows(J)


def _moved_input(scene: Scene, name: str, strides: Strides) -> Array:
    """The gradient of another leaf, such as the kernel: every window looks at the wrong part of the input."""
    J = scene.J.copy()
    for index, shifts in _places(scene, strides):
        other = np.roll(scene.values[name], list(shifts.values()), list(shifts))
        J[index] = scene.jacobian(None, {name: other}).reshape(scene.J.shape)[index]
    return scene.rows(J)


def _ignored_words(held: Held) -> Named:
    cause = f"{held.name} takes windows of {held.key[1]} one place apart; forward moves them by its stride"
    return Named("NV124", cause, "multiply the output's index by the stride wherever the window is cut out")


WINDOWS = (Cause(6, _ignored, _ignored_words),)
