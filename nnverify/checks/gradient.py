"""Does each gradient agree with the numerical one?

The backward's ⟨B(w), u⟩ is compared with the ladder's derivative of the forward along u, for random upstreams w
and random directions u. First all leaves at once; a leaf that this cannot judge gets directions of its own. The
ladder's bar replaces the tolerance. Beyond three bars in two independent directions the gradient is wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from nnverify._compare import AGREES, DIFFERS, excess
from nnverify.oracles.estimate import Status
from nnverify.oracles.ladder import ladder
from nnverify.probe import Probe, along, direction, probe
from nnverify.subject import Leaf, Subject
from nnverify.verdict import Finding, Outcome, place

Array = NDArray[np.float64]

CHECK = "gradient"
WANTED = 1e-12  # relative bar at which the ladder stops climbing: noise seldom lets it go lower
DEMANDED = 1e-3  # a PASS must have been able to see a relative error of this size
_ROUNDING = 64 * float(np.finfo(np.float64).eps)  # of the backward's own sums, relative to their summed magnitudes
_DIRECTIONS = 4  # at most, where the first two leave it open


@dataclass(frozen=True)
class _Reading:
    """Both sides along one direction: backward, numerical ± bar, and the typical size of the backward's terms."""

    backward: float
    numerical: float
    bar: float
    size: float
    status: Status
    evaluations: int

    @property
    def excess(self) -> float:
        return float(excess(self.backward, self.numerical, self.bar))

    @property
    def resolution(self) -> float:
        """The relative error of the whole gradient that would have stood out by three bars."""
        return DIFFERS * self.bar / self.size if self.size > 0 else np.inf


@dataclass(frozen=True)
class Answer:
    """The findings, one per leaf, the probe whose gradients they are about, and the forward evaluations they took."""

    findings: tuple[Finding, ...]
    probe: Probe
    evaluations: int


def gradient(subject: Subject, seed: int, rtol: float = 0.0) -> Answer:
    """One finding per leaf that receives a gradient. ``rtol``, relative to the gradient's terms, adds to every bar."""
    probes = [probe(subject, number, seed) for number in range(2)]
    if blocked := _blocked(subject, probes[0]):
        return Answer(blocked, probes[0], 1)
    broken = {leaf.name: found for leaf in subject.targets() if (found := _malformed(leaf, probes[0]))}
    leaves = [leaf for leaf in subject.targets() if leaf.name not in broken]
    joint = [_read(subject, leaves, one, seed, rtol) for one in probes] if leaves else []
    together = _shared(leaves, joint)
    findings, evaluations = [], sum(reading[0].evaluations for reading in joint)
    for leaf in subject.targets():
        if leaf.name in broken:
            findings.append(broken[leaf.name])
        elif leaf.name in together:
            findings.append(_pass(leaf, together[leaf.name]))
        else:
            readings = _alone(subject, leaf, probes, seed, rtol)
            findings.append(_judge(leaf, readings))
            evaluations += sum(reading.evaluations for reading in readings)
    return Answer(tuple(findings), probes[0], evaluations)


def _blocked(subject: Subject, one: Probe) -> tuple[Finding, ...]:
    """What keeps every leaf from being judged: a backward that raises, a forward that is not finite."""
    bad = np.flatnonzero(~np.isfinite(one.output))
    if one.raised:
        outcome, message, code = Outcome.FAIL, f"backward raised {one.raised}", "NV306"
    elif len(bad):
        found = f"{len(bad)} of {one.output.size} outputs are not finite, the first is number {bad[0]}"
        outcome, message, code = Outcome.INCONCLUSIVE, f"forward is not finite at this point: {found}", "NV304"
    else:
        return ()
    return tuple(Finding(CHECK, leaf.name, outcome, message, code) for leaf in subject.targets())


def _malformed(leaf: Leaf, one: Probe) -> Finding | None:
    """What is wrong with a gradient before any value is compared."""
    name = leaf.name
    if one.gradients.get(name) is None:
        return Finding(CHECK, name, Outcome.FAIL, f"d{name} is missing: backward returned none for it", "NV303")
    found = np.asarray(one.gradients[name])
    if found.shape != np.shape(leaf.value):
        message = f"d{name} has shape {found.shape}, but {name} has shape {np.shape(leaf.value)}"
        return Finding(CHECK, name, Outcome.FAIL, message, "NV301")
    bad = np.argwhere(~np.isfinite(found.astype(np.float64)))
    if len(bad):
        index = tuple(int(i) for i in bad[0])
        value = float(found[index])
        message = (
            f"d{name}{place(index) if index else ''} is {value}: {len(bad)} of {found.size} entries are not finite"
        )
        return Finding(CHECK, name, Outcome.FAIL, message, "NV304", index, value)
    return None


def _read(subject: Subject, leaves: Sequence[Leaf], one: Probe, seed: int, rtol: float) -> list[_Reading]:
    """One line through all the leaves, read once for each: same numbers, each leaf's own size."""
    u = {leaf.name: direction(subject, leaf, one.number, seed) for leaf in leaves}
    terms = {name: np.asarray(one.gradients[name], dtype=np.float64) * step for name, step in u.items()}
    total = np.concatenate([term.reshape(-1) for term in terms.values()])
    backward, rounding = float(np.sum(total)), (_ROUNDING + rtol) * float(np.sum(np.abs(total)))
    wanted = WANTED * float(np.linalg.norm(total))
    line = along(subject, u)
    numerical = ladder(line, one.upstream, wanted)
    value, bar = float(numerical.value[0]), float(numerical.error[0]) + rounding
    status, cost = numerical.status, numerical.evaluations
    return [_Reading(backward, value, bar, float(np.linalg.norm(terms[leaf.name])), status, cost) for leaf in leaves]


def _shared(leaves: Sequence[Leaf], joint: Sequence[Sequence[_Reading]]) -> dict[str, list[_Reading]]:
    """The leaves that the joint lines have judged right, with what they read."""
    by_leaf = {leaf.name: [readings[i] for readings in joint] for i, leaf in enumerate(leaves)}
    return {name: readings for name, readings in by_leaf.items() if _agree(readings)}


def _agree(readings: Sequence[_Reading]) -> bool:
    return all(one.excess <= AGREES and one.resolution <= DEMANDED for one in readings)


def _alone(subject: Subject, leaf: Leaf, probes: Sequence[Probe], seed: int, rtol: float) -> list[_Reading]:
    """Readings in directions of this leaf alone: two, more while they leave it open."""
    readings: list[_Reading] = []
    for number in range(_DIRECTIONS):
        one = probes[number] if number < len(probes) else probe(subject, number, seed)
        readings += _read(subject, [leaf], one, seed, rtol)
        if number >= 1 and (_agree(readings) or _differing(readings) >= 2):
            break
    return readings


def _differing(readings: Sequence[_Reading]) -> int:
    return sum(one.excess > DIFFERS and np.isfinite(one.bar) for one in readings)


def _judge(leaf: Leaf, readings: Sequence[_Reading]) -> Finding:
    if _differing(readings) >= 2:
        return _fail(leaf, readings)
    return _pass(leaf, readings) if _agree(readings) else _open(leaf, readings)


def _pass(leaf: Leaf, readings: Sequence[_Reading]) -> Finding:
    worst = max(readings, key=lambda one: one.resolution)
    message = f"d{leaf.name} agrees; a relative error above {worst.resolution:.1e} would have been seen"
    return _finding(leaf, Outcome.PASS, message, None, worst)


def _fail(leaf: Leaf, readings: Sequence[_Reading]) -> Finding:
    worst = max(readings, key=lambda one: one.excess)
    ratio = _ratio(readings)
    if ratio is None:
        message = (
            f"d{leaf.name} differs along a random direction: backward {worst.backward:+.6g}, "
            f"numerical {worst.numerical:+.6g} ± {worst.bar:.1g}"
        )
    else:
        message = f"d{leaf.name} is {ratio:.4g} x the numerical gradient"
    return replace(_finding(leaf, Outcome.FAIL, message, None, worst), ratio=ratio)


def _ratio(readings: Sequence[_Reading]) -> float | None:
    """backward / numerical where all directions agree on it: random directions agree on one factor only."""
    best = min(readings, key=lambda one: one.bar / abs(one.numerical) if one.numerical else np.inf)
    if abs(best.numerical) <= DIFFERS * best.bar:
        return None
    ratio = best.backward / best.numerical
    # Both sides of each comparison carry a bar: that of the ratio, and that of the direction it is tried on.
    blur = max(1.0, abs(ratio))
    bars = [blur * (one.bar + abs(one.numerical / best.numerical) * best.bar) for one in readings]
    agree = [
        excess(one.backward, ratio * one.numerical, bar) <= DIFFERS for one, bar in zip(readings, bars, strict=True)
    ]
    return ratio if all(agree) else None


# Status of the function along the line, or the lack of a gradient, to the reason and its sentence.
_REASONS = {
    "vacuous": ("NV205", "the gradient is zero here on both sides, so nothing was tested"),
    Status.KINK: ("NV201", "the function has a kink at this point"),
    Status.DOMAIN: ("NV206", "the function is not finite next to this point"),
    Status.SMOOTH: ("NV202", "the function is too noisy here to tell"),
}


def _open(leaf: Leaf, readings: Sequence[_Reading]) -> Finding:
    worst = max(readings, key=lambda one: one.resolution)
    vacuous = all(one.size == 0 and one.excess <= AGREES for one in readings)
    code, why = _REASONS["vacuous" if vacuous else worst.status]
    return _finding(leaf, Outcome.INCONCLUSIVE, f"d{leaf.name} could not be judged: {why}", code, worst)


def _finding(leaf: Leaf, outcome: Outcome, message: str, code: str | None, one: _Reading) -> Finding:
    return Finding(CHECK, leaf.name, outcome, message, code, None, one.backward, one.numerical, one.bar, one.resolution)
