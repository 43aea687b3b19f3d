"""What a backward claims beside the point: its rounding shows there, ties stay ties, and curvature is none of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nnverify import Outcome, check_gradients
from nnverify.claims import nudged

Array = Any

NUMBERS = (1, 2, 3, -1, -2, -3)


@pytest.mark.parametrize("values", [(1.0, 2.0, 4.0), (2.0, 2 + 1e-12), (3.0, 6.0, -12.0)])
def test_entries_of_one_mantissa_do_not_share_a_factor(values: tuple[float, ...]) -> None:
    """A matrix that is only scaled has the condition that it had."""
    x = np.array(values)
    factors = [nudged(x, number) / x for number in NUMBERS]
    assert sum(len(set(factor)) > 1 for factor in factors) >= 4


@pytest.mark.parametrize("number", NUMBERS)
def test_equal_entries_are_nudged_alike_and_opposite_ones_apart(number: int) -> None:
    x = np.array([0.3, -0.3, 0.7, 0.3])
    found = nudged(x, number)
    assert found[0] == found[3] == -found[1]
    assert np.all(np.abs(found) > np.abs(x)) if number > 0 else np.all(np.abs(found) < np.abs(x))
    assert np.max(np.abs(found / x - 1)) <= 5 * np.finfo(np.float64).eps


@pytest.mark.parametrize("seed", [0, 6])
def test_what_curves_is_not_taken_for_rounding(seed: int) -> None:
    """Along a line that moves a few small entries by much of their size a claim bends, and is as exact as anywhere."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(0.1, 2.0, 30_000)
    x[rng.integers(0, x.size, 8)] = rng.uniform(1e-3, 2e-3, 8)
    wrong = int(rng.integers(x.size))

    def backward(dout: Array, x: Array) -> Array:
        dx = dout / (2 * np.sqrt(x))
        dx[wrong] *= 1.0001
        return dx

    (found,) = check_gradients(np.sqrt, backward, x=x).findings
    assert (found.outcome, found.index) == (Outcome.FAIL, (wrong,))
