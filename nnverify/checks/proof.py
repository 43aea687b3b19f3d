"""Is every form of a formula the derivative of its forward, by algebra?

Residues of a prime field stand for all numbers, free functions for every activation function, and equality has no
tolerance: what holds for random ones is an identity on the whole branch of the forward. Inequality alone accuses
nobody: constants may agree only in rounding, and identities between functions may be unknown to the field.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from nnverify.conventions.formula import draw_field, subjects
from nnverify.draws import generator
from nnverify.oracles.exact import Identity, State, exact
from nnverify.records import FORMS, FormulaLike
from nnverify.verdict import Finding, Outcome

CHECK = "proof"
BRANCHES = 10  # drawn points, with their sizes: distinct, each axis at 1, all equal


@dataclass(frozen=True)
class Proof:
    """What algebra says of a formula: a finding, or a note why it says nothing."""

    finding: Finding | None
    note: str = ""


@dataclass(frozen=True)
class _Reading:
    """One form at one drawn point; ``place`` is the point's sizes."""

    form: str
    place: str
    identity: Identity

    @property
    def proves(self) -> bool:
        """A gradient that is zero on the whole branch proves nothing: any multiple of it is zero, too."""
        return self.identity.state is State.PROVED and not self.identity.zero


def proof(formula: FormulaLike, seed: int, *, refuted: bool) -> Proof:
    """The forms against the derivative of the forward, of the loss and of the output where there is one.

    refuted   whether another check has refused the formula: then a difference is the second witness
    """
    readings = [reading for name in FORMS for reading in _readings(formula, name, seed)]
    differing = [one for one in readings if one.identity.state is State.DIFFERS]
    if differing:
        return Proof(_difference(formula, differing[0], refuted))
    for name in FORMS:
        if lack := _lack([one for one in readings if one.form == name]):
            return Proof(None, f"no proof of the {name} form: {lack}")
    count = sum(one.proves for one in readings)
    return Proof(Finding(CHECK, formula.leaf, Outcome.PASS, f"each form is the derivative, by algebra: {count} proofs"))


def _readings(formula: FormulaLike, name: str, seed: int) -> Iterator[_Reading]:
    for number in range(BRANCHES):
        drawn = draw_field(formula, number, generator(seed, formula.identifier, CHECK, number))
        for subject in subjects(formula, getattr(formula, name), drawn):
            yield _Reading(name, str(drawn), exact(subject, seed=seed))


def _difference(formula: FormulaLike, one: _Reading, refuted: bool) -> Finding:
    message = f"by algebra the {one.form} form is not the derivative of the forward, for {one.place}"
    if refuted:
        return Finding(CHECK, formula.leaf, Outcome.FAIL, message, "NV402")
    message += ", though all other checks pass: constants that are equal only in rounding?"
    return Finding(CHECK, formula.leaf, Outcome.INCONCLUSIVE, message, "NV208")


def _lack(readings: list[_Reading]) -> str:
    """Why one form is not proved: a point at which algebra cannot speak, or a gradient that is zero at all of them."""
    unknown = next((one for one in readings if one.identity.state is State.UNAVAILABLE), None)
    if unknown:
        return f"{unknown.identity.reason}, for {unknown.place}"
    return "" if any(one.proves for one in readings) else "its gradient is zero at every drawn point"
