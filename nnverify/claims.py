"""What the backward claims along a direction: at the point, and beside it, where its own rounding shows.

Rounding scatters the claims for arguments a few units in the last place apart, and roughens them along a line. Before
a backward is accused, its bar is widened by both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnverify.draws import generator
from nnverify.oracles.line import Line
from nnverify.oracles.noise import sample
from nnverify.probe import shifted
from nnverify.reading import Reading
from nnverify.subject import Subject, copied, like

Array = NDArray[np.float64]

_OTHER = (np.sqrt(5) - 1) / 2  # no two numbers of a nudge turn an entry alike
_NUDGES = (1, 2, 3, -1, -2, -3)  # numbers of the nudges, to larger arguments and to smaller ones
_ALONE = 2.0**10  # scatters of the claims beside the point: further off, that at the point itself is a special one
_MIXED = 2.0**40  # times a mantissa: what only differs in its last digits is nudged otherwise
_ULPS = 4  # in the last place that a nudge is at most
_ROUGH = tuple(2.0**-k for k in range(14, 39, 3))  # of the direction: spacings at which roughness may show
_CURVED = (2.0**4, 2.0**20)  # third differences of a smooth function shrink by 2⁹ or so, by more or less near a pole
_SECOND = 0.4  # the second smallest of six normal magnitudes, in standard deviations
SPREADS = 8.0  # of the backward's measured spread, as its bound


def claimed(found: Reading) -> float:
    """The backward's ⟨B(w), u⟩ at the point itself."""
    return float(sum(np.sum(np.asarray(found.one.gradients[name], np.float64) * u) for name, u in found.u.items()))


def shaken(subject: Subject, found: Reading, seed: int) -> Reading:
    """The reading, its bar widened by what rounding does to the backward.

    That is its noise along the line, and its spread over arguments that are nudged, equal entries alike: ties stay
    ties. Where a bound is crossed by larger or by smaller arguments, the others tell.
    """
    here, claims = claimed(found), claims_beside(subject, found, seed)
    scatter = min(_scatter(here, side) for side in (claims[:3], claims[3:], claims))
    line = Line(lambda t: np.array([_claim(subject, found, found.one.upstream, shifted(subject, found.u, t))]))
    wide = _widened(found, SPREADS * scatter)
    for rough in _roughness(line):
        wide = _widened(found, SPREADS * (scatter + rough))
        if wide.differs:
            break
    return wide


def _widened(found: Reading, spread: float) -> Reading:
    return replace(found, bar=found.bar + spread, own=found.own + spread) if np.isfinite(spread) else found


def _scatter(here: float, beside: Sequence[float]) -> float:
    """How far claims are from that at the point; or from one another, where those far from it are far together.

    Rounding scatters them all. What is written for one value or tie alone is another claim there than anywhere beside
    it, and the same one where a nudge has kept the tie.
    """
    gaps = [abs(claim - here) for claim in beside]
    if not np.all(np.isfinite(gaps)):
        return np.inf
    away = [claim for claim, gap in zip(beside, gaps, strict=True) if gap > max(gaps) / 2]
    apart = max(away, default=0.0) - min(away, default=0.0)
    if len(away) > 1 and max(gaps) > _ALONE * apart:
        return max(apart, *(gap for gap in gaps if gap <= max(gaps) / 2), 0.0)
    return max(gaps)


def claims_beside(subject: Subject, found: Reading, seed: int) -> list[float]:
    """The backward's claims for nudged arguments, three larger and three smaller; the upstream is nudged with them."""
    rng = generator(seed, subject.name, "shaken", found.one.number)
    claims = []
    for number in _NUDGES:
        upstream = found.one.upstream * (1 + _eps(subject) * rng.choice([-1.0, 1.0], found.one.upstream.shape))
        upstream = np.where(np.abs(found.one.upstream) == 1, found.one.upstream, upstream)
        values = [nudged(leaf.value, number) if leaf.differentiable else copied(leaf.value) for leaf in subject.leaves]
        claims.append(_claim(subject, found, upstream, values))
    return claims


def _roughness(line: Line) -> Iterator[float]:
    """How rough the backward is along the line, where rounding has made steps of it; less on closer looks.

    What is curvature shrinks from look to look, twice in a row where it did not before: of many poles beside the point
    one is as near as any look is close. Where nothing is left of rounding, its steps are too far apart to be seen.
    """
    last, shrinks = np.nan, True
    for rough in (_third(line, spacing) for spacing in _ROUGH):
        if last >= _CURVED[1] * rough:
            return
        before, shrinks = shrinks, bool(np.isnan(last) or _CURVED[0] * rough < last)
        if before and shrinks and np.isfinite(rough):
            yield rough
        last = rough


def _third(line: Line, spacing: float) -> float:
    """The third differences of nine values; a jump or two count for nothing.

    One jump is in three of the six, and a value that stands alone, as at a special point, in four, so the second
    smallest is free of either.
    """
    differences = np.diff(sample(line, None, spacing)[:, 0], 3)
    return float(np.sort(np.abs(differences))[1]) / (_SECOND * np.sqrt(20.0))


def _claim(subject: Subject, found: Reading, upstream: Array, values: Sequence[Any]) -> float:
    """The backward's ⟨B(w), u⟩ with other arguments; NaN where it does not run, or forward is not finite."""
    try:
        output, pullback = subject.run(*values)
        if not np.all(np.isfinite(subject.flatten(output))):
            return np.nan
        gradients = pullback(like(upstream.copy(), output))
        return claimed(replace(found, one=replace(found.one, gradients=gradients)))
    except Exception:  # the caller's functions were seen to run at the point itself, and need not elsewhere
        return np.nan


def nudged(floats: Any, number: int) -> Any:
    """Each entry a few units in the last place larger, or smaller where the number is negative, equal ones alike.

    One factor for all says nothing where only the ratios of entries matter, as to the condition of a matrix.
    """
    value = np.asarray(floats)
    mantissa, exponent = np.frexp(np.abs(value).astype(np.float64))
    mixed = (_MIXED * mantissa + exponent) * (_OTHER * number)
    ulps = np.copysign(1 + np.floor(_ULPS * (mixed % 1)), number)
    return (value * (1 + ulps * float(np.finfo(value.dtype).eps))).astype(value.dtype)[()]


def _eps(subject: Subject) -> float:
    return max(float(np.finfo(np.asarray(leaf.value).dtype).eps) for leaf in subject.targets())
