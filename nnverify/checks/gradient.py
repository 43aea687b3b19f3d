"""Does each gradient agree with the numerical one?

The backward's ⟨B(w), u⟩ is compared with the ladder's derivative of the forward along u, for random upstreams w
and random directions u. First all leaves at once; a leaf that this cannot judge gets directions of its own, one for
each order of magnitude of its entries. The ladder's bar replaces the tolerance. Beyond three bars in two independent
directions the gradient is wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from nnverify._compare import AGREES
from nnverify.checks.answered import answered, disputed
from nnverify.checks.malformed import CHECK, blocked, malformed
from nnverify.oracles.estimate import Status
from nnverify.oracles.line import Line
from nnverify.probe import Entries, Probe, along, direction, few_enough, magnitudes, probe
from nnverify.reading import COARSE, Reading, glanced, read, read_segment, refuted, resolved
from nnverify.subject import Leaf, Subject
from nnverify.terms import leaf_terms
from nnverify.verdict import Finding, Outcome
from nnverify.watch import kept
from nnverify.witness import confirmed

Array = NDArray[np.float64]

_SHARED = 1e-9  # a leaf that the joint line cannot see this finely is looked at alone
_DIRECTIONS = 4  # at most, where the first two leave it open
_MANY = 64  # outputs with an upstream of their own
_ORDER = (Outcome.PASS, Outcome.INCONCLUSIVE, Outcome.FAIL)  # of two findings about a leaf the later one stands
_DROWNED = 30.0  # bars: an entry that contributes less than this is not seen beside the others
_NONE: Entries = np.zeros(0, dtype=np.intp)


@dataclass(frozen=True)
class Answer:
    """The findings, one per leaf, the two probes, and the forward evaluations they took."""

    findings: tuple[Finding, ...]
    probes: tuple[Probe, Probe]
    evaluations: int

    @property
    def probe(self) -> Probe:
        """That whose gradients the findings are about."""
        return self.probes[0]


def gradient(subject: Subject, seed: int, rtol: float = 0.0) -> Answer:
    """One finding per leaf that receives a gradient. ``rtol``, relative to the gradient's terms, adds to every bar."""
    probes = _probes(subject, seed)
    look = _Look(subject, seed, rtol, list(probes))
    if instead := blocked(subject, look.probes[0], seed):
        return Answer(instead, probes, 1)
    broken = {leaf.name: found for leaf in subject.targets() if (found := malformed(leaf, look.probes[0]))}
    leaves = [leaf for leaf in subject.targets() if leaf.name not in broken]
    joint = look.joint(leaves) if leaves else []
    findings = [broken.get(leaf.name) or look.judge(leaf, joint) for leaf in subject.targets()]
    return Answer(tuple(findings), probes, look.evaluations)


def _probes(subject: Subject, seed: int) -> tuple[Probe, Probe]:
    """Two upstreams, the output kept once where it is the same."""
    first, second = probe(subject, 0, seed), probe(subject, 1, seed)
    return first, replace(second, output=kept(second.output, first.output))


class _Look:
    """The directions that are tried, and what they cost."""

    def __init__(self, subject: Subject, seed: int, rtol: float, probes: list[Probe]) -> None:
        self.subject, self.seed, self.rtol, self.probes = subject, seed, rtol, probes
        self.evaluations = 0

    def read(self, one: Probe, u: dict[str, Array], line: Line | None = None) -> Reading:
        """Both sides along u; of a line that others share, only what it has not shown yet is counted."""
        known = line.evaluations if line else 0
        found = read(self.subject, one, u, self.rtol, line=line)
        self.evaluations += found.evaluations - known
        return found

    def joint(self, leaves: Sequence[Leaf]) -> list[Reading]:
        """A reading per probe, along all the leaves at once: they pass them, or leave them to lines of their own.

        Many outputs that two upstreams weigh in two ways are told apart along one line, too; few need two.
        """
        found: list[Reading] = []
        for probes in [self.probes[:2]] if self._shared else [[one] for one in self.probes[:2]]:
            u = {leaf.name: direction(self.subject, leaf, probes[0].number, self.seed) for leaf in leaves}
            found += self._together(u, probes)[1]
        return found

    @property
    def _shared(self) -> bool:
        """Whether one line is enough for two upstreams."""
        return self.probes[0].output.size - self.subject.unit_outputs >= _MANY

    def _together(self, u: dict[str, Array], probes: Sequence[Probe]) -> tuple[Line, list[Reading]]:
        line, found = self._glanced(u, probes)
        known = line.evaluations
        found = found or [read(self.subject, one, u, self.rtol, line=line, closely=False) for one in probes]
        self.evaluations += line.evaluations - known
        return line, found

    def _glanced(self, u: dict[str, Array], probes: Sequence[Probe]) -> tuple[Line, list[Reading]]:
        line = along(self.subject, u, *probes, summed=True)
        found = glanced(self.subject, probes, u, line, self.rtol)
        self.evaluations += line.evaluations
        return line, found or []

    def judge(self, leaf: Leaf, joint: Sequence[Reading]) -> Finding:
        """The finding about one leaf: by the joint lines if they can see it, then by its own."""
        readings = self._by_magnitude(leaf, magnitudes(leaf), joint)
        if not readings:
            return Finding(CHECK, leaf.name, Outcome.PASS, f"{leaf.name} has no entries that could be moved")
        finding, heard = self._heard(leaf, readings)
        small = [] if finding.outcome is Outcome.FAIL else self.drowned(leaf, heard)
        return max(finding, self._heard(leaf, small)[0], key=_weight) if small else finding

    def _by_magnitude(self, leaf: Leaf, groups: Sequence[Entries], joint: Sequence[Reading]) -> list[Reading]:
        readings = list(joint) if groups and resolved(joint, leaf.name, _SHARED) else self.alone(leaf, groups[:1])
        return readings + [one for group in groups[1:] for one in self.alone(leaf, [group])]

    def _heard(self, leaf: Leaf, readings: Sequence[Reading]) -> tuple[Finding, Sequence[Reading]]:
        """The finding, a wrong gradient only by the word of a second witness; and the readings after that was heard."""
        if not refuted(readings):
            return answered(leaf, readings), readings
        heard = confirmed(self.subject, readings, self.seed)
        if heard.about and not refuted(heard.readings):
            return disputed(leaf.name, heard.about, heard.testimony), heard.readings
        return answered(leaf, heard.readings), heard.readings

    def alone(self, leaf: Leaf, groups: Sequence[Entries]) -> list[Reading]:
        """Readings along a group of this leaf's entries: two, more while they leave it open.

        Two upstreams along one line may pass it; what they do not pass takes directions of its own.
        """
        readings: list[Reading] = []
        still: list[Reading] = []
        for number in range(_DIRECTIONS if groups else 0):
            u = {leaf.name: direction(self.subject, leaf, number, self.seed, groups[0])}
            one, other = self._parted(self.probe(number), u)
            probes = self.probes[:2] if number == 0 and self._shared else [one]
            line, found = self._quickly(u, probes) if other is None else (None, [])
            if resolved(found, leaf.name, COARSE):
                readings += found
            else:
                readings.append(self._finer(one, u, self.read(one, u, line), leaf))
            still += [self.read(other, u)] if other else []
            if len(readings) >= 2 and (resolved(readings, leaf.name) or refuted(readings)):
                break
        return [*readings, *still] if refuted(still) else readings

    def _quickly(self, u: dict[str, Array], probes: Sequence[Probe]) -> tuple[Line | None, list[Reading]]:
        """Readings that cost little, or that two upstreams share."""
        return self._together(u, probes) if len(probes) > 1 else self._glanced(u, probes)

    def _finer(self, one: Probe, u: dict[str, Array], found: Reading, leaf: Leaf) -> Reading:
        """The reading, or that over a segment where the forward's own rounding is what blurs it."""
        blurred = found.status is Status.SMOOTH and COARSE < found.resolution(leaf.name) < np.inf
        if not blurred or found.excess > AGREES or found.numerical == 0:  # what rounding has swallowed is in no segment
            return found
        segment = read_segment(self.subject, one, u, self.rtol)
        self.evaluations += segment.evaluations
        return segment if segment.bar < found.bar else found

    def probe(self, number: int) -> Probe:
        while len(self.probes) <= number:
            self.probes.append(probe(self.subject, len(self.probes), self.seed))
        return self.probes[number]

    def _parted(self, one: Probe, u: dict[str, Array]) -> tuple[Probe, Probe | None]:
        """The probe restricted to outputs that move along u, whose bar is then their own; and to those that do not."""
        if not any(0 < np.count_nonzero(step) < step.size for step in u.values()):
            return one, None
        line = along(self.subject, u, one)
        moves = (line(0.25) != line(0.0)) | (line(-0.25) != line(0.0))
        self.evaluations += line.evaluations
        if np.all(moves) or not np.any(moves):
            return one, None
        moving, still = (probe(self.subject, one.number, self.seed, outputs=part) for part in (moves, ~moves))
        return moving, still

    def drowned(self, leaf: Leaf, readings: Sequence[Reading]) -> list[Reading]:
        """Readings along entries that the others have drowned, along those that these drown in turn, and so on.

        Those that cannot be seen even by themselves are left out: the resolution already says so.
        """
        seen: list[Reading] = []
        while len(entries := self._below(leaf, readings)):
            readings = self.alone(leaf, [entries])
            if refuted(readings):
                return seen + readings
            if all(one.resolution(leaf.name) <= one.demanded(leaf.name) for one in readings):
                seen += readings
        return seen

    def _below(self, leaf: Leaf, readings: Sequence[Reading]) -> Entries:
        """The moved entries that contributed less than could be seen, where chance does not explain how many."""
        smooth = [one for one in readings if one.status is Status.SMOOTH]
        if len(readings) - len(smooth) > len(readings) // 4:
            return _NONE
        bar, u = _DROWNED * max(one.bar for one in smooth), readings[0].u[leaf.name]
        terms, moved = leaf_terms(self.probes[0], leaf, u), u.reshape(-1) != 0
        small = (terms > 0) & (terms < bar)
        if few_enough(small, bar, terms) or np.all(terms[moved] < bar):
            return _NONE
        return np.flatnonzero(moved & (terms < bar))


def _weight(finding: Finding) -> tuple[int, float]:
    return _ORDER.index(finding.outcome), finding.resolution or 0.0
