"""Mutants of the tuned pass: what goes wrong where arrays are reused."""

from __future__ import annotations

import numpy as np

from reference import delta, tuned
from reference.notation import Array, Maps, Matrices, identity
from tests.mutants.mutant import Mutant


def dW_of_last_error(X: Array, W: Matrices, b: Matrices, f: Maps, df: Maps, Y: Array) -> tuple[Array, ...]:
    """δ⁽ˡ⁾A⁽ˡ⁻¹⁾ᵀ with the δ that stands in the workspace from the last layer, cut to size"""
    A, Z = delta.forward(X, W, b, f)
    into = tuned.gradients(tuned.workspace(W, b, A), W, A, Z, df, Y)
    return tuple(np.resize(into.δ[-1], each.shape) @ read.T for each, read in zip(into.δ, A[:-1], strict=True))


def dW_by_another_product(X: Array, W: Matrices, b: Matrices, f: Maps, df: Maps, Y: Array) -> tuple[Array, ...]:
    """(A⁽ˡ⁻¹⁾δ⁽ˡ⁾ᵀ)ᵀ, which is the same"""
    A, Z = delta.forward(X, W, b, f)
    into = tuned.gradients(tuned.workspace(W, b, A), W, A, Z, df, Y)
    return tuple((read @ each.T).T for each, read in zip(into.δ, A[:-1], strict=True))


def db_of_all_but_one_sample(X: Array, W: Matrices, b: Matrices, f: Maps, df: Maps, Y: Array) -> tuple[Array, ...]:
    """δ1, the ones being one short"""
    A, Z = delta.forward(X, W, b, f)
    into = tuned.workspace(W, b, A)
    into.ones[-1] = into.ones[-1] * 0
    return tuned.gradients(into, W, A, Z, df, Y).db


def db_after_another_pass(X: Array, W: Matrices, b: Matrices, f: Maps, df: Maps, Y: Array) -> tuple[Array, ...]:
    """The second pass in the same workspace, which is no other than the first"""
    A, Z = delta.forward(X, W, b, f)
    into = tuned.gradients(tuned.workspace(W, b, A), W, A, Z, df, identity(1)[0, 0] * Y)
    return tuned.gradients(into, W, A, Z, df, Y).db


MUTANTS = (
    Mutant(
        *("tuned-dW-vector-error-of-the-last-layer", "tuned.dW", "vector"),
        wrong=dW_of_last_error,
        twin=dW_by_another_product,
    ),
    Mutant(
        *("tuned-db-vector-one-sample-short", "tuned.db", "vector"),
        wrong=db_of_all_but_one_sample,
        twin=db_after_another_pass,
    ),
)
