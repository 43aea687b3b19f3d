"""Does the backward equal the derivative of the forward by algebra, without any tolerance?

⟨w, J u⟩ = ⟨B(w), u⟩ at a random point of a prime field: the forward runs on residues with slopes u, the backward on
the same residues. exp, log, sine and all made of them are symbols with their derivative rules; comparisons follow the
floats of the subject's own point, so what is proved is the formula on the whole branch that this point lies in, for
leaves of any value. Constants are the exact rationals that their floats are.

Equality means: proved, but for a chance of degree/2⁶¹, and up to the signs of square roots, which the numerical check
settles. Inequality means little by itself: constants that agree only in rounding, such as 1/√d against a rounded √d
twice, and identities that numbers.field does not know. With a numerical PASS it is INCONCLUSIVE, never FAIL.

Source: Schwartz, Fast probabilistic algorithms for verification of polynomial identities, J. ACM 27 (1980).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite
from typing import Any

import numpy as np

from nnverify.draws import generator, signs
from nnverify.numbers.arrays import numbers, residues
from nnverify.numbers.field import Residue
from nnverify.numbers.run import NotAvailable, Run, Unlucky, attempt, running
from nnverify.numbers.tower import VALUES
from nnverify.subject import Leaf, Subject, copied, like

BUDGET = 100_000  # multiplications and functions of one forward and backward: about half a second
_DRAWS = 6  # of residues, where a division by zero, a missing root or the sign of a root spoils one


class State(StrEnum):
    """What algebra says of a backward."""

    PROVED = "proved"
    DIFFERS = "differs"
    UNAVAILABLE = "not available"


@dataclass(frozen=True)
class Identity:
    """What was found; ``differing`` names leaves, and ``reason`` is why nothing was found.

    zero names the leaves whose gradient is zero on the whole branch: proved, but of nothing.
    """

    state: State
    differing: tuple[str, ...] = ()
    zero: tuple[str, ...] = ()
    reason: str = ""
    draws: int = 0


@dataclass(frozen=True)
class _Sides:
    """Both sides of the identity at one draw."""

    equal: bool
    zero: tuple[str, ...]
    roots: int


def exact(subject: Subject, *, seed: int = 0, budget: int = BUDGET) -> Identity:
    """Whether the pullback is the derivative of the forward, on the branch of the subject's point.

    All leaves at once; where that differs, leaf by leaf. Never raises for what the caller's functions do.
    """
    targets = [leaf.name for leaf in subject.targets()]
    try:
        sides, draws = _compare(subject, targets, seed, budget)
        if sides.equal:
            return Identity(State.PROVED, (), sides.zero, draws=draws)
        alone = {name: _compare(subject, [name], seed, budget) for name in targets} if len(targets) > 1 else {}
    except NotAvailable as error:
        return Identity(State.UNAVAILABLE, reason=str(error))
    differing = tuple(name for name in targets if not alone or not alone[name][0].equal)
    return Identity(State.DIFFERS, differing or tuple(targets), sides.zero, draws=draws)


def _compare(subject: Subject, moving: Collection[str], seed: int, budget: int) -> tuple[_Sides, int]:
    """Draws until the sides are equal, or differ for no lack of luck."""
    trouble, last = None, None
    for draw in range(_DRAWS):
        try:
            last = _sides(subject, moving, generator(seed, subject.name, "exact", draw), budget)
        except Unlucky as error:
            trouble = error
            continue
        if last.equal or not last.roots:
            return last, draw + 1
    if last is None:
        raise NotAvailable(f"{trouble}, in {_DRAWS} draws")
    return last, _DRAWS


def _sides(subject: Subject, moving: Collection[str], rng: np.random.Generator, budget: int) -> _Sides:
    drawn = {leaf.name: _drawn(leaf, rng, leaf.name in moving) for leaf in subject.targets()}
    with running(Run(budget)) as run:
        leaves = [_leaf(leaf, drawn) for leaf in subject.leaves]
        output, pullback = attempt("forward", subject.run, *leaves)
        entries = _entries("forward", output)
        upstream = _upstream(len(entries), subject.unit_outputs, rng)
        gradients = attempt("backward", pullback, like(numbers(upstream, (len(upstream),)), output))
        if run.ties:
            raise NotAvailable("the point lies between two branches")
        forward = VALUES.sum(VALUES.times(w.residue, one.slope) for w, one in zip(upstream, entries, strict=True))
        found = {leaf.name: _gradient(gradients, leaf) for leaf in subject.targets()}
    terms = [(one, leaf) for name in found for one, leaf in zip(found[name], drawn[name], strict=True)]
    backward = VALUES.sum(VALUES.times(one.residue, leaf.slope) for one, leaf in terms)
    zero = tuple(name for name, gradient in found.items() if not any(one.residue for one in gradient))
    return _Sides(forward == backward, zero, run.roots)


def _drawn(leaf: Leaf, rng: np.random.Generator, moving: bool) -> list[Residue]:
    return list(np.asarray(residues(leaf.value, rng, moving=moving), dtype=object).flat)


def _leaf(leaf: Leaf, drawn: Mapping[str, Sequence[Residue]]) -> Any:
    """Residues for a leaf that receives a gradient; exact rationals for constants, so that nothing is rounded."""
    if leaf.name in drawn:
        return numbers(drawn[leaf.name], np.shape(leaf.value))[()]
    array = np.asarray(leaf.value)
    if array.dtype.kind != "f":
        return copied(leaf.value)
    return numbers([Residue.lift(one) for one in array.ravel().tolist()], array.shape)[()]


def _upstream(count: int, units: int, rng: np.random.Generator) -> list[Residue]:
    drawn = list(np.asarray(residues(signs((count,), rng, 1.0), rng), dtype=object).flat)
    return [*drawn[: count - units], *(Residue.lift(1) for _ in range(units))]


def _entries(side: str, output: Any) -> list[Residue]:
    """All numbers of an output or a gradient, in order. Raises NotAvailable for what is none."""
    parts = output if isinstance(output, tuple | list) else (output,)
    entries = [Residue.lift(entry) for part in parts for entry in np.asarray(part, dtype=object).flat]
    if not all(isfinite(entry.value) for entry in entries):
        raise NotAvailable(f"{side} is not finite at this point")
    return entries


def _gradient(gradients: Mapping[str, Any], leaf: Leaf) -> list[Residue]:
    found = gradients.get(leaf.name)
    if found is None or np.shape(found) != np.shape(leaf.value):
        raise NotAvailable(f"backward returns no d{leaf.name} shaped like {leaf.name}")
    return _entries("backward", np.asarray(found, dtype=object))
