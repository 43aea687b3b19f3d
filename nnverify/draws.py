"""Random sizes and values, from generators that depend on names and never on the order of execution.

Nothing here looks at a function; a draw knows only axes and a generator.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from nnverify.numbers.rational import Rational

Array = np.ndarray[Any, Any]

# Pairwise different and none is 1, so that neither a transpose nor a missing sum can hide.
_DISTINCT = (2, 3, 5, 4, 6, 7)

_SIGN_AND_FRACTION = np.uint64(2**63 + 2**52 - 1)


def generator(seed: int, *names: object) -> np.random.Generator:
    """A generator that belongs to (seed, names): the same in any order, process or machine."""
    words = [zlib.crc32(repr(name).encode()) for name in names]
    return np.random.Generator(np.random.SFC64([seed & 0xFFFFFFFF, *words]))


def sizes(names: Sequence[str], number: int, rng: np.random.Generator) -> dict[str, int]:
    """The size of every axis in draw ``number``.

    First pairwise distinct, then every axis at 1 in turn, then all at 1, then all at 2, where a matrix is square;
    after that by chance, half of them pairwise distinct and the others with ones and equal sizes.
    """
    distinct = dict(zip(names, rng.permutation(_span(len(names))).tolist(), strict=True))
    if number == 0 or (number > len(names) + 2 and rng.integers(2)):
        return distinct
    if number <= len(names):
        return distinct | {names[number - 1]: 1}
    if number <= len(names) + 2:
        return dict.fromkeys(names, number - len(names))
    return {name: int(rng.integers(1, 4)) for name in names}


def _span(count: int) -> tuple[int, ...]:
    """``count`` pairwise different sizes from 2 on, the smallest that will do."""
    return _DISTINCT[:count] if count <= len(_DISTINCT) else tuple(range(2, count + 2))


def rationals(shape: tuple[int, ...], rng: np.random.Generator, *, whole: bool = False) -> Array:
    """Small exact rationals of both signs, zeros and ties among them, in an object array."""
    numerators = rng.integers(-9, 10, shape)
    denominators = np.ones(shape, dtype=int) if whole else rng.integers(1, 4, shape)
    made = [Rational(int(n), int(d)) for n, d in zip(numerators.flat, denominators.flat, strict=True)]
    values = np.empty(len(made), dtype=object)
    values[:] = made
    return values.reshape(shape)


def normals(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Standard normal float64 values: distinct, of both signs, never zero."""
    return rng.standard_normal(shape)


def halves(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Multiples of one half: a fifth of them are zero, and many are equal."""
    return np.rint(2 * rng.standard_normal(shape)) / 2


def signs(shape: tuple[int, ...], rng: np.random.Generator, low: float) -> Array:
    """Random signs, magnitudes from ``low``, a power of two, to twice that: nothing cancels for a reason or is drowned.

    Random bits for sign and fraction, under low's own exponent.
    """
    bits = np.asarray(rng.integers(0, 2**64, shape, dtype=np.uint64))
    bits &= _SIGN_AND_FRACTION
    bits |= np.float64(low).view(np.uint64)
    return bits.view(np.float64)
