"""What has cancelled accuses nobody; what is only small does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nnverify import Outcome, Verdict, check_gradients
from nnverify.reading import Demand
from nnverify.verify import verify
from tests.hard.case import scaled_by
from tests.hard.saturated import ONE_HOT, entropy, entropy_back
from tests.subjects import subject

SURE = {"X": 60 * ONE_HOT + np.eye(3, 4)}
SCALES = np.array([1e-16, 1e-12, 1.0, 1e12])


def _at_the_point(backward: Any) -> Verdict:
    X = SURE["X"].astype(np.float32)
    return verify(subject(entropy, lambda g, X: {"X": backward(g, X)}, X=X), Demand(contract=False))


def test_a_rounding_of_what_the_gradient_is_elsewhere_is_no_difference() -> None:
    verdict = _at_the_point(entropy_back)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.codes == ("NV205",)
    assert "no more than a rounding of what it is at other points" in verdict.findings[0].message


@pytest.mark.parametrize("factor", [3.0, -1.0, 0.0])
def test_what_the_point_has_hidden_shows_at_another(factor: float) -> None:
    wrong = scaled_by(entropy_back, factor)
    assert _at_the_point(wrong).outcome is not Outcome.PASS
    assert check_gradients(entropy, wrong, leaves=SURE, dtype=np.float32).outcome is Outcome.FAIL


def test_more_than_a_rounding_is_a_difference() -> None:
    assert _at_the_point(lambda g, X: entropy_back(g, X) + np.float32(1e-4)).outcome is Outcome.FAIL


@pytest.mark.parametrize("entry", range(4))
def test_a_small_gradient_that_is_small_everywhere_has_not_cancelled(entry: int) -> None:
    factors = np.where(np.arange(4) == entry, 2.0, 1.0)
    verdict = check_gradients(lambda x: SCALES * x, lambda g, x: g * SCALES * factors, x=np.ones(4))
    assert verdict.outcome is Outcome.FAIL


@pytest.mark.parametrize("strange", [["a", "b"], [None, None], [1j, 1j]])
def test_a_gradient_that_is_no_number_at_other_points_says_nothing_about_this_one(strange: list[Any]) -> None:
    def backward(g: Any, x: Any) -> Any:
        return 3 * g * x if x[1] == 2.0 else np.array(strange)

    verdict = check_gradients(lambda x: np.sum(x * x), backward, x=np.array([0.5, 2.0]), effort="point")
    assert verdict.outcome is Outcome.FAIL


@pytest.mark.parametrize("power", [-2.0, -4.0, -6.0])
@pytest.mark.parametrize("factor", [1.5, 1.01])
def test_a_pole_beside_the_point_excuses_nothing(power: float, factor: float) -> None:
    verdict = check_gradients(
        lambda x: x**power,
        lambda g, x: g * power * x ** (power - 1) * np.where(x == 1, factor, 1.0),
        x=np.array([1.0, 1.3, 0.7]),
    )
    assert verdict.outcome is Outcome.FAIL


def sigmoid(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


W = np.array([1.0, 2.0])
# A saturated unit behind a sum of large terms: no draw of such entries comes out small.
BEHIND = {
    "tanh": (lambda x: np.tanh(x @ W), lambda g, x: g * (1 - np.tanh(x @ W) ** 2) * W, [1000.0, -450.0]),
    "sigmoid": (lambda x: sigmoid(x @ W), lambda g, x: g * sigmoid(x @ W) * (1 - sigmoid(x @ W)) * W, [1000.0, -483.0]),
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("unit", BEHIND)
def test_a_saturated_unit_behind_a_sum_is_not_accused(unit: str, seed: int) -> None:
    forward, backward, x = BEHIND[unit]
    assert check_gradients(forward, backward, x=np.array(x), seed=seed).outcome is not Outcome.FAIL
    wrong = check_gradients(forward, scaled_by(backward, 3.0), x=np.array(x), seed=seed)
    assert wrong.outcome is Outcome.FAIL


@pytest.mark.parametrize("seed", range(4))
def test_dual_numbers_that_are_too_coarse_excuse_nothing(seed: int) -> None:
    """So many logarithms next to their poles blur the sum of the others' slopes; steps still tell these apart."""
    p = sigmoid(5 * np.random.default_rng(0).standard_normal(1000))
    verdict = check_gradients(
        lambda p: -np.mean(np.where(np.arange(p.size) % 2, np.log(p), np.log1p(-p))),
        lambda g, p: g * np.where(np.arange(p.size) % 2, -1 / p, 1 / (1 - p)) / p.size * (1 + (abs(p - 0.5) < 0.4)),
        p=p,
        seed=seed,
    )
    assert verdict.outcome is Outcome.FAIL


@pytest.mark.parametrize(("factor", "outcome"), [(2, Outcome.PASS), (3, Outcome.FAIL)])
@pytest.mark.parametrize("size", [1e-160, 1e-200, 1e-300])
def test_what_is_as_good_as_zero_is_moved_far_enough_to_matter(size: float, factor: int, outcome: Outcome) -> None:
    """Its square is zero, and that of a billion times it: the output seemed not to depend on it at all."""
    x = size * np.arange(1.0, 5.0)
    assert check_gradients(np.square, lambda dout, x: factor * dout * x, x=x).outcome is outcome
