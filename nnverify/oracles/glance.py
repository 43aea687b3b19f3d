"""Do both sides agree at a glance? Three or four steps, where the claimed derivative is the witness of the noise.

A value that is off by truncation, noise or anything else does not agree with the claim by chance: the gap between
the two is the error bar. Steps that meet a kink, or bend too much, give way to smaller ones. Where both sides clearly
do not agree, looking closer along the same line is of no use: who accuses takes another one, and other oracles.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnverify._compare import DIFFERS
from nnverify.oracles.estimate import Estimate, Status
from nnverify.oracles.line import Line

Array = NDArray[np.float64]

# Exponents of the largest of the halving steps, of which three leave an error of the order of h⁶, at first 2⁻⁴⁶, and
# noise of about 1/h ulp, at first 2⁹. Each with a factor of an odd number of parts, for the fourth as small as x + t·u
# allows, 2⁻⁴⁰: what is rounded to a coarser grid looks smooth from its own points, and from no others.
_STEPS = {6: 663_608_941 / 2.0**30, 13: 647_993 / 2.0**20, 18: 323_997 / 2.0**19, 23: 10_367 / 2.0**14}
_CLOSE = 2.0**-37  # of the size; or so many roundings,
_ROUNDINGS = 8.0  # of the outputs alone: their sums have more
_GAPS = 4.0  # a gap is one draw of the error, and may be small by luck
_NOISE = 32.0  # roundings of a difference quotient: so much of it, and of the intercept of S, may be noise
_SHRINKS = 2.0**-5  # from correction to correction: a smooth function's shrink by h² or so


@dataclass(frozen=True)
class _Look:
    """What some steps show: the limit, a rounding of it, its error if corrections shrink on, and the last of these."""

    value: float
    rounding: float
    truncated: float
    correction: float
    bent: bool

    @property
    def shrinks(self) -> bool:
        """Whether all looks smooth, if not finely enough."""
        return not self.bent and bool(np.isfinite(self.truncated))

    def error(self, claimed: float, size: float) -> float:
        """The bar of agreement, or of what clearly differs; infinite where it is neither."""
        gap, error = abs(self.value - claimed), np.inf
        if self.bent:
            return error
        if max(gap, self.truncated) <= max(_CLOSE * size, _ROUNDINGS * self.rounding):
            return _GAPS * max(gap, self.truncated, self.rounding)
        error = _NOISE * max(self.correction, self.rounding)
        return error if gap > DIFFERS * error else np.inf


def glance(line: Line, weights: Array, claimed: float, size: float) -> Estimate | None:
    """The weighted sum's derivative, if it clearly is what is claimed, or clearly is not; else None.

    Six evaluations; two more where another halving may do; and as many for smaller steps where these cannot tell, as
    long as the claim comes closer.
    size  of the claim's terms: what gaps are measured by
    """
    nearest = np.inf
    for exponent, odd in _STEPS.items():
        steps = np.ldexp(odd, -np.arange(exponent, exponent + 4))
        look = _look(line, weights, steps[:3])
        if look is not None and look.shrinks and not np.isfinite(look.error(claimed, size)):
            look = _look(line, weights, steps)
        if look is None:
            continue
        gap, error = abs(look.value - claimed), look.error(claimed, size)
        if np.isfinite(error):
            return Estimate(np.array([look.value]), np.array([error]), Status.SMOOTH, line.evaluations)
        if not gap < nearest or not (look.bent or gap <= DIFFERS * look.truncated):
            return None
        nearest = gap
    return None


def _look(line: Line, weights: Array, steps: Array) -> _Look | None:
    above, below = (np.array([line.change(sign * t, weights)[0] for t in steps]) for sign in (1.0, -1.0))
    if not np.all(np.isfinite(above + below)):
        return None
    rounding = (line.half_ulp(0.0, weights)[0] + line.half_ulp(steps[-1], weights)[0]) / (2 * steps[-1])
    limit = _limit((above - below) / (2 * steps), rounding)
    return _Look(limit[0], rounding, *limit[1:], _is_bent(((above + below) / steps)[-3:], rounding))


def _limit(quotients: Array, rounding: float) -> tuple[float, float, float]:
    """Richardson's limit of a series in h², its error where the corrections go on to shrink, and the last of them.

    Both are unknown where they do not shrink like those of such a series.
    """
    first = second = np.inf
    for order in 4.0 ** np.arange(1, len(quotients)):
        better = (order * quotients[1:] - quotients[:-1]) / (order - 1)
        first, second = second, float(abs(better[-1] - quotients[-1]))
        quotients = better
    limit = float(quotients[0])
    if second <= _NOISE * rounding:
        return limit, second, second
    shrink = second < _SHRINKS * first
    return limit, second * second / first if shrink else np.inf, second if shrink else np.inf


def _is_bent(slopes: Array, rounding: float) -> bool:
    """Whether the difference S of the one-sided slopes, odd in h where the function is smooth, has an intercept."""
    once = 2 * slopes[1:] - slopes[:-1]
    twice = (8 * once[1] - once[0]) / 7
    return bool(abs(twice) > abs(twice - once[1]) + _NOISE * rounding)
