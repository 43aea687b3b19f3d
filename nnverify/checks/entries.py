"""Where the function is not smooth, does the gradient lie between the slopes?

Entries at a kink are isolated; all others must agree as everywhere. At a kink the gradient by one entry must lie
between the two one-sided derivatives, output by output. And along directions that do not feel the kink, as that in
which tied values move together, it must agree exactly: of four tied maxima a quarter each is right, a half is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np

from nnverify.checks import answered
from nnverify.claims import claimed
from nnverify.isolation import Isolated, clear, isolate, nothing, own_steps
from nnverify.kinked import CHECK, at, crowded, disputed, outside, subgradient, told, unknown, whole
from nnverify.nearby import pieces, rough
from nnverify.oracles.estimate import Status
from nnverify.probe import Probe, probe
from nnverify.reading import DEMANDED, Demand, Reading, read, refuted
from nnverify.slopes import (
    Member,
    Slopes,
    at_entry,
    balanced,
    by_dual,
    moved,
    of_members,
    one_sign,
    separable,
    size_of,
    together,
)
from nnverify.subject import Leaf, Subject
from nnverify.verdict import Finding, Outcome
from nnverify.witness import Says, confirmed, steadied

_LINES = (50, 400)  # the first show most mistakes
_LOOKED_AT = 200  # entries at kinks that are looked at one by one
_FURTHER = (2, 3, 4, 5)  # upstreams that are asked about an entry outside for one of two
_ACCUSED = 24  # of them, outside their slopes, about which the points around are asked


@dataclass(frozen=True)
class _Seen:
    """All there is to say about one leaf: readings along smooth groups, and the slopes at its kinks, per probe.

    complete  whether lines went through every entry
    """

    leaf: Leaf
    isolated: Isolated
    readings: tuple[Reading, ...]
    slopes: tuple[tuple[Slopes, ...], ...]
    complete: bool


def entries(subject: Subject, leaves: Sequence[Leaf], probes: Sequence[Probe], demand: Demand) -> dict[str, Finding]:
    """A finding for each leaf that lines through all of it could not judge; ties between leaves are seen."""
    for lines in _LINES:
        seen = [_look(subject, leaf, probes, demand, lines) for leaf in leaves]
        found = _judged(subject, seen, probes, demand)
        if all(one.complete for one in seen) or any(one.outcome is Outcome.FAIL for one in found.values()):
            break
    return found


def _judged(subject: Subject, seen: Sequence[_Seen], probes: Sequence[Probe], demand: Demand) -> dict[str, Finding]:
    tied = list(_tied(subject, seen, probes, demand))
    judge = _Judge(subject, probes, demand)
    return {one.leaf.name: judge.finding(one, [part for part in tied if one.leaf.name in part.names]) for one in seen}


def _look(subject: Subject, leaf: Leaf, probes: Sequence[Probe], demand: Demand, lines: int) -> _Seen:
    found = [isolate(subject, leaf, one, demand.seed, demand.rtol, lines) for one in probes]
    u = own_steps(subject, leaf, demand.seed)
    looked_at = found[0].entries[:_LOOKED_AT]
    slopes = [tuple(at_entry(subject, leaf, one, entry, u) for entry in looked_at) for one in probes]
    readings = tuple(reading for one in found for reading in one.smooth)
    return _Seen(leaf, found[0], readings, tuple(slopes), not any(one.rest for one in found))


@dataclass(frozen=True)
class _Tied:
    """Entries that move together: readings where the function is smooth along them, else its slopes, per probe."""

    names: frozenset[str]
    count: int
    readings: tuple[Reading, ...] = ()
    slopes: tuple[Slopes, ...] = ()


def _tied(subject: Subject, seen: Sequence[_Seen], probes: Sequence[Probe], demand: Demand) -> Iterator[_Tied]:
    """Directions that move kinked entries together, and in which kinks do not merely cancel."""
    kinked = [(one.leaf, entry) for one in seen for entry in one.isolated.entries[:_LOOKED_AT]]
    pairs = [pair for one in seen for pair in zip(*one.slopes, strict=True)]
    known = {(leaf.name, entry): pair for (leaf, entry), pair in zip(kinked, pairs, strict=True)}
    own = {one.leaf.name: np.abs(own_steps(subject, one.leaf, demand.seed)) for one in seen}
    bends = [pair[0].bend / own[leaf.name][entry] for (leaf, entry), pair in zip(kinked, pairs, strict=True)]
    for members, steps in chain(together(kinked), balanced(kinked, bends)):
        parts = [known[leaf.name, entry] for leaf, entry in members]
        yield _joint(subject, members, steps, probes, parts, demand.rtol)


def _joint(
    subject: Subject,
    members: Sequence[Member],
    steps: Sequence[float],
    probes: Sequence[Probe],
    parts: Sequence[Sequence[Slopes]],
    rtol: float,
) -> _Tied:
    u, size = moved(members, steps), size_of(members)
    names = frozenset(leaf.name for leaf, _ in members)
    found = [read(subject, one, u, rtol) for one in probes]
    if all(one.status is Status.SMOOTH and clear(one, one.one) for one in found):
        apart = all(separable(one, size, [part[k] for part in parts], steps) for k, one in enumerate(found))
        return _Tied(names, len(members), () if apart else tuple(found))
    if min(steps) < 0 or len(members) == 2:
        return _Tied(names, len(members))
    slopes = tuple(of_members(subject, members, one, u) for one in probes)
    bent = one_sign([slopes[0].bend, *(part[0].bend for part in parts)])
    return _Tied(names, len(members), (), slopes if bent else ())


@dataclass(frozen=True)
class _Judge:
    """Turns what was seen of a leaf into a finding; whatever accuses it is put to a second witness first."""

    subject: Subject
    probes: Sequence[Probe]
    demand: Demand

    def finding(self, one: _Seen, tied: Sequence[_Tied]) -> Finding:
        name, readings = one.leaf.name, (*one.readings, *(found for part in tied for found in part.readings))
        if refuted(readings):
            heard = confirmed(self.subject, readings, self.demand.seed)
            readings = heard.readings
            if refuted(readings):
                return self._piecewise(name, readings) or _differing(name, readings)
            if heard.testimony.says is Says.DISPUTED and heard.about:
                return answered.disputed(name, heard.about, heard.testimony)
        readings = steadied(self.subject, readings, self.demand.seed)
        pairs = [self._known(one.leaf, pair) for pair in zip(*one.slopes, strict=True)]
        beyond = [pair for pair in pairs if any(slopes.outside for slopes in pair)]
        accused = (self._outside(one, *self._again(one.leaf, pair)) for pair in beyond[:_ACCUSED])
        if found := next((finding for finding in accused if finding), None):
            return found
        spanned = [part for part in tied if part.slopes and all(slopes.outside for slopes in part.slopes)]
        if spanned:
            together = f"d{name} along {spanned[0].count} entries that move together"
            return outside(name, spanned[0].slopes[0], together)
        unclear = [pair[0] for pair in pairs if not all(slopes.known for slopes in pair)]
        if unclear:
            return unknown(name, unclear[0])
        if not all(found.agrees for found in readings):
            message = f"d{name} agrees to some bars only"
            return _with(Finding(CHECK, name, Outcome.INCONCLUSIVE, message, "NV202"), readings[0])
        return _between(name, one, readings, [pair[0] for pair in pairs], self.demand.kink)

    def _again(self, leaf: Leaf, pair: Sequence[Slopes]) -> tuple[Slopes, Probe, bool]:
        """An entry outside for one upstream, and whether it is for a second of six: one bar may be too small."""
        probes = [*self.probes, *(probe(self.subject, number, self.demand.seed) for number in _FURTHER)]
        u, index = own_steps(self.subject, leaf, self.demand.seed), pair[0].index or ()
        entry = int(np.ravel_multi_index(index, np.shape(leaf.value))) if index else 0
        more = (at_entry(self.subject, leaf, other, entry, u) for other in probes[len(pair) :])
        found = ((slopes, other) for slopes, other in zip(chain(pair, more), probes, strict=True) if slopes.outside)
        return *next(found), next(found, None) is not None

    def _outside(self, one: _Seen, slopes: Slopes, found: Probe, confirmed: bool) -> Finding | None:
        """The finding about an entry outside its slopes; open where dual numbers see other slopes, or there are more.

        None where a piece of the function next to the point has such a slope.
        """
        name = one.leaf.name
        other = by_dual(self.subject, one.leaf, slopes, found, self.demand.seed)
        if other is None or (other.outside and other.within(slopes) and not other.several):
            u = np.zeros(np.shape(one.leaf.value))
            u[slopes.index] = 1.0
            met = pieces(self.subject, {name: u}, found, self.demand.seed, slopes.backward)
            if met.contain(slopes.backward):
                return None
            if met.explain(slopes.backward):
                return crowded(name, slopes)
            sure = confirmed and not rough(self.subject, {name: u}, slopes, found, self.demand.seed)
            return outside(name, slopes, f"d{at(name, slopes)}") if sure else unknown(name, slopes)
        return crowded(name, slopes) if other.several else disputed(name, slopes, other)

    def _piecewise(self, name: str, readings: Sequence[Reading]) -> Finding | None:
        """INCONCLUSIVE where all but one of the differences may be due to pieces that their lines do not meet."""
        differing = sorted((found for found in readings if found.differs), key=lambda found: -found.excess)
        unexplained = 0
        for found in differing[:_ACCUSED]:
            met = pieces(self.subject, found.u, found.one, self.demand.seed, claimed(found))
            unexplained += not met.explain(claimed(found))
            if unexplained == 2:
                return None
        message = f"d{name} could not be judged: several smooth pieces of the function meet at this point"
        return _with(Finding(CHECK, name, Outcome.INCONCLUSIVE, message, "NV201"), differing[0])

    def _known(self, leaf: Leaf, pair: Sequence[Slopes]) -> tuple[Slopes, ...]:
        """The slopes of an entry, by dual numbers where the ladder's are too coarse and these lie within."""
        if all(slopes.known for slopes in pair):
            return tuple(pair)
        return tuple(self._finer(leaf, slopes, one) for slopes, one in zip(pair, self.probes, strict=True))

    def _finer(self, leaf: Leaf, slopes: Slopes, one: Probe) -> Slopes:
        unclear = slopes.status in (Status.CUSP, Status.JUMP)
        found = None if unclear else by_dual(self.subject, leaf, slopes, one, self.demand.seed)
        return found if found is not None and found.within(slopes) else slopes


def _differing(name: str, readings: Sequence[Reading]) -> Finding:
    worst = max((found for found in readings if found.differs), key=lambda found: found.excess)
    message = f"d{name} differs along a direction in which the function is smooth"
    return _with(Finding(CHECK, name, Outcome.FAIL, message), worst)


def _with(finding: Finding, found: Reading) -> Finding:
    return replace(
        finding,
        backward=found.backward,
        numerical=found.numerical,
        bar=found.bar,
        resolution=found.resolution(finding.leaf),
    )


def _between(name: str, one: _Seen, readings: Sequence[Reading], slopes: Sequence[Slopes], kink: str) -> Finding:
    """All entries agree, or lie between the slopes of their kinks; some have one slope, and were only hard to see."""
    if one.isolated.mixed:
        message = (
            f"d{name} could not be judged: so many entries are at kinks that {one.isolated.rest} were not looked at"
        )
        return Finding(CHECK, name, Outcome.INCONCLUSIVE, message, "NV202")
    flat, kinks = [part for part in slopes if not part.bent], [part for part in slopes if part.bent]
    seen, unseen = told(name, readings, flat), len(one.isolated.entries) + one.isolated.rest - len(slopes)
    if kinks:
        return subgradient(name, kinks, unseen, kink, seen, elsewhere=bool(readings or flat))
    if not unseen and whole(name, readings, flat) <= DEMANDED:
        message = f"d{name} agrees; a relative error above {seen:.1e} would have been seen"
        return Finding(CHECK, name, Outcome.PASS, message, resolution=seen)
    if all(map(nothing, readings)) and not any(part.backward or part.low for part in flat):
        message = f"d{name} could not be judged: the gradient is zero here on both sides, so nothing was tested"
        return Finding(CHECK, name, Outcome.INCONCLUSIVE, message, "NV205", resolution=seen)
    return Finding(CHECK, name, Outcome.INCONCLUSIVE, f"d{name} agrees to wide bars only", "NV202", resolution=seen)
