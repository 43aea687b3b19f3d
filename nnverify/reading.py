"""Both sides of a gradient along one direction, and how they compare.

A reading is the smallest thing that can be judged: ⟨B(w), u⟩ on one side, the ladder's derivative of ⟨w, f⟩ along u
on the other, and the bar on their difference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnverify._compare import AGREES, DIFFERS, SEEN, excess, norm
from nnverify.oracles.estimate import Estimate, Status
from nnverify.oracles.glance import glance
from nnverify.oracles.integral import integral
from nnverify.oracles.ladder import ladder
from nnverify.oracles.line import Line
from nnverify.probe import Probe, along, shifted
from nnverify.subject import Subject, like
from nnverify.terms import Terms, coarsest, rounding, terms_of

Array = NDArray[np.float64]

WANTED = 1e-12  # relative bar at which the ladder stops climbing: noise seldom lets it go lower
_DEAR = 2**15  # outputs and entries that may move, from which on an evaluation is
DEMANDED = 1e-3  # a PASS must have been able to see a relative error of this size,
_DIGITS = 256.0  # or of so many units in the last place of the coarsest float on the way
COARSE = 1e-6  # a resolution that the function's own rounding may be to blame for
_ONE_SLOPE = (Status.SMOOTH, Status.DOMAIN)  # of the function along the line, at the point or on its one side


@dataclass(frozen=True)
class Demand:
    """What a check is asked for.

    rtol   relative tolerance, added to every bar
    kink   "subgradient": between the slopes is right; "inconclusive": a kink at the point has no answer
    contract
           whether more is asked than the numbers at this very point: the contract, other points, the cause. Where
           values are special these may have no answer
    """

    seed: int = 0
    rtol: float = 0.0
    kink: str = "subgradient"
    contract: bool = True


@dataclass(frozen=True)
class Reading:
    """backward against numerical ± bar.

    sizes    by leaf, the typical size of the backward's terms
    slack    the part of the bar that the caller has added
    own      the part of the bar that belongs to the backward: its rounding, and the slack
    eps      the spacing of the coarsest floats on the way, relative to them
    trouble  what the forward raised on the way
    one, u   where it was read
    """

    backward: float
    numerical: float
    bar: float
    sizes: Mapping[str, float]
    status: Status
    evaluations: int
    slack: float
    eps: float
    own: float
    one: Probe
    u: Mapping[str, Array]
    trouble: str | None = None

    @property
    def excess(self) -> float:
        return float(excess(self.backward, self.numerical, self.bar))

    @property
    def agrees(self) -> bool:
        return self.excess <= AGREES

    @property
    def differs(self) -> bool:
        """Beyond three bars, and the bar is known.

        Several kinks on one line add up to a slope on either side, and may cancel: what is right at each of them
        need not lie between these. Only their entries can tell.
        """
        return self.status in _ONE_SLOPE and bool(np.isfinite(self.bar) and self.excess > DIFFERS)

    def demanded(self, leaf: str) -> float:
        """The resolution that a PASS takes; what the caller has let go is not asked for."""
        size = self.sizes.get(leaf, 0.0)
        return max(DEMANDED, _DIGITS * self.eps) + (SEEN * self.slack / size if size > 0 else 0.0)

    def resolution(self, leaf: str) -> float:
        """The relative error of the leaf's whole gradient that would have been seen in 19 runs of 20."""
        size = self.sizes.get(leaf, 0.0)
        return SEEN * self.bar / size if size > 0 else np.inf


def read(
    subject: Subject,
    one: Probe,
    u: Mapping[str, Array],
    rtol: float = 0.0,
    *,
    line: Line | None = None,
    closely: bool = True,
) -> Reading:
    """Both sides along u, by leaf; ``rtol``, relative to the backward's terms, adds to the bar.

    Where the two agree at large steps they do not by chance; where they do not, smaller ones are tried: ``closely``.
    line  that of u, where it is shared with other readings
    """
    line = line or along(subject, u, one, summed=True)
    terms = terms_of(one.gradients, u)
    claimed, wanted = _sum(terms), WANTED * norm([term.size for term in terms.values()])
    found = ladder(line, one.upstream, wanted, narrowest=True)
    own = rounding(one.gradients, terms) + _slack(terms, rtol)
    if closely and not excess(claimed, found.value[0], found.error[0] + own) <= AGREES:
        found = ladder(line, one.upstream, wanted, sought=abs(claimed - float(found.value[0])))
    return _reading(one, u, found, terms, rtol, line)


def glanced(
    subject: Subject, probes: Sequence[Probe], u: Mapping[str, Array], line: Line, rtol: float
) -> list[Reading] | None:
    """A reading along u per probe, where a few evaluations show that both agree, as finely as they can.

    Up to one that differs, where they show that; else None, and where a closer look costs little. Nothing is to be
    accused by these readings alone.
    """
    if probes[0].output.size + sum(np.size(leaf.value) for leaf in subject.targets()) < _DEAR:
        return None
    made: list[Reading] = []
    for one in probes:
        terms = terms_of(one.gradients, u)
        found = glance(line, one.upstream, _sum(terms), norm([term.size for term in terms.values()]))
        if found is None:
            return None
        made.append(_reading(one, u, found, terms, rtol, line))
        if made[-1].differs:
            break
    return made


def _reading(
    one: Probe, u: Mapping[str, Array], found: Estimate, terms: Mapping[str, Terms], rtol: float, line: Line
) -> Reading:
    slack = _slack(terms, rtol)
    own, sizes = rounding(one.gradients, terms) + slack, {name: term.size for name, term in terms.items()}
    trouble = None if line.trouble is None else f"{type(line.trouble).__name__}: {line.trouble}"
    rest = (sizes, found.status, found.evaluations, slack, coarsest(one), own, one, u, trouble)
    return Reading(_sum(terms), float(found.value[0]), float(found.error[0]) + own, *rest)


def _sum(terms: Mapping[str, Terms]) -> float:
    return sum(term.sum for term in terms.values())


def _slack(terms: Mapping[str, Terms], rtol: float) -> float:
    return rtol * sum(term.most for term in terms.values())


def read_segment(subject: Subject, one: Probe, u: Mapping[str, Array], rtol: float = 0.0) -> Reading:
    """Both sides as means over a segment: finer than read where the forward rounds to few digits.

    The claimed derivative is taken along the displacement between the two ends as they are in the leaves' precision.
    """
    line = along(subject, u, one, summed=True)
    terms = terms_of(one.gradients, u)

    def slope(t: float, half: float) -> float:
        try:
            output, pullback = subject.run(*shifted(subject, u, t))
            found = terms_of(pullback(like(one.upstream.copy(), output)), _realised(subject, u, half))
            return _sum(found)
        except Exception:  # the caller's functions end somewhere: no segment reaches beyond
            return np.nan

    found = integral(line, slope, one.upstream)
    slack = _slack(terms, rtol)
    own = rounding(one.gradients, terms) + slack
    sizes = {name: term.size for name, term in terms.items()}
    rest = (sizes, Status.SMOOTH, found.evaluations, slack, coarsest(one), own, one, u)
    return Reading(found.claimed, found.measured, found.error + own, *rest)


def _realised(subject: Subject, u: Mapping[str, Array], half: float) -> dict[str, Array]:
    """The direction from x − half·u to x + half·u as rounded, per unit of the line's parameter."""
    names = [leaf.name for leaf in subject.leaves]
    above, below = (dict(zip(names, shifted(subject, u, t), strict=True)) for t in (half, -half))
    ends = {name: (np.asarray(above[name], np.float64), np.asarray(below[name], np.float64)) for name in u}
    return {name: (up - down) / (2 * half) for name, (up, down) in ends.items()}


def resolved(readings: Sequence[Reading], leaf: str, demanded: float | None = None) -> bool:
    """Whether all readings agree and were fine enough to have seen an error of the leaf worth seeing."""
    return bool(readings) and all(
        one.agrees and one.resolution(leaf) <= (demanded or one.demanded(leaf)) for one in readings
    )


def refuted(readings: Sequence[Reading]) -> bool:
    """Whether two independent directions differ: one alone may be a bar that was too narrow."""
    return sum(one.differs for one in readings) >= 2


def ratio(readings: Sequence[Reading]) -> float | None:
    """backward / numerical where all directions agree on it: random directions agree on one factor only."""
    known = [one for one in readings if abs(one.numerical) > DIFFERS * one.bar]
    if not known:
        return None
    best = min(known, key=lambda one: one.bar / abs(one.numerical))
    factor = best.backward / best.numerical
    # Both sides of each comparison carry a bar: that of the factor, and that of the direction it is tried on.
    blur = max(1.0, abs(factor))
    bars = [blur * (one.bar + abs(one.numerical / best.numerical) * best.bar) for one in readings]
    fits = [
        excess(one.backward, factor * one.numerical, bar) <= AGREES for one, bar in zip(readings, bars, strict=True)
    ]
    return factor if all(fits) else None
