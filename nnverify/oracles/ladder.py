"""The ladder: a derivative along a line from central differences at many steps, with a measured error bar.

Steps halve from 2⁻² of the direction's length. Richardson extrapolation removes the truncation error, every
entry of its tableau carries the noise it has amplified, and the entry with the smallest bound wins. Steps with
a kink inside are recognised and left out. The bar is an estimate with measured coverage, not a proof.

Source: Ridders, Accurate computation of F'(x) and F'(x) F''(x), Adv. Eng. Software 4 (1982), for the tableau;
the propagated noise, the consensus and the kink scan are this project's.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from nnverify.oracles.estimate import Estimate, Status
from nnverify.oracles.line import Line
from nnverify.oracles.noise import half_ulp, noise, project

Array = NDArray[np.float64]

# Exponents k of the steps 2⁻ᵏ, in the portions in which they are tried. Below 2⁻²⁶ noise/step exceeds what a
# float64 function can resolve.
_PORTIONS = ((2, 3, 4, 5, 6), (7, 8, 9, 10), (11, 12, 13, 14), (15, 16, 17, 18), (19, 20, 21, 22), (23, 24, 25, 26))
_ORDERS = 6  # columns of the tableau: beyond, the noise grows faster than the truncation error falls
_RIVALS = 12  # entries that must be compatible with the winner
_SIGMAS = 8.0  # of measured noise, taken as its bound: nine points measure σ to a factor of about two


@dataclass(frozen=True)
class _Rungs:
    """Steps, largest first, with the values at both ends as differences from the point, one row per step."""

    steps: Array
    plus: Array
    minus: Array
    error: Array

    @property
    def central(self) -> Array:
        return (self.plus - self.minus) / (2 * self.steps)

    @property
    def jump(self) -> Array:
        """S = D₊ − D₋: halves with the step where the function is smooth, stays where there is a kink."""
        return (self.plus + self.minus) / self.steps


def ladder(line: Line, weights: Array | None = None, wanted: float = 0.0) -> Estimate:
    """The derivative of each output along the line, or of their weighted sum (one entry).

    Stops as soon as every error bar is at most ``wanted``. 11 to 51 evaluations beside those for the noise.
    Steps should be realised exactly, x + t·u without rounding, as probe.direction arranges it.
    The status is KINK or DOMAIN where that, and not the noise, is why the bar is wide.
    """
    sigma = noise(line, weights)
    exponents: tuple[int, ...] = ()
    for portion in _PORTIONS:
        exponents += portion
        rungs = _climb(line, weights, sigma, exponents)
        start = _usable(rungs)
        value, bound = _extrapolate(rungs, start)
        if np.all(bound <= wanted):
            break
    return Estimate(value, bound, _status(rungs, start), line.evaluations)


def _climb(line: Line, weights: Array | None, sigma: Array, exponents: tuple[int, ...]) -> _Rungs:
    steps = np.ldexp(1.0, -np.array(exponents))[:, None]
    here = line(0.0)
    plus, minus = ([line(sign * step) for step in steps[:, 0]] for sign in (1.0, -1.0))
    size = [half_ulp(np.maximum(np.abs(p), np.abs(m)), weights) for p, m in zip(plus, minus, strict=True)]
    return _Rungs(
        steps,
        np.array([project(value - here, weights) for value in plus]),
        np.array([project(value - here, weights) for value in minus]),
        _SIGMAS * sigma + np.array(size) + half_ulp(np.abs(here), weights),
    )


def _usable(rungs: _Rungs) -> Array:
    """The first row of each column's usable window: below every kink and every value that is not finite.

    S must halve from row to row. Where it does not shrink a kink lies inside both steps; where it vanishes
    although it could be seen, a kink lies between the two.
    """
    size, blur = np.abs(rungs.jump), 4 * rungs.error / rungs.steps
    stuck = size[1:] > 0.75 * size[:-1] + blur[1:] + blur[:-1]
    vanished = (size[1:] < 0.3 * size[:-1]) & (size[:-1] > 8 * (blur[1:] + blur[:-1]))
    broken = ~np.isfinite(rungs.plus + rungs.minus)
    start = np.zeros(size.shape[1], dtype=int)
    for row, bad in enumerate(broken):
        start[bad] = row + 1
    for row, bad in enumerate(stuck | vanished, start=1):
        start[bad] = np.maximum(start[bad], row)
    return start


def _extrapolate(rungs: _Rungs, start: Array) -> tuple[Array, Array]:
    """The tableau's best entry in each column, and its bound."""
    value, noise_part = _tableau(rungs)
    spread = [np.full_like(value[0], np.inf)]
    for coarse, fine in pairwise(value):
        spread.append(_spread(coarse, fine) + _outside(start, len(fine)))
    bounds = np.concatenate([s + e for s, e in zip(spread, noise_part, strict=True)])
    return _consensus(np.concatenate(value), np.where(np.isnan(bounds), np.inf, bounds))


def _tableau(rungs: _Rungs) -> tuple[list[Array], list[Array]]:
    """Richardson's columns T_j with the noise E_j that each entry has amplified; row k of T_j ends at step k+j."""
    value, blur = [rungs.central], [rungs.error / rungs.steps]
    for order in range(1, min(_ORDERS, len(rungs.steps) - 1) + 1):
        factor = 4.0**order
        value.append((factor * value[-1][1:] - value[-1][:-1]) / (factor - 1))
        blur.append((factor * blur[-1][1:] + blur[-1][:-1]) / (factor - 1))
    return value, blur


def _spread(coarse: Array, fine: Array) -> Array:
    """How far each entry is from the entries it was made of and from its predecessor, a measure of truncation."""
    parents = np.maximum(np.abs(fine - coarse[1:]), np.abs(fine - coarse[:-1]))
    before = np.concatenate([parents[:1], np.abs(np.diff(fine, axis=0))])
    return np.maximum(parents, before)


def _outside(start: Array, rows: int) -> Array:
    """Infinity for entries that were made of a row above the usable window, else 0."""
    return np.where(np.arange(rows)[:, None] < start, np.inf, 0.0)


def _consensus(value: Array, bound: Array) -> tuple[Array, Array]:
    """The entry with the smallest bound, widened until it is compatible with its best rivals."""
    ranking = np.argsort(bound, axis=0, kind="stable")[:_RIVALS]
    best, bar = np.take_along_axis(value, ranking, 0), np.take_along_axis(bound, ranking, 0)
    distance = np.abs(best - best[0])
    disjoint = distance > bar + bar[0]
    # The smallest of a hundred bounds is small by luck at times; half of its rivals must lie within it.
    typical = np.median(np.where(np.isfinite(bar), distance, 0.0), axis=0)
    return best[0], np.maximum(np.maximum(bar[0], typical), np.max(np.where(disjoint, distance, 0.0), axis=0))


def _status(rungs: _Rungs, start: Array) -> Status:
    if np.any(~np.isfinite(rungs.plus[-1] + rungs.minus[-1])):
        return Status.DOMAIN
    return Status.KINK if np.any(start >= len(rungs.steps) - 1) else Status.SMOOTH
