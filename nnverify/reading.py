"""Both sides of a gradient along one direction, and how they compare.

A reading is the smallest thing that can be judged: ⟨B(w), u⟩ on one side, the ladder's derivative of ⟨w, f⟩ along u
on the other, and the bar on their difference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnverify._compare import AGREES, DIFFERS, excess
from nnverify.oracles.estimate import Status
from nnverify.oracles.ladder import ladder
from nnverify.probe import Probe, along
from nnverify.subject import Leaf, Subject

Array = NDArray[np.float64]

WANTED = 1e-12  # relative bar at which the ladder stops climbing: noise seldom lets it go lower
DEMANDED = 1e-3  # a PASS must have been able to see a relative error of this size
# Of the backward's own sums, relative to their summed magnitudes. 64 roundings are those of a long chain of sums.
_ROUNDING = 64 * float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class Reading:
    """backward against numerical ± bar.

    sizes    by leaf, the typical size of the backward's terms
    still    whether the function did not move at all along the line
    trouble  what the forward raised on the way
    """

    backward: float
    numerical: float
    bar: float
    sizes: Mapping[str, float]
    status: Status
    evaluations: int
    still: bool = False
    trouble: str | None = None

    @property
    def excess(self) -> float:
        return float(excess(self.backward, self.numerical, self.bar))

    @property
    def agrees(self) -> bool:
        return self.excess <= AGREES

    @property
    def differs(self) -> bool:
        """Beyond three bars, and the bar is known."""
        return bool(np.isfinite(self.bar) and self.excess > DIFFERS)

    def resolution(self, leaf: str) -> float:
        """The relative error of the leaf's whole gradient that would have stood out by three bars."""
        size = self.sizes.get(leaf, 0.0)
        return DIFFERS * self.bar / size if size > 0 else np.inf


def read(subject: Subject, one: Probe, u: Mapping[str, Array], rtol: float = 0.0) -> Reading:
    """Both sides along u, by leaf; ``rtol``, relative to the backward's terms, adds to the bar."""
    leaves = {leaf.name: leaf for leaf in subject.leaves}
    terms = {name: one.gradient(leaves[name]) * step for name, step in u.items()}
    total = np.concatenate([term.reshape(-1) for term in terms.values()])
    line = along(subject, u, one)
    found = ladder(line, one.upstream, WANTED * float(np.linalg.norm(total)))
    rounding = (_ROUNDING + rtol) * float(np.sum(np.abs(total)))
    return Reading(
        float(np.sum(total)),
        float(found.value[0]),
        float(found.error[0]) + rounding,
        {name: float(np.linalg.norm(term)) for name, term in terms.items()},
        found.status,
        found.evaluations,
        line.still,
        None if line.trouble is None else f"{type(line.trouble).__name__}: {line.trouble}",
    )


def resolved(readings: Sequence[Reading], leaf: str, demanded: float = DEMANDED) -> bool:
    """Whether all readings agree and were fine enough to have seen an error of the leaf worth seeing."""
    return bool(readings) and all(one.agrees and one.resolution(leaf) <= demanded for one in readings)


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
    return np.abs(one.gradient(leaf) * u).reshape(-1)
