"""Where is the gradient wrong? Entry by entry where it is small, by halving groups of entries where it is large.

Group testing: a group of entries is moved together, and a group whose directional derivative agrees is dropped. k
wrong entries among N cost about 2k·log₂(N/k) lines. Every reported entry is confirmed by a line of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnverify._compare import DIFFERS, excess
from nnverify.isolation import own_steps
from nnverify.oracles.ladder import ladder
from nnverify.probe import Probe, along
from nnverify.subject import Leaf, Subject
from nnverify.verdict import Entry, StepError

Array = NDArray[np.float64]

_ALL = 128  # entries up to which every one is looked at
_STEPS = tuple(10.0**-k for k in range(1, 13))  # that a report draws; a sentence speaks of the first
_SPOKEN = 6  # of them: below, rounding alone may move the gap
_FOUND = 16  # wrong entries after which the search through a large leaf stops


@dataclass(frozen=True)
class Location:
    """The entries that were looked at one by one; ``complete`` when those are all of the leaf."""

    entries: tuple[Entry, ...]
    total: int
    complete: bool
    evaluations: int

    @property
    def by_gap(self) -> tuple[Entry, ...]:
        """All of them, the largest gap first."""
        return tuple(sorted(self.entries, key=lambda entry: -abs(entry.backward - entry.numerical)))

    @property
    def wrong(self) -> tuple[Entry, ...]:
        """The entries that differ, the largest gap first."""
        known = [entry for entry in self.by_gap if np.isfinite(entry.bar)]
        return tuple(one for one in known if excess(one.backward, one.numerical, one.bar) > DIFFERS)

    def __str__(self) -> str:
        """How many entries are wrong, in words."""
        if len(self.wrong) == self.total:
            return f"all {self.total:,} entries" if self.total > 1 else "its only entry"
        return f"{'' if self.complete else 'at least '}{len(self.wrong)} of {self.total:,} entries"


def locate(subject: Subject, leaf: Leaf, one: Probe, seed: int) -> Location:
    """The wrong entries of one leaf's gradient, for the probe's upstream."""
    value = np.asarray(leaf.value, dtype=np.float64)
    search = _Search(subject, leaf, one, seed)
    everything = range(value.size)
    if value.size <= _ALL:
        entries = tuple(search.entry(place) for place in everything)
    else:
        entries = tuple(search.wrong(np.array(everything)))
    return Location(entries, value.size, value.size <= _ALL, search.evaluations)


def step_curve(subject: Subject, leaf: Leaf, one: Probe, entry: Entry) -> tuple[StepError, ...]:
    """How far plain central differences are from both sides of one entry, step by step."""
    u = np.zeros(np.shape(leaf.value))
    u[entry.index] = abs(np.asarray(leaf.value, dtype=np.float64)[entry.index]) or 1.0
    line = along(subject, {leaf.name: u}, one)
    slopes = [float(one.upstream @ (line(step) - line(-step))) / (2 * step * u[entry.index]) for step in _STEPS]
    return tuple(
        StepError(step, abs(entry.backward - slope), abs(entry.numerical - slope))
        for step, slope in zip(_STEPS, slopes, strict=True)
    )


def step_evidence(curve: Sequence[StepError]) -> str | None:
    """A sentence that says how little the gap depends on the step; None where it is too small to be seen everywhere."""
    gaps = np.array([one.backward for one in curve[:_SPOKEN]])
    if not np.all(np.isfinite(gaps)) or np.min(gaps) < np.max(gaps) / 2:
        return None
    low, high = f"{np.min(gaps):.3g}", f"{np.max(gaps):.3g}"
    width = f"is {low}" if low == high else f"stays between {low} and {high}"
    return (
        f"it is not the step: the gap {width} at relative steps from {curve[0].step:.0e} to {_STEPS[_SPOKEN - 1]:.0e}"
    )


class _Search:
    """Lines through single entries and through groups of one leaf, with the evaluations counted."""

    def __init__(self, subject: Subject, leaf: Leaf, one: Probe, seed: int) -> None:
        self._subject, self._leaf, self._one = subject, leaf, one
        self._value = np.asarray(leaf.value, dtype=np.float64)
        self._gradient = one.gradient(leaf).reshape(-1)
        self._u = own_steps(subject, leaf, seed)
        self.evaluations = 0

    def entry(self, place: int) -> Entry:
        """One entry, in units of the gradient."""
        backward, numerical, bar = self._read(np.array([place]))
        scale = self._u[place]
        index = tuple(int(i) for i in np.unravel_index(place, self._value.shape))
        return Entry(index, backward / scale, numerical / scale, bar / abs(scale))

    def wrong(self, group: Any) -> Iterator[Entry]:
        """The wrong entries of a group, most different half first, until enough are found."""
        pending, found = [group], 0
        while pending and found < _FOUND:
            pending.sort(key=len)
            half = pending.pop(0)
            backward, numerical, bar = self._read(half)
            if excess(backward, numerical, bar) <= DIFFERS or (len(half) == 1 and not np.isfinite(bar)):
                continue
            if len(half) == 1:
                found += 1
                yield self.entry(int(half[0]))
            else:
                pending += np.array_split(half, 2)

    def _read(self, group: Any) -> tuple[float, float, float]:
        """Both sides along the line that moves a group of entries, and the bar."""
        u = np.zeros(self._value.size)
        u[group] = self._u[group]
        terms = self._gradient[group] * self._u[group]
        rounding = 64 * float(np.finfo(np.float64).eps) * float(np.sum(np.abs(terms)))
        line = along(self._subject, {self._leaf.name: u.reshape(self._value.shape)}, self._one)
        found = ladder(line, self._one.upstream, 1e-10 * float(np.linalg.norm(terms)))
        self.evaluations += found.evaluations
        return float(np.sum(terms)), float(found.value[0]), float(found.error[0]) + rounding
