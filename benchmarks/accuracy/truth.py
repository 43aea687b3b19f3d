"""Derivatives to 60 digits: the truth that the error bars are held against.

The family's own forward runs on numbers of 300 digits at both ends of a step of 10⁻³⁵: what that leaves out is in the
70th digit. No backward takes part, nor any oracle.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import mpmath
import numpy as np

from benchmarks.accuracy.family import Family, Leaves

_DIGITS = 300  # a saturated tanh is 1 − 10⁻⁸⁰, and the step moves it by 10⁻¹¹⁵
_CONTEXT = mpmath.mp.clone()
_CONTEXT.dps = _DIGITS
_STEP = _CONTEXT.mpf(10) ** -35
_FUNCTIONS = ("exp", "log", "sqrt", "tanh", "sin", "cos", "log1p")


class Digits:
    """NumPy for object arrays of 300-digit numbers: the functions that NumPy has for floats only."""

    arctan = staticmethod(np.frompyfunc(_CONTEXT.atan, 1, 1))

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return np.frompyfunc(getattr(_CONTEXT, name), 1, 1) if name in _FUNCTIONS else getattr(np, name)


DIGITS = Digits()
_number = np.frompyfunc(lambda one: _CONTEXT.mpf(float(one)), 1, 1)


def derivative(family: Family, leaves: Leaves, u: Mapping[str, Any], upstream: Any) -> Any:
    """⟨upstream, J u⟩ at the leaves; all floats are taken for what they are, to the last bit."""
    above, below = (_moved(family, leaves, u, sign * _STEP) for sign in (1, -1))
    return _dot(_number(upstream), above - below) / (2 * _STEP)


def backward(family: Family, leaves: Leaves, u: Mapping[str, Any], upstream: Any) -> Any:
    """⟨B(upstream), u⟩ in 300 digits: the family's backward, which must equal the derivative."""
    values = [_exact(value) for value in leaves.values()]
    shape = np.shape(family.forward(DIGITS, *values))
    found = family.backward(DIGITS, _exact(np.reshape(upstream, shape)), *values)
    return sum((_dot(one, _number(u[name])) for name, one in zip(leaves, found, strict=True)), _CONTEXT.mpf(0))


def gap(value: float, true: Any) -> float:
    """|value − true|, subtracted in 300 digits."""
    return float(abs(_CONTEXT.mpf(value) - true))


def _moved(family: Family, leaves: Leaves, u: Mapping[str, Any], t: Any) -> Any:
    moved = [_exact(value, u[name], t) for name, value in leaves.items()]
    return np.asarray(family.forward(DIGITS, *moved), dtype=object).reshape(-1)


def _exact(value: Any, u: Any = 0.0, t: Any = 0) -> Any:
    return np.asarray(_number(value) + t * _number(u), dtype=object)[()]


def _dot(left: Any, right: Any) -> Any:
    return np.sum(np.asarray(left, dtype=object).reshape(-1) * np.asarray(right, dtype=object).reshape(-1))
