"""How noisy is a function along a line? The rounding of its own arithmetic, measured.

Source: Moré and Wild, Estimating computational noise, SIAM J. Sci. Comput. 33 (2011), section 3: the k-th
differences of equally spaced values that are close enough for the function to be smooth are noise alone.
"""

from __future__ import annotations

from math import factorial

import numpy as np
from numpy.typing import NDArray

from nnverify.oracles.line import SUBNORMAL, Line

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

# Relative to the direction's length: far above the spacing of floats, far below any feature of a function.
SPACING = 2.0**-40
_WIDEST = 2.0**-10
_WIDER = 2.0**6
_POINTS, _ABOVE, _BELOW = range(-4, 5), range(9), range(-8, 1)
_ORDERS = (3, 4, 5, 6)
_SCALES = (2.0**-6, 2.0**-2)  # an output that does not move at these distances either is constant, not quantised
_MULTIPLE = 2.0**-20  # that a weighted sum may be off the multiples of one spacing, relative to it
_APART = 1000.0
_GROWTH = (2.5, 16.0)  # over spacings four times as wide: noise grows by about 1, a kink by 4, what is smooth by 64
_BETWEEN = (-2.414, 1.732)  # in spacings, from the middle: off the lattice of the others, and unlike parts of it
_ALIASED = 30.0  # times the noise: values between the others that no polynomial through these predicts


def noise(line: Line, weights: Array | None = None) -> Array:
    """The standard deviation of the noise of each output, or of their weighted sum (one entry).

    10 evaluations beside those at 0, ±2⁻⁶ and ±2⁻²; more where most values coincide although the output moves, as
    those of a quantised function do: then the spacing widens until they differ. 0 where it is constant.
    """
    far = np.array([line.change(t, weights) for scale in _SCALES for t in (-scale, 0.0, scale)])
    constant = _coincide(far, 1)
    sigma, spacing = np.maximum(_sigma(line, weights, SPACING), _aliased(line, weights, SPACING, 0.25)), SPACING
    plateau = _mostly_equal(sample(line, weights, spacing)) & ~constant
    while np.any(plateau) and spacing < _WIDEST:
        spacing *= _WIDER
        settled = plateau & ~_mostly_equal(sample(line, weights, spacing))
        if np.any(settled):
            sigma = np.where(settled, _quantum(line, weights, spacing), sigma)
            plateau &= ~settled
    # What never settled and stands apart at the point jumps there. What is flat so far has steps too high to sample.
    jump = _jumps(sample(line, weights, SPACING))
    return np.where(plateau, np.where(jump, 0.0, np.maximum(sigma, np.where(sigma == 0, _rise(far) / 4, 0.0))), sigma)


def _rise(far: Array) -> Array:
    """The smallest change over distances at which the output is known to move."""
    changes = np.where(far == 0, np.inf, np.abs(far))
    least = np.min(changes, axis=0)
    return np.where(np.isfinite(least), least, 0.0)


def _aliased(line: Line, weights: Array | None, spacing: float, moving: float) -> Array:
    """How far values between the sample's are from the polynomial through these; 0 where it predicts them.

    A wave much shorter than the spacing, or steps as wide as it, look smooth at equal spacing, and at no other.
    moving  the part of a move by one spacing that the rounding of these places explains
    """
    values, points = _sampled(line, weights, spacing)
    middle = float(np.mean(points))
    off = [line.change((middle + t) * spacing, weights) - weight @ values for t, weight in _LAGRANGE]
    expected = _ALIASED * (_levels(values) + line.half_ulp(0.0, weights))
    moved = np.max(np.abs(np.diff(values, axis=0)), axis=0)
    with np.errstate(invalid="ignore"):
        found = np.where(np.abs(off) > expected + moving * moved, np.abs(off), 0.0)
    return np.where(_jumps(values), 0.0, np.max(found, axis=0))


def _lagrange(t: float) -> Array:
    """The weights of the polynomial through nine equally spaced values, at t spacings from the middle."""
    return np.array([np.prod([(t - j) / (i - j) for j in _POINTS if j != i]) for i in _POINTS])


_LAGRANGE = [(t, _lagrange(t)) for t in _BETWEEN]


def sample(line: Line, weights: Array | None, spacing: float) -> Array:
    """Values at nine equally spaced points, as differences from the one at the point; all on one side of an edge."""
    return _sampled(line, weights, spacing)[0]


def _sampled(line: Line, weights: Array | None, spacing: float) -> tuple[Array, range]:
    for points in (_POINTS, _ABOVE, _BELOW):
        values = np.array([line.change(j * spacing, weights) for j in points])
        if np.all(np.isfinite(values)):
            break
    return values, points


def _coincide(values: Array, most: int) -> Mask:
    """Whether an output takes at most ``most`` different values."""
    return 1 + np.count_nonzero(np.diff(np.sort(values, axis=0), axis=0), axis=0) <= most


def _mostly_equal(values: Array) -> Mask:
    return _coincide(values, len(values) // 2)


def _quantum(line: Line, weights: Array | None, spacing: float) -> Array:
    """The noise of an output that moves in steps; 0 where a kink, which grows with the spacing, looked like one."""
    levels = np.array([_levels(sample(line, weights, factor * spacing)) for factor in (1, 4, 16, 64)])
    with np.errstate(all="ignore"):
        growth = np.min(levels[1:] / np.maximum(levels[:-1], SUBNORMAL), axis=0)
    level = np.where(growth > _GROWTH[1], levels[0], np.maximum(levels[1], _sigma(line, weights, spacing)))
    kink = (growth > _GROWTH[0]) & (growth <= _GROWTH[1])
    return np.where(kink, 0.0, np.maximum(level, _aliased(line, weights, spacing, 0.0)))


def _sigma(line: Line, weights: Array | None, spacing: float) -> Array:
    """The noise that the differences show, and that of a staircase with equal steps, which hides from them."""
    values = sample(line, weights, spacing)
    lattice, jumps, levels = _lattice(values), _jumps(values), _levels(values)
    if not np.any(jumps | (lattice > 0)):
        return levels
    uneven = _uneven(line, weights, spacing)
    apart = np.where(_mostly_equal(values), levels, uneven)
    return np.maximum(np.where(jumps, apart, levels), np.minimum(lattice / 4, uneven))


def _uneven(line: Line, weights: Array | None, spacing: float) -> Array:
    """How far values between two points on one side are from the straight line through these; 0 within rounding.

    Noise moves them as it moves the value at the point; that a function jumps there does not.
    """
    rounding = 4 * (line.half_ulp(0.0, weights) + line.half_ulp(spacing, weights))
    off = []
    for t in _BETWEEN:
        first, second = (line.change(np.floor(t) * spacing + j * spacing, weights) for j in (0, 1))
        off.append(np.abs(line.change(t * spacing, weights) - first - (t - np.floor(t)) * (second - first)))
    most = np.fmax.reduce(off)
    return np.where(most <= rounding, 0.0, 2 * most)


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
    """The spacing of which all values are multiples, as far as the weights of a sum let them be, else 0."""
    gaps = np.diff(np.sort(values, axis=0), axis=0)
    spacing = np.min(np.where(gaps > 0, gaps, np.inf), axis=0)
    with np.errstate(invalid="ignore"):
        multiples = values / spacing
        whole = np.all(np.abs(multiples - np.rint(multiples)) <= _MULTIPLE, axis=0)
    return np.where(np.isfinite(spacing) & whole, spacing, 0.0)
