"""The slopes along a direction at points next to a kink, where several may meet: one line does not show all.

Of six equal values any may be the third after sorting, though the third output moves with none of them alone. A right
backward gives the gradient of one of the smooth pieces around the point, or a mean of some.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from nnverify.claims import SPREADS, claims_beside
from nnverify.draws import generator, signs
from nnverify.isolation import own_steps
from nnverify.oracles.line import EPS
from nnverify.oracles.noise import noise
from nnverify.probe import Probe, along, shifted
from nnverify.reading import Reading
from nnverify.slopes import Slopes
from nnverify.subject import Leaf, Subject

Array = NDArray[np.float64]

_POINTS, _MORE = 32, 160  # of ten equal values one is missed by 32 points at one draw of thirty, by 160 never
_SEEN = 3  # times that the least and the largest slope of every output must have been met: else there may be more
_AWAY, _STEP = 0.45, 0.55  # powers of the outputs' spacing: how far the points are, and the steps at them
_APART = 4.0  # times the step, at least, that the points are away
_BENT = 4.0  # displacements, of the larger: by how much the slope of one piece may change
_FINEST = 2.0**-12  # of u: entries that are smaller yet are stepped over
_ALIKE = 2.0**-10  # of the larger, and some displacements more: slopes that are not those of two pieces
_BLURS = 16.0  # of the noise, that quotients of one piece may be apart


@dataclass(frozen=True)
class Pieces:
    """What random points around have shown of the weighted sum's slopes along one direction.

    low, high  room for every output to take the slope of any piece
    several    whether there are so many pieces that the points cannot have shown all
    single     whether there is only one, for all that can be told from rounding
    """

    low: float
    high: float
    several: bool
    single: bool

    def contain(self, backward: float) -> bool:
        """Whether a value that the line through the point refutes is that of one of these pieces, or between some."""
        return not self.single and self.low <= backward <= self.high

    def explain(self, backward: float) -> bool:
        """Whether it may be: pieces that were not met may reach as far again."""
        room = self.high - self.low if self.several else 0.0
        return not self.single and self.low - room <= backward <= self.high + room


def pieces(subject: Subject, u: Mapping[str, Array], one: Probe, seed: int, backward: float) -> Pieces:
    """The pieces along u that 32 points show, or 160 where these do not explain the backward's value.

    That takes 64 forward evaluations, and 320 more. What explains it is looked at again from nearer points, too,
    and what changes with the distance taken out: beside a pole the slopes of one piece are as far apart.
    """
    sizes = {leaf.name: _sizes(subject, leaf, seed) for leaf in subject.targets() if leaf.name in u}
    away, step = 2.0 ** np.round(np.log2(float(np.max(one.spacing, initial=EPS))) * np.array([_AWAY, _STEP]))
    step = min(step, away / _APART)
    nearer = float(np.sqrt(away / step))
    step *= min(_beside(v, sizes[name]) for name, v in u.items())
    blur = _BLURS * float(noise(along(subject, u, one, summed=True), one.upstream)[0]) / step
    for points in (_POINTS, _MORE):
        rng = generator(seed, subject.name, "around")
        around = [{name: size * signs(size.shape, rng, 0.5) for name, size in sizes.items()} for _ in range(points)]
        slopes = partial(_slopes, subject, u, one, around, step)
        far = slopes(away)
        found = _spread(far, away, blur)
        if found.explain(backward):
            near = slopes(away / nearer)
            return _spread(near + (near - far) / (nearer - 1), away, blur)
    return found


def _slopes(
    subject: Subject,
    u: Mapping[str, Array],
    one: Probe,
    around: Iterable[Mapping[str, Array]],
    step: float,
    away: float,
) -> Array:
    """The central quotient along u of every output, weighted, at each of the points around."""
    lines = [along(_at(subject, v, away), u, one) for v in around]
    return np.array([one.upstream * (line(step) - line(-step)) / (2 * step) for line in lines])


def _spread(slopes: Array, away: float, blur: float) -> Pieces:
    """What the slopes of every output at some points show, those points left out where one is not finite."""
    known = slopes[np.all(np.isfinite(slopes), axis=1)]
    if len(known) < _SEEN:
        return Pieces(-np.inf, np.inf, several=True, single=False)
    low, high = np.min(known, axis=0), np.max(known, axis=0)
    size = np.maximum(np.abs(low), np.abs(high))
    alike, bent = (_ALIKE + _BENT * _BENT * away) * size, _BENT * away * float(np.sum(size))
    rare = (np.sum(known <= low + alike, axis=0) < _SEEN) | (np.sum(known >= high - alike, axis=0) < _SEEN)
    single = bool(np.sum(high - low) <= np.sum(alike) + blur)
    return Pieces(float(np.sum(low)) - bent, float(np.sum(high)) + bent, bool(np.any(rare)), single)


def _beside(u: Array, size: Array) -> float:
    """How small the entries that u moves are beside their moves, at most 1: a step must not pass the displacement."""
    parts = size[u != 0] / np.abs(u[u != 0])
    return max(_FINEST, float(np.min(parts, initial=1.0)))


def _sizes(subject: Subject, leaf: Leaf, seed: int) -> Array:
    return np.abs(own_steps(subject, leaf, seed)).reshape(np.shape(leaf.value))


def _at(subject: Subject, v: Mapping[str, Array], t: float) -> Subject:
    moved = zip(subject.leaves, shifted(subject, v, t), strict=True)
    return replace(subject, leaves=tuple(replace(leaf, value=value) for leaf, value in moved))


def rough(subject: Subject, u: Mapping[str, Array], slopes: Slopes, one: Probe, seed: int) -> bool:
    """Whether what is outside the slopes is so by rounding: just beside the point as well, and by another gap."""
    side, own = slopes.low if slopes.backward < slopes.low else slopes.high, slopes.own
    sizes = dict.fromkeys(u, abs(slopes.backward))
    found = Reading(slopes.backward, side, slopes.bar, sizes, slopes.status, 0, 0.0, 0.0, own, one, u)
    beside = claims_beside(subject, found, seed)
    gaps = [abs(claim - slopes.backward) for claim in beside if replace(slopes, backward=claim).outside]
    return SPREADS * max(gaps, default=0.0) > abs(slopes.backward - side)
