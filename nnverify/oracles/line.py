"""A function along a straight line through the point, each value computed once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Line:
    """t ↦ f(x + t·u) as a float64 vector; NaN where the function raises.

    ``trouble`` keeps the first exception met away from the point: the function's domain ends there.
    """

    def __init__(self, value: Callable[[float], Array]) -> None:
        self._value = value
        self._known: dict[float, Array] = {}
        self.trouble: Exception | None = None

    @property
    def evaluations(self) -> int:
        return len(self._known)

    def __call__(self, t: float) -> Array:
        if t not in self._known:
            self._known[t] = self._evaluate(t)
        return self._known[t]

    def _evaluate(self, t: float) -> Array:
        if t == 0:
            return self._value(t)
        try:
            with np.errstate(all="ignore"):
                return self._value(t)
        except Exception as error:  # the caller's forward: whatever it raises, its domain ends here
            self.trouble = self.trouble or error
            return np.full_like(self(0.0), np.nan)
