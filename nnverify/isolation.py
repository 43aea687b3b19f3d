"""Which entries keep a leaf from being judged? Groups of entries are halved until a line through each is smooth.

What is smooth is read on the way, so the entries that are left are those at a kink, a jump or an edge.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnverify._compare import norm
from nnverify.draws import generator, signs
from nnverify.oracles.estimate import Status
from nnverify.oracles.ladder import sides
from nnverify.probe import Entries, Probe, along, probe
from nnverify.reading import DEMANDED, Reading, read
from nnverify.subject import Leaf, Subject

Array = NDArray[np.float64]

_TWINS = 8  # entries of one value, up to which those that share a kink with one of them are looked for among them
_NOISY, _MOST = 24, 0.75  # lines, and part of all, with neither a kink nor a clear slope: smaller groups are no better
_NATURAL = 1e-9  # of the output: a slope below it is zero for all that can be seen


@dataclass(frozen=True)
class Isolated:
    """Readings along smooth groups, the single entries along which the function is not smooth, and what was left.

    rest   entries that were not looked at one by one, because there are too many
    mixed  whether some of these are smooth, for all that those around them show, and were not read
    """

    smooth: tuple[Reading, ...]
    entries: tuple[int, ...]
    rest: int
    mixed: bool


def isolate(subject: Subject, leaf: Leaf, one: Probe, seed: int, rtol: float, most: int) -> Isolated:
    """Halve the leaf's entries, those that are zero apart, until every group is smooth or a single entry.

    Of two halves the other comes next where one is smooth, and so does what is tied with an entry at a kink. Else the
    next one is anywhere: where lines run out, what was looked at is drawn from all of the leaf. Where the function
    moves in stairs, or all is noise, few lines show that there is nothing to be found.

    most  lines; of more entries at kinks than these can isolate some are drawn
    """
    value = np.asarray(leaf.value, dtype=np.float64)
    u, rng = own_steps(subject, leaf, seed), generator(seed, subject.name, leaf.name, "isolated")
    pending = _apart(value.reshape(-1))
    smooth: list[Reading] = []
    entries: list[int] = []
    lines, noisy, mixed, paired = 0, 0, False, False
    while pending and lines < most and (smooth or noisy < max(_NOISY, _MOST * lines)):
        group, halved = pending.pop()
        lines += 1
        found = read(subject, one, {leaf.name: restricted(value, u, group)}, rtol)
        noisy += found.status is Status.SMOOTH
        seen = clear(found, one)
        if len(group) > 1 and not seen:
            pending += [(half, True) for half in np.array_split(group, 2)]
            paired = True
            continue
        if seen:
            smooth.append(found)
            mixed |= halved
        else:
            entries.append(int(group[0]))
        if not (seen and paired):
            rng.shuffle(pending)
            pending = _twins_last(pending, value.reshape(-1), entries[-1:])
        paired = False
    rest = np.concatenate([group for group, _ in pending]) if pending else np.zeros(0, dtype=np.intp)
    if mixed and len(rest):
        unbent = _unbent(subject, one, {leaf.name: restricted(value, u, rest)}, rtol, seed)
        smooth, mixed = smooth + unbent, not unbent
    return Isolated(tuple(smooth), tuple(sorted(entries)), len(rest), mixed and len(rest) > 0)


def _apart(value: Array) -> list[tuple[Entries, bool]]:
    """The entries in two groups, not halved yet: what was clipped at zero, and lies on the kink of what comes next."""
    groups = (np.flatnonzero(np.isfinite(value) & kept) for kept in (value != 0, value == 0))
    return [(group, False) for group in groups if len(group)]


def _twins_last(pending: list[tuple[Entries, bool]], value: Array, last: list[int]) -> list[tuple[Entries, bool]]:
    """The groups, to be taken from their end, with the others of the last entry's value, if few, apart at the end."""
    twins = np.flatnonzero(np.isin(value, value[last]))
    if not 1 < len(twins) <= _TWINS:
        return pending
    parts = [(group[~met], group[met], halved) for group, halved in pending for met in [np.isin(group, twins)]]
    rest = [(others, halved or len(found) > 0) for others, found, halved in parts if len(others)]
    return rest + [(found[[k]], True) for _, found, _ in parts for k in range(len(found))]


def _unbent(subject: Subject, one: Probe, u: Mapping[str, Array], rtol: float, seed: int) -> list[Reading]:
    """What of the line shows in outputs that have one slope, as each has for whom its own entry is at no kink."""
    below, above = sides(along(subject, u, one))
    still = np.abs(above.value - below.value) <= below.error + above.error
    if not np.any(still) or np.all(still):
        return []
    part = probe(subject, one.number, seed, outputs=still)
    found = read(subject, part, u, rtol)
    return [found] if clear(found, part) else []


def clear(found: Reading, one: Probe) -> bool:
    """Whether the line is smooth, and seen finely: beside the group's gradient, or beside the output itself."""
    gradient = max(abs(found.numerical), *found.sizes.values())
    output = norm(one.upstream * one.output)
    fine = found.bar - found.slack <= max(DEMANDED * gradient, _NATURAL * output)
    return found.status in (Status.SMOOTH, Status.DOMAIN) and np.isfinite(found.bar) and fine


def nothing(found: Reading) -> bool:
    """Whether both sides are zero beside the output itself, and would be seen if they were not."""
    output = norm(found.one.upstream * found.one.output)
    size = max(abs(found.numerical) + found.bar - found.slack, *found.sizes.values())
    return size == 0 or size <= _NATURAL * output


def own_steps(subject: Subject, leaf: Leaf, seed: int) -> Array:
    """A step for every entry by itself, flat: of the entry's own size, and of the typical one where it is zero.

    Powers of two with random signs: a single entry is then moved exactly, however small the step.
    """
    value = np.asarray(leaf.value, dtype=np.float64).reshape(-1)
    size = np.where(np.isfinite(value), np.abs(value), 0.0)
    typical = float(np.median(size[size > 0])) if np.any(size > 0) else 1.0
    _, exponent = np.frexp(np.where(size > 0, size, typical))
    sign = np.sign(signs(value.shape, generator(seed, subject.name, leaf.name, "own"), 0.5))
    return np.ldexp(sign, exponent - 1)


def restricted(value: Array, u: Array, group: Entries) -> Array:
    """The steps of a group's entries, 0 elsewhere, shaped like the leaf."""
    chosen = np.zeros(value.size)
    chosen[group] = u[group]
    return chosen.reshape(value.shape)
