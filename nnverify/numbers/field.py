"""Numbers of two prime fields at once, with a slope, and a float that only comparisons see.

A formula that holds for random residues holds for all numbers of its branch, up to a chance of degree/2⁶¹.

residue   modulo P, where values live.  exponent, the same expression modulo Q = 2⁶¹ − 1, which divides P − 1.
          So exp(x) = Gˣ, with x modulo Q and G of order Q, is a homomorphism: every identity between exponentials,
          and between all functions made of them, holds. Sine and cosine are those of exp(ix).
log_part  (k, m) says that the exponent contains k = Σ c·log y, which exp turns into m = Π yᶜ.
slope     modulo P, by the rules of calculus: the derivative in the random direction of the leaves.

What exp leaves open is drawn by hash, keyed by the argument: log y, and the value of exp modulo Q. Not known here:
log(ab) = log a + log b, the sign in √a·√b = ±√(ab), that a rounded constant stands for π or for √2.
"""

from __future__ import annotations

from functools import lru_cache
from math import e, isfinite, log
from typing import Any

import numpy as np

from nnverify.numbers.element import PLAIN, Element, power, ratio
from nnverify.numbers.quadratic import I
from nnverify.numbers.run import current, refuse
from nnverify.numbers.tower import (
    EXP,
    EXPONENTS,
    TURN,
    VALUES,
    LogPart,
    P,
    Q,
    hashed,
    inverted_by_minus,
    joined,
    multiple,
    raised,
)

_HALF = pow(2, -1, P)
_LOGARITHMS = {log(2): 2, log(10): 10}  # floats that stand for a logarithm: the slope of exp2 and of log10 has them


class Residue(Element):
    """See the module; ``value`` is the float."""

    __slots__ = ("exponent", "log_part", "residue", "slope")

    def __init__(self, value: float, residue: int, exponent: int, slope: int = 0, log_part: LogPart = None) -> None:
        self.value = value
        self.residue = residue
        self.exponent = exponent
        self.slope = slope
        self.log_part = log_part

    @classmethod
    def lift(cls, plain: Any) -> Residue:
        if type(plain) is Residue:
            return plain
        return constant(plain) if type(plain) in PLAIN else refuse(f"{type(plain).__name__} is no real number")

    def seen_as(self, value: Any) -> Residue:
        """The same number with another float."""
        return Residue(float(value), self.residue, self.exponent, self.slope, self.log_part)

    def _moving(self) -> float:
        return float(self.slope != 0)

    def _order(self, other: Any) -> float | None:
        if type(other) is not Residue and type(other) not in PLAIN:
            return None
        value = other.value if type(other) is Residue else other
        gap = self.value - value
        if self.value != value:
            current().near(gap, 0.0, abs(self.value) + abs(value))
            return float(gap)
        # Equal floats that algebra does not make equal: the point lies between two branches.
        if isfinite(value) and self.residue != Residue.lift(other).residue:
            current().tie(1.0)
        return 0.0

    def __add__(self, other: Any) -> Any:
        if type(other) is not Residue:
            return self + constant(other) if type(other) in PLAIN else NotImplemented
        return Residue(
            self.value + other.value,
            VALUES.plus(self.residue, other.residue),
            EXPONENTS.plus(self.exponent, other.exponent),
            VALUES.plus(self.slope, other.slope),
            joined(self.log_part, other.log_part),
        )

    __radd__ = __add__

    def __neg__(self) -> Residue:
        return Residue(
            -self.value,
            VALUES.minus(0, self.residue),
            EXPONENTS.minus(0, self.exponent),
            VALUES.minus(0, self.slope),
            multiple(self.log_part, -1),
        )

    def __sub__(self, other: Any) -> Any:
        if type(other) is not Residue:
            return self + -constant(other) if type(other) in PLAIN else NotImplemented
        return self + -other

    def __rsub__(self, other: Any) -> Any:
        return -self + other

    def __mul__(self, other: Any) -> Any:
        next(current().ticks)
        if type(other) is not Residue:
            return self._times(constant(other), other) if type(other) in PLAIN else NotImplemented
        slope = 0
        if self.slope or other.slope:
            slope = VALUES.plus(VALUES.times(self.slope, other.residue), VALUES.times(self.residue, other.slope))
        return Residue(
            self.value * other.value,
            VALUES.times(self.residue, other.residue),
            EXPONENTS.times(self.exponent, other.exponent),
            slope,
        )

    __rmul__ = __mul__

    def _times(self, factor: Residue, plain: float) -> Residue:
        """A multiple by a constant; whole and half multiples of logarithms stay known."""
        return Residue(
            self.value * factor.value,
            VALUES.times(self.residue, factor.residue),
            EXPONENTS.times(self.exponent, factor.exponent),
            VALUES.times(self.slope, factor.residue),
            multiple(self.log_part, plain),
        )

    def __truediv__(self, other: Any) -> Any:
        next(current().ticks)
        if type(other) is not Residue:
            if type(other) not in PLAIN:
                return NotImplemented
            return self._times(_reciprocal(other), ratio(1.0, other)).seen_as(ratio(self.value, other))
        inverse = VALUES.inverse(other.residue)
        residue = VALUES.times(self.residue, inverse)
        moved = VALUES.minus(self.slope, VALUES.times(residue, other.slope))
        exponent = EXPONENTS.times(self.exponent, EXPONENTS.inverse(other.exponent))
        return Residue(ratio(self.value, other.value), residue, exponent, VALUES.times(moved, inverse))

    def __rtruediv__(self, other: Any) -> Any:
        return constant(other) / self if type(other) in PLAIN else NotImplemented

    def __pow__(self, other: Any) -> Any:
        if type(other) is Residue and not _is_constant(other):
            return (other * self.log()).exp().seen_as(power(self.value, other.value))
        if type(other) is not Residue and type(other) not in PLAIN:
            return NotImplemented
        exponent = other.value if type(other) is Residue else float(other)
        if exponent % 1 == 0:
            found = self._whole_power(int(exponent))
        elif exponent % 1 == 0.5:
            found = self.sqrt()._whole_power(int(2 * exponent))
        else:
            found = self._whole_power(int(exponent // 1)) * (self.log() * (exponent % 1)).exp()
        return found.seen_as(power(self.value, exponent))

    def __rpow__(self, other: Any) -> Any:
        return self.exp() if other == e else constant(other) ** self

    def _whole_power(self, n: int) -> Residue:
        next(current().ticks)
        if n == 0:
            return Residue(1.0, 1, 1)
        rate = VALUES.times(n % P, VALUES.power(self.residue, n - 1))
        residue, exponent = VALUES.power(self.residue, n), EXPONENTS.power(self.exponent, n)
        return Residue(self.value, residue, exponent, VALUES.times(rate, self.slope))

    def sqrt(self) -> Residue:
        next(current().ticks)
        current().roots += 1
        root = VALUES.root(self.residue)
        slope = VALUES.times(VALUES.times(self.slope, _HALF), VALUES.inverse(root)) if self.slope else 0
        return Residue(float(np.sqrt(np.float64(self.value))), root, EXPONENTS.root(self.exponent), slope)

    def exp(self) -> Residue:
        next(current().ticks)
        k, m = self.log_part or (0, 1)
        residue = VALUES.times(raised(EXP, EXPONENTS.minus(self.exponent, k)), m)
        exponent = inverted_by_minus("exp", self.exponent)
        return Residue(float(np.exp(np.float64(self.value))), residue, exponent, VALUES.times(residue, self.slope))

    def turn(self) -> Residue:
        """exp(ix), whose real and imaginary parts are cosine and sine; its float means nothing."""
        next(current().ticks)
        residue = raised(TURN, self.exponent)
        slope = VALUES.times(VALUES.times(residue, I), self.slope)
        return Residue(1.0, residue, inverted_by_minus("turn", self.exponent), slope)

    def log(self) -> Residue:
        next(current().ticks)
        if self.residue == 1:
            return Residue(0.0, 0, 0, self.slope)
        drawn = hashed("log", self.residue)
        slope = VALUES.times(self.slope, VALUES.inverse(self.residue))
        found = float(np.log(np.float64(self.value)))
        return Residue(found, drawn % P, drawn % Q, slope, (drawn % Q, self.residue))


@lru_cache(maxsize=4096)
def constant(plain: Any) -> Residue:
    """A plain number as the exact rational that it is."""
    if not isinstance(plain, float | np.floating):
        return Residue(float(plain), int(plain) % P, int(plain) % Q)
    value = float(plain)
    if not isfinite(value):
        refuse(f"{value} has no residue")
    if value in _LOGARITHMS:
        return constant(_LOGARITHMS[value]).log()
    over, under = value.as_integer_ratio()
    return Residue(value, over * pow(under, -1, P) % P, over * pow(under, -1, Q) % Q)


@lru_cache(maxsize=4096)
def _reciprocal(plain: Any) -> Residue:
    return constant(1) / constant(plain)


def _is_constant(number: Residue) -> bool:
    """Whether the number is the rational that its float is."""
    return not number.slope and isfinite(number.value) and constant(number.value).residue == number.residue
