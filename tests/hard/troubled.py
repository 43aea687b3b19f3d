"""Forwards that are random, raise, jump or are not numbers: nothing may pass there, and no backward be accused."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import numpy as np

from tests.hard.case import Array, Trouble
from tests.hard.kinks import median_back

X = np.array([0.5, -1.2, 2.0])
AT = np.array([0.0, 1.0, -2.0])


def drawing(size: float) -> Callable[[Array], Array]:
    """A forward with noise from a generator of its own that nobody can put back."""
    return lambda x: np.sin(x) + size * np.random.default_rng().standard_normal(x.shape)


def counting() -> Callable[[Array], Array]:
    """A forward that remembers how often it was called."""
    calls = count()
    return lambda x: np.sin(x) + 0.1 * next(calls)


def only_here(x: Array) -> Array:
    """A forward that raises away from its point."""
    if not np.array_equal(x, X):
        raise RuntimeError("only here")
    return np.sin(x)


def nan_elsewhere(x: Array) -> Array:
    return np.sin(x) if np.array_equal(x, X) else np.full(3, np.nan)


def raising(x: Array) -> Array:
    raise KeyError("missing weights")


def with_nan(x: Array) -> Array:
    return np.where(np.arange(3) == 1, np.nan, np.sin(x))


def sometimes_nan(x: Array) -> Array:
    return np.where(np.random.default_rng().random(3) < 0.5, np.nan, np.sin(x))


def shrinking(x: Array) -> Array:
    """The positive entries: one more or less next to 0."""
    return x[x > 0]


def spread_back(g: Array, x: Array) -> Array:
    back = np.zeros_like(x)
    back[x > 0] = g
    return back


def hashed(x: Array) -> Array:
    """A function that is smooth nowhere that floats could see."""
    return np.sin(1e17 * x)


def cosine(g: Array, x: Array) -> Array:
    return g * np.cos(x)


def nothing(g: Array, x: Array) -> Array:
    return 0 * x


def same(g: Array, x: Array) -> Array:
    return g + 0 * x


def root_back(g: Array, x: Array) -> Array:
    """Of sqrt |x|, 0 at 0."""
    return g * np.where(x == 0, 0, 0.5 * np.sign(x) / np.sqrt(np.where(x == 0, 1, np.abs(x))))


def cube_root_back(g: Array, x: Array) -> Array:
    return g * np.where(x == 0, 0, 1 / (3 * np.cbrt(np.where(x == 0, 1, x)) ** 2))


def first_largest(x: Array) -> Array:
    return (np.arange(3) == np.argmax(x)) * 1.0


TROUBLES = (
    Trouble("random by 1", drawing(1.0), cosine, {"x": X}, "NV207|NV202|determin|random|nois"),
    Trouble("random by 1e-3", drawing(1e-3), cosine, {"x": X}, "NV207|NV202|determin|random|nois"),
    Trouble("random by 1e-9", drawing(1e-9), cosine, {"x": X}, "NV207|NV202|determin|random|nois"),
    Trouble("random, and no gradient", lambda x: np.random.default_rng().standard_normal(3), nothing, {"x": X}, "NV207|NV202|determin|random|nois"),
    Trouble("counts its calls", counting(), cosine, {"x": X}, "NV207|NV202|NV209|determin|random|nois"),
    Trouble("raises away from the point", only_here, cosine, {"x": X}, "only here"),
    Trouble("NaN away from the point", nan_elsewhere, cosine, {"x": X}, "NV206|not finite"),
    Trouble("raises at the point", raising, cosine, {"x": X}, "missing weights"),
    Trouble("NaN", lambda x: x * np.nan, same, {"x": X}, "NV304|not finite"),
    Trouble("NaN in one entry", with_nan, cosine, {"x": X}, "NV304|not finite"),
    Trouble("NaN at times", sometimes_nan, cosine, {"x": X}, "NV207|NV202|NV206|NV304|not finite|determin"),
    Trouble("infinity", lambda x: x / 0, same, {"x": X}, "NV304|not finite"),
    Trouble("jumps at the point", lambda x: (x >= 0) * 1.0, nothing, {"x": AT}, "NV209|jump"),
    Trouble("jumps at the point, with a slope", lambda x: x + (x > 0), same, {"x": AT}, "NV209|jump"),
    Trouble("jumps at the point by 1e-3", lambda x: x + 1e-3 * (x > 0), same, {"x": AT}, "NV209|jump|nois"),
    Trouble("the sign at 0", np.sign, nothing, {"x": AT}, "NV209|jump"),
    Trouble("whole numbers", np.floor, nothing, {"x": AT}, "NV209|jump"),
    Trouble("the place of a tied maximum", first_largest, nothing, {"x": np.array([1.0, 1.0, 0.0])}, "NV209|jump"),
    Trouble("the median of equal values", np.median, median_back, {"x": np.full(7, 2.0)}, "NV201"),
    Trouble("an infinite slope", lambda x: np.sqrt(np.abs(x)), root_back, {"x": AT}, "NV201|slope"),
    Trouble("an infinite slope, odd", np.cbrt, cube_root_back, {"x": np.zeros(2)}, "NV201|NV202|slope|nois"),
    Trouble("a shape that changes", shrinking, spread_back, {"x": AT}, "shape|NV206|NV209"),
    Trouble("noise and nothing else", hashed, lambda g, x: g * 1e17 * np.cos(1e17 * x), {"x": X}, "NV202|nois"),
    Trouble("text", lambda x: "no number", same, {"x": X}, "str"),
    Trouble("complex", lambda x: x + 1j, same, {"x": X}, "complex"),
    Trouble("None", lambda x: None, same, {"x": X}, "NoneType|None"),
    Trouble("objects", lambda x: np.array([object()] * 3), same, {"x": X}, "object"),
)  # fmt: skip
