"""The one-sided slopes of a function where single entries, or several together, are at a kink.

Slopes are known output by output, so that every output is free to take either of its own. Nothing is judged here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from nnverify._compare import DIFFERS, excess
from nnverify.isolation import restricted
from nnverify.numbers.run import NotAvailable
from nnverify.oracles.dual import dual
from nnverify.oracles.estimate import Status
from nnverify.oracles.ladder import ladder, sides
from nnverify.probe import Probe, along, exact_steps
from nnverify.reading import DEMANDED, Reading
from nnverify.subject import Leaf, Subject
from nnverify.witness import BUDGET

Array = NDArray[np.float64]
Member = tuple[Leaf, int]

_PAIRED = 6  # entries whose pairs are tried
_WEIGHT = 64  # the largest part of a ratio of weights, as 3 to 7, whose ties are kept to the last digit
_FLAT = 1e-3  # of the largest: bends below it have no sign


@dataclass(frozen=True)
class Slopes:
    """One direction at a kink: the backward's value, and what the one-sided slopes leave room for.

    below, above  the derivatives of the weighted sum on the two sides
    bend          above minus below, output by output
    own           the part of the bar that is the backward's rounding
    several       more kinks than outputs: then what lies outside the slopes may still be a sum of subgradients
    """

    index: tuple[int, ...] | None
    backward: float
    low: float
    high: float
    bar: float
    status: Status
    trouble: str | None = None
    below: float = np.nan
    above: float = np.nan
    bend: Array = field(default_factory=lambda: np.zeros(0))
    several: bool = False
    own: float = 0.0

    @property
    def known(self) -> bool:
        size = max(self.high - self.low, abs(self.low), abs(self.high), abs(self.backward))
        return self.bar - self.own <= DEMANDED * size and self.status not in (Status.CUSP, Status.JUMP)

    @property
    def bent(self) -> bool:
        """Whether there are two slopes, for all that can be seen."""
        return self.high - self.low > self.bar

    def within(self, coarse: Slopes) -> bool:
        """Whether these may be the same slopes, seen more finely."""
        room = coarse.bar
        return abs(self.low - coarse.low) <= room and abs(self.high - coarse.high) <= room < np.inf

    @property
    def outside(self) -> bool:
        """Whether the backward's value is more than three bars outside."""
        gap = max(self.low - self.backward, self.backward - self.high, 0.0)
        return self.known and bool(excess(gap, 0.0, self.bar) > DIFFERS)


def at_entry(subject: Subject, leaf: Leaf, one: Probe, entry: int, u: Array) -> Slopes:
    """The slopes by one entry, per unit of it."""
    value = np.asarray(leaf.value, dtype=np.float64)
    step = abs(float(u[entry]))
    index = tuple(int(i) for i in np.unravel_index(entry, value.shape))
    found = _along(subject, one, {leaf.name: restricted(value, np.abs(u), np.array([entry]))}, index)
    backward = float(one.gradient(leaf).reshape(-1)[entry])
    return replace(
        found,
        backward=backward,
        low=found.low / step,
        high=found.high / step,
        bar=found.bar / step + one.rounding(leaf) * abs(backward),
        own=one.rounding(leaf) * abs(backward),
        below=found.below / step,
        above=found.above / step,
    )


def of_members(subject: Subject, members: Sequence[Member], one: Probe, u: Mapping[str, Array]) -> Slopes:
    """The slopes along a direction that moves several entries."""
    found = _along(subject, one, u, None)
    terms = [one.gradient(leaf) * u[leaf.name] for leaf in {leaf.name: leaf for leaf, _ in members}.values()]
    total = sum(float(np.sum(np.abs(term))) for term in terms)
    rounding = max(one.rounding(leaf) for leaf, _ in members) * total
    return replace(found, backward=float(sum(np.sum(term) for term in terms)), bar=found.bar + rounding, own=rounding)


def _along(subject: Subject, one: Probe, u: Mapping[str, Array], index: tuple[int, ...] | None) -> Slopes:
    line = along(subject, u, one)
    below, above = sides(line)
    weighed = np.array([one.upstream * below.value, one.upstream * above.value])
    bar = float(np.abs(one.upstream) @ np.maximum(below.error, above.error))
    low, high = (float(np.sum(part)) for part in (np.min(weighed, axis=0), np.max(weighed, axis=0)))
    whole = ladder(line, one.upstream)
    if whole.status is Status.SMOOTH:  # on a staircase the slopes on either side are those of treads
        low, high, bar = float(whole.value[0]), float(whole.value[0]), float(whole.error[0])
    trouble = None if line.trouble is None else f"{type(line.trouble).__name__}: {line.trouble}"
    left, right = (float(np.sum(part)) for part in weighed)
    bend = above.value - below.value
    return Slopes(index, np.nan, low, high, bar, below.status, trouble, left, right, bend)


def by_dual(subject: Subject, leaf: Leaf, slopes: Slopes, one: Probe, seed: int) -> Slopes | None:
    """The slopes of one entry by dual numbers; None where these do not go through."""
    step = np.zeros(np.shape(leaf.value))
    step[slopes.index] = 1.0
    try:
        found = dual(subject, {leaf.name: step}, seed=seed, budget=BUDGET)
    except NotAvailable:
        return None
    weighed = np.array([one.upstream * found.before, one.upstream * found.after])
    low, high = (float(np.sum(part)) for part in (np.min(weighed, axis=0), np.max(weighed, axis=0)))
    half = np.abs(found.after - found.before) / 2
    bar = float(np.abs(one.upstream) @ np.maximum(found.error - half, 0.0))
    bar += one.rounding(leaf) * abs(slopes.backward)
    several = found.kinks > max(1, int(np.count_nonzero(half)))
    known = replace(slopes, low=low, high=high, bar=bar, several=several)
    return known if np.isfinite(low + high + bar) else None


def one_sign(bends: Sequence[Array]) -> bool:
    """Whether every output bends one way in all directions: then its subgradients lie between the slopes in each."""
    found = np.array(bends)
    least = _FLAT * np.max(np.abs(found), axis=0, initial=0.0)
    return not bool(np.any(np.any(found > least, axis=0) & np.any(found < -least, axis=0)))


def separable(found: Reading, size: float, parts: Sequence[Slopes], steps: Sequence[float]) -> bool:
    """Whether the line's slope is the sum of the members' own on each side: kinks that only happen to cancel."""
    ends = [
        (step * part.above, step * part.below) if step > 0 else (step * part.below, step * part.above)
        for part, step in zip(parts, steps, strict=True)
    ]
    bar = found.bar + size * sum(abs(step) * part.bar for part, step in zip(parts, steps, strict=True))
    return all(abs(size * sum(side) - found.numerical) <= DIFFERS * bar for side in zip(*ends, strict=True))


def together(kinked: Sequence[Member]) -> Iterator[tuple[list[Member], list[float]]]:
    """Members and their steps: all by the same, those of equal value, pairs; and pairs that move apart."""
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


def balanced(kinked: Sequence[Member], bends: Sequence[Array]) -> Iterator[tuple[list[Member], list[float]]]:
    """Pairs that bend one output unequally, each moved by what the other bends: along one of the two a tie stays a tie.

    bends  per unit of each member, output by output
    """
    for (one, first), (other, second) in combinations(list(zip(kinked, bends, strict=True))[:_PAIRED], 2):
        place = int(np.argmax(np.abs(first * second)))
        if not first[place] * second[place]:
            continue
        ratio = Fraction(abs(float(second[place] / first[place]))).limit_denominator(_WEIGHT)
        steps = [part / float(2 ** _WEIGHT.bit_length()) for part in (ratio.numerator, ratio.denominator)]
        if 0 < steps[0] != steps[1] > 0:
            yield [one, other], steps
            yield [one, other], [steps[0], -steps[1]]


def size_of(members: Sequence[Member]) -> float:
    """The size of a common step."""
    largest = max((abs(float(np.asarray(leaf.value).reshape(-1)[entry])) for leaf, entry in members), default=0.0)
    return float(np.ldexp(1.0, int(np.frexp(largest)[1]))) if largest > 0 else 1.0


def moved(members: Sequence[Member], steps: Sequence[float]) -> dict[str, Array]:
    """The direction that moves each member by its step, times their common size."""
    size = size_of(members)
    moved: dict[str, Array] = {}
    for (leaf, entry), step in zip(members, steps, strict=True):
        moved.setdefault(leaf.name, np.zeros(np.shape(leaf.value))).reshape(-1)[entry] = size * step
    values = {leaf.name: np.asarray(leaf.value, dtype=np.float64) for leaf, _ in members}
    return {name: exact_steps(values[name], u) for name, u in moved.items()}
