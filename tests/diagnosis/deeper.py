"""Layers with windows, statistics, time and attention."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.diagnosis.layers import Array, Layer, softmax

_EPS = 1e-5


def batch_norm(x: Array, gamma: Array, beta: Array) -> Array:
    return gamma * (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + _EPS) + beta


def batch_norm_backward(dout: Array, x: Array, gamma: Array, beta: Array) -> dict[str, Any]:
    m, s = len(x), np.sqrt(x.var(axis=0) + _EPS)
    h = (x - x.mean(axis=0)) / s
    dh = dout * gamma
    dx = (dh - dh.sum(axis=0) / m - h * (dh * h).sum(axis=0) / m) / s
    return {"x": dx, "gamma": (dout * h).sum(axis=0), "beta": dout.sum(axis=0)}


def layer_norm(x: Array, gamma: Array, beta: Array) -> Array:
    c = x - x.mean(axis=1, keepdims=True)
    return gamma * c / np.sqrt(x.var(axis=1, keepdims=True) + _EPS) + beta


def layer_norm_backward(dout: Array, x: Array, gamma: Array, beta: Array) -> dict[str, Any]:
    n, s = x.shape[1], np.sqrt(x.var(axis=1, keepdims=True) + _EPS)
    h = (x - x.mean(axis=1, keepdims=True)) / s
    dh = dout * gamma
    dx = (dh - dh.sum(axis=1, keepdims=True) / n - h * (dh * h).sum(axis=1, keepdims=True) / n) / s
    return {"x": dx, "gamma": (dout * h).sum(axis=0), "beta": dout.sum(axis=0)}


def conv1d(x: Array, w: Array) -> Array:
    return np.array([x[i : i + len(w)] @ w for i in range(len(x) - len(w) + 1)])


def conv1d_backward(dout: Array, x: Array, w: Array) -> dict[str, Any]:
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for i, d in enumerate(dout):
        dx[i : i + len(w)] += d * w
        dw += d * x[i : i + len(w)]
    return {"x": dx, "w": dw}


def conv2d(x: Array, w: Array, b: Array, stride: int = 1) -> Array:
    (m, _, height, width), (f, _, k, l) = x.shape, w.shape
    out = np.zeros((m, f, (height - k) // stride + 1, (width - l) // stride + 1), dtype=x.dtype)
    for i in range(out.shape[2]):
        for j in range(out.shape[3]):
            window = x[:, :, i * stride : i * stride + k, j * stride : j * stride + l]
            out[:, :, i, j] = np.tensordot(window, w, axes=((1, 2, 3), (1, 2, 3))) + b
    return out


def conv2d_backward(dout: Array, x: Array, w: Array, b: Array, stride: int = 1) -> dict[str, Any]:
    dx, dw, (_, _, k, l) = np.zeros_like(x), np.zeros_like(w), w.shape
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            place = (slice(None), slice(None), slice(i * stride, i * stride + k), slice(j * stride, j * stride + l))
            dx[place] += np.tensordot(dout[:, :, i, j], w, axes=(1, 0))
            dw += np.tensordot(dout[:, :, i, j], x[place], axes=(0, 0))
    return {"x": dx, "w": dw, "b": dout.sum(axis=(0, 2, 3))}


def strided(x: Array, w: Array, b: Array) -> Array:
    return conv2d(x, w, b, 2)


def strided_backward(dout: Array, x: Array, w: Array, b: Array) -> dict[str, Any]:
    return conv2d_backward(dout, x, w, b, 2)


def max_pool(x: Array) -> Array:
    """Windows of 3 with stride 2: neighbours share an entry."""
    return np.stack([x[:, 2 * i : 2 * i + 3].max(axis=1) for i in range((x.shape[1] - 1) // 2)], axis=1)


def max_pool_backward(dout: Array, x: Array) -> dict[str, Any]:
    dx = np.zeros_like(x)
    for i in range(dout.shape[1]):
        best = 2 * i + x[:, 2 * i : 2 * i + 3].argmax(axis=1)
        dx[np.arange(len(x)), best] += dout[:, i]
    return {"x": dx}


def mean_pool(x: Array) -> Array:
    return np.stack([x[:, i : i + 3].mean(axis=1) for i in range(x.shape[1] - 2)], axis=1)


def mean_pool_backward(dout: Array, x: Array) -> dict[str, Any]:
    dx = np.zeros_like(x)
    for i in range(dout.shape[1]):
        dx[:, i : i + 3] += dout[:, i, None] / 3
    return {"x": dx}


def attention(Q: Array, K: Array, V: Array) -> Array:
    return softmax(Q @ K.T / np.sqrt(Q.shape[1])) @ V


def attention_backward(dout: Array, Q: Array, K: Array, V: Array) -> dict[str, Any]:
    A = softmax(Q @ K.T / np.sqrt(Q.shape[1]))
    dA = dout @ V.T
    dS = A * (dA - (dA * A).sum(axis=1, keepdims=True)) / np.sqrt(Q.shape[1])
    return {"Q": dS @ K, "K": dS.T @ Q, "V": A.T @ dout}


def rnn_step(x: Array, h: Array, U: Array, W: Array, b: Array) -> Array:
    return np.tanh(x @ U + h @ W + b)


def rnn_step_backward(dout: Array, x: Array, h: Array, U: Array, W: Array, b: Array) -> dict[str, Any]:
    G = dout * (1 - rnn_step(x, h, U, W, b) ** 2)
    return {"x": G @ U.T, "h": G @ W.T, "U": x.T @ G, "W": h.T @ G, "b": G.sum(axis=0)}


def rnn(x: Array, h: Array, U: Array, W: Array, b: Array) -> Array:
    out = []
    for t in range(x.shape[1]):
        h = np.tanh(x[:, t] @ U + h @ W + b)
        out.append(h)
    return np.stack(out, axis=1)


def rnn_backward(dout: Array, x: Array, h: Array, U: Array, W: Array, b: Array, carry: float = 1.0) -> dict[str, Any]:
    out = rnn(x, h, U, W, b)
    d = {name: np.zeros_like(value) for name, value in (("x", x), ("U", U), ("W", W), ("b", b))}
    dh = np.zeros_like(h)
    for t in reversed(range(x.shape[1])):
        before = out[:, t - 1] if t else h
        G = (dout[:, t] + carry * dh) * (1 - out[:, t] ** 2)
        d["x"][:, t] = G @ U.T
        d["U"] += x[:, t].T @ G
        d["W"] += before.T @ G
        d["b"] += G.sum(axis=0)
        dh = G @ W.T
    return d | {"h": dh}


def mlp(X: Array, W: Array, b: Array, V: Array, c: Array) -> Array:
    return np.tanh(X @ W + b) @ V + c


def mlp_backward(dout: Array, X: Array, W: Array, b: Array, V: Array, c: Array) -> dict[str, Any]:
    A = np.tanh(X @ W + b)
    G = dout @ V.T * (1 - A**2)
    return {"X": G @ W.T, "W": X.T @ G, "b": G.sum(axis=0), "V": A.T @ dout, "c": dout.sum(axis=0)}


DEEPER = (
    Layer("batch norm", batch_norm, batch_norm_backward, {"x": (5, 3), "gamma": (3,), "beta": (3,)}),
    Layer("layer norm", layer_norm, layer_norm_backward, {"x": "m n", "gamma": "n", "beta": "n"}),
    Layer("conv1d", conv1d, conv1d_backward, {"x": (7,), "w": (3,)}),
    Layer("conv2d", conv2d, conv2d_backward, {"x": (2, 2, 4, 5), "w": (3, 2, 2, 3), "b": (3,)}),
    Layer("strided conv2d", strided, strided_backward, {"x": (1, 2, 5, 6), "w": (2, 2, 3, 2), "b": (2,)}),
    Layer("max-pool", max_pool, max_pool_backward, {"x": np.random.default_rng(3).standard_normal((3, 7))}),
    Layer("mean-pool", mean_pool, mean_pool_backward, {"x": (3, 6)}),
    Layer("attention", attention, attention_backward, {"Q": (4, 3), "K": (5, 3), "V": (5, 2)}),
    Layer("rnn step", rnn_step, rnn_step_backward, {"x": (3, 2), "h": (3, 4), "U": (2, 4), "W": (4, 4), "b": (4,)}),
    Layer("rnn", rnn, rnn_backward, {"x": (2, 3, 2), "h": (2, 4), "U": (2, 4), "W": (4, 4), "b": (4,)}),
    Layer("mlp", mlp, mlp_backward, {"X": (4, 3), "W": (3, 5), "b": (5,), "V": (5, 2), "c": (2,)}),
)
