"""What the condition of a matrix may make of rounding is held against nobody; all else is."""

from __future__ import annotations

import cProfile
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nnverify import check_gradients
from nnverify.checks.conditioned import conditioned
from nnverify.probe import probe
from nnverify.verdict import Finding, Outcome
from tests.subjects import subject

Array = np.ndarray[Any, Any]


def _matrix(condition: float, dtype: type = np.float64) -> Array:
    rng = np.random.default_rng(0)
    U, V = (np.linalg.qr(rng.standard_normal((4, 4)))[0] for _ in range(2))
    return (U @ np.diag(np.geomspace(1, 1 / condition, 4)) @ V).astype(dtype)


def _log_det(A: Array) -> Any:
    return np.linalg.slogdet(A)[1]


def _by_inverse(dout: Any, A: Array) -> dict[str, Any]:
    return {"A": dout * np.linalg.inv(A).T}


def _excused(forward: Callable[..., Any], backward: Callable[..., Any], A: Array, gap: float) -> bool:
    """Whether a gradient that is off by so much of it is."""
    made = subject(forward, backward, A=A)
    found = Finding("gradient", "A", Outcome.FAIL, "", backward=1.0 + gap, numerical=1.0, bar=1e-12)
    answer = conditioned(made, found, probe(made, 0, 0))
    return answer is not None and answer.outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    ("condition", "dtype", "gap", "excused"),
    [
        (10, np.float64, 1e-3, False),
        (1e8, np.float64, 1e-3, False),
        (1e15, np.float64, 1e-3, True),
        (1e17, np.float64, 10.0, True),
        (1e3, np.float32, 0.1, False),
        (1e8, np.float32, 1e3, True),
        (10, np.float64, 1e-9, True),
    ],
)
def test_what_forward_inverts_excuses_as_much_as_its_condition_makes(
    condition: float, dtype: type, gap: float, excused: bool
) -> None:
    for forward in (_log_det, np.linalg.inv, lambda A: np.linalg.solve(A, np.ones(4, dtype))):
        assert _excused(forward, _by_inverse, _matrix(condition, dtype), gap) is excused


def test_what_backward_inverts_by_itself_excuses_nothing() -> None:
    """A determinant has a gradient where the matrix has no inverse; that by way of the inverse has no digit right."""
    assert not _excused(np.linalg.det, _by_inverse, _matrix(1e17), 1e-3)


def test_where_nothing_is_solved_nothing_is_excused() -> None:
    assert not _excused(np.sum, lambda dout, A: {"A": dout * np.ones_like(A)}, _matrix(1e17), 1e-9)


@pytest.mark.parametrize("fit", [np.linalg.pinv, lambda A: np.linalg.lstsq(A, np.ones(4), rcond=None)[0]])
def test_what_is_fitted_without_an_inverse_excuses_no_gross_gap(fit: Callable[..., Any]) -> None:
    """Of a matrix without full rank the condition is infinite, and the fit as good as any."""
    assert not _excused(fit, lambda dout, A: {"A": A}, np.ones((4, 4)), 1e-3)


def test_a_profiler_that_runs_goes_on() -> None:
    profiler = cProfile.Profile()
    profiler.enable()
    try:
        found = check_gradients(np.sin, lambda dout, x: 2 * dout * np.cos(x), x=(3,))
        still = sys.getprofile()
    finally:
        profiler.disable()
    assert (found.outcome, still) == (Outcome.FAIL, profiler)
