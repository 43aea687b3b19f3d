"""Gradients that were wrong in public code, and some that were only said to be; restated here, never copied."""

from benchmarks.known_wrong.axes import AXES
from benchmarks.known_wrong.case import KINDS, Bug, Control
from benchmarks.known_wrong.composition import COMPOSITION
from benchmarks.known_wrong.controls import CONTROLS
from benchmarks.known_wrong.formulas import FORMULAS
from benchmarks.known_wrong.indices import INDICES
from benchmarks.known_wrong.memory import MEMORY
from benchmarks.known_wrong.precision import PRECISION
from benchmarks.known_wrong.special import SPECIAL

BUGS: tuple[Bug, ...] = (*FORMULAS, *AXES, *INDICES, *SPECIAL, *PRECISION, *MEMORY, *COMPOSITION)

__all__ = ["BUGS", "CONTROLS", "KINDS", "Bug", "Control"]
