"""The derivative along a line from a few steps in the middle of the ladder, where the noise is known already.

For searches along many lines of one function: there the noise is the same, and the ladder's ends need no looking at.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnverify.oracles.estimate import Estimate, Status
from nnverify.oracles.line import Line
from nnverify.oracles.rungs import climb, usable
from nnverify.oracles.tableau import extrapolate

Array = NDArray[np.float64]

# Exponents k of the steps 2⁻ᵏ. Three steps leave an error of the order of h⁶, here 2⁻⁵⁴, and noise of about 2¹⁰ ulp.
_STEPS = ((8, 9, 10), tuple(range(7, 13)))


def few(line: Line, weights: Array | None, sigma: Array, wanted: float, doublings: int = 0) -> Estimate | None:
    """The estimate of 6 evaluations, else of 12; None where neither error bar is at most ``wanted``.

    doublings  of the steps, where the line is short and bends less
    """
    for exponents in _STEPS:
        rungs = climb(line, weights, sigma, tuple(k - doublings for k in exponents))
        central = (rungs.plus - rungs.minus) / (2 * rungs.steps)
        value, bound = extrapolate(central, rungs.error / rungs.steps, usable(rungs), 4.0)
        if np.all(bound <= wanted):
            return Estimate(value, bound, Status.SMOOTH, line.evaluations)
    return None
