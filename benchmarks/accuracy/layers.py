"""Layers and losses with the backwards that people write for them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from benchmarks.accuracy.family import Family, Leaves, normal

_EPSILON = 2.0**-17


def _dense(m: Any, X: Any, W: Any, b: Any) -> Any:
    return m.tanh(X @ W + b)


def _dense_back(m: Any, dout: Any, X: Any, W: Any, b: Any) -> tuple[Any, ...]:
    G = dout * (1 - _dense(m, X, W, b) ** 2)
    return G @ W.T, X.T @ G, G.sum(axis=0)


def _mlp(m: Any, X: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
    return m.maximum(X @ W1 + b1, 0) @ W2 + b2


def _mlp_back(m: Any, dout: Any, X: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> tuple[Any, ...]:
    Z = X @ W1 + b1
    A = m.maximum(Z, 0)
    G = (dout @ W2.T) * (Z > 0)
    return G @ W1.T, X.T @ G, G.sum(axis=0), A.T @ dout, dout.sum(axis=0)


def tanh_loss(m: Any, X: Any, W1: Any, b1: Any, W2: Any, b2: Any, Y: Any) -> Any:
    """Mean square error of a network with one hidden layer of tanh."""
    return ((m.tanh(X @ W1 + b1) @ W2 + b2 - Y) ** 2).sum() / len(X)


def tanh_loss_back(m: Any, dout: Any, X: Any, W1: Any, b1: Any, W2: Any, b2: Any, Y: Any) -> tuple[Any, ...]:
    A = m.tanh(X @ W1 + b1)
    D = dout * 2 * (A @ W2 + b2 - Y) / len(X)
    G = (D @ W2.T) * (1 - A * A)
    return G @ W1.T, X.T @ G, G.sum(axis=0), A.T @ D, D.sum(axis=0), -D


def _softmax(m: Any, X: Any) -> Any:
    e = m.exp(X - X.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def _softmax_back(m: Any, dout: Any, X: Any) -> tuple[Any, ...]:
    S = _softmax(m, X)
    return (S * (dout - (dout * S).sum(axis=-1, keepdims=True)),)


def _log_softmax(m: Any, X: Any) -> Any:
    Z = X - X.max(axis=1, keepdims=True)
    return Z - m.log(m.exp(Z).sum(axis=1, keepdims=True))


def _log_softmax_back(m: Any, dout: Any, X: Any) -> tuple[Any, ...]:
    return (dout - _softmax(m, X) * dout.sum(axis=1, keepdims=True),)


def _cross_entropy(m: Any, X: Any, T: Any) -> Any:
    return -(T * _log_softmax(m, X)).sum() / len(X)


def _cross_entropy_back(m: Any, dout: Any, X: Any, T: Any) -> tuple[Any, ...]:
    (dX,) = _log_softmax_back(m, -dout * T / len(X), X)
    return dX, -dout * _log_softmax(m, X) / len(X)


def _norm(axis: int) -> tuple[Callable[..., Any], Callable[..., tuple[Any, ...]]]:
    """Batch norm over axis 0, layer norm over axis 1."""

    def parts(m: Any, X: Any) -> tuple[Any, Any]:
        C = X - X.mean(axis=axis, keepdims=True)
        s = m.sqrt((C * C).mean(axis=axis, keepdims=True) + _EPSILON)
        return C / s, s

    def forward(m: Any, X: Any, g: Any, b: Any) -> Any:
        return g * parts(m, X)[0] + b

    def backward(m: Any, dout: Any, X: Any, g: Any, b: Any) -> tuple[Any, ...]:
        H, s = parts(m, X)
        D = dout * g
        mean = D.mean(axis=axis, keepdims=True), (D * H).mean(axis=axis, keepdims=True)
        return (D - mean[0] - H * mean[1]) / s, (dout * H).sum(axis=0), dout.sum(axis=0)

    return forward, backward


batch_norm, batch_norm_back = _norm(0)
_layer_norm, _layer_norm_back = _norm(1)


def _rms_norm(m: Any, X: Any, g: Any) -> Any:
    return g * X / m.sqrt((X * X).mean(axis=1, keepdims=True) + _EPSILON)


def _rms_norm_back(m: Any, dout: Any, X: Any, g: Any) -> tuple[Any, ...]:
    s = m.sqrt((X * X).mean(axis=1, keepdims=True) + _EPSILON)
    D = dout * g
    return D / s - X * (D * X).mean(axis=1, keepdims=True) / s**3, (dout * X / s).sum(axis=0)


def _attention(m: Any, Q: Any, K: Any, V: Any) -> Any:
    return _softmax(m, Q @ K.T / 2) @ V


def _attention_back(m: Any, dout: Any, Q: Any, K: Any, V: Any) -> tuple[Any, ...]:
    Z = Q @ K.T / 2
    (dZ,) = _softmax_back(m, dout @ V.T, Z)
    return dZ @ K / 2, dZ.T @ Q / 2, _softmax(m, Z).T @ dout


def _convolution(m: Any, x: Any, k: Any) -> Any:
    return m.stack([(x[i : i + len(k)] * k).sum() for i in range(len(x) - len(k) + 1)])


def _convolution_back(m: Any, dout: Any, x: Any, k: Any) -> tuple[Any, ...]:
    n, p = len(x), len(k)
    dx = [sum(dout[i - j] * k[j] for j in range(p) if 0 <= i - j < len(dout)) for i in range(n)]
    return m.stack(dx), m.stack([(dout * x[j : j + len(dout)]).sum() for j in range(p)])


def _pool(m: Any, X: Any) -> Any:
    return X.reshape(2, 2, 3, 2).max(axis=(1, 3))


def _pool_back(m: Any, dout: Any, X: Any) -> tuple[Any, ...]:
    windows = X.reshape(2, 2, 3, 2)
    best = windows == windows.max(axis=(1, 3), keepdims=True)
    return ((best * (dout / best.sum(axis=(1, 3)))[:, None, :, None]).reshape(X.shape),)


def _gate(m: Any, X: Any, W: Any, V: Any) -> Any:
    return (X @ V) / (1 + m.exp(-(X @ W)))


def _gate_back(m: Any, dout: Any, X: Any, W: Any, V: Any) -> tuple[Any, ...]:
    S = 1 / (1 + m.exp(-(X @ W)))
    A, B = dout * (X @ V) * S * (1 - S), dout * S
    return A @ W.T + B @ V.T, X.T @ A, X.T @ B


def _recurrent(m: Any, x: Any, W: Any, h: Any) -> Any:
    """Four steps of h = tanh(W h + x)."""
    for _ in range(4):
        h = m.tanh(W @ h + x)
    return h


def _recurrent_back(m: Any, dout: Any, x: Any, W: Any, h: Any) -> tuple[Any, ...]:
    states = [h]
    for _ in range(4):
        states.append(m.tanh(W @ states[-1] + x))
    dx, dW = 0 * x, 0 * W
    for before, after in reversed(list(pairwise(states))):
        g = dout * (1 - after * after)
        dx, dW, dout = dx + g, dW + m.outer(g, before), W.T @ g
    return dx, dW, dout


def mlp_sizes(m: int, n: int, h: int, p: int) -> Callable[[np.random.Generator], Leaves]:
    return normal(X=(m, n), W1=(n, h), b1=(h,), W2=(h, p), b2=(p,))


def _with_targets(rng: np.random.Generator) -> Leaves:
    return {**mlp_sizes(4, 3, 5, 2)(rng), "Y": rng.standard_normal((4, 2))}


# fmt: off
LAYERS: tuple[Family, ...] = (
    Family("dense tanh", _dense, _dense_back, normal(X=(4, 3), W=(3, 2), b=(2,))),
    Family("relu network", _mlp, _mlp_back, mlp_sizes(4, 3, 5, 2)),
    Family("tanh network loss", tanh_loss, tanh_loss_back, _with_targets),
    Family("softmax", _softmax, _softmax_back, normal(X=(3, 4))),
    Family("log softmax", _log_softmax, _log_softmax_back, normal(X=(3, 4))),
    Family("cross entropy", _cross_entropy, _cross_entropy_back, normal(X=(3, 4), T=(3, 4))),
    Family("batch norm", batch_norm, batch_norm_back, normal(X=(5, 3), g=(3,), b=(3,))),
    Family("layer norm", _layer_norm, _layer_norm_back, normal(X=(3, 5), g=(5,), b=(5,))),
    Family("rms norm", _rms_norm, _rms_norm_back, normal(X=(3, 5), g=(5,))),
    Family("attention", _attention, _attention_back, normal(Q=(3, 4), K=(5, 4), V=(5, 2))),
    Family("convolution", _convolution, _convolution_back, normal(x=(9,), k=(3,))),
    Family("max pool", _pool, _pool_back, normal(X=(4, 6))),
    Family("gated unit", _gate, _gate_back, normal(X=(4, 3), W=(3, 2), V=(3, 2))),
    Family("recurrent", _recurrent, _recurrent_back, normal(x=(4,), W=(4, 4), h=(4,))),
)
# fmt: on
