"""Mistakes of particular layers, each written out as a person makes it, with a twin that computes the same otherwise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.diagnosis import deeper, layers
from tests.diagnosis.deeper import DEEPER
from tests.diagnosis.layers import SIMPLE, Array, Backward, Layer, sigmoid, softmax
from tests.diagnosis.mutant import Mutant

_LAYERS = {layer.name: layer for layer in (*SIMPLE, *DEEPER)}


def _with(layer: Layer, leaf: str, gradient: Callable[..., Any]) -> Backward:
    """The layer's backward with one gradient made otherwise, from (dout, *leaves)."""
    return lambda dout, *given: layer.backward(dout, *given) | {leaf: gradient(dout, *given)}


def _mutant(name: str, leaf: str, wrong: Callable[..., Any], twin: Callable[..., Any], *codes: str) -> Mutant:
    """``name`` is "layer: mistake"."""
    layer = _LAYERS[name.partition(":")[0]]
    return Mutant(name, layer, leaf, _with(layer, leaf, wrong), _with(layer, leaf, twin), codes)


def _whole(name: str, leaf: str, wrong: Backward, twin: Backward, *codes: str) -> Mutant:
    """A mistake that is made once and shows in several gradients."""
    return Mutant(name, _LAYERS[name.partition(":")[0]], leaf, wrong, twin, codes)


def _dense_with(slope: Callable[[Array], Array]) -> Backward:
    """A dense layer's backward with a slope, as a function of Z."""
    return lambda dout, X, W, b: layers.dense_backward(dout * slope(X @ W + b), X, W, b)


def _tanh_slope(z: Array) -> Array:
    return 1 - np.tanh(z) ** 2


def _sigmoid_slope(z: Array) -> Array:
    return sigmoid(z) * (1 - sigmoid(z))


def _right(z: Array) -> Array:
    return 1 / np.cosh(z) ** 2


_TANH, _SIGMOID, _RELU = "tanh dense: {}", "sigmoid dense: {}", "relu dense: {}"

ACTIVATIONS = tuple(
    _whole(name, leaf, _dense_with(wrong), _dense_with(twin), code)
    for name, leaf, wrong, twin, code in (
        ("tanh dense: slope left out", "W", np.ones_like, _right, "NV110"),
        ("tanh dense: slope at a", "X", lambda z: _tanh_slope(np.tanh(z)), _right, "NV110"),
        ("tanh dense: 1 - z² for 1 - a²", "b", lambda z: 1 - z**2, _right, "NV110"),
        ("tanh dense: slope twice", "W", lambda z: _tanh_slope(z) ** 2, _right, "NV110"),
        ("tanh dense: 1 - a for 1 - a²", "X", lambda z: 1 - np.tanh(z), _right, "NV110"),
        ("sigmoid dense: slope left out", "X", np.ones_like, lambda z: sigmoid(z) * sigmoid(-z), "NV110"),
        ("sigmoid dense: slope at a", "W", lambda z: _sigmoid_slope(sigmoid(z)), _sigmoid_slope, "NV110"),
        ("sigmoid dense: z (1 - z)", "b", lambda z: z * (1 - z), _sigmoid_slope, "NV110"),
        ("sigmoid dense: 1 - a alone", "W", lambda z: 1 - sigmoid(z), _sigmoid_slope, "NV110"),
        ("sigmoid dense: a alone", "X", sigmoid, _sigmoid_slope, "NV110"),
        ("relu dense: mask left out", "W", np.ones_like, lambda z: np.heaviside(z, 0), "NV110"),
        ("relu dense: value for mask", "X", lambda z: np.maximum(z, 0), lambda z: z > 0, "NV115"),
        ("relu dense: value for mask", "W", lambda z: np.maximum(z, 0), lambda z: z > 0, "NV115"),
    )
)

ELEMENTWISE = (
    _mutant("relu: value for mask", "x", lambda d, x: d * np.maximum(x, 0), lambda d, x: np.where(x > 0, d, 0), "NV115"),
    _mutant("relu: mask left out", "x", lambda d, x: d * 1, lambda d, x: np.where(x <= 0, 0, d), "NV110"),
    _mutant("relu: mask inverted", "x", lambda d, x: d * (x <= 0), lambda d, x: d * ~(x <= 0), "NV110"),
    _mutant("leaky relu: no slope below", "x", lambda d, x: d * (x > 0), lambda d, x: d * (0.1 + 0.9 * (x > 0)), "NV110"),
    _mutant("leaky relu: slope on both sides", "x", lambda d, x: 0.1 * d, lambda d, x: d * np.maximum(0.1, x > 0), "NV110"),
    _mutant("leaky relu: sides interchanged", "x", lambda d, x: d * np.where(x < 0, 1, 0.1), lambda d, x: d * np.where(x < 0, 0.1, 1), "NV110"),
    _mutant("gelu: derivative left out", "x", lambda d, x: d + 0, lambda d, x: layers.gelu_backward(d, x)["x"], "NV110"),
    _mutant("gelu: value for slope", "x", lambda d, x: d * layers.gelu(x), lambda d, x: layers.gelu_backward(d, x)["x"], "NV110"),
    _mutant("gelu: slope at its value", "x", lambda d, x: layers.gelu_backward(d, layers.gelu(x))["x"], lambda d, x: layers.gelu_backward(d, x)["x"], "NV110"),
    _mutant("gelu: product rule forgotten", "x", lambda d, x: d * layers.gelu(x) / x, lambda d, x: layers.gelu_backward(d, x)["x"], "NV110", "NV122"),
    _mutant("square: counted once", "x", lambda d, x: d * x, lambda d, x: 2 * d * x, "NV127"),
    _mutant("dropout: mask left out", "x", lambda d, x, mask, keep: d / keep, lambda d, x, mask, keep: d / keep * mask, "NV126"),
    _mutant("dropout: rate left out", "x", lambda d, x, mask, keep: d * mask, lambda d, x, mask, keep: d / (keep / mask.max()) * mask, "NV126"),
    _mutant("dropout: rate twice", "x", lambda d, x, mask, keep: d * mask / keep**2, lambda d, x, mask, keep: mask * d / keep, "NV126"),
    _mutant("dropout: scaled by 1 - rate", "x", lambda d, x, mask, keep: d * mask / (1 - keep), lambda d, x, mask, keep: mask * d / keep, "NV126"),
    _mutant("dropout: other mask", "x", lambda d, x, mask, keep: d * (1 - mask) / keep, lambda d, x, mask, keep: mask * d / keep, "NV126"),
)  # fmt: skip


def _sum(a: Array, axis: int) -> Array:
    return a.sum(axis=axis, keepdims=True)


NORMALISING = (
    _mutant("softmax: diagonal only", "z", lambda d, z: d * softmax(z) * (1 - softmax(z)), lambda d, z: softmax(z) * d - softmax(z) * _sum(d * softmax(z), 1), "NV106"),
    _mutant("softmax: wrong axis", "z", lambda d, z: softmax(z) * (d - _sum(d * softmax(z), 0)), lambda d, z: softmax(z) * (d - _sum(d * softmax(z), -1)), "NV105"),
    _mutant("softmax: divisor constant", "z", lambda d, z: d * softmax(z), lambda d, z: softmax(z) * (d - _sum(d * softmax(z), 1)), "NV129"),
    _mutant("softmax: mean for sum", "z", lambda d, z: softmax(z) * (d - (d * softmax(z)).mean(1, keepdims=True)), lambda d, z: softmax(z) * (d - _sum(d * softmax(z), 1)), "NV129", "NV104", "NV105"),
    _mutant("log softmax: subtrahend constant", "z", lambda d, z: d * 1, lambda d, z: d - softmax(z) * _sum(d, 1), "NV129", "NV122"),
    _mutant("log softmax: sum left out", "z", lambda d, z: d - softmax(z) * d, lambda d, z: d - softmax(z) * _sum(d, 1), "NV106"),
    _mutant("unit rows: divisor constant", "x", lambda d, x: d / np.sqrt(_sum(x**2, 1)), lambda d, x: layers.unit_rows_backward(d, x)["x"], "NV129"),
    _mutant("unit rows: diagonal only", "x", lambda d, x: d * (1 - x**2 / _sum(x**2, 1)) / np.sqrt(_sum(x**2, 1)), lambda d, x: layers.unit_rows_backward(d, x)["x"], "NV106"),
)  # fmt: skip

LOSSES = (
    _mutant("cross-entropy: target not subtracted", "z", lambda d, z, t: d * softmax(z) / len(z), lambda d, z, t: d / len(z) * (softmax(z) - np.eye(z.shape[1])[t]), "NV122"),
    _mutant("cross-entropy: never averaged", "z", lambda d, z, t: d * (softmax(z) - np.eye(z.shape[1])[t]), lambda d, z, t: d / len(z) * (softmax(z) - np.eye(z.shape[1])[t]), "NV103"),
    _mutant("cross-entropy: averaged over classes", "z", lambda d, z, t: d * (softmax(z) - np.eye(z.shape[1])[t]) / z.size, lambda d, z, t: d / len(z) * (softmax(z) - np.eye(z.shape[1])[t]), "NV104"),
    _mutant("cross-entropy: averaged twice", "z", lambda d, z, t: d * (softmax(z) - np.eye(z.shape[1])[t]) / len(z) ** 2, lambda d, z, t: d / len(z) * (softmax(z) - np.eye(z.shape[1])[t]), "NV103"),
    _mutant("cross-entropy: target minus p", "z", lambda d, z, t: d * (np.eye(z.shape[1])[t] - softmax(z)) / len(z), lambda d, z, t: -d / len(z) * (np.eye(z.shape[1])[t] - softmax(z)), "NV101"),
    _mutant("binary cross-entropy: target left out", "z", lambda d, z, t: d * sigmoid(z) / z.size, lambda d, z, t: d / z.size * (sigmoid(z) - t), "NV122"),
    _mutant("binary cross-entropy: over samples only", "z", lambda d, z, t: d * (sigmoid(z) - t) / len(z), lambda d, z, t: d / z.size * (sigmoid(z) - t), "NV104"),
    _mutant("binary cross-entropy: never averaged", "z", lambda d, z, t: d * (sigmoid(z) - t), lambda d, z, t: d / z.size * (sigmoid(z) - t), "NV103"),
    _mutant("binary cross-entropy: logits for probabilities", "z", lambda d, z, t: d * (z - t) / z.size, lambda d, z, t: d / z.size * (sigmoid(z) - t), "NV110"),
    _mutant("mse: 2 left out", "y", lambda d, y, t: d * (y - t) / y.size, lambda d, y, t: d * (y - t) / (y.size / 2), "NV104"),
    _mutant("mse: target left out", "y", lambda d, y, t: 2 * d * y / y.size, lambda d, y, t: 2 * d * y / y.size - 2 * d * t / y.size, "NV122"),
    _mutant("mse: sum for mean", "t", lambda d, y, t: -2 * d * (y - t), lambda d, y, t: -2 * d * (y - t) / y.size, "NV103"),
    _mutant("mse: gradients interchanged", "t", lambda d, y, t: 2 * d * (y - t) / y.size, lambda d, y, t: 2 * d * (t - y) / y.size, "NV101", "NV111"),
    _mutant("ridge: penalty left out", "w", lambda d, X, w, t: d * 2 * X.T @ (X @ w - t) / len(X), lambda d, X, w, t: d * (2 * X.T @ (X @ w - t) / len(X) + w / 10), "NV107"),
    _mutant("ridge: penalty over the batch", "w", lambda d, X, w, t: d * (2 * X.T @ (X @ w - t) + w / 10) / len(X), lambda d, X, w, t: d * (2 * X.T @ (X @ w - t) / len(X) + w / 10), "NV107"),
    _mutant("ridge: penalty twice", "w", lambda d, X, w, t: d * (2 * X.T @ (X @ w - t) / len(X) + w / 5), lambda d, X, w, t: d * (2 * X.T @ (X @ w - t) / len(X) + w / 10), "NV107"),
    _mutant("ridge: penalty subtracted", "w", lambda d, X, w, t: d * (2 * X.T @ (X @ w - t) / len(X) - w / 10), lambda d, X, w, t: d * (2 * X.T @ (X @ w - t) / len(X) + w / 10), "NV107"),
    _mutant("ridge: factor of data alone", "w", lambda d, X, w, t: d * (X.T @ (X @ w - t) / len(X) + w / 10), lambda d, X, w, t: d * (2 * X.T @ (X @ w - t) / len(X) + w / 10), "NV104"),
)  # fmt: skip

AXES = (
    _mutant("dense: db not summed", "b", lambda d, X, W, b: d * 1, lambda d, X, W, b: np.ones(len(d)) @ d, "NV105"),
    _mutant("dense: db over the wrong axis", "b", lambda d, X, W, b: d.sum(axis=1), lambda d, X, W, b: d.T.sum(axis=1), "NV105"),
    _mutant("dense: db summed twice", "b", lambda d, X, W, b: np.full_like(b, d.sum()), lambda d, X, W, b: d.sum(axis=-2), "NV105"),
    _mutant("dense: db averaged", "b", lambda d, X, W, b: d.mean(axis=0), lambda d, X, W, b: d.mean(axis=0) * len(d), "NV103"),
    _mutant("dense: dX summed over samples", "X", lambda d, X, W, b: (d @ W.T).sum(0) + 0 * X, lambda d, X, W, b: (W @ d.T).T, "NV116", "NV105"),
    _mutant("dense: products the wrong way round", "W", lambda d, X, W, b: d.T @ X, lambda d, X, W, b: (d.T @ X).T, "NV102"),
    _mutant("dense: db the last row", "b", lambda d, X, W, b: d[-1], lambda d, X, W, b: d[:-1].sum(0) + d[-1], "NV119"),
    _mutant("scale and shift: dgamma without x", "gamma", lambda d, x, g, b: d.sum(0), lambda d, x, g, b: (x * d).sum(0), "NV111", "NV122"),
    _mutant("scale and shift: dgamma not summed", "gamma", lambda d, x, g, b: d * x, lambda d, x, g, b: np.einsum("ij,ij->j", d, x), "NV105"),
    _mutant("scale and shift: dx without gamma", "x", lambda d, x, g, b: d * 1, lambda d, x, g, b: g * d, "NV122", "NV110"),
    _mutant("scale and shift: beta as gamma", "beta", lambda d, x, g, b: (d * x).sum(0), lambda d, x, g, b: d.T.sum(1), "NV111"),
    _mutant("residual: skip left out", "x", lambda d, x, W: layers.residual_backward(d, x, W)["x"] - d, lambda d, x, W: layers.residual_backward(d, x, W)["x"], "NV122"),
    _mutant("residual: skip twice", "x", lambda d, x, W: layers.residual_backward(d, x, W)["x"] + d, lambda d, x, W: layers.residual_backward(d, x, W)["x"], "NV122"),
    _mutant("residual: skip alone", "x", lambda d, x, W: d * 1, lambda d, x, W: layers.residual_backward(d, x, W)["x"], "NV122"),
    _mutant("residual: W not transposed", "x", lambda d, x, W: d + (d * _tanh_slope(x @ W)) @ W, lambda d, x, W: d + (W @ (d * _tanh_slope(x @ W)).T).T, "NV102"),
    _mutant("embedding: overwritten", "E", lambda d, E, ids: _assigned(d, E, ids), lambda d, E, ids: np.eye(len(E))[ids].T @ d, "NV108"),
    _mutant("embedding: added once", "E", lambda d, E, ids: _added_once(d, E, ids), lambda d, E, ids: np.eye(len(E))[ids].T @ d, "NV108"),
)  # fmt: skip


def _assigned(dout: Array, E: Array, ids: Array) -> Array:
    dE = np.zeros_like(E)
    for place, word in enumerate(ids):
        dE[word] = dout[place]
    return dE


def _added_once(dout: Array, E: Array, ids: Array) -> Array:
    dE = np.zeros_like(E)
    dE[ids] += dout
    return dE


def _norm(mean: float, variance: float, axis: int, count: int = 0) -> Callable[..., Any]:
    """The gradient of a normalisation's input with its parts in other multiples."""

    def gradient(dout: Array, x: Array, gamma: Array, beta: Array) -> Array:
        n = x.shape[axis] + count
        s = np.sqrt(x.var(axis=axis, keepdims=True) + 1e-5)
        h, dh = (x - x.mean(axis=axis, keepdims=True)) / s, dout * gamma
        return (dh - mean * _sum(dh, axis) / n - variance * h * _sum(dh * h, axis) / n) / s

    return gradient


DEEP = (
    _mutant("batch norm: mean constant", "x", _norm(0, 1, 0), _norm(1, 1, 0), "NV129"),
    _mutant("batch norm: variance constant", "x", _norm(1, 0, 0), _norm(1, 1, 0), "NV129"),
    _mutant("batch norm: both constant", "x", _norm(0, 0, 0), _norm(1, 1, 0), "NV129"),
    _mutant("batch norm: m - 1", "x", _norm(1, 1, 0, -1), _norm(1, 1, 0), "NV125"),
    _mutant("batch norm: gamma left out", "x", lambda d, x, g, b: _norm(1, 1, 0)(d, x, np.ones_like(g), b), _norm(1, 1, 0), "NV122"),
    _mutant("batch norm: dgamma of x", "gamma", lambda d, x, g, b: (d * x).sum(0), lambda d, x, g, b: deeper.batch_norm_backward(d, x, g, b)["gamma"], "NV125"),
    _mutant("layer norm: mean constant", "x", _norm(0, 1, 1), _norm(1, 1, 1), "NV129"),
    _mutant("layer norm: variance constant", "x", _norm(1, 0, 1), _norm(1, 1, 1), "NV129"),
    _mutant("layer norm: wrong axis", "x", _norm(1, 1, 0), _norm(1, 1, 1), "NV105"),
    _mutant("layer norm: n - 1", "x", _norm(1, 1, 1, -1), _norm(1, 1, 1), "NV125"),
    _mutant("layer norm: dgamma over features", "gamma", lambda d, x, g, b: (d * deeper.layer_norm(x, 1 + 0 * g, 0 * b)).sum(1), lambda d, x, g, b: deeper.layer_norm_backward(d, x, g, b)["gamma"], "NV105"),
    _mutant("conv1d: kernel not flipped", "x", lambda d, x, w: np.convolve(d, w[::-1]), lambda d, x, w: np.convolve(d, w), "NV121"),
    _mutant("conv1d: dw flipped", "w", lambda d, x, w: np.correlate(x, d, "valid")[::-1], lambda d, x, w: np.correlate(x, d, "valid"), "NV121"),
    _mutant("conv1d: overwritten", "x", lambda d, x, w: _conv1d_assigned(d, x, w), lambda d, x, w: np.convolve(d, w), "NV124"),
    _mutant("conv2d: kernel turned", "x", lambda d, x, w, b: deeper.conv2d_backward(d, x, w[:, :, ::-1, ::-1], b)["x"], lambda d, x, w, b: deeper.conv2d_backward(d, x, w, b)["x"], "NV121"),
    _mutant("conv2d: dw turned", "w", lambda d, x, w, b: deeper.conv2d_backward(d, x, w, b)["w"][:, :, ::-1, ::-1], lambda d, x, w, b: deeper.conv2d_backward(d, x, w, b)["w"], "NV121"),
    _mutant("conv2d: overwritten", "x", lambda d, x, w, b: _conv2d_assigned(d, x, w), lambda d, x, w, b: deeper.conv2d_backward(d, x, w, b)["x"], "NV124"),
    _mutant("conv2d: db over samples only", "b", lambda d, x, w, b: d.sum(axis=0), lambda d, x, w, b: np.einsum("mfij->f", d), "NV105"),
    _mutant("conv2d: db averaged over places", "b", lambda d, x, w, b: d.mean(axis=(2, 3)).sum(0), lambda d, x, w, b: np.einsum("mfij->f", d), "NV104"),
    _mutant("strided conv2d: stride ignored", "x", lambda d, x, w, b: _unstrided(d, x, w)["x"], lambda d, x, w, b: deeper.strided_backward(d, x, w, b)["x"], "NV124"),
    _mutant("strided conv2d: stride ignored", "w", lambda d, x, w, b: _unstrided(d, x, w)["w"], lambda d, x, w, b: deeper.strided_backward(d, x, w, b)["w"], "NV124"),
    _mutant("max-pool: overwritten", "x", lambda d, x: _pool_assigned(d, x), lambda d, x: deeper.max_pool_backward(d, x)["x"], "NV124"),
    _mutant("mean-pool: window not counted", "x", lambda d, x: 3 * deeper.mean_pool_backward(d, x)["x"], lambda d, x: deeper.mean_pool_backward(d, x)["x"], "NV104"),
    _mutant("mean-pool: overwritten", "x", lambda d, x: _mean_assigned(d, x), lambda d, x: deeper.mean_pool_backward(d, x)["x"], "NV124"),
    _mutant("attention: scale left out", "K", lambda d, Q, K, V: deeper.attention_backward(d, Q, K, V)["K"] * np.sqrt(Q.shape[1]), lambda d, Q, K, V: deeper.attention_backward(d, Q, K, V)["K"], "NV104"),
    _mutant("attention: dQ returned for dK", "K", lambda d, Q, K, V: deeper.attention_backward(d, Q, K, V)["Q"], lambda d, Q, K, V: deeper.attention_backward(d, Q, K, V)["K"], "NV111"),
    _mutant("attention: softmax's diagonal", "Q", lambda d, Q, K, V: _attention_diagonal(d, Q, K, V), lambda d, Q, K, V: deeper.attention_backward(d, Q, K, V)["Q"], "NV106"),
    _whole("rnn: carry dropped", "U", lambda d, *a: deeper.rnn_backward(d, *a, carry=0.0), deeper.rnn_backward, "NV123"),
    _whole("rnn: carry dropped", "x", lambda d, *a: deeper.rnn_backward(d, *a, carry=0.0), deeper.rnn_backward, "NV123"),
    _whole("rnn: carry dropped", "W", lambda d, *a: deeper.rnn_backward(d, *a, carry=0.0), deeper.rnn_backward, "NV123"),
    _whole("rnn: last step only", "b", lambda d, *a: deeper.rnn_backward(d * (np.arange(d.shape[1]) == d.shape[1] - 1)[:, None], *a), deeper.rnn_backward, "NV119"),
    _mutant("rnn step: W not transposed", "h", lambda d, x, h, U, W, b: d * _right(x @ U + h @ W + b) @ W, lambda d, x, h, U, W, b: d * _right(x @ U + h @ W + b) @ W.T, "NV102"),
    _whole("mlp: hidden slope left out", "W", lambda d, *a: _mlp(d, *a, slope=lambda z: np.ones_like(z)), deeper.mlp_backward, "NV110"),
    _whole("mlp: hidden slope at a", "X", lambda d, *a: _mlp(d, *a, slope=lambda z: _tanh_slope(np.tanh(z))), deeper.mlp_backward, "NV110"),
    _whole("mlp: hidden value for slope", "b", lambda d, *a: _mlp(d, *a, slope=np.tanh), deeper.mlp_backward, "NV110"),
)  # fmt: skip


def _mlp(
    dout: Array, X: Array, W: Array, b: Array, V: Array, c: Array, slope: Callable[[Array], Array]
) -> dict[str, Any]:
    G = dout @ V.T * slope(X @ W + b)
    return deeper.mlp_backward(dout, X, W, b, V, c) | {"X": G @ W.T, "W": X.T @ G, "b": G.sum(axis=0)}


def _conv1d_assigned(dout: Array, x: Array, w: Array) -> Array:
    dx = np.zeros_like(x)
    for i, d in enumerate(dout):
        dx[i : i + len(w)] = d * w
    return dx


def _conv2d_assigned(dout: Array, x: Array, w: Array) -> Array:
    dx, (_, _, k, l) = np.zeros_like(x), w.shape
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            dx[:, :, i : i + k, j : j + l] = np.tensordot(dout[:, :, i, j], w, axes=(1, 0))
    return dx


def _unstrided(dout: Array, x: Array, w: Array) -> dict[str, Any]:
    dx, dw, (_, _, k, l) = np.zeros_like(x), np.zeros_like(w), w.shape
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            place = (slice(None), slice(None), slice(i, i + k), slice(j, j + l))
            dx[place] += np.tensordot(dout[:, :, i, j], w, axes=(1, 0))
            dw += np.tensordot(dout[:, :, i, j], x[place], axes=(0, 0))
    return {"x": dx, "w": dw}


def _pool_assigned(dout: Array, x: Array) -> Array:
    dx = np.zeros_like(x)
    for i in range(dout.shape[1]):
        dx[np.arange(len(x)), 2 * i + x[:, 2 * i : 2 * i + 3].argmax(axis=1)] = dout[:, i]
    return dx


def _mean_assigned(dout: Array, x: Array) -> Array:
    dx = np.zeros_like(x)
    for i in range(dout.shape[1]):
        dx[:, i : i + 3] = dout[:, i, None] / 3
    return dx


def _attention_diagonal(dout: Array, Q: Array, K: Array, V: Array) -> Array:
    A = softmax(Q @ K.T / np.sqrt(Q.shape[1]))
    return (dout @ V.T * A * (1 - A)) @ K / np.sqrt(Q.shape[1])


PARTICULAR: tuple[Mutant, ...] = (*ACTIVATIONS, *ELEMENTWISE, *NORMALISING, *LOSSES, *AXES, *DEEP)
