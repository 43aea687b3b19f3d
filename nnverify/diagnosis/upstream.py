"""Causes in how the upstream gradient is used: not at all, averaged, clipped, or normalised."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from nnverify.diagnosis.cause import Cause, Guess, Held, Named
from nnverify.diagnosis.scene import Array, Scene
from nnverify.diagnosis.sums import subsets

_FIX = "multiply by the upstream gradient as it comes, entry by entry: backward is linear in it"


def _ignored(scene: Scene) -> Iterator[Guess]:
    """The gradient for an upstream of ones, or any that does not change; seen where the upstream varies freely."""
    if scene.subject.unit_outputs or (scene.linear and np.any(np.abs(scene.claimed) > scene.error)):
        return
    first = scene.claimed[:1]
    yield Guess(("ones",), partial(_of_ones, scene), gain=scene.output.size)
    yield Guess(("same",), lambda: np.broadcast_to(first, scene.claimed.shape))


def _of_ones(scene: Scene) -> Array:
    """The gradient of the sum of the outputs, for every upstream the same."""
    return np.tensordot(np.ones_like(scene.upstreams), scene.jacobian(), axes=1)


def _ignored_words(held: Held) -> Named:
    how = "it is that for an upstream of ones" if held.key[0] == "ones" else "it is the same for every upstream"
    return Named("NV109", f"{held.name} ignores the upstream gradient: {how}", _FIX)


def _averaged(scene: Scene) -> Iterator[Guess]:
    """The mean or the sum of the upstream over axes in the place of each entry."""
    for axes in subsets(len(scene.shape_out)) if len(scene.parts) == 1 else ():
        if np.prod([scene.shape_out[axis] for axis in axes]) > 1:
            for how, reduce in (("mean", np.mean), ("sum", np.sum)):
                yield Guess(("upstream", how, axes), partial(_reduced, scene, reduce, axes), gain=scene.output.size)


def _reduced(scene: Scene, reduce: Any, axes: tuple[int, ...]) -> Array:
    """Every output's row becomes the mean, or the sum, of the rows that share its place along the other axes."""
    return scene.rows(np.broadcast_to(reduce(scene.J, axis=axes, keepdims=True), scene.J.shape))


def _averaged_words(held: Held) -> Named:
    _, how, axes = held.key
    along = "all axes" if len(axes) == len(held.scene.shape_out) else f"axis {' and '.join(map(str, axes))}"
    cause = f"{held.name} uses the {how} of the upstream gradient over {along} in place of each of its entries"
    return Named("NV109", cause, _FIX)


def _bent(scene: Scene) -> Iterator[Guess]:
    """Functions of the gradient, or of the upstream, that are not linear in it."""
    if scene.linear or scene.claimed.shape != scene.true.shape:
        return
    true, dout = scene.true, scene.upstreams
    largest = float(np.max(np.abs(scene.claimed)))
    norms = np.sqrt(np.sum(true**2, axis=tuple(range(1, true.ndim)), keepdims=True))
    yield Guess(("the sign of the gradient",), lambda: np.sign(true))
    yield Guess(("the absolute gradient",), lambda: np.abs(true))
    yield Guess(("the gradient divided by its norm",), lambda: true / norms, gain=1 / float(np.min(norms) or 1.0))
    yield Guess(("the gradient clipped",), lambda: np.clip(true, -largest, largest))
    yield Guess(
        ("the gradient for the upstream's signs, as taken or as left by a clip at 1",),
        lambda: _for(scene, np.sign(dout)),
    )
    yield Guess(("the gradient for the absolute upstream",), lambda: _for(scene, np.abs(dout)))
    yield Guess(("the gradient for the squared upstream",), lambda: _for(scene, dout**2))
    yield Guess(("the gradient for the positive part of the upstream",), lambda: _for(scene, np.maximum(dout, 0)))
    yield Guess(("the gradient and a constant",), lambda: true + (scene.claimed - true)[:1], number=1.0)


def _for(scene: Scene, upstreams: Array) -> Array:
    return np.tensordot(upstreams, scene.jacobian(), axes=1)


def _bent_words(held: Held) -> Named:
    cause = f"{held.name} is not linear in the upstream gradient: in every entry it is {held.key[0]}"
    return Named(
        "NV109", cause, "return the plain gradient; clip or normalise in the optimiser, and mask by forward's values"
    )


UPSTREAM = (
    Cause(0, _ignored, _ignored_words),
    Cause(1, _bent, _bent_words),
    Cause(3, _averaged, _averaged_words),
)
