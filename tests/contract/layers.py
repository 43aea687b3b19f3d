"""Layers of many kinds, forward(*leaves) and backward(dout, *leaves), both right and pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Layer:
    """``apart``: the samples along the first axis of the first leaf and of the output do not meet."""

    name: str
    forward: Callable[..., Any]
    backward: Callable[..., tuple[Any, ...]]
    leaves: Mapping[str, Any]
    apart: bool = False


def softmax(x: Any) -> Any:
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def softmax_back(g: Any, x: Any) -> tuple[Any]:
    p = softmax(x)
    return (p * (g - (g * p).sum(axis=-1, keepdims=True)),)


def layer_norm(x: Any, w: Any, b: Any) -> Any:
    c = x - x.mean(axis=-1, keepdims=True)
    return c / np.sqrt((c**2).mean(axis=-1, keepdims=True) + 1e-5) * w + b


def _normalised_back(g: Any, x: Any, axis: int) -> tuple[Any, Any]:
    c = x - x.mean(axis=axis, keepdims=True)
    s = 1 / np.sqrt((c**2).mean(axis=axis, keepdims=True) + 1e-5)
    n = c * s
    return s * (g - g.mean(axis=axis, keepdims=True) - n * (g * n).mean(axis=axis, keepdims=True)), n


def layer_norm_back(g: Any, x: Any, w: Any, b: Any) -> tuple[Any, ...]:
    dx, n = _normalised_back(g * w, x, -1)
    return dx, (g * n).sum(axis=0), g.sum(axis=0)


def batch_norm(x: Any, w: Any, b: Any) -> Any:
    c = x - x.mean(axis=0)
    return c / np.sqrt((c**2).mean(axis=0) + 1e-5) * w + b


def batch_norm_back(g: Any, x: Any, w: Any, b: Any) -> tuple[Any, ...]:
    dx, n = _normalised_back(g * w, x, 0)
    return dx, (g * n).sum(axis=0), g.sum(axis=0)


def conv(x: Any, w: Any) -> Any:
    return np.stack([np.convolve(row, w, mode="valid") for row in x])


def conv_back(g: Any, x: Any, w: Any) -> tuple[Any, Any]:
    dx = np.stack([np.convolve(row, w[::-1], mode="full") for row in g])
    dw = sum(np.correlate(a, b, mode="valid") for a, b in zip(x, g, strict=True))
    return dx, np.asarray(dw)[::-1].copy()


def pool(x: Any) -> Any:
    return x.reshape(len(x), -1, 2).max(axis=2)


def pool_back(g: Any, x: Any) -> tuple[Any]:
    pairs = x.reshape(len(x), -1, 2)
    first = pairs[..., 0] >= pairs[..., 1]
    return (np.stack([g * first, g * ~first], axis=2).reshape(x.shape),)


ROWS = np.array([2, 0, 2, 3])


def lookup_back(g: Any, table: Any) -> tuple[Any]:
    found = np.zeros_like(table)
    np.add.at(found, ROWS, g)
    return (found,)


def attention(q: Any, k: Any, v: Any) -> Any:
    return softmax(q @ k.T / 2) @ v


def attention_back(g: Any, q: Any, k: Any, v: Any) -> tuple[Any, ...]:
    a = softmax(q @ k.T / 2)
    (ds,) = softmax_back(g @ v.T, q @ k.T / 2)
    return ds @ k / 2, ds.T @ q / 2, a.T @ g


def recurrence(x: Any, w: Any) -> Any:
    h = np.zeros(len(w))
    for row in x:
        h = np.tanh(row + w @ h)
    return h


def recurrence_back(g: Any, x: Any, w: Any) -> tuple[Any, Any]:
    states = [np.zeros(len(w))]
    for row in x:
        states.append(np.tanh(row + w @ states[-1]))
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for t in reversed(range(len(x))):
        dz = g * (1 - states[t + 1] ** 2)
        dx[t], dw, g = dz, dw + np.outer(dz, states[t]), w.T @ dz
    return dx, dw


def unit(x: Any) -> Any:
    return x / np.sqrt((x**2).sum(axis=1, keepdims=True))


def unit_back(g: Any, x: Any) -> tuple[Any]:
    y, size = unit(x), np.sqrt((x**2).sum(axis=1, keepdims=True))
    return ((g - y * (g * y).sum(axis=1, keepdims=True)) / size,)


MASK = np.array([[0, 2, 2, 0, 2], [2, 2, 0, 2, 0], [2, 0, 0, 2, 2]])

LAYERS = (
    Layer("dense", lambda X, W, b: X @ W + b, lambda g, X, W, b: (g @ W.T, X.T @ g, g.sum(axis=0)),
          {"X": (4, 3), "W": (3, 5), "b": (5,)}, apart=True),
    Layer("relu", lambda x: np.maximum(x, 0), lambda g, x: (g * (x > 0),), {"x": (3, 5)}, apart=True),
    Layer("sigmoid", lambda x: 1 / (1 + np.exp(-x)), lambda g, x: (g * np.exp(-x) / (1 + np.exp(-x)) ** 2,),
          {"x": (4, 3)}, apart=True),
    Layer("tanh", np.tanh, lambda g, x: (g * (1 - np.tanh(x) ** 2),), {"x": (3, 4)}, apart=True),
    Layer("softmax", softmax, softmax_back, {"x": (3, 4)}, apart=True),
    Layer("layer norm", layer_norm, layer_norm_back, {"x": (3, 5), "w": (5,), "b": (5,)}, apart=True),
    Layer("batch norm", batch_norm, batch_norm_back, {"x": (5, 3), "w": (3,), "b": (3,)}),
    Layer("conv", conv, conv_back, {"x": (2, 7), "w": (3,)}, apart=True),
    Layer("max pool", pool, pool_back, {"x": (3, 6)}, apart=True),
    Layer("embedding", lambda table: table[ROWS], lookup_back, {"table": (5, 3)}),
    Layer("attention", attention, attention_back, {"q": (3, 4), "k": (5, 4), "v": (5, 2)}, apart=True),
    Layer("recurrence", recurrence, recurrence_back, {"x": (4, 3), "w": (3, 3)}),
    Layer("dropout", lambda x: x * MASK, lambda g, x: (g * MASK,), {"x": (3, 5)}, apart=True),
    Layer("unit length", unit, unit_back, {"x": (3, 4)}, apart=True),
    Layer("product", lambda a, b: a * b, lambda g, a, b: (g * b, g * a), {"a": (3, 4), "b": (3, 4)}, apart=True),
    Layer("squared error", lambda p, t: np.mean((p - t) ** 2),
          lambda g, p, t: (2 * g * (p - t) / p.size, 2 * g * (t - p) / p.size), {"p": (4, 2), "t": (4, 2)}),
    Layer("log-sum-exp", lambda x: np.log(np.exp(x).sum(axis=1)), lambda g, x: (g[:, None] * softmax(x),),
          {"x": (4, 3)}, apart=True),
)  # fmt: skip
