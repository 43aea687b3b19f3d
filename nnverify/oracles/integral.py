"""The integral of a claimed derivative along a segment, against the difference of the function at its ends.

For functions in low precision: a difference quotient multiplies their rounding by one over the step, the difference
over a long segment does not. The quadrature is Gauss-Kronrod, 7 and 15 points; the two disagree by its error. Where
they do for a kink, the segment is split there.

Source: Kronrod, Nodes and Weights of Quadrature Formulas (1965), n = 7.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from nnverify._compare import DIFFERS
from nnverify.oracles.line import Line
from nnverify.oracles.noise import noise

Array = NDArray[np.float64]

_POSITIVE = (
    0.991455371120812639206854697526329,
    0.949107912342758524526189684047851,
    0.864864423359769072789712788640926,
    0.741531185599394439863864773280788,
    0.586087235467691130294144838258730,
    0.405845151377397166906606412076961,
    0.207784955007898467600689403773245,
    0.0,
)
_KRONROD = (
    0.022935322010529224963732008058970,
    0.063092092629978553290700663189204,
    0.104790010322250183839876322541518,
    0.140653259715525918745189590510238,
    0.169004726639267902826583426598550,
    0.190350578064785409913256402421014,
    0.204432940075298892414161999234649,
    0.209482141084727828012999174891714,
)
_GAUSS = (
    0.129484966168869693270611432679082,
    0.279705391489276667901467771423780,
    0.381830050505118944950369775488975,
    0.417959183673469387755102040816327,
)
_LENGTHS = (0.5, 0.125, 0.03125, 0.0078125)  # half segments: long ones blur less, short ones bend less
_KINKS = 3  # at which the longest is split
_BISECTIONS = 20  # to where a kink is
_SIGMAS = 8.0  # of the noise that is measured
_ROUNDINGS = 8.0  # half units in the last place that an output may be off, in the 2-norm over all of them


@dataclass(frozen=True)
class Segment:
    """The mean of the claimed derivative over a segment, and of the function's own; both per unit of the direction."""

    claimed: float
    measured: float
    error: float
    evaluations: int

    @property
    def gap(self) -> float:
        return abs(self.claimed - self.measured)

    def denied(self, shorter: Segment) -> bool:
        """Whether the gap is a step that all 15 points miss: else the shorter segment would have seen it."""
        return self.gap > DIFFERS * shorter.error and shorter.gap <= shorter.error


@dataclass(frozen=True)
class _Piece:
    """A part of the segment; the integral of the slopes over it, how far that may be off, and the slopes it took."""

    start: float
    end: float
    total: float
    doubt: float
    slopes: Mapping[float, float]


Slope = Callable[[float], float]


def integral(line: Line, slope: Callable[[float, float], float], weights: Array) -> Segment:
    """The segment with the smallest error bar, around the point.

    slope(t, half) is the claimed derivative of the weighted outputs at x + t·u, along the segment between ±half as it
    is realised. Each length takes 15 slopes and 2 values; the longest up to 150 more, where kinks lie within.
    """
    sigma = _SIGMAS * float(noise(line, weights)[0])
    segments = [_segment(line, slope, weights, half, sigma) for half in _LENGTHS]
    kept = [one for place, one in enumerate(segments) if not any(one.denied(shorter) for shorter in segments[place:])]
    return min(kept, key=lambda one: one.error if np.isfinite(one.error) else np.inf)


def _segment(line: Line, slope: Callable[[float, float], float], weights: Array, half: float, blur: float) -> Segment:
    measured = float((line.change(half, weights) - line.change(-half, weights))[0]) / (2 * half)
    half_ulp = max(float(line.half_ulp(t, weights)[0]) for t in (half, -half))
    rounding = max(_ROUNDINGS * half_ulp, blur)
    pieces = _pieces(lambda t: slope(t, half), half, _KINKS if half == _LENGTHS[0] else 0, rounding)
    claimed, doubt = sum(one.total for one in pieces), sum(one.doubt for one in pieces)
    return Segment(claimed / (2 * half), measured, doubt / (2 * half) + rounding / half, line.evaluations)


def _pieces(slope: Slope, half: float, kinks: int, enough: float) -> list[_Piece]:
    """The segment, split at up to so many kinks as long as they cast more doubt than rounding does."""
    pieces = [_piece(slope, -half, half)]
    for _ in range(kinks):
        worst = max(pieces, key=lambda one: one.doubt)
        split = _split(slope, worst) if worst.slopes and worst.doubt > enough else []
        if not split:
            break
        pieces = [one for one in pieces if one is not worst] + split
    return pieces


def _piece(slope: Slope, start: float, end: float) -> _Piece:
    middle, half = (start + end) / 2, (end - start) / 2
    found = {x: slope(middle + x * half) for positive in _POSITIVE for x in {positive, -positive}}
    kronrod = _weighted(found, _POSITIVE, _KRONROD)
    doubt = abs(kronrod - _weighted(found, _POSITIVE[1::2], _GAUSS)) * half
    return _Piece(start, end, kronrod * half, doubt, {middle + x * half: value for x, value in found.items()})


def _weighted(found: Mapping[float, float], nodes: Sequence[float], weights: Sequence[float]) -> float:
    return sum(weight * sum(found[t] for t in {x, -x}) for x, weight in zip(nodes, weights, strict=True))


def _split(slope: Slope, piece: _Piece) -> list[_Piece]:
    """The piece on both sides of its largest jump and the little between; nothing where there is none."""
    pairs = pairwise(sorted(piece.slopes))
    low, high = max(pairs, key=lambda pair: abs(piece.slopes[pair[1]] - piece.slopes[pair[0]]))
    below, above = piece.slopes[low], piece.slopes[high]
    jump = abs(above - below)
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        value = slope(middle)
        if abs(value - below) > abs(above - value):
            high, above = middle, value
        else:
            low, below = middle, value
    if not abs(above - below) > jump / 2:
        return []
    width = high - low
    between = _Piece(low, high, (below + above) / 2 * width, abs(above - below) * width, {})
    return [_piece(slope, piece.start, low), between, _piece(slope, high, piece.end)]
