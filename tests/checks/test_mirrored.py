"""The gradient of a symmetric matrix is not accused of its halves; another one is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nnverify import Outcome, check_gradients

Array = np.ndarray[Any, Any]
SQUARE = np.random.default_rng(0).standard_normal((4, 4))
A = SQUARE @ SQUARE.T + 4 * np.eye(4)


def values_back(g: Array, A: Array) -> Array:
    vectors = np.linalg.eigh(A)[1]
    return vectors @ np.diag(g) @ vectors.T


def _half(forward: Callable[..., Any], backward: Callable[..., Any], at: Array = A) -> Any:
    return check_gradients(forward, backward, A=at)


@pytest.mark.parametrize("at", [A, np.stack([A, A + np.diag(np.arange(4.0))])])
def test_eigenvalues_read_one_half(at: Array) -> None:
    def backward(g: Array, A: Array) -> Array:
        vectors = np.linalg.eigh(A)[1]
        return (vectors * g[..., None, :]) @ np.swapaxes(vectors, -1, -2)

    verdict = _half(np.linalg.eigvalsh, backward, at)
    assert (verdict.outcome, verdict.codes) == (Outcome.INCONCLUSIVE, ("NV212",))
    assert "agree where mirrored entries move together" in verdict.findings[0].message


def test_where_forward_reads_both_halves_it_passes() -> None:
    assert _half(lambda A: np.linalg.eigvalsh((A + A.T) / 2), values_back).outcome is Outcome.PASS


@pytest.mark.parametrize("factor", [2.0, -1.0, 1 + 1e-5])
def test_what_is_wrong_along_symmetric_directions_is_wrong(factor: float) -> None:
    assert _half(np.linalg.eigvalsh, lambda g, A: factor * values_back(g, A)).outcome is Outcome.FAIL


def test_a_half_that_is_missing_is_wrong() -> None:
    assert _half(np.linalg.eigvalsh, lambda g, A: np.tril(values_back(g, A))).outcome is Outcome.FAIL


def test_at_a_matrix_that_is_not_symmetric_every_entry_counts() -> None:
    def forward(A: Array) -> Any:
        return np.trace(A @ SQUARE)

    def backward(g: float, A: Array) -> Array:
        return g * (SQUARE + SQUARE.T) / 2

    assert _half(forward, backward, SQUARE).outcome is Outcome.FAIL
