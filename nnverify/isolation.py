"""Which entries keep a leaf from being judged? Groups of entries are halved until a line through each is smooth.

What is smooth is read on the way, so the entries that are left are those at a kink, a jump or an edge.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnverify._compare import norm
from nnverify.draws import generator, signs
from nnverify.oracles.estimate import Status
from nnverify.probe import Entries, Probe
from nnverify.reading import DEMANDED, Reading, read
from nnverify.subject import Leaf, Subject

Array = NDArray[np.float64]

_LINES = 400  # at most; more entries at kinks than these can isolate are sampled
_NATURAL = 1e-9  # of the output: a slope below it is zero for all that can be seen


@dataclass(frozen=True)
class Isolated:
    """Readings along smooth groups, the single entries along which the function is not smooth, and what was left.

    rest   entries that were not looked at one by one, because there are too many
    """

    smooth: tuple[Reading, ...]
    entries: tuple[int, ...]
    rest: int


def isolate(subject: Subject, leaf: Leaf, one: Probe, seed: int, rtol: float) -> Isolated:
    """Halve the leaf's entries until every group is smooth or a single entry."""
    value = np.asarray(leaf.value, dtype=np.float64)
    u = own_steps(subject, leaf, seed)
    pending: list[Entries] = [np.flatnonzero(np.isfinite(value.reshape(-1)))]
    smooth: list[Reading] = []
    entries: list[int] = []
    lines = 0
    while pending and lines < _LINES:
        group = pending.pop()
        lines += 1
        found = read(subject, one, {leaf.name: restricted(value, u, group)}, rtol)
        if clear(found, one):
            smooth.append(found)
        elif len(group) == 1:
            entries.append(int(group[0]))
        else:
            pending += np.array_split(group, 2)
    return Isolated(tuple(smooth), tuple(sorted(entries)), sum(map(len, pending)))


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
    sign = np.sign(signs(value.shape, generator(seed, subject.name, leaf.name, "own"), 0.5, 1.0))
    return np.ldexp(sign, exponent - 1)


def restricted(value: Array, u: Array, group: Entries) -> Array:
    """The steps of a group's entries, 0 elsewhere, shaped like the leaf."""
    chosen = np.zeros(value.size)
    chosen[group] = u[group]
    return chosen.reshape(value.shape)
