"""Points at, 1e-9 from and near kinks and ties, with every convention that is right there, and some that are not."""

from __future__ import annotations

from functools import partial

import numpy as np

from tests.hard.case import Array, Case, Mistake, around, normal

_case = partial(Case, "kinks")

AT = np.array([0.0, 1.3, -0.7, 0.0, 2.2])
TIES = np.array([[1.0, 3.0, 3.0, -2.0], [0.5, 0.5, 0.5, 0.5], [4.0, 1.0, 2.0, 3.0]])


def shared(g: Array, X: Array) -> Array:
    """The gradient of a row maximum, shared by all that are tied."""
    tied = X == X.max(axis=-1, keepdims=True)
    return g[..., None] * tied / tied.sum(axis=-1, keepdims=True)


def first(g: Array, X: Array) -> Array:
    """The gradient of a row maximum, all to the first that is tied."""
    back = np.zeros_like(X)
    np.put_along_axis(back, X.argmax(axis=-1)[..., None], g[..., None], axis=-1)
    return back


def everyone(g: Array, X: Array) -> Array:
    return g[..., None] * (X == X.max(axis=-1, keepdims=True))


def sorted_back(g: Array, x: Array) -> Array:
    back = np.zeros_like(x)
    back[np.argsort(x, kind="stable")] = g
    return back


def median_back(g: Array, x: Array) -> Array:
    back, order = np.zeros_like(x), np.argsort(x, kind="stable")
    np.add.at(back, order[[(len(x) - 1) // 2, len(x) // 2]], g / 2)
    return back


def variation(x: Array) -> Array:
    return np.abs(np.diff(x)).sum()


def variation_back(g: Array, x: Array) -> Array:
    s = np.sign(np.diff(x))
    return g * (np.append(0, s) - np.append(s, 0))


def relu(x: Array) -> Array:
    return np.maximum(x, 0)


def relu_back(g: Array, x: Array) -> Array:
    return g * (x > 0)


def relu_with(slope: float):
    return lambda g, x: g * np.where(x == 0, slope, x > 0)


def pooled(X: Array) -> Array:
    return X.reshape(len(X) // 2, 2, -1, 2).max(axis=(1, 3))


def pooled_back(g: Array, X: Array) -> Array:
    tied = X == pooled(X).repeat(2, axis=0).repeat(2, axis=1)
    counts = tied.reshape(len(X) // 2, 2, -1, 2).sum(axis=(1, 3))
    return tied * (g / counts).repeat(2, axis=0).repeat(2, axis=1)


def hardswish(x: Array) -> Array:
    return x * np.clip(x + 3, 0, 6) / 6


def hardswish_back(g: Array, x: Array) -> Array:
    return g * np.where(x <= -3, 0, np.where(x >= 3, 1, (2 * x + 3) / 6))


def svm(X: Array) -> Array:
    margins = np.maximum(0, X - X[:, :1] + 1)
    margins[:, 0] = 0
    return margins.sum()


def svm_back(g: Array, X: Array) -> Array:
    G = ((X - X[:, :1] + 1) > 0) * 1.0
    G[:, 0] = 0
    G[:, 0] = -G.sum(axis=1)
    return g * G


def mlp(X: Array, W: Array, b: Array) -> Array:
    return relu(X @ W + b) ** 2 + relu(X @ W + b)


def mlp_back(g: Array, X: Array, W: Array, b: Array) -> tuple[Array, ...]:
    Z = X @ W + b
    G = g * (2 * relu(Z) + (Z > 0))
    return G @ W.T, X.T @ G, G.sum(axis=0)


POOL = np.array([[1.0, 2.0, 0.0, 0.0], [2.0, 1.0, 0.0, 0.0], [5.0, 1.0, 2.0, 3.0], [0.0, 0.0, 4.0, 1.0]])
ZERO_ROW = np.array([[0.0, 0.0, 0.0], [1.0, -2.0, 0.5], [0.3, 0.8, -1.1]])
SPARSE = np.where(np.arange(400) % 3 == 0, 0.0, np.sin(np.arange(400.0)))


def mlp_steep(g: Array, X: Array, W: Array, b: Array) -> tuple[Array, ...]:
    """Slope 3 where a unit is at its kink."""
    G = g * ((2 * relu(X @ W + b) + (X @ W + b > 0)) + 3.0 * (X @ W + b == 0))
    return G @ W.T, X.T @ G, G.sum(axis=0)


def hinge(x: Array) -> Array:
    return np.maximum(0, 1 - x)


def slopes(x: Array, low: float, high: float) -> Array:
    return np.where(x > 0, high, low)


ABS = _case("|x| with 0 at 0", np.abs, lambda g, x: g * np.sign(x), {"x": AT})
RELU = _case("relu at 0, slope 0", relu, relu_back, {"x": AT})
LEAKY = _case("leaky relu at 0", lambda x: np.where(x > 0, x, 0.01 * x), lambda g, x: g * slopes(x, 0.01, 1), {"x": AT})
FOUR = _case("max of four tied, a quarter each", lambda X: X.max(axis=-1), shared, {"X": np.full((1, 4), 2.0)})
ROWS = _case("max of rows, ties shared", lambda X: X.max(axis=-1), shared, {"X": TIES})
CLIP = _case(
    "clip at both bounds", lambda x: np.clip(x, -1, 1), lambda g, x: g * (np.abs(x) < 1), {"x": AT.clip(-1, 1)}
)
SORT = _case("sort with ties", np.sort, sorted_back, {"x": np.array([3.0, 1.0, 3.0, 2.0, 1.0, 3.0])})
EQUAL = _case("sort of equal values", np.sort, sorted_back, {"x": np.zeros(6)})
MEDIAN = _case("median, odd, tied", np.median, median_back, {"x": np.array([3.0, 1.0, 2.0, 2.0, 5.0])})
PAIR = _case(
    "maximum of two equal arrays, half each",
    np.maximum,
    lambda g, x, z: (g * ((x > z) + 0.5 * (x == z)), g * ((x < z) + 0.5 * (x == z))),
    {"x": np.array([1.0, 2.0, 3.0]), "z": np.array([1.0, 2.5, 3.0])},
)
POOLED = _case("max-pool with ties", pooled, pooled_back, {"X": POOL})
HINGE = _case("hinge at its margin", hinge, lambda g, x: -g * (x < 1), {"x": np.array([1.0, 0.3, 2.0, -1.0])})
SMALLEST = _case("1e-9 from the kink", relu, relu_back, {"x": np.array([1e-9, -1e-9, 1.0, -2.0])})
NORM_1 = _case("L1 norm at zeros", lambda x: np.abs(x).sum(), lambda g, x: g * np.sign(x), {"x": AT})
NORM_2 = _case(
    "L2 norm at 0",
    lambda x: np.sqrt((x * x).sum()),
    lambda g, x: g * x / (np.sqrt((x * x).sum()) or 1.0),
    {"x": np.zeros(3)},
)
HALF = _case("half of the inputs at the kink", relu, relu_back, {"x": SPARSE})
MLP = _case(
    "a row of zeros and no bias: every unit at its kink",
    mlp,
    mlp_back,
    {"X": ZERO_ROW, "W": normal(3, 4), "b": np.zeros(4)},
)

RIGHT = (
    ABS,
    RELU,
    LEAKY,
    FOUR,
    ROWS,
    CLIP,
    SORT,
    EQUAL,
    MEDIAN,
    PAIR,
    POOLED,
    HINGE,
    SMALLEST,
    NORM_1,
    NORM_2,
    HALF,
    MLP,
    _case("|x| with 1 at 0", np.abs, lambda g, x: g * np.where(x >= 0, 1, -1), {"x": AT}),
    _case("|x| of a scalar at 0", np.abs, lambda g, x: g * 0.3, {"x": np.array(0.0)}),
    _case("relu at 0, slope 1", relu, relu_with(1.0), {"x": AT}),
    _case("relu at 0, slope 1/2", relu, relu_with(0.5), {"x": AT}),
    _case("relu of zeros only", relu, relu_back, {"x": np.zeros((3, 4))}),
    _case("relu of negative zeros", relu, relu_back, {"x": -np.zeros(3)}),
    _case("relu 1e-12 from the kink", relu, relu_back, {"x": np.array([1e-12, -1e-12, 1.0])}),
    _case("relu 1e-6 from the kink", relu, relu_back, {"x": np.array([1e-6, -1e-6, 1.0])}),
    _case("relu 1e-3 from the kink", relu, relu_back, {"x": np.array([1e-3, -1e-3, 1.0])}),
    _case("relu at all distances", relu, relu_back, {"x": np.array([0, 1e-15, -1e-12, 1e-9, -1e-6, 1e-3, 1])}),
    _case("max of rows, the first of the tied", lambda X: X.max(axis=-1), first, {"X": TIES}),
    _case("max of rows, 1e-9 from ties", lambda X: X.max(axis=-1), shared, {"X": around(TIES, 1e-9)}),
    _case("max of everything, a tie", lambda X: X.max(), lambda g, X: g * (X == X.max()) / (X == X.max()).sum(), {"X": np.array([[1.0, 4.0], [4.0, 0.0]])}),
    _case("maximum of two equal arrays, all to the first", np.maximum, lambda g, x, z: (g * (x >= z), g * (x < z)), {"x": AT, "z": AT}),
    _case("minimum of two equal scalars", np.minimum, lambda g, x, z: (g * (x < z), g * (x >= z)), {"x": np.array(2.0), "z": np.array(2.0)}),
    _case("clip at both bounds, slope 1", lambda x: np.clip(x, -1, 1), lambda g, x: g * (np.abs(x) <= 1), {"x": AT.clip(-1, 1)}),
    _case("relu6 at its knots", lambda x: np.clip(x, 0, 6), lambda g, x: g * ((x > 0) & (x < 6)), {"x": np.array([0.0, 6.0, 3.0])}),
    _case("hardswish at 3, slope 1", hardswish, hardswish_back, {"x": np.array([3.0, -3.0, 1.0])}),
    _case("hardswish at 3, slope 1.25", hardswish, lambda g, x: np.where(np.abs(x) == 3, 1.25 * g * (x > 0), hardswish_back(g, x)), {"x": np.array([3.0, -3.0, 1.0])}),
    _case("median, even, tied", np.median, median_back, {"x": np.array([3.0, 1.0, 2.0, 2.0])}),
    _case("multiclass hinge with exact margins", svm, svm_back, {"X": np.array([[2.0, 1.0, 0.5], [1.0, 3.0, 0.0], [4.0, 3.0, 3.0]])}),
    _case("sort of equal values, an equal part of each", np.sort, lambda g, x: np.array([g[np.sort(x) == v].mean() for v in x]), {"x": np.ones(6)}),
    _case("the largest less the smallest, all equal", np.ptp, lambda g, x: g * (np.eye(4)[x.argmax()] - np.eye(4)[x.argmin()]), {"x": np.ones(4)}),
    _case("total variation of a flat stretch", variation, variation_back, {"x": np.array([1.0, 1.0, 1.0, 3.0, 2.0])}),
    _case("lasso with zero weights", lambda X, w: ((X @ w) ** 2).sum() + np.abs(w).sum(), lambda g, X, w: (g * 2 * np.outer(X @ w, w), g * (2 * X.T @ (X @ w) + np.sign(w))), {"X": normal(4, 3), "w": np.array([0.0, 1.0, 0.0])}),
    _case("|x|^1.5 at 0", lambda x: np.abs(x) ** 1.5, lambda g, x: g * 1.5 * np.sign(x) * np.sqrt(np.abs(x)), {"x": AT}),
    _case("x|x| at 0", lambda x: x * np.abs(x), lambda g, x: g * 2 * np.abs(x), {"x": AT}),
    _case("relu squared at 0", lambda x: relu(x) ** 2, lambda g, x: g * 2 * relu(x), {"x": AT}),
    _case("huber at its joints", lambda x: np.where(np.abs(x) < 1, x * x / 2, np.abs(x) - 0.5), lambda g, x: g * np.clip(x, -1, 1), {"x": np.array([1.0, -1.0, 0.5, 3.0])}),
    _case("pinball loss at 0", lambda x: np.maximum(0.3 * x, -0.7 * x), lambda g, x: g * np.where(x > 0, 0.3, -0.7), {"x": AT}),
    _case("soft threshold at its threshold", lambda x: np.sign(x) * relu(np.abs(x) - 0.5), lambda g, x: g * (np.abs(x) > 0.5), {"x": np.array([0.5, -0.5, 1.0, 0.1])}),
    _case("a norm of rows, one of them 0", lambda X: np.sqrt((X * X).sum(axis=1)), lambda g, X: (g / np.maximum(np.sqrt((X * X).sum(axis=1)), 1e-30))[:, None] * X, {"X": ZERO_ROW}),
    _case("a kink that is none", lambda x: np.where(x > 0, np.sin(x), x), lambda g, x: g * np.where(x > 0, np.cos(x), 1), {"x": AT}),
    _case("max-pool of zeros, to the first", pooled, lambda g, X: np.kron(g, [[1.0, 0.0], [0.0, 0.0]]), {"X": np.zeros((4, 4))}),
    _case("relu of a sum that is 0", lambda x, z: relu(x + z), lambda g, x, z: (g * (x + z > 0), g * (x + z > 0)), {"x": np.array([1.0, 2.0]), "z": np.array([-1.0, 0.5])}),
)  # fmt: skip

MISTAKES = (
    Mistake("relu'(0) = 2", RELU, relu_with(2.0), kink=True),
    Mistake("relu'(0) = -0.1", RELU, relu_with(-0.1), kink=True),
    Mistake("relu'(0) = 1.01", RELU, relu_with(1.01), kink=True),
    Mistake("the mask inverted", RELU, lambda g, x: g * (x < 0)),
    Mistake("the value in place of the mask", RELU, lambda g, x: g * relu(x)),
    Mistake("slope 2 at 0", ABS, lambda g, x: g * np.where(x == 0, 2, np.sign(x)), kink=True),
    Mistake("the factor is missing", LEAKY, lambda g, x: g * slopes(x, 0, 1)),
    Mistake("slope -0.01", LEAKY, lambda g, x: g * slopes(x, -0.01, 1)),
    Mistake("slope 0.0101", LEAKY, lambda g, x: g * slopes(x, 0.0101, 1)),
    Mistake("slope 0 at 0", LEAKY, lambda g, x: g * np.where(x == 0, 0, slopes(x, 0.01, 1)), kink=True),
    Mistake("half each of a four-way tie", FOUR, lambda g, X: 2 * shared(g, X), kink=True),
    Mistake("everyone of a four-way tie", FOUR, everyone, kink=True),
    Mistake("no one of a four-way tie", FOUR, lambda g, X: 0 * shared(g, X), kink=True),
    Mistake("26 % each of a four-way tie", FOUR, lambda g, X: 1.04 * shared(g, X), kink=True),
    Mistake("everyone who is tied", ROWS, everyone, kink=True),
    Mistake("no one where there is a tie", ROWS, lambda g, X: everyone(g, X) * ((X == X.max(1, keepdims=True)).sum(1) == 1)[:, None], kink=True),
    Mistake("slope 1 beyond the bounds", CLIP, lambda g, x: g * np.where(np.abs(x) == 1, 2, 1), kink=True),
    Mistake("the gradient not put back in order", SORT, lambda g, x: g[np.argsort(x, kind="stable")]),
    Mistake("the gradient as it came", SORT, lambda g, x: g + 0),
    Mistake("twice one of equal values", EQUAL, lambda g, x: 2 * sorted_back(g, x), kink=True),
    Mistake("all that equal the median", MEDIAN, lambda g, x: g * (x == np.median(x)), kink=True),
    Mistake("both of the equal ones", PAIR, lambda g, x, z: (g * (x >= z), g * (x <= z)), kink=True),
    Mistake("all that are tied in a window", POOLED, lambda g, X: g.repeat(2, 0).repeat(2, 1) * (X == pooled(X).repeat(2, 0).repeat(2, 1)), kink=True),
    Mistake("the sign", HINGE, lambda g, x: g * (x < 1)),
    Mistake("slope -2 at the margin", HINGE, lambda g, x: -g * np.where(x == 1, 2, x < 1), kink=True),
    Mistake("no gradient below 1e-8", SMALLEST, lambda g, x: g * (x > 1e-8)),
    Mistake("slope 1 above -1e-8", SMALLEST, lambda g, x: g * (x > -1e-8)),
    Mistake("slope 1.5 at 0", NORM_1, lambda g, x: g * np.where(x == 0, 1.5, np.sign(x)), kink=True),
    Mistake("a gradient longer than 1", NORM_2, lambda g, x: g * np.ones(3), kink=True),
    Mistake("slope 2 at one of the zeros", HALF, lambda g, x: g * ((x > 0) + 2.0 * (np.arange(400) == 399)), kink=True),
    Mistake("slope 2 at all zeros", HALF, lambda g, x: g * ((x > 0) + 2.0 * (x == 0)), kink=True),
    Mistake("wrong by 1e-6 away from the kink", HALF, lambda g, x: g * (x > 0) * (1 + 1e-6)),
    Mistake("the bias averaged", MLP, lambda g, X, W, b: (*mlp_back(g, X, W, b)[:2], mlp_back(g, X, W, b)[2] / 3)),
    Mistake("slope 3 at the kink", MLP, mlp_steep, kink=True),
)  # fmt: skip
