"""The ladder: a derivative along a line from central differences at many steps, with a measured error bar.

Steps halve from 2⁻² of the direction's length. Steps with a kink inside, or outside the function's domain, are
recognised and left out; at the edge of the domain the quotients of the one side that is left take over. The bar is
an estimate with measured coverage, not a proof.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnverify.oracles.estimate import Estimate, Status
from nnverify.oracles.line import Line
from nnverify.oracles.near import Near, absorbed, is_drowned, is_staircase, near
from nnverify.oracles.noise import noise
from nnverify.oracles.rungs import Rows, Rungs, climb, doubt, finite, is_apart, is_broken, kind, usable
from nnverify.oracles.tableau import extrapolate

Array = NDArray[np.float64]

# Exponents k of the steps 2⁻ᵏ: up to how many are tried at once. Below 2⁻²⁶ noise/step exceeds what a float64 function
# can resolve to many digits; the smaller steps are for what bends even there.
_PORTIONS = tuple(tuple(range(2, last + 1)) for last in (6, 8, 10, 14, 18, 22, 26))
_NARROW = 4.0  # times the least that noise lets a bar be: a few more steps would not halve it
_ALL, _DEEP = _PORTIONS[-1], tuple(range(2, 38))


@dataclass(frozen=True)
class _Climb:
    """One set of rungs, and the derivative that its usable windows give."""

    rungs: Rungs
    start: Rows
    value: Array
    bound: Array


def ladder(
    line: Line, weights: Array | None = None, wanted: float = 0.0, *, narrowest: bool = False, sought: float = 0.0
) -> Estimate:
    """The derivative of each output along the line, or of their weighted sum (one entry).

    Stops as soon as every error bar is at most ``wanted``; or, ``narrowest``, as narrow as smaller steps could make it:
    what bends closer to the point is then seen by the noise's own steps only, and more coarsely; or where the noise of
    smaller steps would hide a difference of the size that is ``sought``; or where every output has a kink at the point.
    11 to 51 evaluations beside those for the noise, and a few dozen more where the function bends closer to the point
    than that, does not move, or moves in steps.
    Steps should be realised exactly, x + t·u without rounding, as probe.direction arranges it.
    The status tells why a bar is wide; at the edge of a domain the value is the one-sided derivative.
    """
    sigma = noise(line, weights)
    below = near(line, weights, sigma)
    for exponents in _PORTIONS:
        found = _climbed(line, weights, sigma, exponents)
        enough = np.maximum(wanted, _NARROW * _least(found.rungs)) if narrowest else wanted
        known = np.all(found.bound <= enough) or _shown(found, sought)
        if known and not np.any(below.contradicts(found.value, found.bound, found.rungs)):
            break
        if np.all(is_broken(found.rungs, found.start) & below.kinked(found.rungs)):
            break
    else:
        if _hidden(found, below):
            found = _climbed(line, weights, sigma, _DEEP)
    return _told(line, weights, found, below)


def _least(rungs: Rungs) -> Array:
    """The noise of the quotients at the finest step: that at smaller ones is larger."""
    return rungs.error[-1] / rungs.steps[-1]


def _shown(found: _Climb, sought: float) -> bool:
    """Whether a difference of this size is seen where it is seen best."""
    seen = np.maximum(found.bound, doubt(found.rungs)) <= sought
    return bool(np.all(seen & (_NARROW * _least(found.rungs) > sought)))


def _climbed(line: Line, weights: Array | None, sigma: Array, exponents: tuple[int, ...]) -> _Climb:
    rungs = climb(line, weights, sigma, exponents)
    start = usable(rungs)
    central = (rungs.plus - rungs.minus) / (2 * rungs.steps)
    return _Climb(rungs, start, *extrapolate(central, rungs.error / rungs.steps, start, 4.0))


def _hidden(found: _Climb, below: Near) -> bool:
    """Whether there is something between the finest step and the point."""
    broken = is_broken(found.rungs, found.start) & below.smoother(found.rungs)
    return bool(np.any(below.contradicts(found.value, found.bound, found.rungs) | broken))


def _told(line: Line, weights: Array | None, found: _Climb, below: Near) -> Estimate:
    """The estimate, its bar as wide as all that contradicts it or casts doubt on it."""
    rungs, value = found.rungs, found.value
    bound = np.where(is_broken(rungs, found.start) | is_apart(rungs), np.inf, found.bound)
    status = _status(line, rungs, found.start)
    if status is Status.DOMAIN:
        value, bound = _inside(rungs)
    kinked = doubt(rungs)
    if status is Status.SMOOTH and np.any(kinked > bound):
        status = Status.KINK
    gap = np.abs(value - below.slope) + below.bend
    bound = np.where(below.contradicts(value, bound, rungs), np.maximum(bound, gap), bound)
    bound = np.maximum(bound, kinked)
    if weights is not None and status is Status.SMOOTH:
        if line.still(weights):
            bound = bound + absorbed(line, weights)
        elif is_drowned(rungs) or is_staircase(line, weights, float(value[0]), rungs, found.start):
            bound = np.full_like(bound, np.inf)
    return Estimate(value, bound, status, line.evaluations)


def _status(line: Line, rungs: Rungs, start: Rows) -> Status:
    status = kind(rungs, start)
    return Status.JUMP if status is Status.DOMAIN and line.reshaped else status


def _inside(rungs: Rungs) -> tuple[Array, Array]:
    """The derivative from the side on which the function is finite; of no use where it is on neither."""
    below, above = (_one_sided(rungs, sign) for sign in (-1.0, 1.0))
    left = below[1] < above[1]
    return np.where(left, below[0], above[0]), np.where(left, below[1], above[1])


def sides(line: Line, weights: Array | None = None) -> tuple[Estimate, Estimate]:
    """The slopes from below and from above, of each output or of their weighted sum."""
    rungs = climb(line, weights, noise(line, weights), _ALL)
    moves = np.any((rungs.plus != 0) | (rungs.minus != 0), axis=0)
    moving = rungs.of(moves) if np.any(moves) else rungs
    status = _status(line, moving, usable(moving))

    def side(sign: float) -> Estimate:
        value, error = np.zeros(len(moves)), rungs.error[0] / rungs.steps[0]
        if np.any(moves):
            value[moves], error[moves] = _one_sided(moving, sign)
        return Estimate(value, error, status, line.evaluations)

    return side(-1.0), side(1.0)


def _one_sided(rungs: Rungs, sign: float) -> tuple[Array, Array]:
    """(f(±h) − f(0))/±h extrapolated to 0: an error series in h, so powers of 2."""
    values = rungs.plus if sign > 0 else rungs.minus
    quotients = sign * values / rungs.steps
    blur = rungs.error / rungs.steps
    start = np.maximum(finite(values), _bent(quotients, blur))
    return extrapolate(np.where(np.isfinite(quotients), quotients, 0.0), blur, start, 2.0)


def _bent(quotients: Array, blur: Array) -> NDArray[np.intp]:
    """The first row below every kink on this side: the quotients' changes must halve from row to row.

    A power such as x^1.5 shrinks them by less, and has no series that extrapolation could use.
    """
    change, noise_part = np.abs(np.diff(quotients, axis=0)), blur[1:] + blur[:-1]
    stuck = change[1:] > 0.6 * change[:-1] + noise_part[1:] + noise_part[:-1]
    return np.max(np.where(stuck, np.arange(1, 1 + len(stuck))[:, None], 0), axis=0, initial=0)
