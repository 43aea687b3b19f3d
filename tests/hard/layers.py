"""Layers and losses as people write them, at ordinary and at degenerate points."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from tests.hard.case import Array, Case, Mistake, around, between, normal, scaled_by
from tests.hard.elementary import logsumexp, sigmoid, softmax

_case = partial(Case, "layers")

LABELS = np.array([2, 0, 3, 3, 1])
TAKEN = np.array([1, 3, 1, 0, 1])


def cross_entropy(X: Array) -> Any:
    return (logsumexp(X) - X[np.arange(5), LABELS]).mean()


def cross_entropy_back(g: Array, X: Array) -> Array:
    return g * (softmax(X) - np.eye(4)[LABELS]) / 5


def norm(X: Array, w: Array, b: Array, axis: int, eps: float = 1e-5) -> Array:
    return w * (X - X.mean(axis, keepdims=True)) / np.sqrt(X.var(axis, keepdims=True) + eps) + b


def norm_back(g: Array, X: Array, w: Array, b: Array, axis: int, eps: float = 1e-5) -> tuple[Array, ...]:
    s = np.sqrt(X.var(axis, keepdims=True) + eps)
    N, G = (X - X.mean(axis, keepdims=True)) / s, g * w
    dX = (G - G.mean(axis, keepdims=True) - N * (G * N).mean(axis, keepdims=True)) / s
    return dX, (g * N).sum(axis=0), g.sum(axis=0)


def batch_norm(X: Array, w: Array, b: Array) -> Array:
    return norm(X, w, b, 0)


def batch_norm_back(g: Array, X: Array, w: Array, b: Array) -> tuple[Array, ...]:
    return norm_back(g, X, w, b, 0)


def layer_norm(X: Array, w: Array, b: Array) -> Array:
    return norm(X, w, b, 1)


def layer_norm_back(g: Array, X: Array, w: Array, b: Array) -> tuple[Array, ...]:
    return norm_back(g, X, w, b, 1)


def dense_norm(X: Array, W: Array, b: Array) -> Array:
    return norm(X @ W + b, 1.0, 0.0, 0)


def dense_norm_back(g: Array, X: Array, W: Array, b: Array) -> tuple[Array, ...]:
    G = norm_back(g, X @ W + b, 1.0, 0.0, 0)[0]
    return G @ W.T, X.T @ G, G.sum(axis=0)


def attention(Q: Array, K: Array, V: Array) -> Array:
    return softmax(Q @ K.T / np.sqrt(Q.shape[1]) + np.where(np.tri(len(Q)) > 0, 0, -np.inf)) @ V


def attention_back(g: Array, Q: Array, K: Array, V: Array) -> tuple[Array, ...]:
    r = np.sqrt(Q.shape[1])
    A = softmax(Q @ K.T / r + np.where(np.tri(len(Q)) > 0, 0, -np.inf))
    G = g @ V.T
    S = A * (G - (A * G).sum(axis=1, keepdims=True)) / r
    return S @ K, S.T @ Q, A.T @ g


def conv(X: Array, W: Array) -> Array:
    """Valid correlation: X "h w", W "r s"."""
    return np.einsum("hwrs,rs->hw", np.lib.stride_tricks.sliding_window_view(X, W.shape), W)


def conv_back(g: Array, X: Array, W: Array) -> tuple[Array, Array]:
    padded = np.pad(g, [(W.shape[0] - 1,) * 2, (W.shape[1] - 1,) * 2])
    return conv(padded, W[::-1, ::-1]), conv(X, g)


def deep(X: Array, W: Array) -> Array:
    """Ten tanh layers with the same weights."""
    for _ in range(10):
        X = np.tanh(X @ W)
    return X


def deep_back(g: Array, X: Array, W: Array) -> tuple[Array, Array]:
    passed, dW = [X], np.zeros_like(W)
    for _ in range(10):
        passed.append(np.tanh(passed[-1] @ W))
    for x, y in zip(passed[-2::-1], passed[:0:-1], strict=True):
        g = g * (1 - y * y)
        dW, g = dW + x.T @ g, g @ W.T
    return g, dW


def embedding(W: Array, i: Array) -> Array:
    return W[i]


def embedding_back(g: Array, W: Array, i: Array) -> Array:
    back = np.zeros_like(W)
    np.add.at(back, i, g)
    return back


def cosine(x: Array, z: Array) -> Any:
    return x @ z / np.sqrt((x @ x) * (z @ z))


def cosine_back(g: Array, x: Array, z: Array) -> tuple[Array, Array]:
    c, nx, nz = cosine(x, z), np.sqrt(x @ x), np.sqrt(z @ z)
    return g * (z / (nx * nz) - c * x / nx**2), g * (x / (nx * nz) - c * z / nz**2)


def recurrent(X: Array, W: Array) -> Array:
    """h ← tanh(X_t + h W): the last state."""
    h = np.zeros(len(W))
    for x in X:
        h = np.tanh(x + h @ W)
    return h


def recurrent_back(g: Array, X: Array, W: Array) -> tuple[Array, Array]:
    h, dX, dW = [np.zeros(len(W))], np.zeros_like(X), np.zeros_like(W)
    for x in X:
        h.append(np.tanh(x + h[-1] @ W))
    for t in reversed(range(len(X))):
        dX[t] = g = g * (1 - h[t + 1] ** 2)
        dW, g = dW + np.outer(h[t], g), W @ g
    return dX, dW


NORM = {"X": normal(6, 3), "w": normal(3), "b": normal(3)}
SMALL = {"Q": normal(4, 3), "K": normal(4, 3), "V": normal(4, 2)}

ENTROPY = _case("softmax cross-entropy", cross_entropy, cross_entropy_back, {"X": normal(5, 4)})
BATCH = _case("batch norm", batch_norm, batch_norm_back, NORM)
LAYER = _case("layer norm", layer_norm, layer_norm_back, NORM | {"w": normal(3)})
BIAS = _case(
    "a bias before batch norm", dense_norm, dense_norm_back, {"X": normal(6, 3), "W": normal(3, 4), "b": normal(4)}
)
ATTENTION = _case("causal attention", attention, attention_back, SMALL)
CONV = _case("a convolution", conv, conv_back, {"X": normal(5, 6), "W": normal(2, 3)})
DEEP = _case("a deep tanh network", deep, deep_back, {"X": normal(2, 3), "W": normal(3, 3)})
EMBEDDING = _case("an embedding with repeats", embedding, embedding_back, {"W": normal(4, 3), "i": TAKEN})
COSINE = _case("cosine similarity", cosine, cosine_back, {"x": normal(4), "z": normal(4)})
RECURRENT = _case("a recurrent network", recurrent, recurrent_back, {"X": normal(4, 3), "W": normal(3, 3)})

RIGHT = (
    ENTROPY,
    BATCH,
    LAYER,
    BIAS,
    ATTENTION,
    CONV,
    DEEP,
    EMBEDDING,
    COSINE,
    RECURRENT,
    _case("cross-entropy of sure logits", cross_entropy, cross_entropy_back, {"X": around(30 * np.eye(4)[LABELS])}),
    _case("cross-entropy of surely wrong logits", cross_entropy, cross_entropy_back, {"X": around(-30 * np.eye(4)[LABELS])}),
    _case("batch norm of a constant feature", batch_norm, batch_norm_back, NORM | {"X": np.outer(np.ones(6), [1.0, 2.0, 3.0]) + np.outer(np.arange(6.0), [1, 0, 0])}),
    _case("batch norm with a mean of 1e6", batch_norm, batch_norm_back, NORM | {"X": around(np.full((6, 3), 1e6))}),
    _case("batch norm of one sample", batch_norm, batch_norm_back, NORM | {"X": normal(1, 3)}),
    _case("layer norm of equal entries", layer_norm, layer_norm_back, NORM | {"X": np.ones((2, 3))}),
    _case("layer norm of 1e-4", layer_norm, layer_norm_back, NORM | {"X": normal(4, 3, scale=1e-4)}),
    _case("attention with sure scores", attention, attention_back, SMALL | {"Q": normal(4, 3, scale=10)}),
    _case("a 1 × 1 convolution", conv, conv_back, {"X": normal(3, 4), "W": normal(1, 1)}),
    _case("cosine of parallel vectors", cosine, cosine_back, {"x": np.array([1.0, 2.0, -1.0]), "z": np.array([2.0, 4.0, -2.0])}),
    _case("a residual with a dead branch", lambda x, W: x + np.maximum(0, x @ W - 100), lambda g, x, W: (g + 0 * x, 0 * W), {"x": normal(3), "W": normal(3, 3)}, open=("NV205",)),
    _case("a mean of a centred batch: 0", lambda X: (X - X.mean(axis=0)).mean(), lambda g, X: 0 * X, {"X": normal(5, 3)}, open=("NV202", "NV205")),
    _case("a bias before softmax, alike for all", lambda X, b: softmax(X + b), lambda g, X, b: ((softmax(X + b) * (g - (g * softmax(X + b)).sum(1, keepdims=True))), np.array(0.0)), {"X": normal(3, 4), "b": np.array(0.3)}),
    _case("cross-entropy of sigmoids, as s - t", lambda x, z: -(z * np.log(sigmoid(x)) + (1 - z) * np.log(sigmoid(-x))).sum(), lambda g, x, z: (g * (sigmoid(x) - z), g * -x), {"x": normal(5), "z": between(0.1, 0.9, 5)}),
    _case("a spectrum", lambda x: np.abs(np.fft.rfft(x)) ** 2, lambda g, x: 2 * (lambda F: np.real(np.exp(-2j * np.pi * np.outer(np.arange(len(x)), np.arange(len(g))) / len(x)) @ (g * np.conj(F))))(np.fft.rfft(x)), {"x": normal(7)}),
    _case("dropout with a fixed mask", lambda x: x * (np.arange(x.size) % 3 > 0) / (2 / 3), lambda g, x: g * (np.arange(x.size) % 3 > 0) * 1.5, {"x": normal(12)}),
)  # fmt: skip


def off(right: Any, leaf: int, index: Any, factor: float) -> Any:
    """One entry of one leaf's gradient off by a factor."""

    def backward(*given: Any) -> Any:
        found = [np.array(part) for part in right(*given)]
        found[leaf][index] *= factor
        return tuple(found)

    return backward


def without_cross(g: Array, X: Array, w: Array, b: Array) -> tuple[Array, ...]:
    _, dw, db = batch_norm_back(g, X, w, b)
    return (g * w - (g * w).mean(0)) / np.sqrt(X.var(0) + 1e-5), dw, db


MISTAKES = (
    Mistake("not divided by the batch", ENTROPY, scaled_by(cross_entropy_back, 5)),
    Mistake("the softmax alone", ENTROPY, lambda g, X: g * softmax(X) / 5),
    Mistake("the upstream ignored", ENTROPY, lambda g, X: 1.0001 * cross_entropy_back(1.0, X) * g),
    Mistake("an ε of 1e-8 in the probabilities", ENTROPY, lambda g, X: cross_entropy_back(g, X) + g * 1e-8),
    Mistake("without the term of the variance", BATCH, without_cross),
    Mistake("an ε of 1e-8 for 1e-5", BATCH, lambda g, X, w, b: (norm_back(g, X, w, b, 0, 1e-8)[0], *batch_norm_back(g, X, w, b)[1:])),
    Mistake("n - 1 in the variance", BATCH, lambda g, X, w, b: (batch_norm_back(g, X, w, b)[0] * np.sqrt(5 / 6), *batch_norm_back(g, X, w, b)[1:])),
    Mistake("w averaged", BATCH, scaled_by(batch_norm_back, 1 / 6, 1)),
    Mistake("X wrong by 1e-6", BATCH, scaled_by(batch_norm_back, 1 + 1e-6)),
    Mistake("the other axis", LAYER, lambda g, X, w, b: (norm_back(g, X, w, b, 0)[0], *layer_norm_back(g, X, w, b)[1:])),
    Mistake("the mean taken off twice", LAYER, lambda g, X, w, b: (layer_norm_back(g, X, w, b)[0] - (g * w).mean(1, keepdims=True), *layer_norm_back(g, X, w, b)[1:])),
    Mistake("b wrong by 1e-7", LAYER, scaled_by(layer_norm_back, 1 + 1e-7, 2)),
    Mistake("the bias as without the norm", BIAS, lambda g, X, W, b: (*dense_norm_back(g, X, W, b)[:2], g.sum(axis=0))),
    Mistake("1e-6 in the bias", BIAS, lambda g, X, W, b: (*dense_norm_back(g, X, W, b)[:2], 1e-6 * g.sum(axis=0))),
    Mistake("without 1/√d", ATTENTION, lambda g, Q, K, V: tuple(np.sqrt(n) * part for n, part in zip((3, 3, 1), attention_back(g, Q, K, V), strict=True))),
    Mistake("Q and K swapped", ATTENTION, lambda g, Q, K, V: tuple(attention_back(g, Q, K, V)[i] for i in (1, 0, 2))),
    Mistake("V without the mask", ATTENTION, lambda g, Q, K, V: (*attention_back(g, Q, K, V)[:2], softmax(Q @ K.T / np.sqrt(3)).T @ g)),
    Mistake("one entry of K wrong by 1e-5", ATTENTION, off(attention_back, 1, (2, 1), 1 + 1e-5)),
    Mistake("the kernel not flipped", CONV, lambda g, X, W: (conv(np.pad(g, [(W.shape[0] - 1,) * 2, (W.shape[1] - 1,) * 2]), W), conv(X, g))),
    Mistake("the border 0", CONV, lambda g, X, W: (np.pad(conv_back(g, X, W)[0][1:-1, 1:-1], 1), conv(X, g))),
    Mistake("one entry of W wrong by 1e-6", CONV, off(conv_back, 1, (1, 2), 1 + 1e-6)),
    Mistake("the first layer's share left out", DEEP, lambda g, X, W: (deep_back(g, X, W)[0], deep_back(g, X, W)[1] - X.T @ (deep_back(g, X, W)[0] @ np.linalg.inv(W.T)))),
    Mistake("X wrong by 1e-4", DEEP, scaled_by(deep_back, 1 + 1e-4)),
    Mistake("the last of repeated rows wins", EMBEDDING, lambda g, W, i: (lambda back: (back.__setitem__(i, g), back)[1])(np.zeros_like(W))),
    Mistake("a row that is not taken", EMBEDDING, lambda g, W, i: embedding_back(g, W, i) + 1e-3 * (np.arange(4) == 2)[:, None]),
    Mistake("the projection left out", COSINE, lambda g, x, z: (g * z / np.sqrt((x @ x) * (z @ z)), cosine_back(g, x, z)[1])),
    Mistake("the state's gradient dropped", RECURRENT, lambda g, X, W: (recurrent_back(g, X, W)[0], np.outer(recurrent(X[:-1], W), g * (1 - recurrent(X, W) ** 2)))),
)  # fmt: skip
