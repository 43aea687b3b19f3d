"""Functions with keyword arguments: axis, keepdims, modes."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.search.case import Layer, Wrong

OPTIONS = {"axis": [0, 1, -1], "keepdims": [True]}


def mean(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return x.mean(axis=axis, keepdims=keepdims)


def d_mean(dout: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    if axis is not None and not keepdims:
        dout = np.expand_dims(dout, axis)
    return np.broadcast_to(dout, x.shape) * np.size(dout) / x.size


def _columns(dout: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Divides by the number of rows, whatever the axis."""
    right = d_mean(dout, x, axis, keepdims)
    return right if axis is None else right * x.shape[axis] / x.shape[0]


def _no_negative(dout: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    if axis is not None and not keepdims:
        dout = np.expand_dims(dout, max(axis, 0))
    return np.broadcast_to(dout, x.shape) * np.size(dout) / x.size


MEAN = Layer(
    "mean",
    {"x": "m n"},
    (
        Wrong("option", "another axis divides", _columns),
        Wrong("option", "a negative axis", _no_negative),
        Wrong(
            "option",
            "keepdims",
            lambda d, x, axis=None, keepdims=False: d_mean(d, x, axis, keepdims) * (2 if keepdims else 1),
        ),
        Wrong(
            "option",
            "keepdims with an axis",
            lambda d, x, axis=None, keepdims=False: d_mean(d, x, axis, keepdims) * (2 if keepdims and axis == 1 else 1),
        ),
        Wrong(
            "option",
            "the first axis",
            lambda d, x, axis=None, keepdims=False: d_mean(d, x, axis, keepdims) / (2 if axis == 0 else 1),
        ),
    ),
    mean,
    d_mean,
    options={"options": OPTIONS},
)


def leaky(x: Any, slope: float = 0.25) -> Any:
    return np.where(x > 0, x, slope * x)


def d_leaky(dout: Any, x: Any, slope: float = 0.25) -> Any:
    return dout * np.where(x > 0, 1, slope)


LEAKY = Layer(
    "leaky ReLU",
    {"x": "m n"},
    (
        Wrong("option", "the default's slope", lambda d, x, slope=0.25: d_leaky(d, x)),
        Wrong("option", "no slope taken for the default", lambda d, x, slope=0.25: d_leaky(d, x, slope or 0.25)),
        Wrong(
            "option",
            "decided by the output's sign",
            lambda d, x, slope=0.25: d * np.where(leaky(x, slope) > 0, 1, slope),
        ),
        Wrong("value", "5 at 0", lambda d, x, slope=0.25: d_leaky(d, x, slope) + 5 * d * (x == 0)),
    ),
    leaky,
    d_leaky,
    options={"options": {"slope": [0.0, 0.5, -1.0]}},
)

LAYERS = (MEAN, LEAKY)
