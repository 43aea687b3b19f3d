"""What is searched: the caller's functions and leaves, from which a subject is made at any point.

A point is data: the leaves, with what stands in them, and the options. Which points are worth trying is said in the
files beside this one, one for each dimension.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from nnverify import drawing
from nnverify._errors import UsageError
from nnverify.conventions import subject_of
from nnverify.conventions._randomness import World
from nnverify.conventions.convention import Call
from nnverify.leaves import LeafSpec
from nnverify.options import Options
from nnverify.reading import Demand
from nnverify.search.keywords import combinations, told
from nnverify.subject import Leaf, Subject

ONE = ("_1",)  # what "..." stands for where nothing else is said: one axis
NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True)
class Layer:
    """The functions, what was said of their leaves, and the options of the check."""

    forward: Any
    backward: Any
    found: Mapping[str, LeafSpec]
    chosen: Options
    where: str

    @property
    def demand(self) -> Demand:
        return Demand(self.chosen.seed, self.chosen.rtol, self.chosen.kink)

    def axes(self, words: Sequence[str] = ONE) -> list[str]:
        """The names of the sizes that may be chosen."""
        return drawing.axis_names(drawing.spread(self.found, words))

    def sizes(self, number: int, words: Sequence[str] = ONE) -> dict[str, int]:
        return drawing.drawn_sizes(drawing.spread(self.found, words), number, self.chosen.seed)

    def drawn(
        self,
        number: int,
        regime: str,
        size: Mapping[str, int] | None = None,
        found: Mapping[str, LeafSpec] | None = None,
    ) -> tuple[Leaf, ...]:
        """The leaves of one draw, floats in the wanted precision."""
        found = drawing.spread(self.found if found is None else found, ONE)
        return drawing.in_precision(drawing.realise(found, number, self.chosen.seed, regime, size), self.chosen.dtype)

    def subject(
        self, leaves: tuple[Leaf, ...], options: Mapping[str, Any] = NOTHING, world: World | None = None
    ) -> Subject:
        """The subject at these leaves. Raises UsageError where the functions do not take them.

        world  the caller's, where it was taken already
        """
        forward, backward = told(self.forward, self.backward, options, self.where)
        declared, named, convention = self.chosen.declared, self.chosen.named, self.chosen.convention
        return subject_of(Call(forward, backward, leaves, declared, named, convention, self.where, world=world))


@dataclass(frozen=True)
class Base:
    """The first point: everything else is tried around it, each from the same state of the caller's world."""

    layer: Layer
    world: World
    subject: Subject
    leaves: tuple[Leaf, ...]
    regime: str
    options: Mapping[str, Any]


@dataclass(frozen=True)
class Point:
    """One place to look at.

    dimension  in which it differs from the base      special  how, in words that follow "where"
    values     by leaf as the subject has them, in place of those in ``leaves``
    code       of a failure that is seen here and not at the base
    dtype      of the floats, where it is another one
    glance     it is judged only where a glance finds something odd
    again      makes it, among others, of another base: it is judged in a smaller layer first
    dear       it is judged there only: so many kinks meet that it would take thousands of evaluations
    """

    dimension: str
    special: str
    leaves: tuple[Leaf, ...]
    values: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    code: str | None = None
    dtype: Any = None
    glance: bool = False
    again: Callable[[Base], Iterator[Point]] | None = None
    dear: bool = False


def based(layer: Layer, world: World) -> Base:
    """The first point, of the first options and regime that forward is finite with and backward is not extreme in."""
    troubles: list[UsageError] = []
    every = combinations(layer.chosen.keywords)
    told(layer.forward, layer.backward, every[0], layer.where)
    for options in every[:_COMBINATIONS]:
        found = _with_options(layer, world, options, troubles)
        if found is not None:
            return found
    raise troubles[0]


_COMBINATIONS = 8  # of options that are tried for one that forward takes


def _with_options(layer: Layer, world: World, options: Mapping[str, Any], troubles: list[UsageError]) -> Base | None:
    """The first point with these options; None, and what was met, where there is none."""
    extreme: list[Base] = []
    for regime in drawing.REGIMES:
        if extreme and regime != "unit":
            continue
        leaves = layer.drawn(0, regime)
        try:
            subject = layer.subject(leaves, options, world)
        except UsageError as error:
            troubles.append(error)
            continue
        base = Base(layer, world, subject, leaves, regime, options)
        if all(spec.given for spec in layer.found.values()):
            return base
        if finite(subject) and not getattr(subject, "extreme", False):
            return base if regime == "normal" else _noted(base, extreme=bool(extreme))
        if finite(subject):
            extreme.append(base)
        else:
            troubles.append(_nowhere(subject))
    return extreme[0] if extreme else None


def finite(subject: Subject) -> bool:
    return bool(np.all(np.isfinite(subject.flatten(subject.at_point()[0]))))


def _nowhere(subject: Subject) -> UsageError:
    return UsageError(
        what="forward is not finite at any drawn point: normal values, and values between 0 and 2",
        where=subject.name,
        fix="say where its leaves lie: leaf('m n', low=…, high=…), or pass arrays",
    )


def _noted(base: Base, *, extreme: bool) -> Base:
    """The base with a note where its values lie, and why."""
    low, high = drawing.REGIMES[base.regime] or (0.0, 0.0)
    why = "the loss is clipped, and its gradient beyond measure," if extreme else "forward is not finite"
    note = f"values were drawn from {low:g} to {high:g}: {why} on normal ones"
    return replace(base, subject=replace(base.subject, notes=(*base.subject.notes, note)))
