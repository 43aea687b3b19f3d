"""Classic mistakes, each a layer of a few lines with one wrong line: what `nnverify demo` shows. Data only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

Array = Any


@dataclass(frozen=True)
class Mistake:
    """One layer with a wrong backward.

    line   the wrong line, as it is shown
    code   of the cause that is to be named
    """

    title: str
    line: str
    code: str
    forward: Callable[..., Any]
    backward: Callable[..., Any]
    leaves: Mapping[str, Any]


def _dense(X: Array, W: Array, b: Array) -> Array:
    return X @ W + b


def _gradients(dout: Array, X: Array, W: Array, wrong: Mapping[str, Any] = MappingProxyType({})) -> dict[str, Any]:
    """A dense layer's, with some replaced."""
    return {"X": dout @ W.T, "W": X.T @ dout, "b": dout.sum(axis=0), **wrong}


def _softmax(z: Array) -> Array:
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def _cross_entropy(z: Array, t: Array) -> Array:
    return -np.log(_softmax(z)[np.arange(len(z)), t]).mean()


def _ridge(X: Array, w: Array, t: Array) -> Array:
    return ((X @ w - t) ** 2).mean() + 0.05 * (w**2).sum()


def _ridge_backward(dout: Array, X: Array, w: Array, t: Array) -> dict[str, Any]:
    r = 2 * dout * (X @ w - t) / len(X)
    return {"X": np.outer(r, w), "w": X.T @ r, "t": -r}


def _embedding_backward(dout: Array, E: Array, ids: Array) -> dict[str, Any]:
    dE = np.zeros_like(E)
    dE[ids] += dout
    return {"E": dE}


def _windows(x: Array, w: Array) -> Array:
    return np.array([x[i : i + len(w)] @ w for i in range(len(x) - len(w) + 1)])


def _windows_backward(dout: Array, x: Array, w: Array) -> dict[str, Any]:
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for i, d in enumerate(dout):
        dx[i : i + len(w)] = d * w
        dw += d * x[i : i + len(w)]
    return {"x": dx, "w": dw}


def _batch_norm(x: Array, gamma: Array) -> Array:
    return gamma * (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + 1e-5)


def _batch_norm_backward(dout: Array, x: Array, gamma: Array) -> dict[str, Any]:
    s = np.sqrt(x.var(axis=0) + 1e-5)
    return {"x": dout * gamma / s, "gamma": (dout * (x - x.mean(axis=0)) / s).sum(axis=0)}


def _rnn(x: Array, h: Array, U: Array, W: Array) -> Array:
    out = []
    for t in range(x.shape[1]):
        h = np.tanh(x[:, t] @ U + h @ W)
        out.append(h)
    return np.stack(out, axis=1)


def _rnn_backward(dout: Array, x: Array, h: Array, U: Array, W: Array) -> dict[str, Any]:
    out = _rnn(x, h, U, W)
    dz = dout * (1 - out**2)
    before = np.concatenate([h[:, None], out[:, :-1]], axis=1)
    dU, dW = np.einsum("mti,mth->ih", x, dz), np.einsum("mti,mth->ih", before, dz)
    return {"x": dz @ U.T, "h": dz[:, 0] @ W.T, "U": dU, "W": dW}


_DENSE = {"X": "m n", "W": "n p", "b": "p"}
_TANH = {"X": (4, 3), "W": (3, 5), "b": (5,)}


def _tanh_backward(dout: Array, X: Array, W: Array, b: Array) -> dict[str, Any]:
    return _gradients(dout * (1 - np.tanh(np.tanh(X @ W + b)) ** 2), X, W)


def _skipless(dout: Array, x: Array, W: Array) -> dict[str, Any]:
    G = dout * (1 - np.tanh(x @ W) ** 2)
    return {"x": G @ W.T, "W": x.T @ G}


MISTAKES = (
    Mistake(
        *("Batch mean", "dW = X.T @ dout / len(X)", "NV103", _dense),
        lambda dout, X, W, b: _gradients(dout, X, W, {"W": X.T @ dout / len(X)}),
        _DENSE,
    ),
    Mistake(
        *("Bias not summed", "db = dout", "NV105", _dense),
        lambda dout, X, W, b: _gradients(dout, X, W, {"b": dout + 0}),
        _DENSE,
    ),
    Mistake(
        *("Transposed", "dW = dout.T @ X          # W is square", "NV102", _dense),
        lambda dout, X, W, b: _gradients(dout, X, W, {"W": dout.T @ X}),
        {"X": (4, 3), "W": (3, 3), "b": (3,)},
    ),
    Mistake(
        *("The last sample only", "for x, d in zip(X, dout): dW = np.outer(x, d)", "NV119", _dense),
        lambda dout, X, W, b: _gradients(dout, X, W, {"W": np.outer(X[-1], dout[-1])}),
        _DENSE,
    ),
    Mistake(
        *("Slope at a for slope at z", "dz = dout * (1 - np.tanh(a)**2)", "NV110"),
        lambda X, W, b: np.tanh(X @ W + b),
        _tanh_backward,
        _TANH,
    ),
    Mistake(
        *("ReLU's value for its mask", "dx = dout * np.maximum(x, 0)", "NV115"),
        lambda x: np.maximum(x, 0),
        lambda dout, x: dout * np.maximum(x, 0),
        {"x": (4, 5)},
    ),
    Mistake(
        *("Mask of the upstream", "dx = dout * (x > 0) * (dout > 0)", "NV109"),
        lambda x: np.maximum(x, 0),
        lambda dout, x: dout * (x > 0) * (dout > 0),
        {"x": (4, 5)},
    ),
    Mistake(
        *("Softmax by its diagonal", "dz = dout * y * (1 - y)", "NV106", _softmax),
        lambda dout, z: dout * _softmax(z) * (1 - _softmax(z)),
        {"z": (4, 3)},
    ),
    Mistake(
        *("Wrong sign", "dz = (one_hot - p) / m", "NV101", _cross_entropy),
        lambda dout, z, t: dout * (np.eye(z.shape[1])[t] - _softmax(z)) / len(z),
        {"z": (4, 3), "t": np.array([0, 2, 1, 2])},
    ),
    Mistake(
        *("Factor 2 forgotten", "dy = (y - t) / y.size", "NV104"),
        lambda y, t: ((y - t) ** 2).mean(),
        lambda dout, y, t: (dout * (y - t) / y.size, dout * 2 * (t - y) / y.size),
        {"y": "m n", "t": "m n"},
    ),
    Mistake(
        *("Regulariser forgotten", "dw = X.T @ r", "NV107", _ridge, _ridge_backward, {"X": "m n", "w": "n", "t": "m"})
    ),
    Mistake(
        *("Repeated index", "dE[ids] += dout", "NV108"),
        lambda E, ids: E[ids],
        _embedding_backward,
        {"E": (5, 3), "ids": np.array([0, 3, 3, 1])},
    ),
    Mistake(
        *(
            "Windows overwritten",
            "dx[i:i+k] = dout[i] * w",
            "NV124",
            _windows,
            _windows_backward,
            {"x": (7,), "w": (3,)},
        )
    ),
    Mistake(
        *("Batch norm, statistics constant", "dx = dout * gamma / s", "NV129", _batch_norm, _batch_norm_backward),
        {"x": (5, 3), "gamma": (3,)},
    ),
    Mistake(
        *("Skip connection left out", "dx = dz @ W.T            # y = x + tanh(x @ W)", "NV122"),
        lambda x, W: x + np.tanh(x @ W),
        _skipless,
        {"x": (4, 3), "W": (3, 3)},
    ),
    Mistake(
        *("Nothing carried back in time", "dz = dout[t] * (1 - h[t]**2)", "NV123", _rnn, _rnn_backward),
        {"x": (2, 3, 2), "h": (2, 4), "U": (2, 4), "W": (4, 4)},
    ),
)
