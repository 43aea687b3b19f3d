"""Do both sides agree at a glance? Three steps, where the claimed derivative is the witness of the noise.

A value that is off by truncation, noise or anything else does not agree with the claim by chance: the gap between
the two is the error bar. Where they clearly do not agree, looking closer along the same line is of no use: who
accuses takes another one, and other oracles.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnverify._compare import DIFFERS
from nnverify.oracles.estimate import Estimate, Status
from nnverify.oracles.line import Line

Array = NDArray[np.float64]

# Halving steps leave an error of the order of h⁶, here 2⁻⁴⁶, and noise of about 2⁹ ulp. An odd number of parts as small
# as x + t·u allows: what is rounded to a coarser grid looks smooth from its own points, and from no others.
_STEPS = 663_608_941 / 2.0**30 * 2.0 ** -np.array([6, 7, 8])
_CLOSE = 2.0**-37  # of the size; or a few times what the last place explains
_GAPS = 4.0  # a gap is one draw of the error, and may be small by luck
_NOISE = 32.0  # roundings of a difference quotient: so much of it, and of the intercept of S, may be noise
_SHRINKS = 2.0**-5  # from correction to correction: a smooth function's shrink by h² or so


def glance(line: Line, weights: Array, claimed: float, size: float) -> Estimate | None:
    """The weighted sum's derivative by six evaluations, if it clearly is what is claimed, or clearly is not; else None.

    size  of the claim's terms: what gaps are measured by
    """
    above, below = (np.array([line.change(sign * t, weights)[0] for t in _STEPS]) for sign in (1.0, -1.0))
    if not np.all(np.isfinite(above + below)):
        return None
    rounding = (line.half_ulp(0.0, weights)[0] + line.half_ulp(_STEPS[-1], weights)[0]) / (2 * _STEPS[-1])
    value, truncated, correction = _limit((above - below) / (2 * _STEPS), rounding)
    gap, most = abs(value - claimed), max(correction, rounding)
    if max(gap, truncated) <= max(_CLOSE * size, _GAPS * rounding):
        error = _GAPS * max(gap, truncated, rounding) if not _is_bent((above + below) / _STEPS, rounding) else np.inf
    else:
        error = _NOISE * most if gap > DIFFERS * _NOISE * most else np.inf
    if error == np.inf:
        return None
    return Estimate(np.array([value]), np.array([error]), Status.SMOOTH, line.evaluations)


def _limit(quotients: Array, rounding: float) -> tuple[float, float, float]:
    """Richardson's limit of a series in h², its error where the corrections go on to shrink, and the last of them.

    Both are unknown where they do not shrink like those of such a series.
    """
    once = (4 * quotients[1:] - quotients[:-1]) / 3
    twice = (16 * once[1] - once[0]) / 15
    first, second = abs(once[1] - quotients[2]), abs(twice - once[1])
    if second <= _NOISE * rounding:
        return float(twice), float(second), float(second)
    return (
        (float(twice), float(second**2 / first), float(second)) if second < _SHRINKS * first else (0.0, np.inf, np.inf)
    )


def _is_bent(slopes: Array, rounding: float) -> bool:
    """Whether the difference S of the one-sided slopes, odd in h where the function is smooth, has an intercept."""
    once = 2 * slopes[1:] - slopes[:-1]
    twice = (8 * once[1] - once[0]) / 7
    return bool(abs(twice) > abs(twice - once[1]) + _NOISE * rounding)
