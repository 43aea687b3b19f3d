"""Shapes, layouts, dtypes and kinds of leaves and outputs: nothing here is hard to differentiate."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from tests.hard.case import Array, Case, Mistake, changed_at, normal, scaled_by

_case = partial(Case, "structure")


def frozen(value: Array) -> Array:
    value.setflags(write=False)
    return value


def sine(x: Any) -> Any:
    return np.sin(x)


def sine_back(g: Any, x: Any) -> Any:
    return g * np.cos(x)


def several(g: Any, *leaves: Any) -> tuple[Any, ...]:
    """The gradients of the product of all leaves."""
    return tuple(g * np.prod([z for j, z in enumerate(leaves) if j != i], axis=0) for i in range(len(leaves)))


def taken(x: Array, i: Array) -> Array:
    return x[i] ** 2


def taken_back(g: Array, x: Array, i: Array) -> Array:
    back = np.zeros_like(x)
    np.add.at(back, i, 2 * g * x[i])
    return back


def broadcast_back(g: Array, x: Array, z: Array) -> tuple[Array, Array]:
    return (g * z).sum(axis=1, keepdims=True), (g * x).sum(axis=0)


LONG = np.sin(np.arange(10_000.0))

LARGE = _case("10,000 entries into one number", lambda x: np.sin(x).sum(), sine_back, {"x": LONG})
INDEX = _case("a leaf of indices", taken, taken_back, {"x": normal(5), "i": np.array([0, 3, 3, 1, 3])})
BROADCAST = _case("a column times a row", lambda x, z: x * z, broadcast_back, {"x": normal(3, 1), "z": normal(4)})
STRIDED = _case("a strided leaf", sine, sine_back, {"x": np.arange(24.0).reshape(4, 6)[::-2, 1::2]})
SCALAR = _case("a leaf without axes", sine, sine_back, {"x": np.array(0.3)})
OUTPUTS = _case(
    "two outputs",
    lambda x: (np.sin(x), (x * x).sum()),
    lambda g, x: g[0] * np.cos(x) + g[1] * 2 * x,
    {"x": normal(3, 2)},
)

RIGHT = (
    LARGE,
    INDEX,
    BROADCAST,
    STRIDED,
    SCALAR,
    OUTPUTS,
    _case("no entries", sine, sine_back, {"x": np.zeros((0, 3))}),
    _case("no samples, with weights", lambda X, W: X @ W, lambda g, X, W: (g @ W.T, X.T @ g), {"X": np.zeros((0, 3)), "W": normal(3, 2)}),
    _case("no features", lambda X, W: X @ W, lambda g, X, W: (g @ W.T, X.T @ g), {"X": np.zeros((4, 0)), "W": np.zeros((0, 2))}),
    _case("no entries beside some", lambda x, z: np.concatenate([x, z]) ** 2, lambda g, x, z: (2 * g[: len(x)] * x, 2 * g[len(x) :] * z), {"x": np.zeros(0), "z": normal(3)}),
    _case("a Python number", sine, sine_back, {"x": 0.7}),
    _case("one entry", sine, sine_back, {"x": np.array([0.3])}),
    _case("one entry in five axes", sine, sine_back, {"x": np.full((1, 1, 1, 1, 1), 0.3)}),
    _case("six axes", lambda x: x.sum(axis=(0, 2, 5)) ** 2, lambda g, x: np.broadcast_to(2 * (x.sum(axis=(0, 2, 5)) * g)[None, :, None, :, :, None], x.shape), {"x": normal(2, 1, 2, 3, 1, 2)}),
    _case("a read-only leaf", sine, sine_back, {"x": frozen(np.arange(3.0))}),
    _case("a transposed leaf", sine, sine_back, {"x": np.arange(12.0).reshape(3, 4).T}),
    _case("a leaf of equal entries in one place", sine, sine_back, {"x": np.broadcast_to(np.array([0.3, 0.7]), (3, 2))}),
    _case("a list", lambda x: np.asarray(x) ** 2, lambda g, x: 2 * g * np.asarray(x), {"x": [1.0, 2.0]}),
    _case("truth values beside", lambda x, m: np.where(m, x, 0), lambda g, x, m: g * m, {"x": normal(4), "m": np.array([True, False, True, False])}),
    _case("a whole number beside", lambda x, n: x**n, lambda g, x, n: g * n * x ** (n - 1), {"x": normal(3), "n": 3}),
    _case("None beside", lambda x, m: x * 2, lambda g, x, m: g * 2, {"x": normal(3), "m": None}),
    _case("leaves called like options", lambda x, z: x * z, lambda g, x, z: (g * z, g * x), {"seed": normal(3), "out": normal(3)}),
    _case("a leaf called dout", lambda x, z: x * z, lambda g, x, z: (g * z, g * x), {"x": normal(3), "dout": normal(3)}),
    _case("any number of leaves", lambda *leaves: np.prod(leaves, axis=0), several, {"a": normal(3), "b": normal(3), "c": normal(3)}),
    _case("any number of leaves after dout", lambda *leaves: np.prod(leaves, axis=0), lambda dout, *leaves: several(dout, *leaves), {"a": normal(3), "b": normal(3)}),
    _case("a dictionary of gradients", lambda x, z: x * z, lambda g, x, z: {"z": g * x, "x": g * z}, {"x": normal(3), "z": normal(3)}),
    _case("a list of gradients", lambda x, z: x * z, lambda g, x, z: [g * z, g * x], {"x": normal(3), "z": normal(3)}),
    _case("a constant function", lambda x: np.ones(2), lambda g, x: 0 * x, {"x": normal(3)}),
    _case("a constant with rounding", lambda x: np.sin(x) ** 2 + np.cos(x) ** 2, lambda g, x: 0 * x, {"x": normal(3)}),
    _case("a leaf that is not used", lambda x, z: np.sin(x), lambda g, x, z: (g * np.cos(x), 0 * z), {"x": normal(3), "z": normal(2)}),
    _case("the upstream itself", lambda x: x, lambda g, x: g, {"x": normal(3)}),
    _case("a view of the upstream", lambda x: x.T, lambda g, x: g.T, {"x": normal(3, 2)}),
    _case("the same gradient for two", lambda x, z: x + z, lambda g, x, z: (g, g), {"x": normal(3), "z": normal(3)}),
    _case("one leaf, used twice", lambda x: x * np.sin(x) + x, lambda g, x: g * (np.sin(x) + x * np.cos(x) + 1), {"x": normal(4)}),
    _case("an output of no entries beside one", lambda x: (x[:0], x**2), lambda g, x: 2 * g[1] * x, {"x": normal(3)}),
    _case("a whole number as second output", lambda x: (x**2, x.argmax()), lambda g, x: 2 * g[0] * x, {"x": normal(3)}),
    _case("a Python number as output", lambda x: float(np.sum(x * x)), lambda g, x: 2 * g * x, {"x": normal(3)}),
    _case("weights of a linear map, no kink in sight", lambda X, W: X @ W, lambda g, X, W: (g @ W.T, X.T @ g), {"X": normal(30, 20), "W": normal(20, 10)}),
    _case("a large linear map", lambda X, W: X @ W, lambda g, X, W: (g @ W.T, X.T @ g), {"X": normal(100, 100), "W": normal(100, 100)}),
    _case("gradient in columns", lambda x: 2 * x, lambda g, x: np.asfortranarray(2 * g), {"x": normal(3, 4)}),
    _case("whole-number gradient of a sum", lambda x: x.sum(), lambda g, x: np.full(x.shape, g), {"x": normal(3)}),
)  # fmt: skip


def one(index: Any, factor: float, right: Any = sine_back) -> Any:
    return changed_at(right, index, factor)


MISTAKES = (
    *(Mistake(f"one of 10,000 wrong by {by:g}", LARGE, one(1234, 1 + by)) for by in (1.0, 1e-2, 1e-5)),
    Mistake("one of 10,000 is 0", LARGE, one(9999, 0.0)),
    Mistake("one of 10,000 has the other sign", LARGE, one(0, -1.0) if LONG[0] else one(1, -1.0)),
    Mistake("wrong by 1e-8", LARGE, scaled_by(sine_back, 1 + 1e-8)),
    Mistake("only the last of repeats", INDEX, lambda g, x, i: (lambda back: (back.__setitem__(i, 2 * g * x[i]), back)[1])(np.zeros_like(x))),
    Mistake("the index left out", INDEX, lambda g, x, i: 2 * g * x),
    Mistake("a column's mean for its sum", BROADCAST, lambda g, x, z: (broadcast_back(g, x, z)[0] / 4, broadcast_back(g, x, z)[1])),
    Mistake("not summed back", BROADCAST, lambda g, x, z: (g * z, broadcast_back(g, x, z)[1])),
    Mistake("the shape without its axis of 1", BROADCAST, lambda g, x, z: ((g * z).sum(axis=1), broadcast_back(g, x, z)[1])),
    Mistake("read in the order of memory", STRIDED, lambda g, x: g * np.cos(x.ravel(order="K").reshape(x.shape)[::-1])),
    Mistake("the sine for the cosine", SCALAR, lambda g, x: g * np.sin(x)),
    Mistake("wrong by 1e-9", SCALAR, scaled_by(sine_back, 1 + 1e-9)),
    Mistake("the second output ignored", OUTPUTS, lambda g, x: g[0] * np.cos(x)),
    Mistake("the second output wrong by 1e-4", OUTPUTS, lambda g, x: g[0] * np.cos(x) + g[1] * 2.0002 * x),
    Mistake("no gradient at all", OUTPUTS, lambda g, x: None),
)  # fmt: skip
