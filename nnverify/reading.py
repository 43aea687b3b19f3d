"""Both sides of a gradient along one direction, and how they compare.

A reading is the smallest thing that can be judged: ⟨B(w), u⟩ on one side, the ladder's derivative of ⟨w, f⟩ along u
on the other, and the bar on their difference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnverify._compare import AGREES, DIFFERS, SEEN, excess, norm
from nnverify.oracles.estimate import Status
from nnverify.oracles.integral import integral
from nnverify.oracles.ladder import ladder
from nnverify.oracles.line import Line
from nnverify.probe import Probe, along, shifted
from nnverify.subject import Leaf, Subject, like

Array = NDArray[np.float64]

WANTED = 1e-12  # relative bar at which the ladder stops climbing: noise seldom lets it go lower
DEMANDED = 1e-3  # a PASS must have been able to see a relative error of this size,
_DIGITS = 256.0  # or of so many units in the last place of the coarsest float on the way
COARSE = 1e-6  # a resolution that the function's own rounding may be to blame for
# Roundings that an entry of a gradient may be off: relative to itself where they average out over the entries, and
# to the sum of all where they do not.
_SCATTERED, _SHARED = 8.0, 0.25
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
    terms = _terms(one.gradients, u)
    slack, claimed = rtol * sum(term.most for term in terms.values()), sum(term.sum for term in terms.values())
    own, wanted = _rounding(one.gradients, terms) + slack, WANTED * norm([term.size for term in terms.values()])
    found = ladder(line, one.upstream, wanted, narrowest=True)
    if closely and not excess(claimed, found.value[0], found.error[0] + own) <= AGREES:
        found = ladder(line, one.upstream, wanted, sought=abs(claimed - float(found.value[0])))
    bar = float(found.error[0]) + own
    sizes = {name: term.size for name, term in terms.items()}
    trouble = None if line.trouble is None else f"{type(line.trouble).__name__}: {line.trouble}"
    value = float(found.value[0])
    rest = (sizes, found.status, found.evaluations, slack, coarsest(one), own, one, u, trouble)
    return Reading(claimed, value, bar, *rest)


def read_segment(subject: Subject, one: Probe, u: Mapping[str, Array], rtol: float = 0.0) -> Reading:
    """Both sides as means over a segment: finer than read where the forward rounds to few digits.

    The claimed derivative is taken along the displacement between the two ends as they are in the leaves' precision.
    """
    line = along(subject, u, one, summed=True)
    terms = _terms(one.gradients, u)

    def slope(t: float, half: float) -> float:
        try:
            output, pullback = subject.run(*shifted(subject, u, t))
            found = _terms(pullback(like(one.upstream.copy(), output)), _realised(subject, u, half))
            return sum(term.sum for term in found.values())
        except Exception:  # the caller's functions end somewhere: no segment reaches beyond
            return np.nan

    found = integral(line, slope, one.upstream)
    slack = rtol * sum(term.most for term in terms.values())
    own = _rounding(one.gradients, terms) + slack
    sizes = {name: term.size for name, term in terms.items()}
    rest = (sizes, Status.SMOOTH, found.evaluations, slack, coarsest(one), own, one, u)
    return Reading(found.claimed, found.measured, found.error + own, *rest)


def _realised(subject: Subject, u: Mapping[str, Array], half: float) -> dict[str, Array]:
    """The direction from x − half·u to x + half·u as rounded, per unit of the line's parameter."""
    names = [leaf.name for leaf in subject.leaves]
    above, below = (dict(zip(names, shifted(subject, u, t), strict=True)) for t in (half, -half))
    ends = {name: (np.asarray(above[name], np.float64), np.asarray(below[name], np.float64)) for name in u}
    return {name: (up - down) / (2 * half) for name, (up, down) in ends.items()}


@dataclass(frozen=True)
class _Terms:
    """B_j u_j of every entry of a leaf that moves: their sum, the sum of their sizes, and the norm."""

    sum: float
    most: float
    size: float


def _terms(gradients: Mapping[str, Any], u: Mapping[str, Array]) -> dict[str, _Terms]:
    found: dict[str, _Terms] = {}
    for name, step in u.items():
        term = np.asarray(np.asarray(gradients[name], dtype=np.float64) * step)
        total, size = float(np.sum(term)), norm(term)
        found[name] = _Terms(total, float(np.sum(np.abs(term, out=term))), size)
    return found


def _rounding(gradients: Mapping[str, Any], terms: Mapping[str, _Terms]) -> float:
    """What the backward's own arithmetic may be off, in the precision of what it returned."""
    bars = [
        float(np.finfo(_float(gradients[name])).eps) * (_SCATTERED * term.size + _SHARED * term.most)
        for name, term in terms.items()
    ]
    return norm(bars)


def coarsest(one: Probe) -> float:
    """The coarsest spacing of outputs and gradients."""
    return max(
        float(np.max(one.spacing, initial=0.0)), *(float(np.finfo(_float(g)).eps) for g in one.gradients.values())
    )


def _float(gradient: Any) -> np.dtype[Any]:
    dtype = np.asarray(gradient).dtype
    return dtype if dtype.kind == "f" else np.dtype(np.float64)


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
        excess(one.backward, factor * one.numerical, bar) <= DIFFERS for one, bar in zip(readings, bars, strict=True)
    ]
    return factor if all(fits) else None


def leaf_terms(one: Probe, leaf: Leaf, u: Array) -> Array:
    """|B_j u_j| of every entry: what each contributes to the reading."""
    terms = np.asarray(one.gradient(leaf) * u).reshape(-1)
    return np.abs(terms, out=terms)
