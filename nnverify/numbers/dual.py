"""Dual numbers: a value and its slope along one direction, through the caller's unmodified NumPy code.

NumPy calls the arithmetic and the comparisons of an object array's elements, and for np.exp and its kin the method
of that name. A value outside a function's domain is NaN, as NumPy has it.
"""

from __future__ import annotations

from collections.abc import Callable
from math import copysign
from typing import Any

import numpy as np

from nnverify.numbers.element import PLAIN, Element, power, ratio
from nnverify.numbers.run import current, refuse

Rule = Callable[[Any, Any], Any]
_LN2, _LN10 = float(np.log(2)), float(np.log(10))


class Dual(Element):
    """value + slope·t to first order in t."""

    __slots__ = ("slope",)

    def __init__(self, value: float, slope: float) -> None:
        self.value = value
        self.slope = slope

    @classmethod
    def lift(cls, plain: Any) -> Dual:
        if type(plain) is Dual:
            return plain
        return Dual(float(plain), 0.0) if type(plain) in PLAIN else refuse(f"{type(plain).__name__} is no real number")

    def _moving(self) -> float:
        return self.slope

    def _order(self, other: Any) -> float | None:
        if type(other) is Dual:
            value, moving = other.value, self.slope - other.slope
        elif type(other) in PLAIN:
            value, moving = other, self.slope
        else:
            return None
        gap = self.value - value
        if self.value == value:
            return current().tie(moving) if moving else 0.0
        current().near(gap, moving, abs(self.value) + abs(value))
        return float(gap)

    def __add__(self, other: Any) -> Any:
        if type(other) is Dual:
            return Dual(self.value + other.value, self.slope + other.slope)
        return Dual(self.value + float(other), self.slope) if type(other) in PLAIN else NotImplemented

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        if type(other) is Dual:
            return Dual(self.value - other.value, self.slope - other.slope)
        return Dual(self.value - float(other), self.slope) if type(other) in PLAIN else NotImplemented

    def __rsub__(self, other: Any) -> Any:
        return Dual(float(other) - self.value, -self.slope) if type(other) in PLAIN else NotImplemented

    def __mul__(self, other: Any) -> Any:
        next(current().ticks)
        if type(other) is Dual:
            return Dual(self.value * other.value, self.slope * other.value + self.value * other.slope)
        if type(other) not in PLAIN:
            return NotImplemented
        factor = float(other)
        return Dual(self.value * factor, self.slope * factor)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        if type(other) is Dual:
            return _quotient(self.value, self.slope, other.value, other.slope)
        return _quotient(self.value, self.slope, float(other), 0.0) if type(other) in PLAIN else NotImplemented

    def __rtruediv__(self, other: Any) -> Any:
        return _quotient(float(other), 0.0, self.value, self.slope) if type(other) in PLAIN else NotImplemented

    def __pow__(self, other: Any) -> Any:
        if type(other) is Dual:
            return _dual_power(self, other)
        return _constant_power(self, float(other)) if type(other) in PLAIN else NotImplemented

    def __rpow__(self, other: Any) -> Any:
        return _dual_power(Dual(float(other), 0.0), self) if type(other) in PLAIN else NotImplemented

    def __neg__(self) -> Dual:
        return Dual(-self.value, -self.slope)

    def hypot(self, other: Any) -> Dual:
        other = Dual.lift(other)
        value = float(np.hypot(self.value, other.value))
        return Dual(value, ratio(self.value * self.slope + other.value * other.slope, value))

    def arctan2(self, other: Any) -> Dual:
        other = Dual.lift(other)
        turned = self.slope * other.value - self.value * other.slope
        value = float(np.arctan2(self.value, other.value))
        if other.value < 0 and self.value == 0 and self.slope:  # the branch cut: from -π to π
            value = copysign(value, current().tie(self.slope) or value)
        return Dual(value, ratio(turned, self.value**2 + other.value**2))

    def logaddexp(self, other: Any) -> Dual:
        other = Dual.lift(other)
        value = np.logaddexp(self.value, other.value)
        left, right = np.exp(self.value - value), np.exp(other.value - value)
        return Dual(float(value), float(left * self.slope + right * other.slope))

    def logaddexp2(self, other: Any) -> Dual:
        return (self * _LN2).logaddexp(Dual.lift(other) * _LN2) / _LN2

    def fabs(self) -> Dual:
        return abs(self)


def _quotient(value: float, slope: float, divisor: float, divisor_slope: float) -> Dual:
    next(current().ticks)
    found = ratio(value, divisor)
    return Dual(found, ratio(slope - found * divisor_slope, divisor))


def _constant_power(base: Dual, exponent: float) -> Dual:
    next(current().ticks)
    # The rule would be 0·∞ at 0⁰.
    rate = exponent * power(base.value, exponent - 1) if exponent else 0.0
    return Dual(power(base.value, exponent), rate * base.slope)


def _dual_power(base: Dual, exponent: Dual) -> Dual:
    found = _constant_power(base, exponent.value)
    # xʸ log x tends to 0 with x.
    vanishes = base.value == 0 and exponent.value > 0
    rate = 0.0 if vanishes else found.value * float(np.log(np.float64(base.value)))
    return Dual(found.value, found.slope + rate * exponent.slope)


def _sech2(v: Any, _: Any) -> Any:
    """1/cosh², which neither cancels as 1 − tanh² nor overflows."""
    e = np.exp(-2 * np.abs(v))
    return 4 * e / (1 + e) ** 2


# Name of the method and of NumPy's function; the slope by value v and result y.
RULES: dict[str, Rule] = {
    "exp": lambda _, y: y,
    "exp2": lambda _, y: y * _LN2,
    "expm1": lambda v, _: np.exp(v),
    "log": lambda v, _: 1 / v,
    "log2": lambda v, _: 1 / (v * _LN2),
    "log10": lambda v, _: 1 / (v * _LN10),
    "log1p": lambda v, _: 1 / (1 + v),
    "sqrt": lambda _, y: 0.5 / y,
    "cbrt": lambda _, y: 1 / (3 * y * y),
    "sin": lambda v, _: np.cos(v),
    "cos": lambda v, _: -np.sin(v),
    "tan": lambda _, y: 1 + y * y,
    "arcsin": lambda v, _: 1 / np.sqrt((1 - v) * (1 + v)),
    "arccos": lambda v, _: -1 / np.sqrt((1 - v) * (1 + v)),
    "arctan": lambda v, _: 1 / (1 + v * v),
    "sinh": lambda v, _: np.cosh(v),
    "cosh": lambda v, _: np.sinh(v),
    "tanh": _sech2,
    "arcsinh": lambda v, _: 1 / np.hypot(1, v),
    "arccosh": lambda v, _: 1 / np.sqrt((v - 1) * (v + 1)),
    "arctanh": lambda v, _: 1 / ((1 - v) * (1 + v)),
    "radians": lambda *_: np.pi / 180,
    "deg2rad": lambda *_: np.pi / 180,
    "degrees": lambda *_: 180 / np.pi,
    "rad2deg": lambda *_: 180 / np.pi,
}


def _method(function: Callable[[Any], Any], rule: Rule) -> Callable[[Dual], Dual]:
    def method(self: Dual) -> Dual:
        next(current().ticks)
        value = np.float64(self.value)
        found = function(value)
        return Dual(float(found), float(rule(value, found) * self.slope))

    return method


for _name, _rule in RULES.items():
    setattr(Dual, _name, _method(getattr(np, _name), _rule))
