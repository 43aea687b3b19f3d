"""Every mutant of reference/ with its twin, one module per section of the derivations, and one for special sizes."""

from __future__ import annotations

from tests.mutants import activations, batch, calculus, delta, dense, neuron, squares, tuned, two_layer
from tests.mutants.mutant import EVERY, Mutant

__all__ = ["EVERY", "MUTANTS", "Mutant"]

MUTANTS: tuple[Mutant, ...] = (
    *calculus.MUTANTS,
    *neuron.MUTANTS,
    *batch.MUTANTS,
    *activations.MUTANTS,
    *two_layer.MUTANTS,
    *delta.MUTANTS,
    *dense.MUTANTS,
    *tuned.MUTANTS,
    *squares.MUTANTS,
)
