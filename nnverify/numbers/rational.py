"""Exact rationals with transcendental functions that are exact or free.

exp is a homomorphism from the rationals with denominator DENOMINATOR into the positive rationals,
exp(k/d) = BASE^(kD/d), so every identity between exponentials, tanh and cosh holds without rounding.
The other functions are free: a rational drawn by hash, keyed by the argument. Two expressions that are equal
for free values are equal for every function; two that are not may still be equal for the function meant, so
``free_calls`` counts the uses.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from fractions import Fraction
from math import gcd
from typing import Any

# exp(k/6) is exact: draws have denominators 1, 2 and 3. The base is no power of a whole number, so that
# sums of powers do not coincide by chance.
BASE = Fraction(3, 2)
DENOMINATOR = 6
_LARGEST_POWER = 20_000  # 3^20000 has 32,000 bits: beyond it arithmetic takes seconds


class NotExact(ArithmeticError):
    """An operation that has no exact result here."""


class Rational(Fraction):
    """A Fraction that stays one of its kind, and has the functions NumPy asks for."""

    __slots__ = ()
    free_calls = 0

    def exp(self) -> Rational:
        power = self * DENOMINATOR
        if power.denominator != 1 or abs(power.numerator) > _LARGEST_POWER:
            raise NotExact(f"exp({self}) has no exact value here")
        return _rational(BASE**power.numerator)

    def sinh(self) -> Rational:
        up = self.exp()
        return _rational((up - 1 / up) / 2)

    def cosh(self) -> Rational:
        up = self.exp()
        return _rational((up + 1 / up) / 2)

    def tanh(self) -> Rational:
        return _rational(self.sinh() / self.cosh())

    def square(self) -> Rational:
        return _rational(self * self)

    def conjugate(self) -> Rational:
        return self


def _reduced(numerator: int, denominator: int) -> Rational:
    """A number whose parts have no common factor; the constructor would look for one."""
    made = object.__new__(Rational)
    made._numerator, made._denominator = numerator, denominator  # type: ignore[attr-defined]
    return made


def _rational(value: Fraction) -> Rational:
    return _reduced(value.numerator, value.denominator)


def _plus(left: Any, right: Any) -> Rational:
    """Fraction's own algorithm, without its search for the types of the two: nearly all sums are of Rationals."""
    a, b, c, d = left._numerator, left._denominator, right._numerator, right._denominator
    common = gcd(b, d)
    if common == 1:
        return _reduced(a * d + b * c, b * d)
    part = b // common
    total = a * (d // common) + c * part
    more = gcd(total, common)
    return _reduced(total // more, part * (d // more))


def _minus(left: Any, right: Any) -> Rational:
    return _plus(left, _reduced(-right._numerator, right._denominator))


def _times(left: Any, right: Any) -> Rational:
    a, b, c, d = left._numerator, left._denominator, right._numerator, right._denominator
    one, two = gcd(a, d), gcd(c, b)
    return _reduced((a // one) * (c // two), (b // two) * (d // one))


_OF_TWO: dict[str, Callable[[Any, Any], Rational]] = {
    "__add__": _plus,
    "__radd__": _plus,
    "__sub__": _minus,
    "__rsub__": lambda left, right: _minus(right, left),
    "__mul__": _times,
    "__rmul__": _times,
}


def _binary(name: str) -> Callable[[Rational, Any], Any]:
    operation = getattr(Fraction, name)
    of_two = _OF_TWO.get(name)

    def apply(self: Rational, other: Any) -> Any:
        if of_two and type(other) is Rational:
            return of_two(self, other)
        if of_two and type(other) is int:
            # Half of all factors and terms are the zeros of Jacobians.
            return _AT_ZERO[name](self) if not other and name in _AT_ZERO else of_two(self, _reduced(other, 1))
        result = operation(self, other)
        # A float would end the exactness unseen, and so would a comparison with one.
        if isinstance(result, float | complex):
            raise NotExact(f"{float(self)} meets the inexact {other!r}")
        return _rational(result) if isinstance(result, Fraction) else result

    return apply


def _unary(name: str) -> Callable[[Rational], Rational]:
    operation = getattr(Fraction, name)
    return lambda self: _rational(operation(self))


def _free(name: str) -> Callable[[Rational], Rational]:
    def value(self: Rational) -> Rational:
        Rational.free_calls += 1
        return keyed(name, self)

    return value


def keyed(name: str, argument: Fraction) -> Rational:
    """The value of the free function ``name``: drawn once and for all by hash, never zero."""
    draw = zlib.crc32(f"{name} {argument}".encode())
    sign = 1 if draw & 1 else -1
    return Rational(sign * (1 + (draw >> 1) % 97), 1 + (draw >> 8) % 3)


_ZERO = Rational(0)
_AT_ZERO: dict[str, Callable[[Rational], Rational]] = {
    "__add__": lambda x: x,
    "__radd__": lambda x: x,
    "__sub__": lambda x: x,
    "__mul__": lambda _: _ZERO,
    "__rmul__": lambda _: _ZERO,
}
_BINARY = ("add", "radd", "sub", "rsub", "mul", "rmul", "truediv", "rtruediv", "pow")
_UNARY = ("neg", "pos", "abs")
_FREE = ("sqrt", "log", "log2", "log10", "log1p", "expm1", "exp2", "sin", "cos", "tan", "arcsin", "arccos", "arctan")

for _name in _BINARY:
    setattr(Rational, f"__{_name}__", _binary(f"__{_name}__"))
for _name in _UNARY:
    setattr(Rational, f"__{_name}__", _unary(f"__{_name}__"))
for _name in _FREE:
    setattr(Rational, _name, _free(_name))
