"""The ladder: a derivative along a line from central differences at many steps, with a measured error bar.

Steps halve from 2⁻² of the direction's length. Steps with a kink inside, or outside the function's domain, are
recognised and left out; at the edge of the domain the quotients of the one side that is left take over. The bar is
an estimate with measured coverage, not a proof.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnverify.oracles.estimate import Estimate, Status
from nnverify.oracles.line import Line
from nnverify.oracles.noise import noise
from nnverify.oracles.rungs import Rungs, climb, finite, kind, usable
from nnverify.oracles.tableau import extrapolate

Array = NDArray[np.float64]

# Exponents k of the steps 2⁻ᵏ, in the portions in which they are tried. Below 2⁻²⁶ noise/step exceeds what a
# float64 function can resolve.
_PORTIONS = ((2, 3, 4, 5, 6), (7, 8, 9, 10), (11, 12, 13, 14), (15, 16, 17, 18), (19, 20, 21, 22), (23, 24, 25, 26))
_ALL = sum(_PORTIONS, ())


def ladder(line: Line, weights: Array | None = None, wanted: float = 0.0) -> Estimate:
    """The derivative of each output along the line, or of their weighted sum (one entry).

    Stops as soon as every error bar is at most ``wanted``. 11 to 51 evaluations beside those for the noise.
    Steps should be realised exactly, x + t·u without rounding, as probe.direction arranges it.
    The status tells why a bar is wide; at the edge of a domain the value is the one-sided derivative.
    """
    sigma = noise(line, weights)
    exponents: tuple[int, ...] = ()
    for portion in _PORTIONS:
        exponents += portion
        rungs = climb(line, weights, sigma, exponents)
        start = usable(rungs)
        central = (rungs.plus - rungs.minus) / (2 * rungs.steps)
        value, bound = extrapolate(central, rungs.error / rungs.steps, start, 4.0)
        if np.all(bound <= wanted):
            return Estimate(value, bound, Status.SMOOTH, line.evaluations)
    status = kind(rungs, start)
    if status is Status.DOMAIN:
        value, bound = _inside(rungs)
    return Estimate(value, bound, status, line.evaluations)


def _inside(rungs: Rungs) -> tuple[Array, Array]:
    """The derivative from the side on which the function is finite; of no use where it is on neither."""
    below, above = (_one_sided(rungs, sign) for sign in (-1.0, 1.0))
    left = below[1] < above[1]
    return np.where(left, below[0], above[0]), np.where(left, below[1], above[1])


def sides(line: Line, weights: Array | None = None) -> tuple[Estimate, Estimate]:
    """The slopes from below and from above, of each output or of their weighted sum."""
    rungs = climb(line, weights, noise(line, weights), _ALL)
    status = kind(rungs, usable(rungs))
    below, above = (_one_sided(rungs, sign) for sign in (-1.0, 1.0))
    return Estimate(*below, status, line.evaluations), Estimate(*above, status, line.evaluations)


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
