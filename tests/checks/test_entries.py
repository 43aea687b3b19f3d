"""Entry by entry: what is called a kink is one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nnverify import Outcome, check_gradients

Array = np.ndarray[Any, Any]
DEAD = np.array([0.0, 1.0, -1.0, 0.0, -3.0])


def relu(x: Array) -> Array:
    return np.maximum(x, 0)


def relu_backward(g: Array, x: Array) -> Array:
    return g * (x > 0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dead_entries_are_not_counted_as_kinks(dtype: type) -> None:
    verdict = check_gradients(relu, relu_backward, x=DEAD, dtype=dtype)
    assert verdict.outcome is Outcome.PASS
    assert "a subgradient at 2 entries on a kink; at x[0]" in verdict.findings[0].message


def test_one_is_an_entry() -> None:
    verdict = check_gradients(relu, relu_backward, x=DEAD[:3])
    assert "a subgradient at 1 entry on a kink" in verdict.findings[0].message


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_gradient_in_a_dead_entry_is_wrong_and_there_is_no_kink(dtype: type) -> None:
    verdict = check_gradients(relu, lambda g, x: g * ((x > 0) + 0.5 * (x == -3)), x=DEAD, dtype=dtype)
    assert verdict.outcome is Outcome.FAIL
    assert "NV117" not in verdict.codes
    assert verdict.by_leaf["x"].findings[0].index == (4,)
    assert "kink" not in verdict.findings[0].message


def test_what_is_outside_at_a_kink_is_called_so() -> None:
    verdict = check_gradients(relu, lambda g, x: g * ((x > 0) + 2.0 * (x == 0)), x=DEAD)
    assert verdict.codes == ("NV117",)
    assert "of the kink there" in verdict.findings[0].message
