"""What is tried, in which order: one row for each dimension. The cheap and the likely come first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from nnverify.search import (
    arguments,
    composition,
    indices,
    integers,
    layout,
    options,
    precisions,
    resized,
    shapes,
    state,
    switches,
    values,
)
from nnverify.search.layer import Base, Point
from nnverify.verdict import Finding


@dataclass(frozen=True)
class Dimension:
    """A name as notes have it, its points, and what the standard effort tries of them.

    standard  all of them      quick  those that are looked at more closely where a glance finds something odd
    small     a glance at a smaller layer will do
    """

    name: str
    points: Callable[[Base], Iterator[Point]]
    standard: bool = False
    quick: Callable[[Base], Iterator[Point]] | None = None
    small: bool = False


@dataclass(frozen=True)
class Comparison:
    """A name as notes have it, and what asks about the base itself: two runs that ought to be the same.

    small  it is asked of a smaller layer first, and of the base where something is found there
    """

    name: str
    findings: Callable[[Base, int], Iterator[Finding]]
    standard: bool = False
    small: bool = False


POINTS = (
    Dimension("sizes", shapes.standard, quick=shapes.standard),
    Dimension("options", options.points, standard=True),
    Dimension("precisions", precisions.standard, standard=True),
    Dimension("indices", indices.points, quick=indices.points),
    Dimension("integers", integers.points, quick=integers.repeated),
    Dimension("sizes", resized.points, quick=resized.quick),
    Dimension("precisions", precisions.thorough, quick=precisions.thorough, small=True),
    Dimension("values", values.points, quick=values.quick, small=True),
    Dimension("switches", switches.points),
    Dimension("sizes", shapes.thorough, quick=shapes.long),
)
COMPARISONS = (
    Comparison("layouts", lambda base, seed: layout.layout(base.subject, seed), standard=True, small=True),
    Comparison("arguments", arguments.arguments, standard=True),
    Comparison("compositions", lambda base, seed: composition.composition(base.subject, seed)),
    Comparison("second uses", state.state),
)
