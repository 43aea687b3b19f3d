"""What a function does closer to the point than the steps of a ladder, and further away where it does not move.

A wave or a kink between the finest step and the point deceives the ladder; so do the steps of a staircase, whose
treads are smooth with a slope of their own, and a value that is absorbed by the rounding of a larger one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from nnverify.oracles.line import EPS, Line
from nnverify.oracles.noise import SPACING, sample
from nnverify.oracles.rungs import SIGMAS, Rows, Rungs

Array = NDArray[np.float64]

_HALVINGS = 44  # until what lies between the two ends is a jump or nothing
_LEFT = 1 / 8  # of what lies between two ends, a jump among it
_STAIRS = 6  # pairs of neighbouring steps in which a second jump is looked for
_LOST = 4 * EPS  # of the slopes far off
_ONCE = tuple(2.0**k for k in range(1, 9))  # times the first move's step: what is the same at all has moved once
_FURTHER = tuple(2.0**k for k in range(-2, 11))  # steps at which an output that has not moved may move
_CLEAR = 8.0  # times its noise, a gap can be seen
_FULL = 4.0  # times the bound of the noise: all that a function moves by
_GROSS = 1e6  # roundings: noise of another kind
_SAME = 1 / 4  # that two measures of one kink may differ by
_APART = 2.0  # bars: the ladder and the slope at the point contradict each other


@dataclass(frozen=True)
class Near:
    """The slope over the few steps of the noise's own spacing, per column.

    blur    what noise may have done to it
    bend    the difference of the slopes on the two sides there: what is left of a kink
    around  whether the steps go to both sides of the point
    """

    slope: Array
    blur: Array
    bend: Array
    around: bool

    def contradicts(self, value: Array, bound: Array, rungs: Rungs) -> NDArray[np.bool_]:
        """Whether the slope here is another one, or bends more than over the finest step."""
        other = np.abs(value - self.slope) > _APART * (bound + self.blur + self.bend)
        bent = self.bend > np.abs(rungs.jump[-1]) + rungs.blur[-1] + 4 * self.blur
        return np.isfinite(bound) & (other | bent)

    def kinked(self, rungs: Rungs) -> NDArray[np.bool_]:
        """Whether the slopes on the two sides are apart here as they are over the finest step: by a kink at the point.

        Where the function is smooth, or grows steeper towards the point, they are not, by many orders of magnitude.
        """
        apart = np.abs(rungs.jump[-1])
        seen = (self.bend > _CLEAR * self.blur) & (apart > _CLEAR * rungs.blur[-1])
        return seen & (np.abs(self.bend - apart) <= _SAME * apart)

    def smoother(self, rungs: Rungs) -> NDArray[np.bool_]:
        """Whether a kink that the finest step still shows has gone here, or the end of the domain is passed there."""
        seen = np.abs(rungs.jump[-1])
        gone = (seen > _CLEAR * rungs.blur[-1]) & (self.bend + 4 * self.blur < seen / 2)
        return gone | (~np.isfinite(seen) & np.isfinite(self.slope) & self.around)


def near(line: Line, weights: Array | None, sigma: Array) -> Near:
    """Of the values that the noise was measured with."""
    values = sample(line, weights, SPACING)
    half, width = len(values) // 2, SPACING * (len(values) // 2)
    below, above = (values[half] - values[0]) / width, (values[-1] - values[half]) / width
    blur = SIGMAS * sigma + 2 * line.half_ulp(0.0, weights)
    around = bool(np.all(np.isfinite(line.change(width, weights)) & np.isfinite(line.change(-width, weights))))
    return Near((above + below) / 2, blur / width, np.abs(above - below), around)


def is_staircase(line: Line, weights: Array, value: float, rungs: Rungs, start: Rows) -> bool:
    """Whether the function jumps again and again, beginning where the usable window of the rungs ends.

    Then the slope inside the window is that of one tread, and tells nothing about the stairs.
    """
    row, steps = int(start[0]) - 1, rungs.steps[:, 0]
    if row < 2 or row + 1 >= len(steps) or not np.isfinite(value):
        return False

    def stairs(sign: float) -> bool:
        def off(t: float) -> float:
            return float(line.change(sign * t, weights)[0]) - sign * t * value

        clear = _CLEAR * float(rungs.error[row, 0])
        pairs = pairwise(steps[max(row + 1 - _STAIRS, 0) : row + 2])
        return sum(_has_jump(off, float(low), float(high), clear) for high, low in pairs) > 1

    return stairs(1.0) or stairs(-1.0)


def _has_jump(off: Callable[[float], float], low: float, high: float, clear: float) -> bool:
    """Whether most of what lies between the two ends is a jump: halving after halving leaves it in one half."""
    first, last = off(low), off(high)
    whole = abs(last - first)
    if not whole > clear:
        return False
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        between = off(middle)
        if abs(between - first) > abs(last - between):
            high, last = middle, between
        else:
            low, first = middle, between
        if not abs(last - first) > _LEFT * whole:
            return False
    return True


def is_drowned(rungs: Rungs) -> bool:
    """Whether a sum moves over the whole ladder by no more than its noise, and that is none of its own rounding."""
    moves = np.concatenate([rungs.plus, rungs.minus])
    most = float(np.max(np.abs(moves[np.isfinite(moves)]), initial=0.0))
    return most <= _FULL * float(rungs.error[0, 0]) and most > _GROSS * float(np.max(rungs.rounding, initial=0.0))


def absorbed(line: Line, weights: Array) -> float:
    """How far the slope of a sum that does not move at any step may be from zero.

    The first step at which it moves is found, and the size of that move: a small one after a long way is a value
    that rounding has absorbed. 0 where it moves nowhere, or once and never again, as a sign does, or begins to move
    continuously, as a dead unit does.
    """
    bars = [_first_move(line, weights, sign) for sign in (1.0, -1.0)]
    return max(bars)


def _first_move(line: Line, weights: Array, sign: float) -> float:
    def moved(t: float) -> float:
        return abs(float(line.change(sign * t, weights)[0]))

    far = next((t for t in _FURTHER if moved(t) != 0), None)
    if far is None or not np.isfinite(moved(far)):
        return 0.0
    low, high = far / 2, far
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if moved(middle) != 0 else (middle, high)
    if len({moved(high * times) for times in _ONCE}) == 1:
        return 0.0
    # What the point adds up to is rounded, too: a slope that small, beside those of its terms, is lost in their sum.
    steep = max(moved(t) / t for t in (far, 2 * far, 4 * far) if np.isfinite(moved(t)))
    return max(moved(high) / high, _LOST * steep)
