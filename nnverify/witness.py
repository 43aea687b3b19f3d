"""What a second witness says of a reading: dual numbers, or the complex step where these do not go through.

A witness differentiates the forward; the caller's backward is never its own witness. It counts only where it agrees
with the ladder. Readings that differ are confirmed by it; where none goes through, a second direction with its own
ladder must do, and the backward's own rounding is measured before it is accused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from nnverify._compare import AGREES, DIFFERS, excess
from nnverify.claims import claimed, shaken
from nnverify.numbers.run import NotAvailable
from nnverify.oracles.complex_step import complex_step
from nnverify.oracles.dual import dual
from nnverify.oracles.estimate import Estimate, Status
from nnverify.probe import Probe, exact_steps
from nnverify.reading import Reading, read
from nnverify.subject import Subject

Array = NDArray[np.float64]

BUDGET = 60_000  # operations of one evaluation with dual numbers: some thirty milliseconds
_OTHER = (np.sqrt(5) - 1) / 2  # of a step: steps that no power of two has


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


def steadied(subject: Subject, readings: Sequence[Reading], seed: int) -> tuple[Reading, ...]:
    """The readings, none refuted; where one does not agree nor dual numbers tell, its own rounding is measured."""

    def steady(one: Reading) -> Reading:
        return one if one.excess <= AGREES or _told(subject, one, seed) else shaken(subject, one, seed)

    return tuple(steady(one) for one in readings)


def _told(subject: Subject, found: Reading, seed: int) -> bool:
    """Whether dual numbers are fine enough to tell both sides apart."""
    estimate = asked(by_dual, subject, found.u, found.one, seed)
    return estimate is not None and estimate.error[0] <= found.bar


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
        bar = other.bar + _OTHER * found.own
        return found if excess(claimed(other), other.numerical, bar) > DIFFERS else replace(found, bar=np.inf)
    return found
