"""Causes in the gradient of a normalisation: the mean's or the variance's part left out, or counted wrongly.

Within a group of entries that are normalised together the Jacobian is s·(1 - 1/n - q·cc'), c the centred entries. That
it has this form is tested; then what backward makes of the two parts is read off.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from nnverify.diagnosis.cause import Cause, Guess, Held, Named
from nnverify.diagnosis.scene import Array, Scene
from nnverify.diagnosis.structure import groups


def _normalised(scene: Scene) -> Iterator[Guess]:
    """The parts in some other multiple each, the same for all groups."""
    if scene.shape_out != scene.leaf_shape or not scene.linear or scene.claimed.shape[1:] != scene.leaf_shape:
        return
    parts = _parts(scene)
    if parts is None:
        return
    own, mean, variance = parts
    C = scene.claimed.reshape(own.shape)
    design = np.stack([mean.ravel(), variance.ravel()], axis=1)
    found = np.linalg.lstsq(design, (C - own).ravel(), rcond=None)[0]
    for words, alpha, beta in (*_LEFT_OUT, ("counted", float(found[0]), float(found[1]))):
        predicted = own + alpha * mean + beta * variance
        number = alpha if abs(alpha - 1) > 1e-7 else beta
        yield Guess((words,), partial(_rows, scene, predicted), gain=10.0, number=number)


_LEFT_OUT = (("both", 0.0, 0.0), ("the mean", 0.0, 1.0), ("the variance", 1.0, 0.0))


def _rows(scene: Scene, matrix: Array) -> Array:
    return scene.rows(matrix.reshape((*scene.shape_out, *scene.leaf_shape)))


def _parts(scene: Scene) -> tuple[Array, Array, Array] | None:
    """The Jacobian's own, mean and variance part; None where it is no normalisation."""
    J, x = scene.J.reshape(scene.output.size, -1), scene.value.ravel()
    own, mean, variance = np.zeros_like(J), np.zeros_like(J), np.zeros_like(J)
    for group in groups(J):
        inside = np.flatnonzero(np.any(J[group] != 0, axis=0))
        if len(group) < 3 or not np.array_equal(inside, group):
            return None
        block, centred = J[np.ix_(group, group)], x[group] - np.mean(x[group])
        base = np.stack([np.eye(len(group)) - 1 / len(group), np.outer(centred, centred)], axis=0)
        scale = _scales(block, base)
        if scale is None:
            return None
        one, two = scale
        own[np.ix_(group, group)] = np.diag(one)
        mean[np.ix_(group, group)] = -one[:, None] / len(group)
        variance[np.ix_(group, group)] = two[:, None] * base[1]
    return own, mean, variance


def _scales(block: Array, base: Array) -> tuple[Array, Array] | None:
    """For every output the multiples of the two parts; None where they do not make up the Jacobian."""
    made = []
    for row in range(len(block)):
        design = base[:, row, :].T
        found = np.linalg.lstsq(design, block[row], rcond=None)[0]
        if not np.allclose(design @ found, block[row], rtol=0, atol=1e-8 * np.max(np.abs(block))):
            return None
        made.append(found)
    one, two = np.array(made).T
    return one, two


def _normalised_words(held: Held) -> Named | None:
    what = held.key[0]
    if what != "counted":
        which = "the mean and the variance" if what == "both" else what
        cause = f"{held.name} takes {which} of the normalisation as constant; with that part every entry agrees"
        return Named(
            "NV129", cause, f"differentiate {which}, too: every entry of a group depends on all of them through it"
        )
    cause = f"{held.name} counts the mean's and the variance's part of the normalisation otherwise than forward does"
    return Named("NV125", cause, "divide by the number of entries that were normalised together, as forward does")


def _raw(scene: Scene) -> Iterator[Guess]:
    """A scale along the last axis, whose gradient takes a leaf where it should take what is made of that leaf."""
    if scene.leaf_shape != scene.shape_out[-1:] or len(scene.shape_out) < 2:
        return
    own = np.eye(scene.shape_out[-1])
    acts = np.any((scene.J != 0).reshape(-1, *own.shape), axis=0)
    for name, value in scene.values.items():
        if value.shape == scene.shape_out and not np.any(acts & (own == 0)):
            yield Guess(("raw", name), partial(scene.rows, value[..., None] * own))
    yield Guess(("raw", "the output"), lambda: scene.rows(scene.output.reshape(scene.shape_out)[..., None] * own))


def _raw_words(held: Held) -> Named:
    what = held.key[1]
    cause = f"{held.name} sums the upstream times {what}; forward multiplies {held.scene.name} by something else"
    return Named("NV125", cause, f"multiply the upstream by what {held.scene.name} scales: the normalised values")


NORMALISED = (Cause(3, _normalised, _normalised_words), Cause(4, _raw, _raw_words))
