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


def _small_entries() -> Array:
    rng = np.random.default_rng(0)
    x = rng.uniform(0.1, 2.0, 30_000)
    x[rng.integers(0, x.size, 8)] = rng.uniform(1e-3, 2e-3, 8)
    return x


def _entropy(p: Array) -> Any:
    return -np.mean(np.where(np.arange(p.size) % 2, np.log(p), np.log1p(-p)))


def _entropy_slope(p: Array) -> Array:
    return np.where(np.arange(p.size) % 2, -1 / p, 1 / (1 - p)) / p.size


PROBABILITIES = 1 / (1 + np.exp(-3 * np.random.default_rng(0).standard_normal(20_000)))
FAR = np.random.default_rng(0).standard_normal(5000) + 1e4

# What a claim bends over: entries smaller than the steps of most, a pole beside the point, deviations small beside the
# values that are moved. Each with the share of the entries that have a smaller slope than the wrong one, and the error.
BENT = {
    "roots": (np.sqrt, lambda x: 1 / (2 * np.sqrt(x)), _small_entries(), 0.5, 1e-4),
    "poles": (_entropy, _entropy_slope, PROBABILITIES, 1.0, 1.0),
    "deviations": (np.std, lambda x: (x - x.mean()) / x.size / np.std(x), FAR, 0.7, 1e-4),
}


@pytest.mark.parametrize("case", BENT)
def test_what_bends_is_not_taken_for_rounding(case: str) -> None:
    forward, slope, x, share, error = BENT[case]
    wrong = int(np.argsort(np.abs(slope(x)))[int(share * (x.size - 1))])

    def backward(dout: Array, x: Array) -> Array:
        dx = dout * slope(x)
        if x.size > wrong:
            dx[wrong] *= 1 + error
        return dx

    (found,) = check_gradients(forward, backward, x=x).findings
    assert (found.outcome, found.index) == (Outcome.FAIL, (wrong,))


@pytest.mark.parametrize("seed", range(12))
def test_poles_at_all_distances_do_not_pass_for_rounding(seed: int) -> None:
    """The nearest is some 1e-5 away, so that only the closest looks show a smooth backward."""
    p = 1 / (1 + np.exp(-5 * np.random.default_rng(0).standard_normal(200)))

    def backward(dout: Array, p: Array) -> Array:
        return dout * _entropy_slope(p) * np.where((p > 0.1) & (p < 0.9), 1.01, 1.0)

    assert check_gradients(_entropy, backward, p=p, seed=seed).outcome is Outcome.FAIL


@pytest.mark.parametrize("seed", range(3))
def test_one_wrong_entry_is_no_factor(seed: int) -> None:
    """Two of 60,000 deviations' directions differ by a percent each, and by another percent each."""
    x = 1e4 + np.random.default_rng(11).standard_normal(60_000)
    _, slope, *_ = BENT["deviations"]
    wrong = int(np.argsort(np.abs(slope(x)))[7 * x.size // 10])

    def backward(dout: Array, x: Array) -> Array:
        return dout * slope(x) * np.where(np.arange(x.size) == wrong, 2.0, 1.0)

    (found,) = check_gradients(np.std, backward, x=x, seed=seed).findings
    assert (found.outcome, found.index, found.ratio) == (Outcome.FAIL, (wrong,), None)
