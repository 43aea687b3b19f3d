"""What every number type for object arrays shares: comparisons, steps, and the refusals.

NumPy and the caller's code see ``value``, a float, in comparisons only. Whatever would turn the number into a plain
one is refused: a derivative that is lost on the way is a wrong one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn, Self

import numpy as np

from nnverify.numbers.run import current, refuse

# Types of plain numbers; a lookup costs a tenth of isinstance with numbers.Real.
PLAIN = frozenset({bool, int, float, np.bool_, *(np.dtype(code).type for code in "bBhHiIlLqQefd")})


def ratio(left: float, right: float) -> float:
    """left / right as NumPy divides: by zero gives infinity or NaN."""
    try:
        return left / right
    except ZeroDivisionError:
        return float(np.float64(left) / right)


def power(base: float, exponent: float) -> float:
    """base ** exponent as NumPy has it: NaN where the result is not real, infinity where it is too large."""
    return float(np.power(np.float64(base), exponent))


class Element:
    """A number that NumPy compares by its value, and that refuses to become a float."""

    __slots__ = ("value",)
    __hash__ = None  # type: ignore[assignment]
    value: float

    def _order(self, other: Any) -> float | None:
        """The sign of self − other: NaN where there is none, None for what is no number."""
        raise NotImplementedError

    @classmethod
    def lift(cls, plain: Any) -> Self:
        """A plain number as one of this type; what is one already stays as it is."""
        raise NotImplementedError

    def __lt__(self, other: Any) -> Any:
        order = self._order(other)
        return NotImplemented if order is None else order < 0

    def __le__(self, other: Any) -> Any:
        order = self._order(other)
        return NotImplemented if order is None else order <= 0

    def __gt__(self, other: Any) -> Any:
        order = self._order(other)
        return NotImplemented if order is None else order > 0

    def __ge__(self, other: Any) -> Any:
        order = self._order(other)
        return NotImplemented if order is None else order >= 0

    def __eq__(self, other: Any) -> Any:
        order = self._order(other)
        return NotImplemented if order is None else order == 0

    def __ne__(self, other: Any) -> Any:
        order = self._order(other)
        return NotImplemented if order is None else order != 0

    def __pos__(self) -> Self:
        return self

    def __abs__(self) -> Self:
        order = self._order(0.0)
        return self if order is not None and order >= 0 else -self  # type: ignore[operator]

    def conjugate(self) -> Self:
        return self

    def heaviside(self, at_zero: Any) -> Self:
        order = self._order(0.0)
        return self.lift(at_zero if order == 0 else float(order is not None and order > 0))

    def isfinite(self) -> bool:
        return bool(np.isfinite(self.value))

    def isnan(self) -> bool:
        return bool(np.isnan(self.value))

    def isinf(self) -> bool:
        return bool(np.isinf(self.value))

    def _moving(self) -> float:
        """The rate at which the value changes."""
        return 0.0

    def _step(self, function: Callable[[Any], Any], offset: float) -> Self:
        """A function that is constant between whole numbers plus ``offset``, where it may jump."""
        value, run, moving = self.value, current(), self._moving()
        before, after = (function(np.nextafter(value, towards)) for towards in (-np.inf, np.inf))
        found = function(np.float64(value))
        if before == after:
            run.near(value - offset - np.rint(value - offset), moving, abs(value) + abs(offset))
        elif moving:
            order = run.tie(moving)
            found = after if order > 0 else before if order < 0 else found
        return self.lift(float(found))

    def __floor__(self) -> Self:
        return self._step(np.floor, 0.0)

    def __ceil__(self) -> Self:
        return self._step(np.ceil, 0.0)

    def __trunc__(self) -> Self:
        return self._step(np.trunc, 0.0)

    def rint(self) -> Self:
        return self._step(np.rint, 0.5)

    def __floordiv__(self, other: Any) -> Self:
        return (self / other).__floor__()

    def __rfloordiv__(self, other: Any) -> Self:
        return (other / self).__floor__()

    def __mod__(self, other: Any) -> Self:
        return self - other * (self // other)

    def __rmod__(self, other: Any) -> Self:
        return self.lift(other) % self

    def fmod(self, other: Any) -> Self:
        return self - other * (self / other).__trunc__()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.value!r}, …)"


def _refusing(reason: str) -> Callable[..., NoReturn]:
    return lambda *_: refuse(reason)


_FLOAT = "a float would drop the derivative (a buffer such as np.zeros(…), math.*, float() or astype)"
_REFUSED = {
    "__float__": _FLOAT,
    "__complex__": "a complex number would drop the derivative (np.fft, complex() or a complex buffer)",
    "__int__": "an integer would drop the derivative (int() or an integer buffer)",
    "__index__": "an index would drop the derivative",
    "__round__": "round() of a number is not supported; np.rint is",
    # NumPy's logical functions return one of their operands where floats give a truth value.
    "__bool__": "the truth of a number is not supported (np.any, np.where, logical_and or `if` of x; write x != 0)",
}
for _name, _reason in _REFUSED.items():
    setattr(Element, _name, _refusing(_reason))
