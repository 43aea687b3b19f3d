"""Losses and activations far out, where what is left of a gradient is the rounding of what cancels: p − 1 of a sure p."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from tests.hard.case import Array, Case, Mistake, around, changed_at, normal, scaled_by
from tests.hard.elementary import logsumexp, sigmoid, softmax

_case = partial(Case, "saturated")

SINGLE = {"dtype": np.float32}
LABELS = np.array([1, 3, 0])
ONE_HOT = np.eye(4)[LABELS]
ROWS = np.arange(3)


def sure(scale: float) -> Any:
    """Logits that favour the right label by a scale."""
    return around(scale * ONE_HOT)


def entropy(X: Array) -> Any:
    return (logsumexp(X) - X[ROWS, LABELS]).mean()


def entropy_back(g: Array, X: Array) -> Array:
    return g * (softmax(X) - ONE_HOT.astype(X.dtype)) / 3


def likelihood(X: Array) -> Any:
    return -np.log(softmax(X)[ROWS, LABELS]).sum()


def likelihood_back(g: Array, X: Array) -> Array:
    return g * (softmax(X) - ONE_HOT.astype(X.dtype))


def softmax_back(g: Array, X: Array) -> Array:
    S = softmax(X)
    return S * (g - (g * S).sum(axis=-1, keepdims=True))


def squared(X: Array) -> Any:
    return ((sigmoid(X) - 1) ** 2).sum()


def squared_back(g: Array, X: Array) -> Array:
    s = sigmoid(X)
    return g * 2 * (s - 1) * s * (1 - s)


ENTROPY = _case("cross-entropy, logits sure by 30", entropy, entropy_back, {"X": sure(30)})
ENTROPY_32 = _case("the same in float32, by 60", entropy, entropy_back, {"X": sure(60)}, SINGLE)
LIKELIHOOD = _case("-log of a softmax sure by 30", likelihood, likelihood_back, {"X": sure(30)})
ONE_SURE = _case(
    "cross-entropy, one row sure by 60", entropy, entropy_back, {"X": around(np.diag([60.0, 0, 0]) @ ONE_HOT)}
)
SOFTMAX_32 = _case("softmax in float32, sure by 60", softmax, softmax_back, {"X": sure(60)}, SINGLE)
TANH_32 = _case(
    "tanh of 100s in float32", np.tanh, lambda g, x: g * (1 - np.tanh(x) ** 2), {"x": normal(5, 4, scale=100)}, SINGLE
)

RIGHT = (
    ENTROPY,
    ENTROPY_32,
    LIKELIHOOD,
    ONE_SURE,
    SOFTMAX_32,
    TANH_32,
    _case("the same, one row of them", entropy, entropy_back, ONE_SURE.leaves, SINGLE),
    _case("-log of a softmax sure by 100", likelihood, likelihood_back, {"X": sure(100)}),
    _case("the same in float32, whole numbers", likelihood, likelihood_back, {"X": 30 * ONE_HOT + np.eye(3, 4)}, SINGLE),
    _case("(1 - sigmoid)² of 30s in float32", squared, squared_back, {"X": normal(3, 4, scale=30)}, SINGLE),
)  # fmt: skip

MISTAKES = (
    Mistake("three times", ENTROPY, scaled_by(entropy_back, 3)),
    Mistake("Σ for the mean", ENTROPY, likelihood_back),
    Mistake("the label's own left out", ENTROPY_32, lambda g, X: g * softmax(X) / 3),
    Mistake("wrong by 1e-3", ENTROPY_32, scaled_by(entropy_back, np.float32(1.001))),
    Mistake("the sign", LIKELIHOOD, scaled_by(likelihood_back, -1)),
    Mistake("the label's row only", LIKELIHOOD, lambda g, X: likelihood_back(g, X) * ONE_HOT),
    Mistake("twice in a row that is not sure", ONE_SURE, changed_at(entropy_back, 2, 2)),
    Mistake("the diagonal only", SOFTMAX_32, lambda g, X: g * softmax(X) * (1 - softmax(X))),
    Mistake("tanh for its square", TANH_32, lambda g, x: g * (1 - np.tanh(x))),
)  # fmt: skip
