"""The fraction behind a residue: what a test can compare with floats."""

from __future__ import annotations

from fractions import Fraction

from nnverify.numbers.tower import P


def rational(residue: int) -> Fraction:
    """The fraction with the smallest parts that is this residue: half of Euclid's algorithm."""
    (a, b), (s, t) = (P, residue), (0, 1)
    while b * b > P:
        (a, b), (s, t) = (b, a % b), (t, s - a // b * t)
    return Fraction(b, t)
