"""The cause in which each step of a recurrence is differentiated by itself, and nothing is carried back in time.

That forward is a recurrence is proved by running it step by step: one step, started from the output before, gives the
next output.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from nnverify.diagnosis.cause import Cause, Guess, Held, Named
from nnverify.diagnosis.measure import measure
from nnverify.diagnosis.scene import Array, Scene
from nnverify.subject import Subject


@dataclass(frozen=True)
class _Recurrence:
    """Time runs along one axis of the output and of the input leaf; the state before it starts is a leaf."""

    axis: int
    inputs: str
    state: str


def _recurrences(scene: Scene) -> Iterator[_Recurrence]:
    """Every reading of the leaves as inputs and first state that one step confirms."""
    for axis, steps in enumerate(scene.shape_out):
        rest = tuple(size for place, size in enumerate(scene.shape_out) if place != axis)
        states = [name for name, value in scene.values.items() if value.shape == rest]
        inputs = [name for name, value in scene.values.items() if value.ndim > axis and value.shape[axis] == steps]
        for name in inputs if steps > 1 else ():
            for state in states:
                found = _Recurrence(axis, name, state)
                if name != state and _confirmed(scene, found):
                    yield found


def _confirmed(scene: Scene, found: _Recurrence) -> bool:
    """Whether one step from each output gives the next."""
    output = scene.output.reshape(scene.shape_out)
    try:
        made = [_step(scene, found, t).at_point()[0] for t in range(scene.shape_out[found.axis])]
    except Exception:
        return False
    wanted = [np.take(output, [t], found.axis) for t in range(scene.shape_out[found.axis])]
    return all(
        np.shape(one) == two.shape and np.allclose(one, two, 1e-9, 1e-12) for one, two in zip(made, wanted, strict=True)
    )


def _step(scene: Scene, found: _Recurrence, t: int) -> Subject:
    """Step t alone: one input, and the output before it as the state."""
    values: dict[str, Any] = {found.inputs: np.take(scene.values[found.inputs], [t], found.axis)}
    if t > 0:
        values[found.state] = np.take(scene.output.reshape(scene.shape_out), t - 1, found.axis)
    leaves = tuple(replace(leaf, value=values.get(leaf.name, leaf.value)) for leaf in scene.subject.leaves)
    return replace(scene.subject, leaves=leaves)


def _dropped(scene: Scene) -> Iterator[Guess]:
    if not 2 <= len(scene.shape_out) <= 3 or len(scene.values) < 3:
        return
    for found in _recurrences(scene):
        yield Guess(("carry", found.axis), partial(_each_step, scene, found))
        return


def _each_step(scene: Scene, found: _Recurrence) -> Array:
    """The Jacobian of every output by the leaf, through its own step alone."""
    J = np.zeros_like(np.moveaxis(scene.J, found.axis, 0))
    for t in range(len(J)):
        own = measure(_step(scene, found, t), scene.name, scene.seed).value
        one = own.reshape(*(size for place, size in enumerate(scene.shape_out) if place != found.axis), -1)
        J[t] = _placed(scene, found, one, t)
    return scene.rows(np.moveaxis(J, 0, found.axis))


def _placed(scene: Scene, found: _Recurrence, one: Array, t: int) -> Array:
    """One step's Jacobian by the whole leaf: its inputs are those of step t, its first state that of step 0."""
    lead = one.shape[:-1]
    if scene.name == found.state:
        return one.reshape((*lead, *scene.leaf_shape)) * float(t == 0)
    if scene.name != found.inputs:
        return one.reshape((*lead, *scene.leaf_shape))
    whole = np.zeros((*lead, *scene.leaf_shape))
    place = [slice(None)] * whole.ndim
    place[len(lead) + found.axis] = slice(t, t + 1)
    whole[tuple(place)] = one.reshape(whole[tuple(place)].shape)
    return whole


def recurs(scene: Scene, axis: int) -> bool:
    """Whether forward is a recurrence along an axis of the output."""
    if not 2 <= len(scene.shape_out) <= 3 or len(scene.values) < 3:
        return False
    return any(found.axis == axis for found in _recurrences(scene))


def carry_dropped(name: str, axis: int) -> Named:
    """The cause in words."""
    cause = f"{name} sums what each step along axis {axis} does to its own output: nothing is carried back"
    fix = "carry the gradient of the state from step t + 1 to step t, and add it to the upstream there"
    return Named("NV123", cause, fix)


def _dropped_words(held: Held) -> Named:
    return carry_dropped(held.name, held.key[1])


RECURRENT = (Cause(4, _dropped, _dropped_words),)
