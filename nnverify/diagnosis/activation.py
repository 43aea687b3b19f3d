"""Causes in the slope of an activation: left out, taken elsewhere, its value in its place, the wrong side."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from nnverify._compare import DIFFERS
from nnverify.diagnosis.cause import Cause, Guess, Held, Named
from nnverify.diagnosis.curves import CURVES, Curve
from nnverify.diagnosis.scene import Array, Scene
from nnverify.diagnosis.structure import elementwise

# mistake: what backward has in place of the slope, from the curve, its value y and its argument z
_MISTAKES: dict[str, tuple[Callable[[Curve, Array, Array], Array], str]] = {
    "left out": (lambda _, y, _z: np.ones_like(y), "the slope of the {act} is left out"),
    "at a": (
        lambda curve, y, _: curve.by_value(curve.value(y)),
        "the slope of the {act} is taken at its value in place of its argument",
    ),
    "at z": (
        lambda curve, _, z: curve.by_value(z),
        "the {act}'s slope in terms of its value is given its argument instead",
    ),
    "again": (lambda curve, y, _: curve.by_value(y) * y, "the output is multiplied in once too often"),
    "twice": (lambda curve, y, _: curve.by_value(y) ** 2, "the slope of the {act} is applied twice"),
    "value": (lambda _, y, _z: y, "the {act}'s value stands in the place of its slope"),
    "unsquared": (lambda _, y, _z: 1 - y, "1 - y stands in the place of the {act}'s slope"),
}


def _outputs(scene: Scene) -> Array:
    """The output, with axes to be multiplied with the Jacobian."""
    return scene.output.reshape((*scene.shape_out, *(1 for _ in scene.leaf_shape)))


def _slopes(scene: Scene) -> Iterator[Guess]:
    """Rows of the Jacobian times wrong slope over right slope."""
    y = _outputs(scene)
    for name, curve in CURVES.items():
        if scene.output.size < 3 or curve.inverse is None or curve.possible is None or not curve.possible(y):
            continue
        with np.errstate(all="ignore"):
            z = curve.inverse(y)
            for mistake, (wrong, _) in _MISTAKES.items():
                factor = wrong(curve, y, z) / curve.by_value(y)
                if np.all(np.isfinite(factor)):
                    yield Guess(
                        ("slope", name, mistake), partial(_times, scene, factor), gain=float(np.max(np.abs(factor)))
                    )


def _times(scene: Scene, factor: Array) -> Array:
    return scene.rows(scene.J * factor)


def _slopes_words(held: Held) -> Named:
    _, name, mistake = held.key
    cause = f"{held.name}: {_MISTAKES[mistake][1].format(act=name)}; put right, every entry agrees"
    if mistake == "again":
        return Named("NV110", cause, "look for a value in the place of a slope, or a slope that holds the value twice")
    return Named(
        "NV110", cause, f"multiply the upstream by the slope of the {name}, at the argument that forward gave it"
    )


def _rectified(scene: Scene) -> Iterator[Guess]:
    """ReLU's value for its mask: rows of live outputs times the output, the others zero as they are."""
    y = _outputs(scene)
    if np.all(y >= 0) and np.any(y == 0) and np.any(y > 0):
        yield Guess(("value",), partial(_times, scene, y), gain=float(np.max(y)))
        if scene.linear and scene.claimed.shape[1:] == scene.leaf_shape:
            yield Guess(("mask",), partial(_unmasked, scene))


def _unmasked(scene: Scene) -> Array:
    """Live rows as they are; of the dead ones anything, as long as it is not zero everywhere."""
    dead = np.broadcast_to(_outputs(scene) == 0, scene.J.shape)
    claimed = scene.claimed.reshape(scene.J.shape)
    return np.where(dead & np.any(dead & (claimed != 0)), scene.claimed.reshape(scene.J.shape), scene.J).reshape(
        scene.claimed.shape
    )


def _rectified_words(held: Held) -> Named:
    if held.key[0] == "value":
        cause = f"{held.name} is multiplied by the ReLU's value where its mask is due: put right, every entry agrees"
        return Named("NV115", cause, "multiply by (Z > 0), the slope of the ReLU, not by its value")
    cause = f"{held.name} is right where the output is positive, and is not switched off where it is 0"
    return Named("NV110", cause, "multiply the upstream by the mask (Z > 0) before anything else")


def _own_slope(scene: Scene) -> Iterator[Guess]:
    """An elementwise function of any kind: slope 1, its value, its argument, or its slope at its value."""
    if not elementwise(scene):
        return
    y, x = scene.output.reshape(scene.leaf_shape), scene.value
    dout = scene.upstreams.reshape(-1, *scene.leaf_shape)
    yield Guess(("itself",), lambda: np.broadcast_to(dout, (len(dout), *scene.leaf_shape)))
    yield Guess(("times the output",), lambda: dout * y)
    yield Guess((f"times {scene.name}",), lambda: dout * x)
    yield Guess(("times the slope at the output",), partial(_at, scene, y))
    yield Guess((f"times the slope at -{scene.name}",), partial(_at, scene, -x))
    if np.all(x):
        yield Guess((f"times the output over {scene.name}, one term of a product's slope",), lambda: dout * y / x)
        yield Guess(("times its slope less one term of the product rule",), lambda: scene.true - dout * y / x)


def _at(scene: Scene, value: Array) -> Array:
    return scene.rows(scene.jacobian(None, {scene.name: value}).reshape(scene.J.shape))


def _own_slope_words(held: Held) -> Named:
    what, y = held.key[0], held.scene.output
    rectifier = what == "times the output" and np.all(y >= 0) and np.any(y == 0)
    cause = f"{held.name} is the upstream {what} in every entry, where the slope of the function is due"
    if rectifier:
        return Named("NV115", cause, "multiply by the mask (x > 0), the slope of the ReLU, not by its value")
    return Named("NV110", cause, "multiply the upstream by the derivative of the function at its argument")


def _one_side(scene: Scene) -> Iterator[Guess]:
    """One factor where the output, or the leaf, is negative, and another one where it is positive: one of them is 1."""
    if scene.claimed.shape != scene.true.shape or not scene.linear:
        return
    leaf = scene.value.reshape((*(1 for _ in scene.shape_out), *scene.leaf_shape))
    for what, sign in (("the output", np.sign(_outputs(scene))), (scene.name, np.sign(leaf))):
        for side in (1, -1):
            chosen = np.broadcast_to(sign == side, scene.J.shape)
            number = _ratio(scene, chosen)
            if number is not None and np.any(~chosen & (scene.J != 0)):
                yield Guess(("side", what, side), partial(_times, scene, np.where(chosen, number, 1.0)), number=number)


def _ratio(scene: Scene, chosen: Array) -> float | None:
    J, claimed = scene.J[chosen], scene.claimed.reshape(scene.J.shape)[chosen]
    seen = np.abs(J) > DIFFERS * scene.error
    return float(np.sum(claimed * J) / np.sum(J**2)) if np.count_nonzero(seen) > 2 else None


def _one_side_words(held: Held) -> Named | None:
    numbers = [number for number in held.numbers if number is not None]
    if np.ptp(numbers) > 1e-7 * np.max(np.abs(numbers)) or abs(numbers[0] - 1) < 1e-7:
        return None
    _, what, side = held.key
    where = f"where {what} is {'positive' if side > 0 else 'negative'}"
    cause = f"{held.name} is {numbers[0]:.4g} x the numerical gradient {where}, and right elsewhere"
    return Named("NV110", cause, f"look at the slope of the activation {where}")


ACTIVATION = (
    Cause(2, _own_slope, _own_slope_words),
    Cause(4, _slopes, _slopes_words),
    Cause(4, _rectified, _rectified_words),
    Cause(5, _one_side, _one_side_words),
)
