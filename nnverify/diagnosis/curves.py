"""Activation functions that a wrong slope may be of: value and slope by the argument, and both by the value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Function = Callable[[Array], Array]


@dataclass(frozen=True)
class Curve:
    """value and slope of the argument z; by_value, the slope, and inverse, the argument, of the value y.

    possible  whether these can be values; where it is None the argument cannot be told from the value
    """

    value: Function
    slope: Function
    by_value: Function
    inverse: Function | None = None
    possible: Callable[[Array], bool] | None = None


CURVES = {
    "tanh": Curve(
        np.tanh,
        lambda z: 1 / np.cosh(z) ** 2,
        lambda y: 1 - y**2,
        np.arctanh,
        lambda y: bool(np.all(np.abs(y) < 1)),
    ),
    "sigmoid": Curve(
        lambda z: 1 / (1 + np.exp(-z)),
        lambda z: 1 / (2 + np.exp(z) + np.exp(-z)),
        lambda y: y * (1 - y),
        lambda y: np.log(y / (1 - y)),
        lambda y: bool(np.all((y > 0) & (y < 1))),
    ),
    "softplus": Curve(
        lambda z: np.log1p(np.exp(z)),
        lambda z: 1 / (1 + np.exp(-z)),
        lambda y: 1 - np.exp(-y),
        lambda y: np.log(np.expm1(y)),
        lambda y: bool(np.all(y > 0)),
    ),
    "ReLU": Curve(
        lambda z: np.maximum(z, 0), lambda z: (z > 0).astype(np.float64), lambda y: (y > 0).astype(np.float64)
    ),
}
