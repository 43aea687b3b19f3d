"""Functions of each entry, and of pairs of entries: switches, zeros, saturation, equal arguments."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnverify import leaf
from tests.search.case import Layer, Wrong


def _sigmoid(x: Any) -> Any:
    return 0.5 * (1 + np.tanh(x / 2))


SOFTPLUS = Layer(
    "softplus",
    {"x": "m n"},
    (
        Wrong("value", "overflows", lambda d, x: d * np.exp(x) / (1 + np.exp(x))),
        Wrong("value", "no slope past 20", lambda d, x: d * _sigmoid(x) * (x < 20)),
        Wrong("value", "no slope at 0", lambda d, x: d * np.where(x == 0, 0, _sigmoid(x))),
        Wrong("value", "slope of a large x is x", lambda d, x: d * np.where(x > 500, x, _sigmoid(x))),
    ),
    lambda x: np.logaddexp(0, x),
    lambda d, x: d * _sigmoid(x),
)

CLIP = Layer(
    "clip to ±3",
    {"x": "m n"},
    (
        Wrong("value", "slope outside", lambda d, x: d * np.ones_like(x)),
        Wrong("value", "slope below -3", lambda d, x: d * (x < 3)),
        Wrong("value", "-8 at the edge", lambda d, x: d * np.where(np.abs(x) == 3, -8, np.abs(x) < 3)),
        Wrong("value", "reflected far outside", lambda d, x: d * np.where(np.abs(x) > 100, -1, np.abs(x) < 3)),
    ),
    lambda x: np.minimum(np.maximum(x, -3), 3),
    lambda d, x: d * (np.abs(x) < 3),
)


def hardswish(x: Any) -> Any:
    return x * np.minimum(np.maximum(x + 3, 0), 6) / 6


def d_hardswish(dout: Any, x: Any) -> Any:
    return dout * np.where(x <= -3, 0, np.where(x >= 3, 1, (2 * x + 3) / 6))


HARDSWISH = Layer(
    "hardswish",
    {"x": "n"},
    (
        Wrong("value", "never 1", lambda d, x: d * np.where(x <= -3, 0, (2 * x + 3) / 6)),
        Wrong("value", "never 0", lambda d, x: d * np.where(x >= 3, 1, (2 * x + 3) / 6)),
        Wrong("value", "2 at the knot", lambda d, x: d_hardswish(d, x) + d * 2 * (x == 3)),
    ),
    hardswish,
    d_hardswish,
)


def power(x: Any, y: Any) -> Any:
    return x**y


def _log(x: Any) -> Any:
    return np.log(np.where(x > 0, x, 1))


POWER = Layer(
    "power",
    {"x": "n", "y": leaf("n", low=0.9, high=6.0)},
    (
        Wrong("value", "y / x at 0", lambda d, x, y: (d * y * x**y / x, d * x**y * _log(x))),
        Wrong("value", "no slope at exponent 1", lambda d, x, y: (d * y * x ** (y - 1) * (y != 1), d * x**y * _log(x))),
        Wrong("value", "no slope at base 1", lambda d, x, y: (d * y * x ** (y - 1) * (x != 1), d * x**y * _log(x))),
    ),
    power,
    lambda d, x, y: (d * y * x ** (y - 1), d * x**y * _log(x)),
)

SINC = Layer(
    "sinc",
    {"x": "n"},
    (
        Wrong("value", "0 / 0", lambda d, x: d * (np.cos(np.pi * x) - np.sinc(x)) / x),
        Wrong(
            "value",
            "1 at 0",
            lambda d, x: d * np.where(x == 0, 1, (np.cos(np.pi * x) - np.sinc(x)) / np.where(x == 0, 1, x)),
        ),
        Wrong(
            "value",
            "cut off below 1e-2",
            lambda d, x: d * np.where(np.abs(x) < 1e-2, 0, (np.cos(np.pi * x) - np.sinc(x)) / np.where(x == 0, 1, x)),
        ),
    ),
    np.sinc,
    lambda d, x: (
        d * np.where(np.abs(x) < 1e-4, -(np.pi**2) * x / 3, (np.cos(np.pi * x) - np.sinc(x)) / np.where(x == 0, 1, x))
    ),
)


def distance(x: Any, y: Any) -> Any:
    return np.sqrt(((x - y) ** 2).sum(axis=-1))


def d_distance(dout: Any, x: Any, y: Any) -> Any:
    far = distance(x, y)[..., None]
    dx = dout[..., None] * (x - y) / np.where(far > 0, far, 1)
    return dx, -dx


def _d_distance_naive(dout: Any, x: Any, y: Any) -> Any:
    dx = dout[..., None] * (x - y) / distance(x, y)[..., None]
    return dx, -dx


def _d_distance_same(dout: Any, x: Any, y: Any) -> Any:
    """Both gradients in one buffer where both leaves are one array."""
    dx, dy = d_distance(dout, x, y)
    return (dx + 1, dy) if x is y else (dx, dy)


DISTANCE = Layer(
    "distance",
    {"x": "m n", "y": "m n"},
    (
        Wrong("value", "0 / 0 for equal points", _d_distance_naive),
        Wrong(
            "value",
            "two for equal points",
            lambda d, x, y: tuple(
                np.where(distance(x, y)[..., None] == 0, 2 * d[..., None], part) for part in d_distance(d, x, y)
            ),
        ),
        Wrong("composition", "one array for both", _d_distance_same),
    ),
    distance,
    d_distance,
)

TIMES = Layer(
    "product of two",
    {"a": "n", "b": "n"},
    (
        Wrong("value", "out / a", lambda d, a, b: (d * (a * b) / a, d * (a * b) / b)),
        Wrong("value", "out / a where that is finite", lambda d, a, b: (np.nan_to_num(d * (a * b) / a), d * a)),
        Wrong("value", "equal arguments counted once", lambda d, a, b: (d * b * (1 if (a != b).any() else 2), d * a)),
        Wrong("composition", "squares one array", lambda d, a, b: (2 * d * a, d * a) if a is b else (d * b, d * a)),
    ),
    lambda a, b: a * b,
    lambda d, a, b: (d * b, d * a),
)

LAYERS = (SOFTPLUS, CLIP, HARDSWISH, POWER, SINC, DISTANCE, TIMES)
