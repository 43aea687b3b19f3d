"""Causes in which several contributions to one entry do not add up: overwritten ones, outputs that are left out."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from nnverify.diagnosis.cause import Cause, Guess, Held, Named
from nnverify.diagnosis.scene import Array, Scene
from nnverify.diagnosis.sums import subsets


def _overwritten(scene: Scene) -> Iterator[Guess]:
    """Of all places of the output that an entry acts on, only the last or the first is counted."""
    for axes in subsets(len(scene.shape_out)) if len(scene.parts) == 1 else ():
        for last in (True, False):
            yield Guess(("overwritten", last), partial(_one_place, scene, axes, last))


def _one_place(scene: Scene, axes: tuple[int, ...], last: bool) -> Array:
    """Places are positions along ``axes``; what else they hold is summed."""
    front = np.moveaxis(scene.J, axes, range(len(axes)))
    places = front.reshape(int(np.prod(front.shape[: len(axes)])), -1, *scene.leaf_shape)
    acts = np.any(places != 0, axis=1)
    order = acts[::-1] if last else acts
    first = np.argmax(order, axis=0)
    chosen = len(places) - 1 - first if last else first
    mask = np.arange(len(places)).reshape(-1, *(1 for _ in scene.leaf_shape)) == chosen
    kept = (places * mask[:, None]).reshape(front.shape)
    return scene.rows(np.moveaxis(kept, range(len(axes)), axes))


def _overwritten_words(held: Held) -> Named:
    which = "last" if held.key[1] else "first"
    cause = f"{held.name} keeps the {which} of several contributions"
    constants = {name: np.asarray(value) for name, value in held.scene.constants().items()}
    for name, value in constants.items():
        if value.dtype.kind in "iu" and len(np.unique(value)) < value.size:
            fix = f"use np.add.at(d, {name}, …): d[{name}] += … adds one of them only"
            return Named("NV108", f"{cause} where an index in {name} repeats; all others agree", fix)
    if _windows(held.scene):
        fix = "add into the window with +=, never assign: overlapping windows share entries"
        return Named("NV124", f"{cause} where windows overlap; all others agree", fix)
    return Named(
        "NV119", f"{cause} to each entry; with these alone every entry agrees", "add with += in the loop, not ="
    )


def _windows(scene: Scene) -> bool:
    """Whether the entries that an output depends on move along the leaf from output to output."""
    outputs = len(scene.shape_out)
    for out in range(outputs):
        for axis in range(outputs, scene.J.ndim):
            others = tuple(one for one in range(scene.J.ndim) if one not in (out, axis))
            acts = np.any(scene.J != 0, axis=others)
            whole = np.all(np.any(acts, axis=1)) and np.max(np.sum(acts, axis=1)) > 1
            if whole and len(acts) > 1 and np.all(np.diff(np.argmax(acts, axis=1)) > 0):
                return True
    return False


def _other_outputs(scene: Scene) -> Iterator[Guess]:
    """Of several outputs one left out, or one counted alone."""
    ends = np.cumsum(scene.parts)
    for number, (size, end) in enumerate(zip(scene.parts, ends, strict=True)) if len(scene.parts) > 1 else ():
        own = np.zeros(scene.output.size)
        own[end - size : end] = 1.0
        for words, weights in (("only", own), ("all but", 1 - own)):
            shape = (-1, *(1 for _ in scene.leaf_shape))
            yield Guess((words, number), partial(scene.rows, scene.J * weights.reshape(shape)))


def _other_outputs_words(held: Held) -> Named:
    words, number = held.key
    cause = f"{held.name} takes the upstream gradient of {words} output {number}; with these alone every entry agrees"
    return Named("NV122", cause, "forward returns several outputs: add up the gradients that come through each")


PLACES = (
    Cause(3, _other_outputs, _other_outputs_words),
    Cause(4, _overwritten, _overwritten_words),
)
