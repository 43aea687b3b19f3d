"""The whole Jacobian of the output by one leaf, from differences of the forward at three steps.

Far fewer evaluations than a ladder: naming a mistake takes six digits, not twelve. Where a kink lies within a step the
three disagree, and smaller steps are tried. Nothing is judged by it: a wrong Jacobian explains no gradient.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnverify.isolation import own_steps
from nnverify.oracles.line import Line
from nnverify.probe import shifted
from nnverify.subject import Subject

Array = NDArray[np.float64]

# Exponents of the three steps, relative to the entry; the next row where the one before is too coarse.
_STEPS = ((5, 7, 9), (13, 14, 15), (19, 20, 21))
_FINE = 1e-6  # error of a column, relative to the largest entry, that is good enough
_EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class Jacobian:
    """(output, *shape), and the largest error of any entry; infinite where some entry is not known."""

    value: Array
    error: float


def measure(subject: Subject, name: str, seed: int) -> Jacobian:
    """Column by column."""
    leaf = next(one for one in subject.leaves if one.name == name)
    shape, steps = np.shape(leaf.value), own_steps(subject, leaf, seed)
    columns, errors = [], []
    for place, step in enumerate(steps):
        u = np.zeros(steps.size)
        u[place] = step
        line = Line(_along(subject, {name: u.reshape(shape)}))
        value, error = _slope(line)
        columns.append(value / step)
        errors.append(error / abs(step))
    J = np.array(columns).T
    error = float(np.max(errors, initial=0.0))
    # What rounding leaves of a zero is zero: which outputs depend on which entries is part of the evidence.
    J[np.abs(J) <= np.minimum(np.array(errors), _FINE * np.max(np.abs(J), initial=0.0))] = 0.0
    return Jacobian(J.reshape(-1, *shape), error if np.isfinite(error) else np.inf)


def slope(subject: Subject, u: Mapping[str, Array]) -> tuple[Array, float]:
    """The derivative of the output along one direction, and the largest error of any entry."""
    return _slope(Line(_along(subject, u)))


def _along(subject: Subject, u: Mapping[str, Array]) -> Callable[[float], Array]:
    return lambda t: subject.flatten(subject.forward(*shifted(subject, u, t)))


def _slope(line: Line) -> tuple[Array, float]:
    """The derivative along a line, and the largest error of any output."""
    found = []
    for exponents in _STEPS:
        found.append(_extrapolated(line, exponents))
        value, error = found[-1]
        if error <= _FINE * float(np.max(np.abs(value), initial=0.0)):
            break
    return min(found, key=lambda one: one[1])


def _extrapolated(line: Line, exponents: tuple[int, ...]) -> tuple[Array, float]:
    """Central quotients at three steps, twice extrapolated to zero; their last change bounds the error."""
    steps = [2.0**-k for k in exponents]
    table = [(line(step) - line(-step)) / (2 * step) for step in steps]
    squares = [step**2 for step in steps]
    first = [_toward_zero(table[k], table[k + 1], squares[k], squares[k + 1]) for k in (0, 1)]
    value = _toward_zero(first[0], first[1], squares[0], squares[2])
    size = float(np.max(np.abs(line(steps[-1])), initial=0.0))
    error = float(np.max(np.abs(value - first[1]), initial=0.0)) + 8 * _EPS * size / steps[-1]
    return value, error if np.isfinite(error) else np.inf


def _toward_zero(coarse: Array, fine: Array, large: float, small: float) -> Array:
    return fine + (fine - coarse) * small / (large - small)
