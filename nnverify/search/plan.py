"""What is tried, in which order: one row for each dimension. The cheap and the likely come first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from nnverify.search import composition, indices, layout, options, precisions, shapes, state, switches, values
from nnverify.search.layer import Base, Point
from nnverify.verdict import Finding


@dataclass(frozen=True)
class Dimension:
    """A name as notes have it, its points, and whether they are tried at the standard effort, too."""

    name: str
    points: Callable[[Base], Iterator[Point]]
    standard: bool = False


@dataclass(frozen=True)
class Comparison:
    """A name as notes have it, and what asks about the base itself: two runs that ought to be the same."""

    name: str
    findings: Callable[[Base, int], Iterator[Finding]]


POINTS = (
    Dimension("sizes", shapes.standard, standard=True),
    Dimension("options", options.points, standard=True),
    Dimension("precisions", precisions.standard, standard=True),
    Dimension("precisions", precisions.thorough),
    Dimension("indices", indices.points),
    Dimension("values", values.points),
    Dimension("switches", switches.points),
    Dimension("sizes", shapes.thorough),
)
COMPARISONS = (
    Comparison("layouts", lambda base, seed: layout.layout(base.subject, seed)),
    Comparison("compositions", lambda base, seed: composition.composition(base.subject, seed)),
    Comparison("second uses", state.state),
)
