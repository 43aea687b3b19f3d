"""The tests' own layers: a forward, a right backward(dout, *leaves) that returns a dict, and the leaves.

Written as a textbook has them, each step of the backward on its own line, so that a mistake can be put into any.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnverify import leaf

Array = Any
Backward = Callable[..., dict[str, Any]]


@dataclass(frozen=True)
class Layer:
    """A layer and its leaves, as check_gradients takes them."""

    name: str
    forward: Callable[..., Any]
    backward: Backward
    leaves: Mapping[str, Any]


def _rng(*names: int) -> np.random.Generator:
    return np.random.default_rng(list(names))


def sigmoid(z: Array) -> Array:
    return 1 / (1 + np.exp(-z))


def softmax(z: Array, axis: int = -1) -> Array:
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def dense(X: Array, W: Array, b: Array) -> Array:
    return X @ W + b


def dense_backward(dout: Array, X: Array, W: Array, b: Array) -> dict[str, Any]:
    return {"X": dout @ W.T, "W": X.T @ dout, "b": dout.sum(axis=0)}


def tanh_dense(X: Array, W: Array, b: Array) -> Array:
    return np.tanh(X @ W + b)


def tanh_dense_backward(dout: Array, X: Array, W: Array, b: Array) -> dict[str, Any]:
    return dense_backward(dout * (1 - tanh_dense(X, W, b) ** 2), X, W, b)


def sigmoid_dense(X: Array, W: Array, b: Array) -> Array:
    return sigmoid(X @ W + b)


def sigmoid_dense_backward(dout: Array, X: Array, W: Array, b: Array) -> dict[str, Any]:
    y = sigmoid_dense(X, W, b)
    return dense_backward(dout * y * (1 - y), X, W, b)


def relu_dense(X: Array, W: Array, b: Array) -> Array:
    return np.maximum(X @ W + b, 0)


def relu_dense_backward(dout: Array, X: Array, W: Array, b: Array) -> dict[str, Any]:
    return dense_backward(dout * (X @ W + b > 0), X, W, b)


def relu(x: Array) -> Array:
    return np.maximum(x, 0)


def relu_backward(dout: Array, x: Array) -> dict[str, Any]:
    return {"x": dout * (x > 0)}


def leaky(x: Array) -> Array:
    return np.where(x > 0, x, 0.1 * x)


def leaky_backward(dout: Array, x: Array) -> dict[str, Any]:
    return {"x": dout * np.where(x > 0, 1.0, 0.1)}


_C = np.sqrt(2 / np.pi)


def gelu(x: Array) -> Array:
    return 0.5 * x * (1 + np.tanh(_C * (x + 0.044715 * x**3)))


def gelu_backward(dout: Array, x: Array) -> dict[str, Any]:
    t = np.tanh(_C * (x + 0.044715 * x**3))
    return {"x": dout * (0.5 * (1 + t) + 0.5 * x * (1 - t**2) * _C * (1 + 3 * 0.044715 * x**2))}


def square(x: Array) -> Array:
    return x * x


def square_backward(dout: Array, x: Array) -> dict[str, Any]:
    return {"x": dout * x + dout * x}


def softmax_backward(dout: Array, z: Array) -> dict[str, Any]:
    y = softmax(z)
    return {"z": y * (dout - (dout * y).sum(axis=-1, keepdims=True))}


def log_softmax(z: Array) -> Array:
    return z - np.log(np.exp(z).sum(axis=-1, keepdims=True))


def log_softmax_backward(dout: Array, z: Array) -> dict[str, Any]:
    return {"z": dout - softmax(z) * dout.sum(axis=-1, keepdims=True)}


def cross_entropy(z: Array, t: Array) -> Array:
    return -log_softmax(z)[np.arange(len(z)), t].mean()


def cross_entropy_backward(dout: Array, z: Array, t: Array) -> dict[str, Any]:
    return {"z": dout * (softmax(z) - np.eye(z.shape[1])[t]) / len(z)}


def binary_cross_entropy(z: Array, t: Array) -> Array:
    p = sigmoid(z)
    return -(t * np.log(p) + (1 - t) * np.log(1 - p)).mean()


def binary_cross_entropy_backward(dout: Array, z: Array, t: Array) -> dict[str, Any]:
    return {"z": dout * (sigmoid(z) - t) / z.size}


def mse(y: Array, t: Array) -> Array:
    return ((y - t) ** 2).mean()


def mse_backward(dout: Array, y: Array, t: Array) -> dict[str, Any]:
    d = dout * 2 * (y - t) / y.size
    return {"y": d, "t": -d}


def ridge(X: Array, w: Array, t: Array) -> Array:
    return ((X @ w - t) ** 2).mean() + 0.05 * (w**2).sum()


def ridge_backward(dout: Array, X: Array, w: Array, t: Array) -> dict[str, Any]:
    d = dout * 2 * (X @ w - t) / len(X)
    return {"X": np.outer(d, w), "w": X.T @ d + dout * 0.1 * w, "t": -d}


def scale_shift(x: Array, gamma: Array, beta: Array) -> Array:
    return gamma * x + beta


def scale_shift_backward(dout: Array, x: Array, gamma: Array, beta: Array) -> dict[str, Any]:
    return {"x": dout * gamma, "gamma": (dout * x).sum(axis=0), "beta": dout.sum(axis=0)}


def residual(x: Array, W: Array) -> Array:
    return x + np.tanh(x @ W)


def residual_backward(dout: Array, x: Array, W: Array) -> dict[str, Any]:
    G = dout * (1 - np.tanh(x @ W) ** 2)
    return {"x": dout + G @ W.T, "W": x.T @ G}


def unit_rows(x: Array) -> Array:
    return x / np.sqrt((x**2).sum(axis=1, keepdims=True))


def unit_rows_backward(dout: Array, x: Array) -> dict[str, Any]:
    n = np.sqrt((x**2).sum(axis=1, keepdims=True))
    y = x / n
    return {"x": (dout - y * (dout * y).sum(axis=1, keepdims=True)) / n}


def dropout(x: Array, mask: Array, keep: Array) -> Array:
    return x * mask / keep


def dropout_backward(dout: Array, x: Array, mask: Array, keep: Array) -> dict[str, Any]:
    return {"x": dout * mask / keep}


def embedding(E: Array, ids: Array) -> Array:
    return E[ids]


def embedding_backward(dout: Array, E: Array, ids: Array) -> dict[str, Any]:
    dE = np.zeros_like(E)
    np.add.at(dE, ids, dout)
    return {"E": dE}


SIMPLE = (
    Layer("dense", dense, dense_backward, {"X": "m n", "W": "n p", "b": "p"}),
    Layer("tanh dense", tanh_dense, tanh_dense_backward, {"X": (4, 3), "W": (3, 5), "b": (5,)}),
    Layer("sigmoid dense", sigmoid_dense, sigmoid_dense_backward, {"X": "m n", "W": "n p", "b": "p"}),
    Layer("relu dense", relu_dense, relu_dense_backward, {"X": (4, 3), "W": (3, 5), "b": (5,)}),
    Layer("relu", relu, relu_backward, {"x": (4, 5)}),
    Layer("leaky relu", leaky, leaky_backward, {"x": (4, 5)}),
    Layer("gelu", gelu, gelu_backward, {"x": (3, 4)}),
    Layer("square", square, square_backward, {"x": (3, 4)}),
    Layer("softmax", softmax, softmax_backward, {"z": (3, 4)}),
    Layer("log softmax", log_softmax, log_softmax_backward, {"z": (3, 4)}),
    Layer("cross-entropy", cross_entropy, cross_entropy_backward, {"z": (4, 3), "t": np.array([0, 2, 1, 2])}),
    Layer(
        "binary cross-entropy",
        binary_cross_entropy,
        binary_cross_entropy_backward,
        {"z": (4, 3), "t": leaf((_rng(1).random((4, 3)) > 0.5).astype(float), grad=False)},
    ),
    Layer("mse", mse, mse_backward, {"y": "m n", "t": "m n"}),
    Layer("ridge", ridge, ridge_backward, {"X": "m n", "w": "n", "t": "m"}),
    Layer("scale and shift", scale_shift, scale_shift_backward, {"x": "m n", "gamma": "n", "beta": "n"}),
    Layer("residual", residual, residual_backward, {"x": (4, 3), "W": (3, 3)}),
    Layer("unit rows", unit_rows, unit_rows_backward, {"x": (3, 4)}),
    Layer(
        "dropout",
        dropout,
        dropout_backward,
        {
            "x": (4, 5),
            "mask": leaf((_rng(2).random((4, 5)) > 0.4).astype(float), grad=False),
            "keep": leaf(0.6, grad=False),
        },
    ),
    Layer("embedding", embedding, embedding_backward, {"E": (5, 3), "ids": np.array([0, 3, 3, 1, 3])}),
)
