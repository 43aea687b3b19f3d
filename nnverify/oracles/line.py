"""A function along a straight line through the point, each value computed once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from nnverify._compare import norm

Array = NDArray[np.float64]
EPS = float(np.finfo(np.float64).eps)
SUBNORMAL = 2.0**-1074  # the spacing of the smallest floats


class Reshaped(ValueError):
    """The function has another number of outputs there than at the point."""


class _Sum:
    """The outputs' weighted sum: by place its change, its half ulp, and whether an output with a weight has moved."""

    def __init__(self, weights: Array, eps: float | Array) -> None:
        self.weights, self._eps = weights, eps
        self.known: dict[float, tuple[Array, Array, bool]] = {}

    def add(self, t: float, value: Array, here: Array) -> None:
        array = value - here
        change = float(self.weights @ array)
        moved = 0 < abs(change) < np.inf or bool(np.any((array != 0) & (self.weights != 0)))
        np.multiply(self.weights, value, out=array)
        array *= self._eps
        self.known[t] = np.array([change]), np.array([max(norm(array) / 2, SUBNORMAL)]), moved


class Line:
    """t ↦ f(x + t·u) as a float64 vector; NaN where the function raises.

    here     the value at the point, where it is known already
    eps      the spacing of the outputs' floats, relative to them, per output where they differ
    sums     all that is asked for are the outputs' sums with these weights: of values away from the point only they
             are kept
    trouble  the first exception met away from the point: the function's domain ends there
    """

    def __init__(
        self,
        value: Callable[[float], Array],
        here: Array | None = None,
        eps: float | Array = EPS,
        sums: Sequence[Array] = (),
    ) -> None:
        self._value = value
        self.eps = eps
        self._keeps = not sums
        self._known: dict[float, Array] = {} if here is None else {0.0: here}
        self._sums = [_Sum(weights, eps) for weights in sums]
        self._given = len(self._known)
        self.trouble: Exception | None = None

    @property
    def evaluations(self) -> int:
        return len(self._known.keys() | {t for one in self._sums for t in one.known}) - self._given

    @property
    def reshaped(self) -> bool:
        return isinstance(self.trouble, Reshaped)

    def still(self, weights: Array) -> bool:
        """Whether no value met so far, of those with a weight, differs from that at the point."""
        return not any(self._seen(t, weights)[2] for t in [*self._known, *self._sum(weights).known])

    def change(self, t: float, weights: Array | None) -> Array:
        """The differences from the value at the point, or their weighted sum as one entry."""
        return self(t) - self(0.0) if weights is None else self._seen(t, weights)[0]

    def half_ulp(self, t: float, weights: Array | None) -> Array:
        """Half a unit in the last place of each output, or of their weighted sum."""
        if weights is None:
            return np.maximum(self.eps / 2 * np.abs(self(t)), SUBNORMAL)
        return self._seen(t, weights)[1]

    def _seen(self, t: float, weights: Array) -> tuple[Array, Array, bool]:
        found = self._sum(weights)
        if t not in found.known:
            kept = self._keeps or t == 0 or t in self._known
            value, here = self(t) if kept else self._evaluate(t), self(0.0)
            for one in [found] if kept else self._sums:
                one.add(t, value, here)
        return found.known[t]

    def _sum(self, weights: Array) -> _Sum:
        found = next((one for one in self._sums if one.weights is weights), None)
        if found is None:
            found = _Sum(weights, self.eps)
            self._sums = [found, *(() if self._keeps else self._sums)]
        return found

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
