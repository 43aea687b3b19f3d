"""Richardson extrapolation with both errors carried along, and the entry that can be trusted most.

Source: Ridders, Accurate computation of F'(x) and F'(x) F''(x), Adv. Eng. Software 4 (1982), for the tableau;
the propagated noise and the consensus are this project's.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Rows = NDArray[np.intp]

_ORDERS = 6  # columns of the tableau: beyond, the noise grows faster than the truncation error falls
_RIVALS = 12  # entries that must be compatible with the winner


def extrapolate(quotients: Array, blur: Array, start: Rows, base: float) -> tuple[Array, Array]:
    """The limit of each column of difference quotients, and a bound on its error.

    quotients, blur   one row per step, halving; and the noise of each
    start             rows above are not used
    base              4 where the error is a series in h², 2 where it is one in h
    """
    value, noise = _tableau(quotients, blur, base)
    spread = [np.full_like(value[0], np.inf)]
    for coarse, fine in pairwise(value):
        spread.append(_spread(coarse, fine) + _outside(start, len(fine)))
    bounds = np.concatenate([s + e for s, e in zip(spread, noise, strict=True)])
    return _consensus(np.concatenate(value), np.where(np.isnan(bounds), np.inf, bounds))


def _tableau(quotients: Array, blur: Array, base: float) -> tuple[list[Array], list[Array]]:
    """Richardson's columns T_j with the noise E_j that each entry has amplified; row k of T_j ends at step k+j."""
    value, noise = [quotients], [blur]
    for order in range(1, min(_ORDERS, len(quotients) - 1) + 1):
        factor = base**order
        value.append((factor * value[-1][1:] - value[-1][:-1]) / (factor - 1))
        noise.append((factor * noise[-1][1:] + noise[-1][:-1]) / (factor - 1))
    return value, noise


def _spread(coarse: Array, fine: Array) -> Array:
    """How far each entry is from the entries it was made of and from its predecessor, a measure of truncation."""
    parents = np.maximum(np.abs(fine - coarse[1:]), np.abs(fine - coarse[:-1]))
    before = np.concatenate([parents[:1], np.abs(np.diff(fine, axis=0))])
    return np.maximum(parents, before)


def _outside(start: Rows, rows: int) -> Array:
    """Infinity for entries that were made of a row above the usable window, else 0."""
    return np.where(np.arange(rows)[:, None] < start, np.inf, 0.0)


def _consensus(value: Array, bound: Array) -> tuple[Array, Array]:
    """The entry with the smallest bound, widened until it is compatible with its best rivals."""
    ranking = np.argsort(bound, axis=0, kind="stable")[:_RIVALS]
    best, bar = np.take_along_axis(value, ranking, 0), np.take_along_axis(bound, ranking, 0)
    distance = np.where(np.isfinite(bar), np.abs(best - best[0]), 0.0)
    disjoint = distance > bar + bar[0]
    # The smallest of a hundred bounds is small by luck at times; half of its rivals must lie within it.
    typical = np.median(distance, axis=0)
    return best[0], np.maximum(np.maximum(bar[0], typical), np.max(np.where(disjoint, distance, 0.0), axis=0))
