"""A function that has no gradient accuses nobody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nnverify import Outcome, check_gradients
from nnverify.checks.additive import additive
from nnverify.probe import probe
from tests.subjects import subject

Array = np.ndarray[Any, Any]


def median(x: Array) -> Any:
    return np.sort(x)[x.size // 2]


def one_of_them(dout: float, x: Array) -> Array:
    dx = np.zeros_like(x)
    dx[np.argsort(x, kind="stable")[x.size // 2]] = dout
    return dx


def each_a_share(dout: float, x: Array) -> Array:
    tied = x == median(x)
    return dout * tied / tied.sum()


def _three_equal(seed: int) -> Array:
    rng = np.random.default_rng(seed)
    x = np.sort(rng.standard_normal(9))
    x[3:6] = x[4]
    return rng.permutation(x)


@pytest.mark.parametrize("backward", [one_of_them, each_a_share])
def test_the_median_of_equal_values_is_not_accused(backward: Callable[..., Any]) -> None:
    """Along every line it is smooth, and other values next to these put kinks on most."""
    found = [check_gradients(median, backward, x=_three_equal(seed), seed=seed, effort="point") for seed in range(40)]
    assert [one.outcome for one in found].count(Outcome.FAIL) == 0


def test_lines_that_meet_the_same_of_three_equal_values_by_chance_are_seen_through() -> None:
    for seed in range(60):
        made = subject(median, lambda dout, x: {"x": one_of_them(dout, x)}, x=_three_equal(seed))
        assert additive(made, made.leaves[0], probe(made, 0, seed), seed) is not None, seed


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_function_with_a_gradient_is_not_said_to_have_none(dtype: Any) -> None:
    for seed in range(20):
        x = np.random.default_rng(seed).standard_normal(9).astype(dtype)
        made = subject(lambda x: np.exp(np.sin(3 * x)).sum(), lambda dout, x: {"x": dout * x}, x=x)
        assert additive(made, made.leaves[0], probe(made, 0, seed), seed) is None, seed


def test_the_median_of_different_values_has_a_gradient() -> None:
    wrong = check_gradients(median, lambda dout, x: 2 * one_of_them(dout, x), x=np.arange(9.0), effort="point")
    assert wrong.outcome is Outcome.FAIL
