"""Elementary functions with their exact pullbacks: what random programs are made of.

Each row knows a forward and its vector-Jacobian product, both plain NumPy; nothing here draws or judges.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Op:
    """One function: forward(*xs) -> y, and pull(g, y, *xs) -> the gradients by xs; smooth, or with kinks."""

    forward: Callable[..., Any]
    pull: Callable[..., tuple[Any, ...]]
    arity: int = 1
    smooth: bool = True


def _each(forward: Callable[[Any], Any], slope: Callable[[Any, Any], Any], *, smooth: bool = True) -> Op:
    """An elementwise function with its derivative slope(x, y)."""
    return Op(forward, lambda g, y, x: (g * slope(x, y),), smooth=smooth)


def summed_back(g: Array, shape: tuple[int, ...]) -> Array:
    """The gradient of an operand that was broadcast: summed over what it was repeated along."""
    g = g.sum(axis=tuple(range(g.ndim - len(shape))))
    axes = tuple(axis for axis, size in enumerate(shape) if size == 1 and g.shape[axis] != 1)
    return g.sum(axis=axes, keepdims=True)


def _both(forward: Callable[..., Any], slopes: Callable[..., tuple[Any, Any]], *, smooth: bool = True) -> Op:
    """A function of two arrays that broadcast, with its slopes(x, z, y) by each."""

    def pull(g: Array, y: Array, x: Array, z: Array) -> tuple[Any, ...]:
        by_x, by_z = slopes(x, z, y)
        return summed_back(g * by_x, np.shape(x)), summed_back(g * by_z, np.shape(z))

    return Op(forward, pull, 2, smooth)


def sigmoid(x: Array) -> Array:
    """Right to the last digits in both tails: 1/(1 + e⁻ˣ) overflows, and ½(1 + tanh ½x) cancels."""
    return np.exp(-np.logaddexp(0.0, -x))


def softmax(x: Array) -> Array:
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def logsumexp(x: Array) -> Array:
    top = x.max(axis=-1, keepdims=True)
    return (top + np.log(np.exp(x - top).sum(axis=-1, keepdims=True)))[..., 0]


def _softmax_pull(g: Array, y: Array, x: Array) -> tuple[Array]:
    return (y * (g - (g * y).sum(axis=-1, keepdims=True)),)


def standardised(x: Array) -> Array:
    d = x - x.mean(axis=-1, keepdims=True)
    return d / np.sqrt((d**2).mean(axis=-1, keepdims=True) + 1e-5)


def _standardised_pull(g: Array, y: Array, x: Array) -> tuple[Array]:
    size = np.sqrt(x.var(axis=-1, keepdims=True) + 1e-5)
    return ((g - g.mean(axis=-1, keepdims=True) - y * (g * y).mean(axis=-1, keepdims=True)) / size,)


def _scattered(g: Array, x: Array, order: Array) -> Array:
    """g put back to where it was taken from along the last axis."""
    back = np.zeros_like(x)
    np.put_along_axis(back, order, g, axis=-1)
    return back


def _largest_pull(g: Array, y: Array, x: Array) -> tuple[Array]:
    tied = x == y[..., None]
    return (g[..., None] * tied / tied.sum(axis=-1, keepdims=True),)


def _taken_pull(g: Array, y: Array, x: Array) -> tuple[Array]:
    back = np.zeros_like(x)
    np.add.at(back, _again(x), g)
    return (back,)


def _again(x: Array) -> Array:
    """Indices with repeats: each row twice, the first three times."""
    return np.array([0, *range(len(x)), *range(len(x))])


def _matmul_pull(g: Array, y: Array, x: Array, z: Array) -> tuple[Array, Array]:
    return g @ z.T, x.T @ g


def _sort_pull(g: Array, y: Array, x: Array) -> tuple[Array]:
    return (_scattered(g, x, np.argsort(x, axis=-1, kind="stable")),)


_C = np.sqrt(2 / np.pi)


def _gelu(x: Array) -> Array:
    return 0.5 * x * (1 + np.tanh(_C * (x + 0.044715 * x**3)))


def _gelu_slope(x: Array, y: Array) -> Array:
    t = np.tanh(_C * (x + 0.044715 * x**3))
    return 0.5 * (1 + t) + 0.5 * x * (1 - t**2) * _C * (1 + 3 * 0.044715 * x**2)


EACH = {
    "exp": _each(np.exp, lambda x, y: y),
    "log": _each(np.log, lambda x, y: 1 / x),
    "sqrt": _each(np.sqrt, lambda x, y: 0.5 / y),
    "square": _each(np.square, lambda x, y: 2 * x),
    "cube": _each(lambda x: x**3, lambda x, y: 3 * x**2),
    "seventh": _each(lambda x: x**7, lambda x, y: 7 * x**6),
    "three halves": _each(lambda x: x**1.5, lambda x, y: 1.5 * np.sqrt(x)),
    "reciprocal": _each(lambda x: 1 / x, lambda x, y: -y * y),
    "tanh": _each(np.tanh, lambda x, y: 1 / np.cosh(x) ** 2),
    "sigmoid": _each(sigmoid, lambda x, y: sigmoid(x) * sigmoid(-x)),
    "softplus": _each(lambda x: np.logaddexp(0.0, x), lambda x, y: sigmoid(x)),
    "swish": _each(lambda x: x * sigmoid(x), lambda x, y: sigmoid(x) * (1 + x * sigmoid(-x))),
    "gelu": _each(_gelu, _gelu_slope),
    "sin": _each(np.sin, lambda x, y: np.cos(x)),
    "cos": _each(np.cos, lambda x, y: -np.sin(x)),
    "sin 30x": _each(lambda x: np.sin(30 * x), lambda x, y: 30 * np.cos(30 * x)),
    "arctan": _each(np.arctan, lambda x, y: 1 / (1 + x * x)),
    "arcsin": _each(np.arcsin, lambda x, y: 1 / np.sqrt((1 - x) * (1 + x))),
    "arctanh": _each(np.arctanh, lambda x, y: 1 / ((1 - x) * (1 + x))),
    "arcsinh": _each(np.arcsinh, lambda x, y: 1 / np.sqrt(1 + x * x)),
    "sinh": _each(np.sinh, lambda x, y: np.cosh(x)),
    "cosh": _each(np.cosh, lambda x, y: np.sinh(x)),
    "expm1": _each(np.expm1, lambda x, y: np.exp(x)),
    "log1p": _each(np.log1p, lambda x, y: 1 / (1 + x)),
    "bell": _each(lambda x: np.exp(-x * x), lambda x, y: -2 * x * y),
    "negative": _each(np.negative, lambda x, y: -1.0),
    "shift": _each(lambda x: x + 1.0, lambda x, y: 1.0),
    "scale": _each(lambda x: 0.37 * x, lambda x, y: 0.37),
    "abs": _each(np.abs, lambda x, y: np.sign(x), smooth=False),
    "relu": _each(lambda x: np.maximum(x, 0), lambda x, y: (x > 0) * 1.0, smooth=False),
    "leaky": _each(lambda x: np.where(x > 0, x, 0.01 * x), lambda x, y: np.where(x > 0, 1.0, 0.01), smooth=False),
    "clip": _each(lambda x: np.clip(x, -0.5, 1), lambda x, y: ((x > -0.5) & (x < 1)) * 1.0, smooth=False),
    "hinge": _each(lambda x: np.maximum(0, 1 - x), lambda x, y: -1.0 * (x < 1), smooth=False),
    "huber": _each(
        lambda x: np.where(np.abs(x) < 1, x * x / 2, np.abs(x) - 0.5), lambda x, y: np.clip(x, -1, 1), smooth=False
    ),
}

BOTH = {
    "add": _both(np.add, lambda x, z, y: (1.0, 1.0)),
    "subtract": _both(np.subtract, lambda x, z, y: (1.0, -1.0)),
    "multiply": _both(np.multiply, lambda x, z, y: (z, x)),
    "divide": _both(np.divide, lambda x, z, y: (1 / z, -y / z)),
    "logaddexp": _both(np.logaddexp, lambda x, z, y: (sigmoid(x - z), sigmoid(z - x))),
    "hypot": _both(np.hypot, lambda x, z, y: (x / y, z / y)),
    "arctan2": _both(np.arctan2, lambda x, z, y: (z / (x * x + z * z), -x / (x * x + z * z))),
    "matmul": Op(np.matmul, _matmul_pull, 2),
    "maximum": _both(np.maximum, lambda x, z, y: (x >= z, x < z), smooth=False),
    "minimum": _both(np.minimum, lambda x, z, y: (x < z, x >= z), smooth=False),
}

ALONG = {
    "sum": Op(lambda x: x.sum(axis=-1), lambda g, y, x: (np.broadcast_to(g[..., None], x.shape),)),
    "mean": Op(lambda x: x.mean(axis=0), lambda g, y, x: (np.broadcast_to(g / len(x), x.shape),)),
    "norm": Op(lambda x: np.sqrt((x * x).sum(axis=-1)), lambda g, y, x: (g[..., None] * x / y[..., None],)),
    "prod": Op(lambda x: x.prod(axis=-1), lambda g, y, x: (g[..., None] * _others(x),)),
    "cumsum": Op(lambda x: x.cumsum(axis=-1), lambda g, y, x: (g[..., ::-1].cumsum(axis=-1)[..., ::-1],)),
    "logsumexp": Op(logsumexp, lambda g, y, x: (g[..., None] * np.exp(x - y[..., None]),)),
    "softmax": Op(softmax, _softmax_pull),
    "log softmax": Op(
        lambda x: x - logsumexp(x)[..., None],
        lambda g, y, x: (g - np.exp(y) * g.sum(axis=-1, keepdims=True),),
    ),
    "standardise": Op(standardised, _standardised_pull),
    "variance": Op(
        lambda x: x.var(axis=-1),
        lambda g, y, x: (g[..., None] * 2 * (x - x.mean(axis=-1, keepdims=True)) / x.shape[-1],),
    ),
    "take": Op(lambda x: x[_again(x)], _taken_pull),
    "reverse": Op(lambda x: x[..., ::-1], lambda g, y, x: (g[..., ::-1],)),
    "transpose": Op(lambda x: x.T, lambda g, y, x: (g.T,)),
    "largest": Op(lambda x: x.max(axis=-1), _largest_pull, smooth=False),
    "sort": Op(lambda x: np.sort(x, axis=-1), _sort_pull, smooth=False),
}


def _others(x: Array) -> Array:
    """The product of all other entries along the last axis, without a division."""
    ones = np.ones_like(x[..., :1])
    before = np.concatenate([ones, x[..., :-1]], axis=-1).cumprod(axis=-1)
    after = np.concatenate([ones, x[..., :0:-1]], axis=-1).cumprod(axis=-1)[..., ::-1]
    return before * after


OPS = EACH | BOTH | ALONG
