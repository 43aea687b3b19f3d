"""What a second witness says of a reading: dual numbers, or the complex step where these do not go through.

A witness differentiates the forward; the caller's backward is never its own witness. It counts only where it agrees
with the ladder. Readings that differ are confirmed by it; where none goes through, a second direction with its own
ladder must do, and the backward's own rounding is measured before it is accused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnverify._compare import AGREES, DIFFERS, excess
from nnverify.draws import generator
from nnverify.numbers.run import NotAvailable
from nnverify.oracles.complex_step import complex_step
from nnverify.oracles.dual import dual
from nnverify.oracles.estimate import Estimate, Status
from nnverify.oracles.line import Line
from nnverify.oracles.noise import sample
from nnverify.probe import Probe, exact_steps, shifted
from nnverify.reading import Reading, read
from nnverify.subject import Subject, copied, like

Array = NDArray[np.float64]

BUDGET = 60_000  # operations of one evaluation with dual numbers: some thirty milliseconds
_OTHER = (np.sqrt(5) - 1) / 2  # of a step: steps that no power of two has
_NUDGES = (1, 2, 3, -1, -2, -3)  # numbers of the nudges, to larger arguments and to smaller ones
_ALONE = 2.0**10  # scatters of the claims beside the point: further off, that at the point itself is a special one
_MIXED = 2.0**40  # times a mantissa: what only differs in its last digits is nudged otherwise
_ULPS = 4  # in the last place that a nudge is at most
_ROUGH = 2.0**-14  # of the direction: curvature adds 2⁻⁴² to the third differences
SPREADS = 8.0  # of the backward's measured spread, as its bound
_SECOND = 0.4  # the second smallest of six normal magnitudes, in standard deviations


class Says(StrEnum):
    """What the witnesses of a reading that differs add up to."""

    WRONG = "wrong"  # a witness agrees with the ladder, and the backward with neither
    RIGHT = "right"  # a witness agrees with the backward, and the ladder can be understood so
    DISPUTED = "disputed"  # the witnesses contradict each other
    SILENT = "silent"  # no witness goes through


@dataclass(frozen=True)
class Testimony:
    """A second value of the derivative along the reading's direction."""

    says: Says
    witness: str = ""
    value: float = np.nan
    error: float = np.inf


def testify(subject: Subject, found: Reading, seed: int) -> Testimony:
    """What a second witness says of a reading that differs."""
    for name, oracle in _ORACLES:
        estimate = asked(oracle, subject, found.u, found.one, seed)
        if estimate is None:
            continue
        value, error = float(estimate.value[0]), float(estimate.error[0])
        if excess(claimed(found), found.numerical, error + found.own) <= DIFFERS:
            continue  # too coarse to tell one side from the other
        if estimate.status is not Status.SMOOTH:
            return Testimony(Says.DISPUTED, name, value, error)
        ladder = excess(value, found.numerical, found.bar + error) <= DIFFERS
        backward = excess(claimed(found), value, error + found.own) <= DIFFERS
        if name == "dual" or ladder:
            says = (Says.RIGHT if backward else Says.WRONG) if ladder else Says.DISPUTED
            return Testimony(says, name, value, error)
    return Testimony(Says.SILENT)


def claimed(found: Reading) -> float:
    """The backward's ⟨B(w), u⟩ at the point itself."""
    return float(sum(np.sum(np.asarray(found.one.gradients[name], np.float64) * u) for name, u in found.u.items()))


Oracle = Callable[..., Estimate]


def by_dual(subject: Subject, u: Mapping[str, Array], upstream: Array, seed: int) -> Estimate:
    return dual(subject, u, upstream, seed=seed, budget=BUDGET)


def _complex(subject: Subject, u: Mapping[str, Array], upstream: Array, seed: int) -> Estimate:
    return complex_step(subject, u, upstream, seed=seed)


_ORACLES: tuple[tuple[str, Oracle], ...] = (("dual", by_dual), ("complex step", _complex))


def asked(oracle: Oracle, subject: Subject, u: Mapping[str, Array], one: Probe, seed: int) -> Estimate | None:
    """The oracle's estimate along u; None where it has none: it does not go through, or finds no finite slope."""
    try:
        found = oracle(subject, u, one.upstream, seed)
    except NotAvailable:
        return None
    unknown = found.status in (Status.DOMAIN, Status.CUSP) or not np.isfinite(found.value[0] + found.error[0])
    return None if unknown else found


def shaken(subject: Subject, found: Reading, seed: int) -> Reading:
    """The reading, its bar widened by what rounding does to the backward.

    That is its noise along the line, and its spread over arguments that are nudged, equal entries alike: ties stay
    ties. Where a bound is crossed by larger or by smaller arguments, the others tell.
    """
    here, claims = claimed(found), claims_beside(subject, found, seed)
    scatter = min(_scatter(here, side) for side in (claims[:3], claims[3:], claims))
    line = Line(lambda t: np.array([_claim(subject, found, found.one.upstream, shifted(subject, found.u, t))]))
    spread = SPREADS * (scatter + _roughness(line))
    return replace(found, bar=found.bar + spread, own=found.own + spread) if np.isfinite(spread) else found


def steadied(subject: Subject, readings: Sequence[Reading], seed: int) -> tuple[Reading, ...]:
    """The readings; where one neither agrees nor differs, nor dual numbers tell, its own rounding is measured."""

    def steady(one: Reading) -> Reading:
        between = AGREES < one.excess <= DIFFERS
        return shaken(subject, one, seed) if between and asked(by_dual, subject, one.u, one.one, seed) is None else one

    return tuple(steady(one) for one in readings)


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


def _roughness(line: Line) -> float:
    """How rough the backward is along the line, where rounding has made steps of it; a jump or two count for nothing.

    Third differences of nine values: one jump is in three of the six, and a value that stands alone, as at a special
    point, in four, so the second smallest is free of either.
    """
    differences = np.diff(sample(line, None, _ROUGH)[:, 0], 3)
    return float(np.sort(np.abs(differences))[1]) / (_SECOND * np.sqrt(20.0))


def _claim(subject: Subject, found: Reading, upstream: Array, values: Sequence[Any]) -> float:
    """The backward's ⟨B(w), u⟩ with other arguments; NaN where it does not run."""
    try:
        output, pullback = subject.run(*values)
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


@dataclass(frozen=True)
class Confirmed:
    """Readings after the witnesses were heard; ``testimony`` the last that did not confirm, and what it is about."""

    readings: tuple[Reading, ...]
    testimony: Testimony
    about: Reading | None = None


def confirmed(subject: Subject, readings: Sequence[Reading], seed: int) -> Confirmed:
    """The readings with every one that differs put to the witnesses: none is beyond three bars but by their word."""
    heard, about = Testimony(Says.SILENT), None
    made: list[Reading] = []
    for found in readings:
        if found.differs:
            found = shaken(subject, found, seed)
        if found.differs:
            testimony = testify(subject, found, seed)
            if testimony.says is Says.DISPUTED:
                heard, about = testimony, found
            found = _settled(subject, found, testimony)
        made.append(found)
    return Confirmed(tuple(made), heard, about)


def _settled(subject: Subject, found: Reading, testimony: Testimony) -> Reading:
    """The reading with the witness' word in place of the ladder's, where that is the finer one; or left open.

    Where no witness goes through, it takes a ladder whose steps have nothing in common with those of the first.
    """
    if testimony.says is Says.RIGHT:
        bar = testimony.error + found.own
        return replace(found, backward=claimed(found), numerical=testimony.value, bar=bar)
    if testimony.says is Says.DISPUTED:
        return replace(found, bar=np.inf)
    if testimony.says is Says.SILENT:
        values = {
            leaf.name: np.asarray(leaf.value, dtype=np.float64) for leaf in subject.leaves if leaf.name in found.u
        }
        other = read(subject, found.one, {name: exact_steps(values[name], u * _OTHER) for name, u in found.u.items()})
        bar = other.bar + found.own
        return found if excess(claimed(other), other.numerical, bar) > DIFFERS else replace(found, bar=np.inf)
    return found
