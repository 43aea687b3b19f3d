"""Two prime fields on top of each other: exponents modulo Q = 2⁶¹ − 1, which divides P − 1, and values modulo P.

x ↦ Gˣ mod P, with x modulo Q and G of order Q, is a homomorphism, as exp is. What it leaves open is drawn by hash.
"""

from __future__ import annotations

from hashlib import blake2b

from nnverify.numbers.quadratic import Field, parts

Q = 2**61 - 1
P = 70 * Q + 1
VALUES, EXPONENTS = Field(P), Field(Q)
# Elements of order Q, one each for the real and the imaginary part of the exponent.
EXP = pow(2, 70, P), pow(3, 70, P)
TURN = pow(5, 70, P), pow(7, 70, P)

# (k, m): the exponent contains k = Σ c·log y, and m = Π yᶜ is exp of it.
LogPart = tuple[int, int] | None


def raised(bases: tuple[int, int], exponent: int) -> int:
    """A homomorphism from the exponents into the group of order Q."""
    real, imaginary = parts(exponent)
    found = pow(bases[0], real, P)
    return found * pow(bases[1], imaginary, P) % P if imaginary else found


def hashed(name: str, argument: int) -> int:
    """The value of a free function: drawn once and for all, above both P and Q."""
    return int.from_bytes(blake2b(f"{name} {argument}".encode(), digest_size=24).digest(), "little")


def inverted_by_minus(name: str, exponent: int) -> int:
    """A free function modulo Q with f(−x) = 1/f(x)."""
    opposite = EXPONENTS.minus(0, exponent)
    if exponent == 0:
        return 1
    if exponent < opposite:
        return hashed(name, exponent) % Q
    return EXPONENTS.inverse(hashed(name, opposite) % Q)


def joined(one: LogPart, two: LogPart) -> LogPart:
    """The logarithms in a sum."""
    if one is None or two is None:
        return one or two
    return EXPONENTS.plus(one[0], two[0]), VALUES.times(one[1], two[1])


def multiple(part: LogPart, factor: float) -> LogPart:
    """The logarithms in a multiple by a whole or half number; nothing is known of other powers."""
    if part is None or (2 * factor) % 1:
        return None
    k, m = part
    if factor % 1:
        half = pow(2, -1, Q)
        return EXPONENTS.times(k, int(2 * factor) * half % Q), VALUES.power(VALUES.root(m), int(2 * factor))
    return EXPONENTS.times(k, int(factor) % Q), VALUES.power(m, int(factor))
