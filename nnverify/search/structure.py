"""What the values that were given have in common, and no other value may break: probabilities sum to one, a covariance
is symmetric, a rotation has rows of length one.

A backward may rely on any of it; values without it are not special, they are outside.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

_ROUNDINGS = 64.0  # of the largest entry


def _equal(one: Any, other: Any, value: Array) -> bool:
    eps = np.finfo(value.dtype).eps if value.dtype.kind == "f" else 0.0
    room = _ROUNDINGS * float(eps) * max(1, value.shape[-1]) * float(np.max(np.abs(value), initial=0.0))
    return bool(np.all(np.abs(one - other) <= room))


def _square(value: Array) -> bool:
    return value.ndim >= 2 and value.shape[-1] == value.shape[-2] > 1


def _flipped(sign: float) -> Callable[[Array], bool]:
    return lambda value: _square(value) and _equal(value, sign * np.swapaxes(value, -1, -2), value)


def _sums(axis: int, number: float = 1.0) -> Callable[[Array], bool]:
    def kept(value: Array) -> bool:
        return value.ndim >= -axis and value.shape[axis] > 1 and _equal(np.sum(value, axis=axis), number, value)

    return kept


def _unit(axis: int) -> Callable[[Array], bool]:
    return lambda value: _sums(axis)(value * value)


def _triangular(side: Callable[[Array], Array]) -> Callable[[Array], bool]:
    return lambda value: _square(value) and not np.any(value - side(value))


def _laplacian(value: Array) -> bool:
    return _square(value) and _sums(-1, 0.0)(value)


STRUCTURES: dict[str, Callable[[Array], bool]] = {
    "symmetric": _flipped(1.0),
    "antisymmetric": _flipped(-1.0),
    "upper triangular": _triangular(np.triu),
    "lower triangular": _triangular(np.tril),
    "rows that sum to one": _sums(-1),
    "columns that sum to one": _sums(-2),
    "rows of length one": _unit(-1),
    "columns of length one": _unit(-2),
    "a square whose rows sum to zero": _laplacian,
}


def keeps(given: Array, value: Array) -> bool:
    """Whether a value has all the structure of the given one; zero throughout is none."""
    if not np.any(given):
        return True
    return all(has(value) for has in STRUCTURES.values() if has(given))
