"""Prime fields with a square root of −1: a + b·i, where both parts are packed into one Python integer.

p ≡ 3 mod 4, so −1 has no root among the residues and every residue has one among the a + b·i. Nearly all numbers have
b = 0, and then a product is one multiplication and one remainder.
"""

from __future__ import annotations

from collections.abc import Iterable

from nnverify.numbers.run import Unlucky

_SHIFT = 140  # bits of a part: two products of 68-bit residues fit
_MASK = (1 << _SHIFT) - 1
I = 1 << _SHIFT  # noqa: E741 the letter of the formula


def parts(packed: int) -> tuple[int, int]:
    """a and b of a + b·i."""
    return packed & _MASK, packed >> _SHIFT


class Field:
    """Arithmetic modulo p on packed numbers."""

    def __init__(self, p: int) -> None:
        self.p = p
        self._zero = p | p << _SHIFT

    def times(self, a: int, b: int) -> int:
        product = a * b
        return product % self.p if product <= _MASK else self._fold(product)

    def plus(self, a: int, b: int) -> int:
        total = a + b
        return total % self.p if total <= _MASK else self._fold(total)

    def sum(self, terms: Iterable[int]) -> int:
        total = 0
        for term in terms:
            total = self.plus(total, term)
        return total

    def minus(self, a: int, b: int) -> int:
        return (a - b) % self.p if a <= _MASK and b <= _MASK else self._fold(a + self._zero - b)

    def _fold(self, wide: int) -> int:
        """(lo − hi) + mid·i of the three parts of a product, of which i² = −1 has the third."""
        low, middle, high = wide & _MASK, wide >> _SHIFT & _MASK, wide >> 2 * _SHIFT
        return (low - high) % self.p | middle % self.p << _SHIFT

    def inverse(self, a: int) -> int:
        """1/a. Raises Unlucky for 0."""
        if a == 0:
            raise Unlucky("division by zero")
        if a <= _MASK:
            return pow(a, -1, self.p)
        conjugate = self.minus(a & _MASK, a & ~_MASK)
        return self.times(conjugate, pow(self.times(a, conjugate), -1, self.p))

    def power(self, a: int, n: int) -> int:
        """aⁿ for any whole n. Raises Unlucky for a negative power of 0."""
        if n < 0:
            return self.power(self.inverse(a), -n)
        if a <= _MASK:
            return pow(a, n, self.p)
        found = 1
        for bit in bin(n)[2:]:
            found = self.times(found, found)
            found = self.times(found, a) if bit == "1" else found
        return found

    def root(self, a: int) -> int:
        """A square root of a. Of two residues' roots, √a·√b is √(ab) up to the sign. Raises Unlucky where none is."""
        if a <= _MASK:
            found = pow(a, (self.p + 1) // 4, self.p)
            return found if found * found % self.p == a else found << _SHIFT
        # x + y·i with x² − y² + 2xy·i = a and x² + y² = |a|: x² = (|a| + Re a)/2 for one of the two signs of |a|.
        real, imaginary = a & _MASK, a >> _SHIFT
        size, half = self.root((real * real + imaginary * imaginary) % self.p), pow(2, -1, self.p)
        for sign in (1, -1):
            x = self.root((real + sign * size) * half % self.p) if size <= _MASK else I
            if 0 < x <= _MASK:
                return x | imaginary * half * pow(x, -1, self.p) % self.p << _SHIFT
        raise Unlucky("a square root of a number that has none")
