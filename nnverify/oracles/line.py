"""A function along a straight line through the point, each value computed once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
EPS = float(np.finfo(np.float64).eps)


class Reshaped(ValueError):
    """The function has another number of outputs there than at the point."""


class Line:
    """t ↦ f(x + t·u) as a float64 vector; NaN where the function raises.

    here     the value at the point, where it is known already
    eps      the spacing of the outputs' floats, relative to them, per output where they differ
    trouble  the first exception met away from the point: the function's domain ends there
    """

    def __init__(self, value: Callable[[float], Array], here: Array | None = None, eps: float | Array = EPS) -> None:
        self._value = value
        self.eps = eps
        self._known: dict[float, Array] = {} if here is None else {0.0: here}
        self._given = len(self._known)
        self.trouble: Exception | None = None

    @property
    def evaluations(self) -> int:
        return len(self._known) - self._given

    @property
    def reshaped(self) -> bool:
        return isinstance(self.trouble, Reshaped)

    def still(self, weights: Array) -> bool:
        """Whether no value met so far, of those with a weight, differs from that at the point."""
        return all(np.array_equal(value[weights != 0], self(0.0)[weights != 0]) for value in self._known.values())

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
