"""Reductions: products, maxima, norms, variances, log-sum-exp, cumulative products, sorting."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.search.case import Layer, Wrong


def prod(x: Any) -> Any:
    return np.prod(x, axis=-1)


def _others(x: Any) -> Any:
    """The product of all other entries of the row."""
    rows = [np.prod(np.delete(x, j, axis=-1), axis=-1) for j in range(x.shape[-1])]
    return np.stack(rows, axis=-1) if rows else np.zeros_like(x)


def d_prod(dout: Any, x: Any) -> Any:
    return dout[..., None] * _others(x)


def _prod_two_zeros(dout: Any, x: Any) -> Any:
    """The product of what is not zero, at the zeros: right for one of them."""
    rest = np.prod(np.where(x == 0, 1.0, x), axis=-1, keepdims=True)
    return dout[..., None] * np.where((x == 0).any(-1, keepdims=True), (x == 0) * rest, _others(x))


PROD = Layer(
    "prod",
    {"x": "m n"},
    (
        Wrong("value", "result / x", lambda d, x: (d * prod(x))[:, None] / x),
        Wrong("value", "result / x, NaN replaced", lambda d, x: np.nan_to_num((d * prod(x))[:, None] / x)),
        Wrong("value", "two zeros", _prod_two_zeros),
        Wrong("value", "zero from ones", lambda d, x: d_prod(d, x) * np.where(np.all(x == 1, -1), 0, 1)[:, None]),
        Wrong("shape", "empty product", lambda d, x: d_prod(d, x) * (0 if x.shape[1] == 1 else 1)),
        Wrong("shape", "one row twice", lambda d, x: d_prod(d, x) * (2 if len(x) == 1 else 1)),
    ),
    prod,
    d_prod,
)


def largest(x: Any) -> Any:
    return x.max(axis=1)


def d_largest(dout: Any, x: Any) -> Any:
    dx = np.zeros_like(x)
    dx[np.arange(len(x)), x.argmax(axis=1)] = dout
    return dx


def _everyone(dout: Any, x: Any) -> Any:
    return dout[:, None] * (x == x.max(axis=1, keepdims=True))


def _nobody(dout: Any, x: Any) -> Any:
    alone = _everyone(np.ones(len(x)), x).sum(axis=1) == 1
    return _everyone(dout * alone, x)


def _half_shared(dout: Any, x: Any) -> Any:
    """Shared by two, however many there are."""
    count = _everyone(np.ones(len(x)), x).sum(axis=1)
    return _everyone(dout / np.minimum(count, 2), x)


MAX = Layer(
    "max",
    {"x": "m n"},
    (
        Wrong("value", "every tie gets it", _everyone),
        Wrong("value", "no tie gets it", _nobody),
        Wrong("value", "shared by two", _half_shared),
        Wrong(
            "value",
            "maximum of a padded row",
            lambda d, x: d_largest(d, x) * (x.max(1) > 0)[:, None] if (x < 0).all() else d_largest(d, x),
        ),
        Wrong("shape", "one column", lambda d, x: d_largest(d, x) * (x.shape[1] > 1)),
        Wrong("shape", "one row", lambda d, x: d_largest(d, x) / (2 if len(x) == 1 else 1)),
    ),
    largest,
    d_largest,
)


def norm(x: Any) -> Any:
    return np.sqrt((x**2).sum(axis=1))


def d_norm(dout: Any, x: Any) -> Any:
    size = norm(x)[:, None]
    return dout[:, None] * x / np.where(size == 0, 1, size)


NORM = Layer(
    "norm of rows",
    {"x": "m n"},
    (
        Wrong("value", "0 / 0", lambda d, x: d[:, None] * x / norm(x)[:, None]),
        Wrong(
            "value",
            "an ε that is large beside tiny rows",
            lambda d, x: d[:, None] * x / (norm(x)[:, None] + (1e-4 if norm(x).max(initial=0) < 1e-2 else 0)),
        ),
        Wrong(
            "value",
            "squares overflow a limit",
            lambda d, x: (
                d[:, None] * x / np.sqrt(np.minimum((x**2).sum(1), 1e4))[:, None]
                if x.size and norm(x).min() > 0
                else d_norm(d, x)
            ),
        ),
        Wrong(
            "shape",
            "sum over everything for one column",
            lambda d, x: d_norm(d, x) if x.shape[1] != 1 else d_norm(d, x) * 0 + d.sum(),
        ),
    ),
    norm,
    d_norm,
)


def logsumexp(x: Any) -> Any:
    top = x.max(axis=1, keepdims=True)
    return (top + np.log(np.exp(x - top).sum(axis=1, keepdims=True)))[:, 0]


def _softmax(x: Any) -> Any:
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def _one_maximum(dout: Any, x: Any) -> Any:
    """The entry at the maximum gets what is left of 1: right unless there are several."""
    top = x == x.max(axis=1, keepdims=True)
    rest = np.where(top, 0.0, _softmax(x))
    return dout[:, None] * np.where(top, 1 - rest.sum(axis=1, keepdims=True), rest)


LOGSUMEXP = Layer(
    "log-sum-exp",
    {"x": "m n"},
    (
        Wrong("value", "not stabilised", lambda d, x: d[:, None] * np.exp(x) / np.exp(x).sum(1, keepdims=True)),
        Wrong("value", "one maximum", _one_maximum),
        Wrong("value", "clipped at 8", lambda d, x: d[:, None] * _softmax(np.clip(x, -8, 8))),
        Wrong("shape", "one class", lambda d, x: d[:, None] * _softmax(x) * (1 if x.shape[1] > 1 else 0)),
        Wrong(
            "shape",
            "one row per class, square",
            lambda d, x: d[:, None] * (_softmax(x).T if x.shape[0] == x.shape[1] else _softmax(x)),
        ),
    ),
    logsumexp,
    lambda d, x: d[:, None] * _softmax(x),
)


def cumprod(x: Any) -> Any:
    return np.cumprod(x)


def d_cumprod(dout: Any, x: Any) -> Any:
    dx = np.zeros_like(x)
    for j in range(len(x)):
        for i in range(j, len(x)):
            dx[j] += dout[i] * np.prod(np.delete(x[: i + 1], j))
    return dx


def _divided(dout: Any, x: Any) -> Any:
    return np.cumsum((dout * np.cumprod(x))[::-1])[::-1] / x


CUMPROD = Layer(
    "cumprod",
    {"x": "n"},
    (
        Wrong("value", "divided by x", _divided),
        Wrong("value", "divided by x, NaN replaced", lambda d, x: np.nan_to_num(_divided(d, x))),
        Wrong("shape", "only eight terms", lambda d, x: d_cumprod(np.where(np.arange(len(x)) < 8, d, 0), x)),
        Wrong("shape", "no terms at length 1", lambda d, x: d_cumprod(d, x) if len(x) > 1 else d * x),
    ),
    cumprod,
    d_cumprod,
)


def spread(x: Any) -> Any:
    """The standard deviation of each row."""
    return np.sqrt(((x - x.mean(1, keepdims=True)) ** 2).mean(1))


def d_spread(dout: Any, x: Any) -> Any:
    size = spread(x)[:, None]
    return dout[:, None] * (x - x.mean(1, keepdims=True)) / np.where(size > 0, size, 1) / x.shape[1]


SPREAD = Layer(
    "standard deviation",
    {"x": "m n"},
    (
        Wrong(
            "value",
            "0 / 0 for equal entries",
            lambda d, x: d[:, None] * (x - x.mean(1, keepdims=True)) / spread(x)[:, None] / x.shape[1],
        ),
        Wrong(
            "value",
            "equal entries get a share",
            lambda d, x: np.where(spread(x)[:, None] > 0, d_spread(d, x), 3 * d[:, None]),
        ),
        Wrong(
            "shape", "no deviation of one", lambda d, x: d_spread(d, x) if x.shape[1] > 1 else d[:, None] * np.sign(x)
        ),
    ),
    spread,
    d_spread,
)

LAYERS = (PROD, MAX, NORM, LOGSUMEXP, CUMPROD, SPREAD)
