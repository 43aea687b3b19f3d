"""Floats cut to a few bits, and grouped by exponent, in passes that cost no more than a copy each.

frexp and ldexp do the same for every float there is, at twenty times the price: they are left to the extremes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_EXPONENT = np.int64(0x7FF0000000000000)
_MANTISSA = 52
_EXTREME = 2.0**900  # beyond it, and below its inverse, a product with a power of two may leave the floats


def cut(value: Array, size: Array, bits: int) -> Array:
    """The values rounded to multiples of 2⁻ᵇⁱᵗˢ of the power of two above ``size``; what is not 0 stays so.

    size    0 or finite, at least |value|
    """
    largest = float(np.max(size, initial=0.0))
    least = float(np.min(size, initial=np.inf, where=size > 0))
    if largest > _EXTREME or least < 1 / _EXTREME:
        return _cut_extreme(value, size, bits)
    unit = (size.view(np.int64) & _EXPONENT).view(np.float64)
    unit *= 2.0 ** (1 - bits)
    # A sum of this size has its last bit at the unit: the addition rounds, and the subtraction is exact.
    carrier = unit * (1.5 * 2.0**_MANTISSA)
    found = value + carrier
    found -= carrier
    np.copyto(found, np.copysign(unit, value, out=carrier), where=(found == 0) & (value != 0))
    return found


def _cut_extreme(value: Array, size: Array, bits: int) -> Array:
    _, exponent = np.frexp(size)
    whole = np.rint(np.ldexp(value, bits - exponent))
    return np.ldexp(np.where(whole == 0, np.sign(value), whole), exponent - bits)


def levels(size: Array, span: int) -> list[NDArray[np.intp]]:
    """Places of ``size`` in groups that each span so many powers of two, the largest first; zeros go with those."""
    largest = float(np.max(size, initial=0.0))
    if largest <= 0:
        return [np.arange(size.size)]
    small = (size < np.ldexp(1.0, int(np.frexp(largest)[1]) - 1 - (span - 1))) & (size > 0)
    if not np.any(small):
        return [np.arange(size.size)]
    places = np.flatnonzero(small)
    depth: NDArray[Any] = (np.frexp(largest)[1] - np.frexp(size[places])[1]) // span
    return [np.flatnonzero(~small), *(places[depth == level] for level in np.unique(depth))]
