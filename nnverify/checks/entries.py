"""Where the function is not smooth, does the gradient lie between the slopes?

Entries at a kink are isolated; all others must agree as everywhere. At a kink the gradient by one entry must lie
between the two one-sided derivatives, output by output. And along directions that do not feel the kink, as that in
which tied values move together, it must agree exactly: of four tied maxima a quarter each is right, a half is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from nnverify._compare import DIFFERS, SEEN, excess
from nnverify.isolation import Isolated, clear, isolate, own_steps, restricted
from nnverify.oracles.estimate import Status
from nnverify.oracles.ladder import sides
from nnverify.probe import Probe, along, exact_steps
from nnverify.reading import DEMANDED, Demand, Reading, read, refuted
from nnverify.subject import Leaf, Subject
from nnverify.verdict import Finding, Outcome, place

Array = NDArray[np.float64]

CHECK = "gradient"
_LOOKED_AT = 24  # entries at kinks that are looked at one by one
_PAIRED = 6  # of them whose pairs are tried


@dataclass(frozen=True)
class Slopes:
    """One entry at a kink: the backward's value, and what the one-sided slopes leave room for."""

    index: tuple[int, ...]
    backward: float
    low: float
    high: float
    bar: float
    status: Status

    @property
    def known(self) -> bool:
        size = max(self.high - self.low, abs(self.low), abs(self.high), abs(self.backward))
        return self.bar <= DEMANDED * size and self.status not in (Status.CUSP, Status.JUMP)

    @property
    def outside(self) -> bool:
        """Whether the backward's value is more than three bars outside."""
        gap = max(self.low - self.backward, self.backward - self.high, 0.0)
        return self.known and bool(excess(gap, 0.0, self.bar) > DIFFERS)


@dataclass(frozen=True)
class _Seen:
    """All there is to say about one leaf: readings along smooth groups, and the slopes at its kinks, per probe."""

    leaf: Leaf
    isolated: Isolated
    readings: tuple[Reading, ...]
    slopes: tuple[tuple[Slopes, ...], ...]


def entries(subject: Subject, leaves: Sequence[Leaf], probes: Sequence[Probe], demand: Demand) -> dict[str, Finding]:
    """A finding for each leaf that lines through all of it could not judge; ties between leaves are seen."""
    seen = [_look(subject, leaf, probes, demand) for leaf in leaves]
    tied = list(_tied(subject, seen, probes, demand.rtol))
    return {
        one.leaf.name: _finding(one, [found for names, found in tied if one.leaf.name in names], demand.kink)
        for one in seen
    }


def _look(subject: Subject, leaf: Leaf, probes: Sequence[Probe], demand: Demand) -> _Seen:
    found = [isolate(subject, leaf, one, demand.seed, demand.rtol) for one in probes]
    u = own_steps(subject, leaf, demand.seed)
    slopes = [tuple(_slopes(subject, leaf, one, entry, u) for entry in found[0].entries[:_LOOKED_AT]) for one in probes]
    return _Seen(leaf, found[0], tuple(reading for one in found for reading in one.smooth), tuple(slopes))


def _slopes(subject: Subject, leaf: Leaf, one: Probe, entry: int, u: Array) -> Slopes:
    """The interval of ⟨w, f⟩'s derivative by one entry, every output free to take either of its slopes."""
    value = np.asarray(leaf.value, dtype=np.float64)
    step = abs(u[entry])
    line = along(subject, {leaf.name: restricted(value, np.abs(u), np.array([entry]))}, one)
    below, above = sides(line)
    weighed = np.array([one.upstream * below.value, one.upstream * above.value])
    bar = float(np.abs(one.upstream) @ np.maximum(below.error, above.error))
    backward = float(one.gradient(leaf).reshape(-1)[entry])
    index = tuple(int(i) for i in np.unravel_index(entry, value.shape))
    low, high = (float(np.sum(part)) / step for part in (np.min(weighed, axis=0), np.max(weighed, axis=0)))
    return Slopes(index, backward, low, high, bar / step + DEMANDED**4 * abs(backward), below.status)


def _tied(
    subject: Subject, seen: Sequence[_Seen], probes: Sequence[Probe], rtol: float
) -> Iterator[tuple[set[str], Reading]]:
    """Readings along directions that move kinked entries together, where the function is smooth along them."""
    kinked = [(one.leaf, entry) for one in seen for entry in one.isolated.entries[:_LOOKED_AT]]
    for members, steps in _together(kinked):
        u = _moved(members, steps)
        for one in probes:
            found = read(subject, one, u, rtol)
            if found.status is Status.SMOOTH and clear(found, one):
                yield {leaf.name for leaf, _ in members}, found


Member = tuple[Leaf, int]


def _together(kinked: Sequence[Member]) -> Iterator[tuple[list[Member], list[float]]]:
    """Members that move by the same amount: all, those of equal value, pairs; and pairs that move apart."""
    if len(kinked) < 2:
        return
    equal: dict[float, list[Member]] = {}
    for leaf, entry in kinked:
        equal.setdefault(float(np.asarray(leaf.value).reshape(-1)[entry]), []).append((leaf, entry))
    groups = [list(kinked), *(group for group in equal.values() if 2 <= len(group) < len(kinked))]
    for group in groups:
        yield group, [1.0] * len(group)
    for pair in combinations(kinked[:_PAIRED], 2):
        yield list(pair), [1.0, 1.0]
        yield list(pair), [1.0, -1.0]


def _moved(members: Sequence[Member], steps: Sequence[float]) -> dict[str, Array]:
    size = max((abs(float(np.asarray(leaf.value).reshape(-1)[entry])) for leaf, entry in members), default=0.0) or 1.0
    moved: dict[str, Array] = {}
    for (leaf, entry), step in zip(members, steps, strict=True):
        moved.setdefault(leaf.name, np.zeros(np.shape(leaf.value))).reshape(-1)[entry] = size * step
    values = {leaf.name: np.asarray(leaf.value, dtype=np.float64) for leaf, _ in members}
    return {name: exact_steps(values[name], u) for name, u in moved.items()}


def _finding(one: _Seen, tied: Sequence[Reading], kink: str) -> Finding:
    name = one.leaf.name
    readings = [*one.readings, *tied]
    pairs = list(zip(*one.slopes, strict=True))
    outside = [pair[0] for pair in pairs if all(slopes.outside for slopes in pair)]
    if refuted(readings):
        worst = max((found for found in readings if found.differs), key=lambda found: found.excess)
        message = f"d{name} differs along a direction in which the function is smooth"
        return _with(Finding(CHECK, name, Outcome.FAIL, message), worst)
    if outside:
        return _outside(name, outside[0])
    unknown = [pair[0] for pair in pairs if not all(slopes.known for slopes in pair)]
    if unknown:
        return _unknown(name, unknown[0])
    if not all(found.agrees for found in readings):
        return _with(
            Finding(CHECK, name, Outcome.INCONCLUSIVE, f"d{name} agrees to some bars only", "NV202"), readings[0]
        )
    return _between(name, one, readings, [pair[0] for pair in pairs], kink)


def _with(finding: Finding, found: Reading) -> Finding:
    return replace(
        finding,
        backward=found.backward,
        numerical=found.numerical,
        bar=found.bar,
        resolution=found.resolution(finding.leaf),
    )


def _at(name: str, slopes: Slopes) -> str:
    return f"{name}{place(slopes.index) if slopes.index else ''}"


def _interval(slopes: Slopes) -> str:
    return f"the slopes {slopes.low:+.6g} and {slopes.high:+.6g}"


def _outside(name: str, slopes: Slopes) -> Finding:
    message = f"d{_at(name, slopes)} is {slopes.backward:+.6g}, outside {_interval(slopes)} of the kink there"
    numerical = slopes.low if slopes.backward < slopes.low else slopes.high
    return Finding(CHECK, name, Outcome.FAIL, message, "NV117", slopes.index, slopes.backward, numerical, slopes.bar)


_UNKNOWN = {
    Status.CUSP: ("NV201", "its slope is infinite"),
    Status.JUMP: ("NV209", "the function jumps"),
    Status.DOMAIN: ("NV206", "the function is not finite on either side"),
}


def _unknown(name: str, slopes: Slopes) -> Finding:
    code, why = _UNKNOWN.get(slopes.status, ("NV202", "the function is too noisy"))
    message = f"d{name} could not be judged: at {_at(name, slopes)} {why}"
    return Finding(CHECK, name, Outcome.INCONCLUSIVE, message, code, slopes.index, slopes.backward)


def _resolution(name: str, readings: Sequence[Reading]) -> float:
    """Of the leaf as a whole, seen in groups: the groups' bars and sizes add up like independent errors."""
    bars = float(np.linalg.norm([found.bar for found in readings]))
    size = float(np.linalg.norm([found.sizes.get(name, 0.0) for found in readings]))
    return SEEN * bars / size if size > 0 else np.inf


def _between(name: str, one: _Seen, readings: Sequence[Reading], slopes: Sequence[Slopes], kink: str) -> Finding:
    """All entries agree, or lie between the slopes of their kinks."""
    seen = _resolution(name, readings)
    count = len(one.isolated.entries) + one.isolated.rest
    if not count and not seen <= DEMANDED:
        message = f"d{name} could not be judged: the gradient is zero here on both sides, so nothing was tested"
        return Finding(CHECK, name, Outcome.INCONCLUSIVE, message, "NV205", resolution=seen)
    if not count:
        message = f"d{name} agrees; a relative error above {seen:.1e} would have been seen"
        return Finding(CHECK, name, Outcome.PASS, message, resolution=seen)
    first = slopes[0]
    lies = f"at {_at(name, first)} it is {first.backward:+.6g}, between {_interval(first)}"
    if kink == "inconclusive":
        message = f"d{name} has no one value at {count} of its entries, which lie on a kink; {lies}"
        return Finding(CHECK, name, Outcome.INCONCLUSIVE, message, "NV201", first.index, first.backward)
    looked = "" if count == len(slopes) else f" ({len(slopes)} of them looked at)"
    others = "" if not readings else " agrees elsewhere, and"
    message = f"d{name}{others} is a subgradient at {count} entries on a kink{looked}; {lies}"
    return Finding(CHECK, name, Outcome.PASS, message, None, first.index, first.backward, resolution=seen)
