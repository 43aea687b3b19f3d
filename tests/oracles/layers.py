"""Layers with their backwards, as people write them, and the mistakes that people make in them.

The witnesses must accept every right backward and refuse every mistake; square shapes where a transpose would hide.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from nnverify.draws import generator
from nnverify.subject import Subject
from tests.subjects import subject

Forward = Callable[..., Any]


def _normal(*shape: int) -> Any:
    return generator(0, "layer", *shape).standard_normal(shape)


def _relu(x: Any) -> Any:
    return np.maximum(x, 0)


def _leaky(x: Any) -> Any:
    return np.where(x > 0, x, 0.1 * x)


def _dense(X: Any, W: Any, b: Any) -> Any:
    return np.tanh(X @ W + b)


def _dense_back(dout: Any, X: Any, W: Any, b: Any) -> dict[str, Any]:
    G = dout * (1 - _dense(X, W, b) ** 2)
    return {"X": G @ W.T, "W": X.T @ G, "b": G.sum(axis=0)}


def _with(right: Forward, **changes: Callable[[Any], Any]) -> Forward:
    def backward(*arguments: Any) -> dict[str, Any]:
        found = right(*arguments)
        return found | {name: change(found[name]) for name, change in changes.items()}

    return backward


def _softmax(x: Any) -> Any:
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def _softmax_back(dout: Any, x: Any) -> dict[str, Any]:
    s = _softmax(x)
    return {"x": s * (dout - (dout * s).sum(axis=-1, keepdims=True))}


def _cross_entropy(x: Any, labels: Any) -> Any:
    p = _softmax(x)
    return -np.log(p[np.arange(len(x)), labels]).mean()


def _cross_entropy_back(dout: Any, x: Any, labels: Any, count: float | None = None) -> dict[str, Any]:
    p = _softmax(x)
    p[np.arange(len(x)), labels] -= 1
    return {"x": dout * p / (count or len(x))}


def _log_softmax(x: Any) -> Any:
    shifted = x - x.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def _log_softmax_back(dout: Any, x: Any) -> dict[str, Any]:
    return {"x": dout - np.exp(_log_softmax(x)) * dout.sum(axis=1, keepdims=True)}


def _logsumexp(x: Any) -> Any:
    m = x.max(axis=1)
    return m + np.log(np.exp(x - m[:, None]).sum(axis=1))


def _logsumexp_back(dout: Any, x: Any) -> dict[str, Any]:
    return {"x": dout[:, None] * np.exp(x - _logsumexp(x)[:, None])}


def _layer_norm(x: Any, g: Any, b: Any) -> Any:
    centred = x - x.mean(axis=1, keepdims=True)
    return g * centred / np.sqrt((centred**2).mean(axis=1, keepdims=True) + 1e-5) + b


def _layer_norm_var(x: Any, g: Any, b: Any) -> Any:
    return g * (x - np.mean(x, axis=-1, keepdims=True)) / np.sqrt(np.var(x, axis=-1, keepdims=True) + 1e-5) + b


def _layer_norm_power(x: Any, g: Any, b: Any) -> Any:
    return g * ((x - x.mean(1, keepdims=True)) * (x.var(1, keepdims=True) + 1e-5) ** -0.5) + b


def _layer_norm_back(dout: Any, x: Any, g: Any, b: Any, mean: bool = True, variance: bool = True) -> dict[str, Any]:
    s = np.sqrt(x.var(axis=1, keepdims=True) + 1e-5)
    n = (x - x.mean(axis=1, keepdims=True)) / s
    d = dout * g
    dx = d - mean * d.mean(axis=1, keepdims=True) - variance * n * (d * n).mean(axis=1, keepdims=True)
    return {"x": dx / s, "g": (dout * n).sum(axis=0), "b": dout.sum(axis=0)}


def _textbook_back(dout: Any, x: Any, g: Any, b: Any) -> dict[str, Any]:
    """By way of the gradients of mean and variance, with var**-1.5."""
    count, centred, v = x.shape[1], x - x.mean(1, keepdims=True), x.var(1, keepdims=True) + 1e-5
    d = dout * g
    dv = (d * centred).sum(1, keepdims=True) * -0.5 * v**-1.5
    dm = -(d / np.sqrt(v)).sum(1, keepdims=True) - 2 * dv * centred.mean(1, keepdims=True)
    dx = d / np.sqrt(v) + dv * 2 * centred / count + dm / count
    return {"x": dx, "g": (dout * centred / np.sqrt(v)).sum(0), "b": dout.sum(0)}


def _batch_norm(x: Any, g: Any, b: Any) -> Any:
    return g * (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + 1e-5) + b


def _batch_norm_back(dout: Any, x: Any, g: Any, b: Any, count: int | None = None) -> dict[str, Any]:
    s, m = np.sqrt(x.var(axis=0) + 1e-5), count or len(x)
    n = (x - x.mean(axis=0)) / s
    dx = g / (len(x) * s) * (m * dout - dout.sum(axis=0) - n * (dout * n).sum(axis=0))
    return {"x": dx, "g": (dout * n).sum(axis=0), "b": dout.sum(axis=0)}


def _conv(x: Any, K: Any) -> Any:
    return np.einsum("ijkl,kl->ij", sliding_window_view(x, K.shape), K)


def _conv_back(dout: Any, x: Any, K: Any, flip: bool = True) -> dict[str, Any]:
    r, c = K.shape
    padded = np.pad(dout, ((r - 1, r - 1), (c - 1, c - 1)))
    return {"x": _conv(padded, K[::-1, ::-1] if flip else K), "K": _conv(x, dout)}


def _attention(q: Any, k: Any, v: Any) -> Any:
    return _softmax(q @ k.T / np.sqrt(q.shape[1])) @ v


def _attention_back(dout: Any, q: Any, k: Any, v: Any, scale: bool = True) -> dict[str, Any]:
    root = np.sqrt(q.shape[1])
    s = _softmax(q @ k.T / root)
    d = _softmax_back(dout @ v.T, q @ k.T / root)["x"] / (root if scale else 1)
    return {"q": d @ k, "k": d.T @ q, "v": s.T @ dout}


_C = np.sqrt(2 / np.pi)


def _gelu(x: Any) -> Any:
    return 0.5 * x * (1 + np.tanh(_C * (x + 0.044715 * x**3)))


def _gelu_back(dout: Any, x: Any, cubic: float = 3 * 0.044715) -> dict[str, Any]:
    t = np.tanh(_C * (x + 0.044715 * x**3))
    return {"x": dout * (0.5 * (1 + t) + 0.5 * x * (1 - t**2) * _C * (1 + cubic * x**2))}


def _cubic_in_rationals(dout: Any, x: Any) -> dict[str, Any]:
    """3·0.044715 as a sum, which floats round otherwise than the product's parts taken apart."""
    t = np.tanh(_C * (x + 0.044715 * x**3))
    inner = _C * (1 + 3 * (0.044715 * x**2))
    return {"x": dout * (0.5 * (1 + t) + 0.5 * x * (1 - t**2) * inner)}


def _max_pool(x: Any) -> Any:
    return x.reshape(2, 2, 3, 2).max(axis=(1, 3))


def _max_pool_back(dout: Any, x: Any) -> dict[str, Any]:
    mask = x.reshape(2, 2, 3, 2) == _max_pool(x)[:, None, :, None]
    return {"x": (mask * dout[:, None, :, None]).reshape(x.shape)}


def _sigmoid(x: Any) -> Any:
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


def _recurrent(x: Any, h: Any, W: Any, U: Any) -> Any:
    for t in range(len(x)):
        h = np.tanh(x[t] @ W + h @ U)
    return h


def _recurrent_back(dout: Any, x: Any, h: Any, W: Any, U: Any) -> dict[str, Any]:
    states = [h]
    for t in range(len(x)):
        states.append(np.tanh(x[t] @ W + states[-1] @ U))
    dx, dW, dU, d = np.zeros_like(x), np.zeros_like(W), np.zeros_like(U), dout
    for t in reversed(range(len(x))):
        z = d * (1 - states[t + 1] ** 2)
        dx[t], d = z @ W.T, z @ U.T
        dW += np.outer(x[t], z)
        dU += np.outer(states[t], z)
    return {"x": dx, "h": d, "W": dW, "U": dU}


def _embed(E: Any) -> Any:
    return E[_INDEX]


def _embedding_back(dout: Any, E: Any, index: Any, add: bool = True) -> dict[str, Any]:
    dE = np.zeros_like(E)
    if add:
        np.add.at(dE, index, dout)
    else:
        dE[index] += dout
    return {"E": dE}


_ONE_ENTRY, _WINDOW = 1 + 1e-3 * (np.arange(9).reshape(3, 3) == 5), np.ones((2, 2), dtype=int)
_LABELS, _INDEX = np.array([1, 0, 2]), np.array([1, 3, 1])
_X = {"x": _normal(3, 4)}
_DENSE = {"X": _normal(4, 3), "W": _normal(3, 3), "b": _normal(3)}
_NORM = {"x": _normal(3, 5), "g": _normal(5), "b": _normal(5)}
_ATTENTION = {"q": _normal(3, 4), "k": _normal(5, 4), "v": _normal(5, 2)}
_RECURRENT = {"x": _normal(2, 3), "h": _normal(3), "W": _normal(3, 3), "U": _normal(3, 3)}


def _classes(forward: Forward, backward: Forward) -> Subject:
    return subject(lambda x: forward(x, _LABELS), lambda dout, x: backward(dout, x, _LABELS), x=_normal(3, 4))


# fmt: off
RIGHT: dict[str, Subject] = {
    "dense": subject(_dense, _dense_back, **_DENSE),
    "relu": subject(_relu, lambda dout, x: {"x": dout * (x > 0)}, **_X),
    "leaky relu": subject(_leaky, lambda dout, x: {"x": np.where(x > 0, dout, 0.1 * dout)}, **_X),
    "sigmoid": subject(_sigmoid, lambda dout, x: {"x": dout * _sigmoid(x) * (1 - _sigmoid(x))}, **_X),
    "softmax": subject(_softmax, _softmax_back, **_X),
    "fused cross-entropy": _classes(_cross_entropy, _cross_entropy_back),
    "log-softmax": subject(_log_softmax, _log_softmax_back, **_X),
    "logsumexp": subject(_logsumexp, _logsumexp_back, **_X),
    "layer norm": subject(_layer_norm, _layer_norm_back, **_NORM),
    "layer norm by var": subject(_layer_norm_var, _layer_norm_back, **_NORM),
    "layer norm by powers": subject(_layer_norm_power, _textbook_back, **_NORM),
    "batch norm": subject(_batch_norm, _batch_norm_back, **_NORM),
    "convolution": subject(_conv, _conv_back, x=_normal(5, 4), K=_normal(2, 2)),
    "attention": subject(_attention, _attention_back, **_ATTENTION),
    "gelu": subject(_gelu, _cubic_in_rationals, **_X),
    "max-pool": subject(_max_pool, _max_pool_back, x=_normal(4, 6)),
    "softplus": subject(lambda x: np.log1p(np.exp(x)), lambda dout, x: {"x": dout / (1 + np.exp(-x))}, **_X),
    "logaddexp": subject(lambda x: np.logaddexp(0, x), lambda dout, x: {"x": dout / (1 + np.exp(-x))}, **_X),
    "recurrent": subject(_recurrent, _recurrent_back, **_RECURRENT),
    "embedding": subject(_embed, lambda dout, E: _embedding_back(dout, E, _INDEX), E=_normal(4, 3)),
    "tanh by cosh": subject(np.tanh, lambda dout, x: {"x": dout / np.cosh(x) ** 2}, **_X),
    "sine": subject(np.sin, lambda dout, x: {"x": dout * (np.cos(x / 2) ** 2 - np.sin(x / 2) ** 2)}, **_X),
    "norm": subject(lambda x: np.sqrt(np.sum(x * x)), lambda dout, x: {"x": dout * x / np.sqrt(np.sum(x**2))}, **_X),
}

WRONG: dict[str, Subject] = {
    "transposed dW": subject(_dense, _with(_dense_back, W=lambda d: d.T), **_DENSE),
    "db is a mean": subject(_dense, _with(_dense_back, b=lambda d: d / 4), **_DENSE),
    "dX has the wrong sign": subject(_dense, _with(_dense_back, X=lambda d: -d), **_DENSE),
    "one entry of dW": subject(_dense, _with(_dense_back, W=lambda d: d * _ONE_ENTRY), **_DENSE),
    "1 - y for 1 - y²": subject(np.tanh, lambda dout, x: {"x": dout * (1 - np.tanh(x))}, **_X),
    "slope at y": subject(np.tanh, lambda dout, x: {"x": dout * (1 - np.tanh(np.tanh(x)) ** 2)}, **_X),
    "leaky on the wrong side": subject(_leaky, lambda dout, x: {"x": np.where(x > 0, 0.1 * dout, dout)}, **_X),
    "relu's value for its mask": subject(_relu, lambda dout, x: {"x": dout * _relu(x)}, **_X),
    "sigmoid without 1 - s": subject(_sigmoid, lambda dout, x: {"x": dout * _sigmoid(x)}, **_X),
    "softmax by its diagonal": subject(_softmax, lambda dout, x: {"x": dout * _softmax(x) * (1 - _softmax(x))}, **_X),
    "cross-entropy without 1/N": _classes(_cross_entropy, lambda *a: _cross_entropy_back(*a, count=1.0)),
    "log-softmax without the sum": subject(_log_softmax, lambda dout, x: {"x": dout - np.exp(_log_softmax(x))}, **_X),
    "layer norm without variance": subject(_layer_norm, lambda *a: _layer_norm_back(*a, variance=False), **_NORM),
    "layer norm without mean": subject(_layer_norm, lambda *a: _layer_norm_back(*a, mean=False), **_NORM),
    "batch norm off by one": subject(_batch_norm, lambda *a: _batch_norm_back(*a, count=2), **_NORM),
    "unflipped kernel": subject(_conv, lambda *a: _conv_back(*a, flip=False), x=_normal(5, 4), K=_normal(2, 2)),
    "attention without scale": subject(_attention, lambda *a: _attention_back(*a, scale=False), **_ATTENTION),
    "gelu with 2x² for 3x²": subject(_gelu, lambda dout, x: _gelu_back(dout, x, 2 * 0.044715), **_X),
    "max-pool to all": subject(_max_pool, lambda dout, x: {"x": np.kron(dout, _WINDOW)}, x=_normal(4, 6)),
    "index overwritten": subject(_embed, lambda dout, E: _embedding_back(dout, E, _INDEX, False), E=_normal(4, 3)),
    "upstream ignored": subject(np.exp, lambda dout, x: {"x": np.exp(x)}, **_X),
    "square without 2": subject(np.square, lambda dout, x: {"x": dout * x}, **_X),
}
# fmt: on
