"""The steps of a ladder and what the function does at them: where it is smooth, and what it is where it is not.

The signal is S(h) = (f(h) − 2f(0) + f(−h))/h, the difference of the two one-sided slopes. It halves with the step
where the function is smooth, stays where there is a kink at the point, grows where there is a cusp or a jump.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnverify.oracles.estimate import Status
from nnverify.oracles.line import Line

Array = NDArray[np.float64]
Rows = NDArray[np.intp]

SIGMAS = 8.0  # of measured noise, taken as its bound: nine points measure σ to a factor of about two
_STUCK = 0.75  # S shrinks by less than this from step to step: a kink lies inside both
_VANISHED = 0.3  # S shrinks by more although it could be seen: a kink lies between the two
_SHORTEST = 4  # steps of a window at the end of the ladder
_SHRUNK = 0.25  # of S: after two halvings of a smooth function
_CLEAR = 8.0  # times its noise, S can be seen
# Growth of S per halving: 1 at a kink, √2 at a cusp such as √|x|, 2 at a jump; bounds midway on a log scale.
_KINDS = ((2**0.25, Status.KINK), (2**0.75, Status.CUSP), (np.inf, Status.JUMP))
_SAME = 2**-0.25  # of S·h, what a jump leaves of it from step to step


@dataclass(frozen=True)
class Rungs:
    """Steps, largest first, with the values at both ends as differences from the point, one row per step.

    error bounds what one such difference may be off; rounding is the part of it that the last place explains.
    """

    steps: Array
    plus: Array
    minus: Array
    error: Array
    rounding: Array

    @property
    def jump(self) -> Array:
        return (self.plus + self.minus) / self.steps

    def of(self, columns: NDArray[np.bool_]) -> Rungs:
        """Of some outputs."""
        parts = (self.plus, self.minus, self.error, self.rounding)
        return Rungs(self.steps, *(part[:, columns] for part in parts))

    @property
    def blur(self) -> Array:
        """The noise of S."""
        return 4 * self.error / self.steps


def climb(line: Line, weights: Array | None, sigma: Array, exponents: tuple[int, ...]) -> Rungs:
    """The values at the steps 2⁻ᵏ; one column per output, or one for their weighted sum."""
    steps = np.ldexp(1.0, -np.array(exponents))[:, None]
    plus, minus = (np.array([line.change(sign * t, weights) for t in steps[:, 0]]) for sign in (1.0, -1.0))
    above, below = (np.array([line.half_ulp(sign * t, weights) for t in steps[:, 0]]) for sign in (1.0, -1.0))
    rounding = np.fmax(above, below) + line.half_ulp(0.0, weights)
    return Rungs(steps, plus, minus, SIGMAS * sigma + rounding, rounding)


def usable(rungs: Rungs) -> Rows:
    """The first row of each column's usable window: below every kink and every value that is not finite."""
    size, blur = np.abs(rungs.jump), rungs.blur
    vanished = (size[1:] < _VANISHED * size[:-1]) & (size[:-1] > _CLEAR * (blur[1:] + blur[:-1]))
    return np.maximum(_after(_stuck(rungs) | vanished, 1), finite(rungs.plus + rungs.minus))


def _stuck(rungs: Rungs) -> NDArray[np.bool_]:
    size, blur = np.abs(rungs.jump), rungs.blur
    return size[1:] > _STUCK * size[:-1] + blur[1:] + blur[:-1]


def doubt(rungs: Rungs) -> Array:
    """Half the kink that each column may still have at the point, noise having hidden it; 0 where none was seen.

    S that once did not shrink must be seen to shrink at smaller steps, else the kink may be at the point itself.
    """
    size, blur = np.abs(rungs.jump), rungs.blur
    row = np.minimum(_after(_stuck(rungs), 1), len(size) - 1)
    seen = np.take_along_axis(size, row[None], 0)[0]
    below = np.where(np.arange(len(size))[:, None] > row, size + blur, np.inf)
    least = np.minimum(np.min(below, axis=0), seen)
    return np.where((row > 0) & ~(least <= _SHRUNK * seen), least / 2, 0.0)


def finite(values: Array) -> Rows:
    """The first row from which on every value of a column is finite."""
    return _after(~np.isfinite(values), 1)


def _after(bad: NDArray[np.bool_], more: int) -> Rows:
    """One row after the last bad one of each column; 0 where none is bad."""
    rows = np.arange(more, more + len(bad))[:, None]
    return np.max(np.where(bad, rows, 0), axis=0, initial=0)


def is_broken(rungs: Rungs, start: Rows) -> NDArray[np.bool_]:
    """Whether a column has no usable window, or one so short that it may have come about by chance."""
    return start > len(rungs.steps) - _SHORTEST


def is_apart(rungs: Rungs) -> NDArray[np.bool_]:
    """Whether a column's value at the point itself is off those on both sides by more than noise, however near these.

    A pole closer than the finest step leaves that, and so much noise that the growth of S cannot be seen.
    """
    off, noise = np.abs(rungs.plus + rungs.minus)[-_SHORTEST:], 2 * rungs.error[-_SHORTEST:]
    return np.all(off > noise, axis=0) & np.all(off[1:] > _SAME * off[:-1], axis=0)


def kind(rungs: Rungs, start: Rows) -> Status:
    """What the worst column is at the point: smooth where a window is left, else told by how S grows."""
    if np.any(finite(rungs.plus + rungs.minus) >= len(rungs.steps)):
        return Status.DOMAIN
    if np.any(is_apart(rungs)):
        return Status.JUMP
    central = np.abs(rungs.plus - rungs.minus) / (2 * rungs.steps)
    steep = [_growth(column, blur) for column, blur in zip(central.T, rungs.blur.T, strict=True)]
    broken = is_broken(rungs, start)
    if not np.any(broken) and max(steep) < _KINDS[0][0]:
        return Status.SMOOTH
    growth = [_growth(np.abs(rungs.jump[:, i]), rungs.blur[:, i]) for i in np.flatnonzero(broken)]
    # What is odd, as the sign and the cube root, has no S: there the quotients themselves grow.
    return next(status for bound, status in _KINDS if max([*growth, *steep]) < bound)


def _growth(size: Array, blur: Array) -> float:
    """By how much |S| grows per halving at the finest steps at which it can be seen."""
    seen = np.flatnonzero(size > _CLEAR * blur)[-4:]
    if len(seen) < 2:
        return 1.0
    return float((size[seen[-1]] / size[seen[0]]) ** (1 / (seen[-1] - seen[0])))
