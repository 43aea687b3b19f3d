"""Next to the edge of a domain, and where functions saturate: log, sqrt, 1/x, arcsin, softmax, sigmoid, masks."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from tests.hard.case import Array, Case, Mistake, around, between, changed_at, normal, scaled_by
from tests.hard.elementary import logsumexp, sigmoid, softmax

_case = partial(Case, "domain")

EDGE = np.array([1e-12, 1e-9, 1e-6, 1e-3, 1.0])


def strict_sqrt(x: Array) -> Array:
    """sqrt, of what is not negative."""
    if np.any(np.asarray(x) < 0):
        raise ValueError("x < 0")
    return np.sqrt(x)


def strict_sqrt_back(g: Array, x: Array) -> Array:
    return g * 0.5 / np.sqrt(x)


def arcsin_back(g: Array, x: Array) -> Array:
    return g / np.sqrt((1 - x) * (1 + x))


def stable_entropy(x: Array, z: Array) -> Array:
    """Cross-entropy of logits x with labels z."""
    return np.maximum(x, 0) - x * z + np.log1p(np.exp(-np.abs(x)))


def stable_entropy_back(g: Array, x: Array, z: Array) -> tuple[Array, Array]:
    return g * (
        np.where(x >= 0, 1 / (1 + np.exp(-np.abs(x))), np.exp(-np.abs(x)) / (1 + np.exp(-np.abs(x)))) - z
    ), -g * x


def log_softmax(X: Array) -> Array:
    return X - logsumexp(X)[..., None]


def log_softmax_back(g: Array, X: Array) -> Array:
    return g - softmax(X) * g.sum(axis=-1, keepdims=True)


def softmax_back(g: Array, X: Array) -> Array:
    S = softmax(X)
    return S * (g - (g * S).sum(axis=-1, keepdims=True))


MASK = np.where(np.tri(4) > 0, 0.0, -np.inf)


def masked(X: Array) -> Array:
    return softmax(X + MASK)


def masked_back(g: Array, X: Array) -> Array:
    return softmax_back(g, X + MASK)


def x_log_x(x: Array) -> Array:
    return x * np.log(x)


def root_or_zero(x: Array) -> Array:
    return np.where(x > 0, np.sqrt(np.where(x > 0, x, 1)), 0)


def root_or_zero_back(g: Array, x: Array) -> Array:
    return np.where(x > 0, g * 0.5 / np.sqrt(np.where(x > 0, x, 1)), 0)


def products(x: Array) -> Array:
    return x.prod(axis=-1)


def products_back(g: Array, x: Array) -> Array:
    return np.stack([g * np.delete(x, i, axis=-1).prod(axis=-1) for i in range(x.shape[-1])], axis=-1)


def sinc_back(g: Array, x: Array) -> Array:
    p = np.pi * np.where(x == 0, 1, x)
    return g * np.where(x == 0, 0, np.pi * (p * np.cos(p) - np.sin(p)) / p**2)


LOG = _case("log from 1e-12 on", np.log, lambda g, x: g / x, {"x": EDGE})
SQRT = _case("sqrt from 1e-12 on, raising below 0", strict_sqrt, strict_sqrt_back, {"x": EDGE})
ARCSIN = _case("arcsin next to its edges", np.arcsin, arcsin_back, {"x": np.array([1 - 1e-9, -1 + 1e-6, 0.999, 0.0])})
INVERSE = _case("1/x of 1e-9", lambda x: 1 / x, lambda g, x: -g / x**2, {"x": np.array([1e-9, -1e-6, 1.0])})
SIGMOID = _case(
    "a saturated sigmoid", sigmoid, lambda g, x: g * sigmoid(x) * sigmoid(-x), {"x": np.array([30.0, -35.0, 8.0, 0.5])}
)
SOFTPLUS = _case(
    "softplus far out",
    lambda x: np.logaddexp(0, x),
    lambda g, x: g * sigmoid(x),
    {"x": np.array([800.0, -30.0, -5.0, 2.0])},
)
ENTROPY = _case(
    "cross-entropy of logits up to 800",
    stable_entropy,
    stable_entropy_back,
    {"x": np.array([800.0, -800.0, 30.0, -3.0]), "z": np.array([1.0, 0.0, 1.0, 1.0])},
)
SATURATED = _case("a saturated softmax", softmax, softmax_back, {"X": np.array([[40.0, 0.0, -3.0], [0.1, 0.2, 30.0]])})
LOGITS = _case(
    "log softmax of logits of 1e3",
    log_softmax,
    log_softmax_back,
    {"X": np.array([[1000.0, 0.0, -1000.0], [1.0, 2.0, 3.0]])},
)
MASKED = _case("softmax with a mask of -inf", masked, masked_back, {"X": normal(4, 4)})
ROOT = _case("sqrt where positive, else 0", root_or_zero, root_or_zero_back, {"x": np.array([4.0, -1.0, 0.3, -2.0])})
PRODUCT = _case(
    "products with a zero",
    products,
    products_back,
    {"x": np.array([[0.0, 2.0, 3.0], [0.0, 0.0, 5.0], [1.0, 2.0, 3.0]])},
)
SINC = _case("sinc at 0", np.sinc, sinc_back, {"x": np.array([0.0, 0.5, -1.3])})
TAIL = _case("tanh far out", np.tanh, lambda g, x: g / np.cosh(x) ** 2, {"x": np.array([15.0, -12.0, 1.0])})

RIGHT = (
    LOG,
    SQRT,
    ARCSIN,
    INVERSE,
    SIGMOID,
    SOFTPLUS,
    ENTROPY,
    SATURATED,
    LOGITS,
    MASKED,
    ROOT,
    PRODUCT,
    SINC,
    TAIL,
    _case("log of 1e-300", np.log, lambda g, x: g / x, {"x": np.array([1e-300, 1e-3])}),
    _case("log next to 1", np.log, lambda g, x: g / x, {"x": around(np.ones(3), 1e-9)}),
    _case("log1p next to -1", np.log1p, lambda g, x: g / (1 + x), {"x": np.array([-1 + 1e-9, -0.999, 5.0])}),
    _case("arccos next to 1", np.arccos, lambda g, x: -arcsin_back(g, x), {"x": np.array([1 - 1e-6, 0.3])}),
    _case("arctanh next to 1", np.arctanh, lambda g, x: g / ((1 - x) * (1 + x)), {"x": np.array([1 - 1e-9, -0.999])}),
    _case("tan next to its pole", np.tan, lambda g, x: g / np.cos(x) ** 2, {"x": np.array([np.pi / 2 - 1e-6, 1.5])}),
    _case("arccosh next to 1", np.arccosh, lambda g, x: g / np.sqrt((x - 1) * (x + 1)), {"x": np.array([1 + 1e-6, 2.0])}),
    _case("x^1.5 at 0, its edge", lambda x: x**1.5, lambda g, x: g * 1.5 * np.sqrt(x), {"x": np.array([0.0, 1.0, 4.0])}),
    _case("x² on x >= 0, at 0", lambda x: strict_sqrt(x) ** 4, lambda g, x: g * 2 * x, {"x": np.array([0.0, 1.0])}),
    _case("x on x >= 0, at 0", lambda x: x + 0 * strict_sqrt(x), lambda g, x: g + 0 * x, {"x": np.array([0.0, 1.0])}),
    _case("x² log x, 0 at 0", lambda x: np.where(x > 0, x * x * np.log(np.where(x > 0, x, 1)), 0), lambda g, x: g * np.where(x > 0, x * (2 * np.log(np.where(x > 0, x, 1)) + 1), 0), {"x": np.array([0.0, 1e-3, 2.0])}),
    _case("entropy of small probabilities", lambda x: -x_log_x(x).sum(), lambda g, x: -g * (np.log(x) + 1), {"x": np.array([1e-9, 1e-4, 0.9])}),
    _case("asserts 0 < x < 1, at 1 - 1e-9", lambda x: np.log(strict_sqrt(1 - x)) + np.log(x), lambda g, x: g * (1 / x - 0.5 / (1 - x)), {"x": np.array([1 - 1e-9, 0.5])}),
    _case("a dead sigmoid", sigmoid, lambda g, x: g * sigmoid(x) * (1 - sigmoid(x)), {"x": np.array([100.0, -800.0, 60.0])}),
    _case("dead units beside live ones", lambda x: np.tanh(x), lambda g, x: g * (1 - np.tanh(x) ** 2), {"x": np.array([50.0, -60.0, 0.3])}),
    _case("logsumexp of 1e3", lambda X: logsumexp(X), lambda g, X: g[:, None] * softmax(X), {"X": normal(3, 4, scale=1e3)}),
    _case("logsumexp of equal entries", lambda X: logsumexp(X), lambda g, X: g[:, None] * softmax(X), {"X": np.ones((2, 4))}),
    _case("softmax at temperature 1e-3", lambda X: softmax(X / 1e-3), lambda g, X: softmax_back(g, X / 1e-3) / 1e-3, {"X": around(np.ones((2, 3)), 1e-3)}),
    _case("log of a masked softmax", lambda X: np.log(masked(X)[:, 0]), lambda g, X: g[:, None] * ((np.arange(4) == 0) - masked(X)), {"X": normal(4, 4)}),
    _case("x^0 and x^1 in powers", lambda x: np.stack([x**k for k in range(4)]), lambda g, x: sum(k * g[k] * x ** max(k - 1, 0) for k in range(4)), {"x": np.array([0.0, 2.0, -1.0])}),
    _case("arctan2 across its cut", np.arctan2, lambda g, x, z: (g * z / (x * x + z * z), -g * x / (x * x + z * z)), {"x": np.array([1e-9, -1e-3]), "z": np.array([-1.0, -1.0])}),
    _case("clipped probabilities", lambda x: -np.log(np.clip(x, 1e-7, 1)), lambda g, x: np.where(x > 1e-7, -g / x, 0), {"x": np.array([1e-9, 1e-3, 0.5])}),
    _case("Poisson deviance with a count of 0", lambda x: x - np.array([0, 3.0]) * np.log(x), lambda g, x: g * (1 - np.array([0, 3.0]) / x), {"x": between(0.01, 2, 2)}),
)  # fmt: skip


def tails(right: Any, limit: float, factor: float) -> Any:
    """Wrong beyond a limit only."""
    return lambda g, x: right(g, x) * np.where(np.abs(x) > limit, factor, 1)


MISTAKES = (
    Mistake("an ε of 1e-9", LOG, lambda g, x: g / (x + 1e-9)),
    Mistake("an ε of 1e-15", LOG, lambda g, x: g / (x + 1e-15)),
    Mistake("wrong at 1e-12 only", LOG, changed_at(LOG.backward, 0, 1.01)),
    Mistake("the factor 1/2 left out", SQRT, lambda g, x: g / np.sqrt(x)),
    Mistake("an ε of 1e-8", SQRT, lambda g, x: g * 0.5 / np.sqrt(x + 1e-8)),
    Mistake("inverted", SQRT, lambda g, x: g * 2 * np.sqrt(x)),
    Mistake("wrong by 1e-3 at 1e-12", SQRT, changed_at(strict_sqrt_back, 0, 1.001)),
    Mistake("1 - x for 1 - x²", ARCSIN, lambda g, x: g / np.sqrt(np.abs(1 - x))),
    Mistake("an ε of 1e-8 at the edge", ARCSIN, lambda g, x: g / np.sqrt((1 - x) * (1 + x) + 1e-8)),
    Mistake("wrong at the edge only", ARCSIN, changed_at(arcsin_back, 0, 2)),
    Mistake("the sign of the negative", INVERSE, changed_at(INVERSE.backward, 1, -1)),
    Mistake("-1/x for -1/x²", INVERSE, lambda g, x: -g / x),
    Mistake("wrong by 1e-6", INVERSE, scaled_by(INVERSE.backward, 1 + 1e-6)),
    Mistake("0 where it is saturated", SIGMOID, tails(SIGMOID.backward, 7, 0)),
    Mistake("twice beyond 7", SIGMOID, tails(SIGMOID.backward, 7, 2)),
    Mistake("s for s(1 - s)", SIGMOID, lambda g, x: g * sigmoid(x)),
    Mistake("e^x / (1 + e^x): NaN at 800", SOFTPLUS, lambda g, x: g * np.exp(x) / (1 + np.exp(x))),
    Mistake("0 below -4", SOFTPLUS, lambda g, x: g * sigmoid(x) * (x > -4)),
    Mistake("s (1 - s)", ENTROPY, lambda g, x, z: (g * sigmoid(x) * (1 - sigmoid(x)), -g * x)),
    Mistake("the gradient clipped to 0.9", ENTROPY, lambda g, x, z: (np.clip(stable_entropy_back(g, x, z)[0], -0.9, 0.9), -g * x)),
    Mistake("NaN at 800", ENTROPY, lambda g, x, z: (g * (np.exp(x) / (1 + np.exp(x)) - z), -g * x)),
    Mistake("the diagonal only", SATURATED, lambda g, X: g * softmax(X) * (1 - softmax(X))),
    Mistake("0 where it is saturated", SATURATED, lambda g, X: softmax_back(g, X) * (np.abs(X).max(axis=1, keepdims=True) < 35)),
    Mistake("the sum left out", LOGITS, lambda g, X: g - softmax(X)),
    Mistake("exp overflows: NaN", LOGITS, lambda g, X: g - np.exp(X) / np.exp(X).sum(axis=-1, keepdims=True) * g.sum(axis=-1, keepdims=True)),
    Mistake("a gradient through the mask", MASKED, lambda g, X: masked_back(g, X) + g * (MASK < 0)),
    Mistake("NaN where it is masked", MASKED, lambda g, X: masked_back(g, X) + 0 * MASK),
    Mistake("the mask left out", MASKED, lambda g, X: softmax_back(g, X)),
    Mistake("0 · inf where it is masked", ROOT, lambda g, x: np.where(x > 0, g, 0) * 0.5 / np.sqrt(x)),
    Mistake("1/2 where it is 0", ROOT, lambda g, x: root_or_zero_back(g, x) + g * 0.5 * (x <= 0)),
    Mistake("∏ / x", PRODUCT, lambda g, x: g[:, None] * x.prod(axis=-1, keepdims=True) / x),
    Mistake("∏ / x, NaN set to 0", PRODUCT, lambda g, x: np.nan_to_num(g[:, None] * x.prod(axis=-1, keepdims=True) / x)),
    Mistake("0/0 at 0", SINC, lambda g, x: g * np.pi * (np.pi * x * np.cos(np.pi * x) - np.sin(np.pi * x)) / (np.pi * x) ** 2),
    Mistake("1 at 0", SINC, lambda g, x: np.where(x == 0, g, sinc_back(g, x))),
    Mistake("0 beyond 10", TAIL, tails(TAIL.backward, 10, 0)),
    Mistake("the sign beyond 10", TAIL, tails(TAIL.backward, 10, -1)),
)  # fmt: skip
