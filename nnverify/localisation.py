"""Where is the gradient wrong? Entry by entry where it is small, by halving groups of entries where it is large.

Group testing: a group of entries is moved together, and a group whose directional derivative agrees is dropped. A
single wrong entry is pointed at: steps that grow with the place tell by the ratio of two gaps where it is. k wrong
entries among N cost about k·log₂(k) lines, and six for each. Every reported entry is confirmed by a line of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnverify._compare import DIFFERS, excess, norm
from nnverify.draws import generator
from nnverify.isolation import own_steps
from nnverify.oracles.few import few
from nnverify.oracles.ladder import ladder
from nnverify.oracles.noise import noise
from nnverify.probe import Entries, Probe, along, magnitudes
from nnverify.subject import Leaf, Subject
from nnverify.verdict import Entry, StepError

Array = NDArray[np.float64]

_ALL = 128  # entries up to which every one is looked at
_STEPS = tuple(10.0**-k for k in range(1, 13))  # that a report draws; a sentence speaks of the first
_SPOKEN = 6  # of them: below, rounding alone may move the gap
_FOUND = 16  # wrong entries after which the search through a large leaf stops
_CLEAR = 5.0  # bars that a group's gap must have to be halved without another look
_SPREAD = 512  # different sizes of the steps in a group
_LEVELS = 1024  # places that two gaps can tell apart
_SHARP = 16.0  # bars that a gap must have to point at a place,
_WIDE = 5  # and the least number of entries
_LONGER = 5  # doublings of the steps at most, for groups that are a small part of the leaf


@dataclass(frozen=True)
class Location:
    """The entries that were looked at one by one; ``complete`` when those are all of the leaf.

    inside  the slice that holds every wrong entry, as "[3,:]"; empty where there is none that is smaller than the leaf
    """

    entries: tuple[Entry, ...]
    total: int
    complete: bool
    evaluations: int
    inside: str = ""

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
        found = f"{'' if self.complete else 'at least '}{len(self.wrong)} of {self.total:,} entries"
        return f"{found}, none of them outside {self.inside}" if self.inside else found


def locate(subject: Subject, leaf: Leaf, one: Probe, seed: int) -> Location:
    """The wrong entries of one leaf's gradient, for the probe's upstream."""
    value = np.asarray(leaf.value, dtype=np.float64)
    search = _Search(subject, leaf, one, seed)
    small = value.size <= _ALL
    entries = tuple(search.entry(place) for place in range(value.size)) if small else tuple(search.wrong())
    inside = search.slice([entry.index for entry in entries]) if len(entries) == _FOUND < value.size else ""
    return Location(entries, value.size, small, search.evaluations, inside)


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


@dataclass(frozen=True)
class _Group:
    """Entries that were moved together, and how far the two sides are apart along that line."""

    entries: Entries
    gap: float
    bar: float

    def known(self, bars: float) -> bool:
        """Whether the gap is so many bars."""
        return self.bar <= abs(self.gap) / bars

    @property
    def wrong(self) -> bool:
        return abs(self.gap) > DIFFERS * self.bar

    @property
    def clear(self) -> bool:
        """Whether the gap is known well enough to halve it."""
        return self.wrong and self.known(_CLEAR)


def _long_enough(steps: Array, leaf: Leaf) -> Array:
    """The steps, those of entries small by chance as long as the others': else what is wrong there moves nothing."""
    main = next(iter(magnitudes(leaf)), np.zeros(0, dtype=np.intp))
    sizes = np.abs(steps[main])
    typical = np.median(sizes) if len(main) else 0.0
    steps[main] = np.copysign(np.maximum(sizes, typical), steps[main])
    return steps


class _Search:
    """Lines through single entries and through groups of one leaf, with the evaluations counted."""

    def __init__(self, subject: Subject, leaf: Leaf, one: Probe, seed: int) -> None:
        self._subject, self._leaf, self._one = subject, leaf, one
        self._value = np.asarray(leaf.value, dtype=np.float64)
        self._gradient = one.gradient(leaf).reshape(-1)
        self._own = _long_enough(own_steps(subject, leaf, seed), leaf)
        # Errors of equal size on steps of equal size would cancel in one group of six.
        rng = generator(seed, subject.name, leaf.name, "groups")
        self._mixed = self._own * rng.integers(_SPREAD, 2 * _SPREAD, self._own.size) / (2 * _SPREAD)
        self._sigma: Array | None = None
        self.evaluations = 0

    def entry(self, place: int) -> Entry:
        """One entry by itself, in units of the gradient."""
        scale = self._own[place]
        backward, numerical, bar = self._read(np.array([place]), self._own[[place]], 0.0)
        index = tuple(int(i) for i in np.unravel_index(place, self._value.shape))
        return Entry(index, backward / scale, numerical / scale, bar / abs(scale))

    def wrong(self) -> Iterator[Entry]:
        """Wrong entries, the larger error of two halves first, until enough are found.

        What the one half does not explain of the gap of both is the other's: it is read only where that is not clear.
        """
        pending, found = [self._group(np.arange(self._value.size), 0.0)], 0
        while pending and found < _FOUND:
            group = pending.pop()
            if len(group.entries) == 1:
                entry = self.entry(int(group.entries[0]))
                if np.isfinite(entry.bar):
                    found += 1
                    yield entry
                continue
            parts = self._pointed(group) or [half for half in self._halves(group) if half.wrong]
            pending += sorted(parts, key=lambda part: abs(part.gap))

    def slice(self, found: Sequence[tuple[int, ...]]) -> str:
        """What all these entries lie in, by the indices that they share, where nothing outside is wrong."""
        shared = [indices[0] if len(set(indices)) == 1 else None for indices in zip(*found, strict=True)]
        if all(index is None for index in shared):
            return ""
        outside = np.ones(self._value.shape, dtype=bool)
        outside[tuple(slice(None) if index is None else index for index in shared)] = False
        rest = self._group(np.flatnonzero(outside), 0.0)
        words = ",".join(":" if index is None else str(index) for index in shared)
        return f"[{words}]" if np.isfinite(rest.bar) and not rest.wrong else ""

    def _halves(self, group: _Group) -> tuple[_Group, _Group]:
        first, second = np.array_split(group.entries, 2)
        wanted = abs(group.gap) / _CLEAR if np.isfinite(group.bar) else 0.0
        read = self._group(first, wanted)
        rest = _Group(second, group.gap - read.gap, group.bar + read.bar)
        known = rest.clear or (abs(rest.gap) <= rest.bar and read.clear)
        return read, rest if known else self._group(second, wanted)

    def _pointed(self, group: _Group) -> list[_Group]:
        """The few entries that explain all of the gap, found as if one were wrong; none where they do not."""
        if not group.known(_SHARP) or len(group.entries) < _WIDE:
            return []
        growing = (1 + np.arange(len(group.entries)) * _LEVELS // len(group.entries)) / _LEVELS
        other = self._group(group.entries, abs(group.gap) / _SHARP, growing)
        ratio = other.gap / group.gap
        blur = (other.bar + abs(ratio) * group.bar) / abs(group.gap) + 0.5 / _LEVELS
        there = group.entries[np.abs(growing - ratio) <= blur]
        if not 0 < len(there) <= len(group.entries) // 4:
            return []
        found = self._group(there, abs(group.gap) / _SHARP)
        explained = excess(found.gap, group.gap, found.bar + group.bar) <= DIFFERS
        return [found] if found.wrong and explained else []

    def _group(self, entries: Entries, wanted: float, factors: Array | float = 1.0) -> _Group:
        backward, numerical, bar = self._read(entries, self._mixed[entries] * factors, wanted)
        return _Group(entries, backward - numerical, bar)

    def _read(self, group: Entries, steps: Array, wanted: float) -> tuple[float, float, float]:
        """Both sides along the line that moves a group of entries by their steps, and the bar.

        Where that of a few steps in the middle is as wanted, they are enough; the noise is that of the whole leaf.
        """
        u = np.zeros(self._value.size)
        u[group] = steps
        terms = self._gradient[group] * steps
        rounding = 64 * float(np.finfo(np.float64).eps) * float(np.sum(np.abs(terms)))
        line = along(self._subject, {self._leaf.name: u.reshape(self._value.shape)}, self._one, summed=True)
        if self._sigma is None:
            self._sigma = noise(line, self._one.upstream)
        longer = min(_LONGER, int(np.log2(u.size / len(group)) / 2))  # what moves is then about as long
        found = few(line, self._one.upstream, self._sigma, wanted, longer) if wanted > 0 else None
        if found is None:
            found = ladder(line, self._one.upstream, 1e-10 * norm(terms), narrowest=True)
        self.evaluations += line.evaluations
        return float(np.sum(terms)), float(found.value[0]), float(found.error[0]) + rounding
