"""How noisy is a function along a line? The rounding of its own arithmetic, measured.

Source: Moré and Wild, Estimating computational noise, SIAM J. Sci. Comput. 33 (2011), section 3: the k-th
differences of equally spaced values that are close enough for the function to be smooth are noise alone.
"""

from __future__ import annotations

from math import factorial

import numpy as np
from numpy.typing import NDArray

from nnverify.oracles.line import Line

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

# Relative to the direction's length: far above the spacing of floats, far below any feature of a function.
_SPACING = 2.0**-40
_WIDEST = 2.0**-10
_WIDER = 2.0**6
_POINTS, _ABOVE, _BELOW = range(-4, 5), range(9), range(-8, 1)
_ORDERS = (3, 4, 5, 6)
_SCALE = 2.0**-6  # an output that does not move at this distance either is constant, not quantised
_APART = 1000.0
_GROWTH = 2.5  # over spacings four times as wide: noise grows by about 1, a kink by 4
_BETWEEN = (-2.618, 1.618)  # in spacings: points where a straight line is off the lattice of the others


def noise(line: Line, weights: Array | None = None) -> Array:
    """The standard deviation of the noise of each output, or of their weighted sum (one entry).

    8 evaluations beside those at 0 and ±2⁻⁶; more where most values coincide although the output moves, as
    those of a quantised function do: then the spacing widens until they differ. 0 where it is constant.
    """
    constant = _coincide(np.array([_at(line, weights, t) for t in (-_SCALE, 0.0, _SCALE)]), 1)
    sigma, spacing = _sigma(line, weights, _SPACING), _SPACING
    plateau = _mostly_equal(_sample(line, weights, spacing)) & ~constant
    while np.any(plateau) and spacing < _WIDEST:
        spacing *= _WIDER
        settled = plateau & ~_mostly_equal(_sample(line, weights, spacing))
        if np.any(settled):
            sigma = np.where(settled, _quantum(line, weights, spacing), sigma)
            plateau &= ~settled
    # What never settled and stands apart at the point jumps there. What is flat so far has steps too high to sample.
    sigma = np.where(plateau & _jumps(_sample(line, weights, _SPACING)), 0.0, sigma)
    return np.where(plateau & (sigma == 0) & ~_jumps(_sample(line, weights, spacing)), _rise(line, weights) / 4, sigma)


def _rise(line: Line, weights: Array | None) -> Array:
    """The smaller of the two changes over a distance at which the output is known to move."""
    changes = np.abs([_at(line, weights, t) for t in (-_SCALE, _SCALE)])
    return np.where(np.min(changes, axis=0) > 0, np.min(changes, axis=0), np.max(changes, axis=0))


def project(difference: Array, weights: Array | None) -> Array:
    """The differences themselves, or their weighted sum as one entry."""
    return difference if weights is None else np.array([weights @ difference])


def half_ulp(size: Array, weights: Array | None, eps: float | Array) -> Array:
    """Half a unit in the last place of outputs of this size, or of their weighted sum."""
    half = eps / 2 * size
    return half if weights is None else np.array([np.linalg.norm(weights * half)])


def _at(line: Line, weights: Array | None, t: float) -> Array:
    return project(line(t) - line(0.0), weights)


def _sample(line: Line, weights: Array | None, spacing: float) -> Array:
    """Values at nine equally spaced points, as differences from the one at the point; all on one side of an edge."""
    for points in (_POINTS, _ABOVE, _BELOW):
        values = np.array([_at(line, weights, j * spacing) for j in points])
        if np.all(np.isfinite(values)):
            break
    return values


def _coincide(values: Array, most: int) -> Mask:
    """Whether an output takes at most ``most`` different values."""
    return 1 + np.count_nonzero(np.diff(np.sort(values, axis=0), axis=0), axis=0) <= most


def _mostly_equal(values: Array) -> Mask:
    return _coincide(values, len(values) // 2)


def _quantum(line: Line, weights: Array | None, spacing: float) -> Array:
    """The noise of an output that moves in steps; 0 where a kink, which grows with the spacing, looked like one."""
    near, far, farther = (_levels(_sample(line, weights, factor * spacing)) for factor in (1, 4, 16))
    kink = (far > _GROWTH * near) & (farther > _GROWTH * far)
    return np.where(kink, 0.0, np.maximum(far, _sigma(line, weights, spacing)))


def _sigma(line: Line, weights: Array | None, spacing: float) -> Array:
    """The noise that the differences show, and that of a staircase with equal steps, which hides from them."""
    values = _sample(line, weights, spacing)
    lattice = _lattice(values)
    if np.any(lattice > 0):
        lattice = np.minimum(lattice / 4, _crooked(line, weights, spacing, values))
    jumps = _jumps(values) & ~_mostly_equal(values)
    return np.maximum(np.where(jumps, 0.0, _levels(values)), lattice)


def _jumps(values: Array) -> Mask:
    """Whether the value at the point stands apart from smooth halves: a jump there is no noise."""
    middle = len(values) // 2
    halves = [np.abs(np.diff(half, 3, axis=0)[0]) for half in (values[:middle], values[middle + 1 :])]
    return _levels(values) > _APART * np.maximum(*halves)


def _levels(values: Array) -> Array:
    """The largest σ that a difference order shows."""
    return np.asarray(np.max([_level(values, k) for k in _ORDERS], axis=0))


def _level(values: Array, k: int) -> Array:
    """σ from the k-th differences: γ_k = (k!)²/(2k)! makes their mean square that of the noise."""
    gamma = factorial(k) ** 2 / factorial(2 * k)
    return np.sqrt(gamma * np.mean(np.diff(values, k, axis=0) ** 2, axis=0))


def _lattice(values: Array) -> Array:
    """The spacing of which all values are exact multiples, else 0."""
    gaps = np.diff(np.sort(values, axis=0), axis=0)
    spacing = np.min(np.where(gaps > 0, gaps, np.inf), axis=0)
    with np.errstate(invalid="ignore"):
        multiples = values / spacing
    return np.where(np.isfinite(spacing) & np.all(multiples == np.rint(multiples), axis=0), spacing, 0.0)


def _crooked(line: Line, weights: Array | None, spacing: float, values: Array) -> Array:
    """How far values between the points are from the straight line through these; 0 within rounding."""
    slope = (values[-1] - values[0]) / (len(values) - 1)
    off = np.fmax(*[np.abs(_at(line, weights, t * spacing) - t * slope) for t in _BETWEEN])
    rounding = 4 * half_ulp(np.abs(line(0.0)) + np.abs(line(spacing)), weights, line.eps)
    return np.where(off <= rounding, 0.0, 2 * off)
