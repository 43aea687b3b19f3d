"""Low and mixed precision, cancellation, and forwards that are noisy: the numerical side is blurred, not wrong."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from tests.hard.case import Array, Case, Mistake, around, between, changed_at, normal, scaled_by
from tests.hard.elementary import sigmoid, softmax

_case = partial(Case, "precision")

SINGLE, HALF = {"dtype": np.float32}, {"dtype": np.float16}
f16, f32, f64 = np.float16, np.float32, np.float64


def dense(X: Array, W: Array, b: Array) -> Array:
    return np.tanh(X @ W + b)


def dense_back(g: Array, X: Array, W: Array, b: Array) -> tuple[Array, ...]:
    G = (g * (1 - np.tanh(X @ W + b) ** 2)).astype(X.dtype)
    return G @ W.T, X.T @ G, G.sum(axis=0)


DENSE = {"X": normal(8, 5), "W": normal(5, 4, scale=0.5), "b": normal(4, scale=0.1)}


def tanh_back(g: Array, x: Array) -> Array:
    return (g * (1 - np.tanh(x) ** 2)).astype(x.dtype)


def max_back_16(g: Array, X: Array) -> Array:
    """Tied maxima share."""
    tied = X == X.max(axis=1, keepdims=True)
    return (g[:, None] * tied / tied.sum(axis=1, keepdims=True)).astype(f16)


def softmax_back(g: Array, X: Array) -> Array:
    S = softmax(X)
    return (S * (g - (g * S).sum(axis=-1, keepdims=True))).astype(X.dtype)


def rounded(kind: Any) -> Any:
    """tanh of numbers that were rounded on the way in and out, in and out of float64."""
    return lambda x: np.tanh(x.astype(kind)).astype(f64)


def spread(x: Array) -> Any:
    """The variance as E[x²] − E[x]²: what is left after nearly all has cancelled."""
    return (x * x).mean() - x.mean() ** 2


def versine(x: Array) -> Array:
    return (1 - np.cos(x)) / x**2


def versine_back(g: Array, x: Array) -> Array:
    s = np.sin(x / 2)
    return g * (2 * s * np.cos(x / 2) / x**2 - 4 * s**2 / x**3)


def iterated(x: Array) -> Array:
    """sqrt by Newton's method, stopped when it no longer moves: one step more or less is one unit in the last place."""
    y = np.ones_like(x)
    for _ in range(50):
        y, old = 0.5 * (y + x / y), y
        if np.max(np.abs(y - old)) < 1e-9:
            break
    return y


def hashed(x: Array, size: float) -> Array:
    """Noise that is a function of x, as rounding is."""
    return size * np.sin(1e15 * x + 1e7 * np.cos(1e12 * x))


def norm_back(g: Array, X: Array) -> Array:
    m, v = X.mean(axis=0), X.var(axis=0) + 1e-5
    N = (X - m) / np.sqrt(v)
    return ((g - g.mean(axis=0) - N * (g * N).mean(axis=0)) / np.sqrt(v)).astype(X.dtype)


def batch_norm(X: Array) -> Array:
    return (X - X.mean(axis=0)) / np.sqrt(X.var(axis=0) + X.dtype.type(1e-5))


def entropy(x: Array, z: Array) -> Any:
    p = sigmoid(x)
    return -(z * np.log(p) + (1 - z) * np.log(1 - p)).mean()


TANH_64 = _case("tanh", np.tanh, tanh_back, {"x": normal(10_000)})
TANH_32 = _case("tanh in float32", np.tanh, tanh_back, {"x": normal(50)}, SINGLE)
TANH_16 = _case("tanh in float16", np.tanh, tanh_back, {"x": normal(20)}, HALF)
DENSE_32 = _case("dense in float32", dense, dense_back, DENSE, SINGLE)
DENSE_16 = _case("dense in float16", dense, dense_back, DENSE, HALF)
SOFTMAX_32 = _case("softmax in float32", softmax, softmax_back, {"X": normal(4, 6)}, SINGLE)
INSIDE = _case("float32 inside float64", rounded(f32), tanh_back, {"x": normal(20)})
NORM_32 = _case("batch norm in float32", batch_norm, norm_back, {"X": normal(12, 5)}, SINGLE)
SPREAD = _case(
    "variance by cancellation", spread, lambda g, x: g * 2 * (x - x.mean()) / x.size, {"x": around(np.full(9, 1e3))}
)
EXP = _case("expm1 near 0", np.expm1, lambda g, x: g * np.exp(x), {"x": normal(6, scale=1e-3)})
NAIVE = _case("log(1 + x) near 0", lambda x: np.log(1 + x), lambda g, x: g / (1 + x), {"x": normal(6, scale=1e-6)})
MIXED = _case(
    "one output in float32, one in float64",
    lambda x: (np.sin(x).astype(f32), np.cos(x)),
    lambda g, x: g[0] * np.cos(x) - g[1] * np.sin(x),
    {"x": normal(7)},
)
LOSS_32 = _case(
    "a mean of 1000 squares in float32",
    lambda x: (x * x).mean(),
    lambda g, x: 2 * x * (g / f32(x.size)),
    {"x": normal(1000)},
    SINGLE,
)
NOISY = _case(
    "a forward with noise of 1e-9", lambda x: np.sin(x) + hashed(x, 1e-9), lambda g, x: g * np.cos(x), {"x": normal(6)}
)

RIGHT = (
    TANH_64,
    TANH_32,
    TANH_16,
    DENSE_32,
    DENSE_16,
    SOFTMAX_32,
    INSIDE,
    NORM_32,
    SPREAD,
    EXP,
    NAIVE,
    MIXED,
    LOSS_32,
    NOISY,
    _case("relu in float32, at 0", lambda x: np.maximum(x, 0), lambda g, x: (g * (x > 0)).astype(f32), {"x": np.array([0.0, 1.0, -1.0])}, SINGLE),
    _case("relu in float16, at 0", lambda x: np.maximum(x, 0), lambda g, x: (g * (x > 0)).astype(f16), {"x": np.array([0.0, 1.0, -1.0])}, HALF),
    _case("relu in float16", lambda x: np.maximum(x, 0), lambda g, x: (g * (x > 0)).astype(f16), {"x": normal(30)}, HALF, open=("NV202",)),
    _case("max of rows in float16", lambda X: X.max(axis=1), max_back_16, {"X": np.array([[1.0, 2.5, -1.0], [0.5, 0.25, 4.0]])}, HALF),
    _case("softmax in float16", softmax, softmax_back, {"X": normal(3, 4)}, HALF),
    _case("exp in float32, from 1e-6 to 1e6", np.exp, lambda g, x: g * np.exp(x), {"x": between(-14, 14, 20)}, SINGLE),
    _case("float16 inside float64", rounded(f16), tanh_back, {"x": normal(20)}, open=("NV202",)),
    _case("gradient in float32, all else float64", np.sin, lambda g, x: (g * np.cos(x)).astype(f32), {"x": normal(9)}),
    _case("output in float32, all else float64", lambda x: np.sin(x).astype(f32), lambda g, x: g * np.cos(x), {"x": normal(9)}),
    _case("a loss in float16 of float64", lambda x: f16((x * x).sum()), lambda g, x: g * 2 * x, {"x": normal(4)}, open=("NV202",)),
    _case("1 - cos x over x²", versine, versine_back, {"x": between(1e-3, 2e-3, 4)}, open=("NV202", "NV208", "NV209")),
    _case("1e8 added and taken away", lambda x: (np.sin(x) + 1e8) - 1e8, lambda g, x: g * np.cos(x), {"x": normal(5)}),
    _case("1e14 added and taken away", lambda x: (np.sin(x) + 1e14) - 1e14, lambda g, x: g * np.cos(x), {"x": normal(5)}),
    _case("a sum over 10,000, most of which cancels", lambda x: (x - x.mean()).sum() + x[0], lambda g, x: g * (np.arange(x.size) == 0), {"x": normal(10_000)}),
    _case("Newton's method", iterated, lambda g, x: g * 0.5 / np.sqrt(x), {"x": between(1, 9, 5)}),
    _case("a forward with noise of 1e-6", lambda x: np.sin(x) + hashed(x, 1e-6), lambda g, x: g * np.cos(x), {"x": normal(6)}),
    _case("a forward with noise of 1e-3", lambda x: np.sin(x) + hashed(x, 1e-3), lambda g, x: g * np.cos(x), {"x": normal(6)}, open=("NV202",)),
    _case("rounded to 4 decimals", lambda x: np.round(np.sin(x), 4), lambda g, x: g * np.cos(x), {"x": normal(6)}, open=("NV202",)),
    _case("rounded to 12 decimals", lambda x: np.round(np.sin(x), 12), lambda g, x: g * np.cos(x), {"x": normal(6)}),
    _case("cross-entropy in float32, with a constant", entropy, lambda g, x, z: ((g * (sigmoid(x) - z) / x.size).astype(f32), (g * -x / x.size).astype(f32)), {"x": normal(6), "z": between(0.1, 0.9, 6)}, SINGLE),
    _case("float32 with a mean of 1e3", lambda x: (x - x.mean()) ** 2, lambda g, x: ((2 * g * (x - x.mean())) - (2 * g * (x - x.mean())).mean()).astype(f32), {"x": around(np.full(8, 1e3))}, SINGLE, open=("NV202",)),
    _case("a difference of neighbours in float32", lambda x: np.diff(x), lambda g, x: (np.append(0, g) - np.append(g, 0)).astype(f32), {"x": around(np.full(8, 1e4))}, SINGLE),
    _case("accumulated in float16", lambda x: f64(np.sum(x.astype(f16) ** 2, dtype=f16)), lambda g, x: g * 2 * x, {"x": between(0.5, 1, 8)}, open=("NV202",)),
)  # fmt: skip

ODD = np.arange(10_000) == 6_173

MISTAKES = (
    *(Mistake(f"wrong by {by:g}", TANH_64, scaled_by(tanh_back, 1 + by)) for by in (1e-3, 1e-5, 1e-8, 1e-10)),
    *(Mistake(f"one of 10,000 wrong by {by:g}", TANH_64, changed_at(tanh_back, 6173, 1 + by)) for by in (1, 1e-3, 1e-6)),
    Mistake("one of 10,000 is 0", TANH_64, lambda g, x: np.where(ODD, 0, tanh_back(g, x))),
    Mistake("one of 10,000 has the other sign", TANH_64, lambda g, x: np.where(ODD, -1, 1) * tanh_back(g, x)),
    Mistake("wrong by 1e-3", TANH_32, scaled_by(tanh_back, f32(1.001))),
    Mistake("wrong by 1e-4", TANH_32, scaled_by(tanh_back, f32(1.0001))),
    Mistake("one of 50 wrong by 1 %", TANH_32, changed_at(tanh_back, 17, 1.01)),
    Mistake("wrong in float32 only", TANH_32, lambda g, x: tanh_back(g, x) * x.dtype.type(1 + 0.01 * (x.dtype == f32))),
    Mistake("a factor 2", TANH_16, scaled_by(tanh_back, f16(2))),
    Mistake("wrong by 20 %", TANH_16, scaled_by(tanh_back, f16(1.2))),
    Mistake("1 - y for 1 - y²", TANH_16, lambda g, x: (g * (1 - np.tanh(x))).astype(f16)),
    Mistake("the bias averaged", DENSE_32, lambda g, X, W, b: (*dense_back(g, X, W, b)[:2], dense_back(g, X, W, b)[2] / f32(8))),
    Mistake("W wrong by 1e-3", DENSE_32, scaled_by(dense_back, f32(1.001), 1)),
    Mistake("one entry of W wrong by 1 %", DENSE_32, lambda g, X, W, b: (dense_back(g, X, W, b)[0], dense_back(g, X, W, b)[1] * np.where(np.arange(20).reshape(5, 4) == 7, f32(1.01), f32(1)), dense_back(g, X, W, b)[2])),
    Mistake("the sign of X", DENSE_16, scaled_by(dense_back, f16(-1), 0)),
    Mistake("the diagonal only", SOFTMAX_32, lambda g, X: (g * softmax(X) * (1 - softmax(X))).astype(f32)),
    Mistake("wrong by 1e-3", INSIDE, scaled_by(tanh_back, 1.001)),
    Mistake("wrong by 1e-5", INSIDE, scaled_by(tanh_back, 1.00001)),
    Mistake("without the variance", NORM_32, lambda g, X: ((g - g.mean(axis=0)) / np.sqrt(X.var(axis=0) + 1e-5)).astype(f32)),
    Mistake("without the ε", NORM_32, lambda g, X: (norm_back(g, X) * np.sqrt((X.var(axis=0) + 1e-5) / X.var(axis=0))).astype(f32)),
    Mistake("without the mean", SPREAD, lambda g, x: g * 2 * x / x.size),
    Mistake("n - 1 for n", SPREAD, lambda g, x: g * 2 * (x - x.mean()) / (x.size - 1)),
    Mistake("result + 1 + 1e-8", EXP, lambda g, x: g * (np.expm1(x) + 1 + 1e-8)),
    Mistake("1 for 1/(1 + x)", NAIVE, lambda g, x: g * np.ones_like(x)),
    Mistake("the float32 output ignored", MIXED, lambda g, x: -g[1] * np.sin(x)),
    Mistake("the float32 output's part wrong by 1e-3", MIXED, lambda g, x: 1.001 * g[0] * np.cos(x) - g[1] * np.sin(x)),
    Mistake("the float64 output's part wrong by 1e-5", MIXED, lambda g, x: g[0] * np.cos(x) - 1.00001 * g[1] * np.sin(x)),
    Mistake("a factor 1.01", LOSS_32, scaled_by(LOSS_32.backward, f32(1.01))),
    Mistake("wrong by 1e-6", NOISY, scaled_by(NOISY.backward, 1 + 1e-6)),
    Mistake("wrong by 1e-3", NOISY, scaled_by(NOISY.backward, 1 + 1e-3)),
)  # fmt: skip
