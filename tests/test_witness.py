"""Arguments beside the point: nudged by a few units in the last place, so that rounding shows and ties stay ties."""

from __future__ import annotations

import numpy as np
import pytest

from nnverify.witness import nudged

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
