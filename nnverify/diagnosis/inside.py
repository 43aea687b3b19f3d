"""Causes inside a network: at a product X·W whose sum z goes through more layers before it becomes the output.

That there is such a product is read off the forward: the Jacobian by W is X times something for each output, and that
something, ∂output/∂z, is what a slope put wrongly, or a W that is not transposed, would have spoiled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from nnverify.diagnosis.cause import Cause, Guess, Held, Named
from nnverify.diagnosis.curves import CURVES, Curve
from nnverify.diagnosis.scene import Array, Scene

_SAME = 1e-6  # relative: two Jacobians that should be one

_INSTEAD: dict[str, tuple[Callable[[Curve, Array], Array], str]] = {
    "left out": (lambda _, z: np.ones_like(z), "is left out"),
    "at a": (lambda curve, z: curve.slope(curve.value(z)), "is taken at its value in place of its argument"),
    "at z": (lambda curve, z: curve.by_value(z), "in terms of its value is given its argument instead"),
    "value": (lambda curve, z: curve.value(z), "is replaced by its value"),
    "twice": (lambda curve, z: curve.slope(z) ** 2, "is applied twice"),
}


@dataclass(frozen=True)
class Site:
    """z = Σ X·W + b inside the forward: the names of what it is made of, its value, and ∂output/∂z.

    outer  (sample, rest of the output, column of z): for each sample only its own row of z
    """

    products: tuple[tuple[str, str], ...]
    biases: tuple[str, ...]
    z: Array
    outer: Array


def sites(scene: Scene) -> list[Site]:
    """All sums of products that the output depends on, sample by sample."""
    if len(scene.shape_out) < 2:
        return []
    pairs = [(x, w, outer) for x, w in _pairs(scene) if (outer := _outer(scene, x, w)) is not None]
    found: list[Site] = []
    for x, w, outer in pairs:
        if any((x, w) in site.products for site in found):
            continue
        own = [(a, b) for a, b, other in pairs if _alike(other, outer)]
        biases = [name for name in _targets(scene) if _is_bias(scene, name, outer)]
        z = sum(scene.values[a] @ scene.values[b] for a, b in own) + sum(
            (scene.values[name].reshape(1, -1) for name in biases), np.zeros(1)
        )
        found.append(Site(tuple(own), tuple(biases), z, outer))
    return found


def _targets(scene: Scene) -> list[str]:
    return [leaf.name for leaf in scene.subject.targets() if leaf.name in scene.values]


def _pairs(scene: Scene) -> Iterator[tuple[str, str]]:
    for x, X in scene.values.items():
        for w in _targets(scene):
            W = scene.values[w]
            if x != w and X.ndim == W.ndim == 2 and X.shape == (scene.shape_out[0], len(W)):
                yield x, w


def _alike(one: Array, two: Array) -> bool:
    return one.shape == two.shape and bool(np.max(np.abs(one - two)) <= _SAME * np.max(np.abs(two)))


def _outer(scene: Scene, x: str, w: str) -> Array | None:
    """∂output/∂z of z = X·W, if the Jacobian by W is X times it."""
    X, W = scene.values[x], scene.values[w]
    J = scene.jacobian(w).reshape(len(X), -1, *W.shape)
    size = np.sum(X**2, axis=1)
    if not np.all(size > 0):
        return None
    outer: Array = np.einsum("in,irnk->irk", X, J) / size[:, None, None]
    return outer if np.any(outer) and _alike(np.einsum("in,irk->irnk", X, outer), J) else None


def _is_bias(scene: Scene, name: str, outer: Array) -> bool:
    value = scene.values[name]
    if value.size != outer.shape[2] or max(value.shape, default=0) != value.size:
        return False
    return _alike(scene.jacobian(name).reshape(outer.shape), outer)


def _spoiled(scene: Scene, site: Site, outer: Array) -> Array | None:
    """The leaf's Jacobian with another ∂output/∂z; None where the leaf has no part in the site."""
    change, m = outer - site.outer, len(outer)
    total = np.zeros((m, outer.shape[1], *scene.leaf_shape))
    if scene.name in site.biases:
        total += change.reshape(total.shape)
    for x, w in site.products:
        if scene.name == w:
            total += np.einsum("in,irk->irnk", scene.values[x], change)
        elif scene.name == x:
            total[np.arange(m), :, np.arange(m)] += np.einsum("irk,nk->irn", change, scene.values[w])
    return scene.J + total.reshape(scene.J.shape) if np.any(total) else None


def _slopes(scene: Scene) -> Iterator[Guess]:
    for place, site in enumerate(sites(scene)):
        for name, curve in CURVES.items():
            right = curve.slope(site.z)[:, None, :]
            for mistake, (instead, _) in _INSTEAD.items():
                wrong = instead(curve, site.z)[:, None, :]
                J = _spoiled(scene, site, _replaced(site.outer, right, wrong))
                if J is not None:
                    yield Guess((place, name, mistake), partial(scene.rows, J), gain=_gain(right, wrong))


def _gain(right: Array, wrong: Array) -> float:
    return float(np.max(np.abs(wrong / np.where(right > 0, right, 1))))


def _replaced(outer: Array, right: Array, wrong: Array) -> Array:
    """With another slope; where the right one is 0, what the next layer does is taken from a sample where it is not."""
    live = np.broadcast_to(right > 0, outer.shape)
    through = np.where(live, outer / np.where(right > 0, right, 1.0), 0.0)
    first = np.argmax(live, axis=0)
    known = np.take_along_axis(through, first[None], axis=0)
    filled: Array = np.where(live, through, known) * wrong
    return filled


def _slopes_words(held: Held) -> Named:
    place, name, mistake = held.key
    site = sites(held.scene)[place]
    z = " + ".join([*(f"{x}·{w}" for x, w in site.products), *site.biases])
    cause = f"{held.name}: the slope of the {name} at {z} {_INSTEAD[mistake][1]}; put right, every entry agrees"
    if name == "ReLU" and mistake == "value":
        return Named("NV115", cause, "multiply by (Z > 0), the slope of the ReLU, not by its value")
    return Named("NV110", cause, f"multiply by the slope of the {name} at {z}, before the gradient is passed on")


def _untransposed(scene: Scene) -> Iterator[Guess]:
    for site in sites(scene):
        for x, w in site.products:
            W = scene.values[w]
            if scene.name == x and W.shape[0] == W.shape[1] > 1:
                yield Guess(("W", w), partial(_with_other, scene, site, W), gain=float(np.max(np.abs(W))))


def _with_other(scene: Scene, site: Site, W: Array) -> Array:
    """W in the place of its transpose."""
    m = len(site.outer)
    total = np.zeros((m, site.outer.shape[1], *scene.leaf_shape))
    total[np.arange(m), :, np.arange(m)] = np.einsum("irk,nk->irn", site.outer, W.T - W)
    return scene.rows(scene.J + total.reshape(scene.J.shape))


def _untransposed_words(held: Held) -> Named:
    w = held.key[1]
    cause = f"{held.name} multiplies by {w} where its transpose is due; {w} is square, so the shape does not tell"
    return Named("NV102", cause, f"use {w}.T in the gradient by {held.scene.name}")


INSIDE = (
    Cause(5, _slopes, _slopes_words),
    Cause(5, _untransposed, _untransposed_words),
)
