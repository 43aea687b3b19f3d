"""How far rounding may have moved a derivative that has no other error.

A derivative is linear in its direction, so along c·u it is c times as long, and every rounding in it falls otherwise:
what comes out after division by c differs by the rounding alone. So does moving the point by its last bit. The spread
is measured on the function itself, cancellation inside it included; the first term keeps a lucky spread from
being believed.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
EPS = float(np.finfo(np.float64).eps)
_SIZE = 12 * EPS  # of a sum, relative to its terms
SPREADS = 8.0  # of the measured spread: less than an eighth of the error shows once in 300 at most
RERUNS = 3


def measured(
    slopes: Array, size: Array, again: Callable[[float, np.random.Generator], Array], rng: np.random.Generator
) -> Array:
    """The bar of each slope; infinite where the slope is not finite.

    size   what the rounding of a sum is relative to: its summed magnitudes
    again  takes c and a generator, and returns the slopes along c·u, at the point or beside it
    """
    with np.errstate(all="ignore"):
        spread = np.zeros_like(slopes)
        for _ in range(RERUNS):
            c = float(rng.uniform(1.0, 2.0))
            spread = np.maximum(spread, np.abs(again(c, rng) / c - slopes))
        bar = _SIZE * size + SPREADS * spread
    return np.where(np.isfinite(slopes) & np.isfinite(bar), bar, np.inf)


def nudged(values: Array, rng: np.random.Generator) -> Array:
    """Each entry one unit in the last place up or down; zeros stay, for ties are often at zero."""
    return values * (1 + EPS * rng.choice([-1.0, 1.0], values.shape))
