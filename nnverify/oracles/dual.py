"""Dual numbers: the exact slope of every operation, through the caller's own forward on object arrays.

One evaluation gives the derivative along a direction, six more how far rounding may have moved it. At an exact tie
two evaluations decide it as just after and just before the point, and the one-sided derivatives tell what the tie was.
What does not go through raises NotAvailable. The forward is differentiated in float64, whatever it came in.

Source: Griewank and Walther, Evaluating Derivatives, 2nd ed. (2008), section 3.1; ties as in their section 14.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnverify.draws import generator
from nnverify.numbers.arrays import numbers
from nnverify.numbers.dual import Dual
from nnverify.numbers.element import PLAIN
from nnverify.numbers.rounding import EPS, RERUNS, SPREADS, measured, nudged
from nnverify.numbers.run import NotAvailable, Run, attempt, running
from nnverify.oracles.estimate import Estimate, Status
from nnverify.subject import Leaf, Subject, copied

Array = NDArray[np.float64]

BUDGET = 200_000  # multiplications and functions in one evaluation: a tenth of a second, more where arrays are tiny
_BESIDE = 2.0**-26  # of every entry: what bends is then off by the square of it
_SHIFTS = (1.0, 2**0.5 - 1, (1 - 5**0.5) / 2)  # of that: in no proportion to each other
_ALIKE = 0.1
_CONTINUOUS = 64 * EPS  # relative to the largest output: the values on both sides of a tie that is no jump


@dataclass(frozen=True)
class DualEstimate(Estimate):
    """An estimate, and how near the point is to a branch of the forward.

    relative     smallest |a − b| / (|a| + |b|) of two values that the forward compares; 0 at a tie
    steps        smallest distance along u, in lengths of u and to first order, at which a comparison turns
    before, after
                 the one-sided derivatives; both the value itself where no comparison ties
    kinks        comparisons that tie, those counted once that part at the same rate
    """

    relative: float
    steps: float
    before: Array
    after: Array
    kinks: int = 0


@dataclass(frozen=True)
class _Reading:
    """Outputs with their slopes, NaN where nothing is known, and the run in which they were made."""

    values: Array
    slopes: Array
    run: Run

    @property
    def status(self) -> Status:
        if np.any(np.isnan(self.slopes)):
            return Status.DOMAIN
        return Status.CUSP if np.any(np.isinf(self.slopes)) else Status.SMOOTH


@dataclass(frozen=True)
class _Walk:
    """One subject in one direction, to be evaluated several times."""

    subject: Subject
    u: Mapping[str, Array]
    upstream: Array | None
    budget: int

    def read(
        self, side: int = 0, c: float = 1.0, rng: np.random.Generator | None = None, shift: float = 0.0
    ) -> _Reading:
        """Along c·u; ties decided for one side; beside the point where a generator or a shift says so."""
        with running(Run(self.budget, side)) as run:
            leaves = [_dual_leaf(leaf, self.u.get(leaf.name), c, rng, shift) for leaf in self.subject.leaves]
            values, slopes = _flat(attempt("forward", self.subject.forward, *leaves))
            known = np.isfinite(values) & (not run.lost)
        return _Reading(values, np.where(known, slopes, np.nan), run)

    def sum(self, slopes: Array) -> Array:
        if self.upstream is not None and slopes.shape != self.upstream.shape:
            raise NotAvailable(f"{len(slopes)} outputs, and {len(self.upstream)} at the point")
        return slopes if self.upstream is None else np.array([self.upstream @ slopes])

    def size(self, slopes: Array) -> Array:
        """What the rounding of the sum, or a jump in its terms, is relative to."""
        return np.abs(slopes) if self.upstream is None else np.array([np.abs(self.upstream) @ np.abs(slopes)])


def dual(
    subject: Subject,
    u: Mapping[str, Array],
    upstream: Array | None = None,
    *,
    seed: int = 0,
    budget: int = BUDGET,
) -> DualEstimate:
    """The derivative of each output along u, or of their sum weighted by ``upstream`` (one entry).

    u        {leaf: direction}, shaped like the leaf; leaves that it leaves out are constants
    budget   multiplications and functions that one evaluation may take
    The status is KINK or JUMP where a comparison ties at the point and the branches differ; at a kink the value is in
    the middle of the one-sided derivatives and the error reaches both. Raises NotAvailable, with the reason, for a
    forward that does not take such numbers.
    """
    walk, rng = _Walk(subject, u, upstream, budget), generator(seed, subject.name, "dual")
    with np.errstate(all="ignore"):
        here = walk.read()
        return _between(walk, here, rng) if here.run.ties else _at(walk, here, rng)


def _at(walk: _Walk, here: _Reading, rng: np.random.Generator) -> DualEstimate:
    """The derivative at a point where nothing ties."""
    value = walk.sum(here.slopes)
    bar = measured(value, walk.size(here.slopes), lambda c, one: walk.sum(walk.read(0, c, one).slopes), rng)
    if here.run.relative < _BESIDE:
        return DualEstimate(value, bar, here.status, 1 + RERUNS, here.run.relative, here.run.steps, value, value)
    # Where points beside it have little in common with it, a wave or the end of the domain is nearer than they are.
    spread = SPREADS * _apart(walk, value)
    near = spread < _ALIKE * np.maximum(np.abs(value), walk.size(here.slopes))
    bar = np.maximum(bar, np.where(near, spread, 0.0))
    count = 1 + len(_SHIFTS) + RERUNS
    return DualEstimate(value, bar, here.status, count, here.run.relative, here.run.steps, value, value)


def _apart(walk: _Walk, value: Array) -> Array:
    """How far the slope is from lines through the slopes at points beside it.

    An ulp beside the point, what is rounded to a grid, as 1 - cos x is, stays where it is. At points further out it
    does not, but at equal distances it would err as much one way after the point as the other way before it.
    """
    *after, before = (walk.sum(walk.read(0, 1.0, None, _BESIDE * t).slopes) for t in _SHIFTS)
    left = _SHIFTS[-1]
    lines = [(t * before - left * slopes) / (t - left) for t, slopes in zip(_SHIFTS, after, strict=False)]
    return np.max([np.abs(line - value) for line in lines], axis=0)


def _between(walk: _Walk, here: _Reading, rng: np.random.Generator) -> DualEstimate:
    """The derivatives on both sides of a tie. Beside the point there is no tie, so the point stays as it is."""
    after, before = walk.read(1), walk.read(-1)
    if not after.slopes.shape == before.slopes.shape == here.slopes.shape:
        raise NotAvailable("the number of outputs changes at the point")
    right, left = walk.sum(after.slopes), walk.sum(before.slopes)
    bar = measured(right, walk.size(after.slopes), lambda c, _: walk.sum(walk.read(1, c).slopes), rng)
    bar = bar + measured(left, walk.size(before.slopes), lambda c, _: walk.sum(walk.read(-1, c).slopes), rng)
    half = walk.size(after.slopes - before.slopes) / 2
    status = max(after.status, before.status, key=list(Status).index)
    if status is Status.SMOOTH and np.any(half > bar):
        status = Status.KINK
    if _jumps(here, after, before):
        status, bar = Status.JUMP, np.full_like(bar, np.inf)
    error = np.where(np.isfinite(half), bar + np.where(half > bar, half, 0.0), np.inf)
    count = len(here.run.kinks)
    return DualEstimate((left + right) / 2, error, status, 3 + 2 * RERUNS, 0.0, 0.0, left, right, count)


def _jumps(here: _Reading, *sides: _Reading) -> bool:
    """Whether the outputs beside the tie are others than at it."""
    bar = _CONTINUOUS * float(np.max(np.abs(here.values), initial=0.0))
    return any(bool(np.any(np.abs(side.values - here.values) > bar)) for side in sides)


def _dual_leaf(leaf: Leaf, u: Array | None, c: float, rng: np.random.Generator | None, shift: float) -> Any:
    """The leaf as dual numbers, or as it is where the direction leaves it out."""
    if u is None:
        return copied(leaf.value)
    value = np.asarray(leaf.value, dtype=np.float64)
    value = value * (1 + shift) if rng is None else nudged(value, rng)
    slopes = np.broadcast_to(np.asarray(u, dtype=np.float64) * c, value.shape)
    made = [Dual(*pair) for pair in zip(value.ravel().tolist(), slopes.ravel().tolist(), strict=True)]
    return numbers(made, value.shape)[()]


def _flat(output: Any) -> tuple[Array, Array]:
    """Values and slopes of all outputs, each as one vector."""
    parts = output if isinstance(output, tuple | list) else (output,)
    found = [_pair(entry) for part in parts for entry in np.asarray(part, dtype=object).flat]
    values, slopes = np.array(found, dtype=np.float64).reshape(-1, 2).T
    return values, slopes


def _pair(entry: Any) -> tuple[float, float]:
    if type(entry) is Dual:
        return entry.value, entry.slope
    if type(entry) in PLAIN:
        return float(entry), 0.0
    raise NotAvailable(f"forward returns {type(entry).__name__}, which is no real number")
