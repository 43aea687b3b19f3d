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


CLIPPED = np.maximum(np.random.default_rng(0).standard_normal((8, 8)), 0)
TARGET = np.where(np.random.default_rng(1).random((8, 8)) < 0.8, CLIPPED, CLIPPED + 1)


def first_row(factor: float, backward: Any) -> Any:
    return lambda g, x: backward(g, x) * np.where(np.arange(len(x)) == 0, factor, 1.0)[:, None]


@pytest.fixture
def few_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a larger leaf: not all of its entries at kinks can be looked at one by one."""
    monkeypatch.setattr("nnverify.checks.entries._LINES", (30,))


@pytest.mark.usefixtures("few_lines")
@pytest.mark.parametrize("factor", [0.0, -7.0, 2.0])
def test_entries_beside_many_that_are_clipped_at_zero_are_all_read(factor: float) -> None:
    assert check_gradients(relu, relu_backward, x=CLIPPED, effort="point").outcome is Outcome.PASS
    wrong = first_row(factor, relu_backward)
    assert check_gradients(relu, wrong, x=CLIPPED, effort="point").outcome is Outcome.FAIL


@pytest.mark.usefixtures("few_lines")
@pytest.mark.parametrize("factor", [0.0, -7.0])
def test_entries_beside_many_kinks_are_read_by_the_outputs_that_have_one_slope(factor: float) -> None:
    def backward(g: Array, x: Array) -> Array:
        return g * np.sign(x - TARGET)

    def forward(x: Array) -> Array:
        return np.abs(x - TARGET)

    assert check_gradients(forward, backward, x=CLIPPED, effort="point").outcome is Outcome.PASS
    assert check_gradients(forward, first_row(factor, backward), x=CLIPPED, effort="point").outcome is Outcome.FAIL


@pytest.mark.usefixtures("few_lines")
def test_what_was_not_looked_at_is_open() -> None:
    def backward(g: Array, x: Array) -> Array:
        return g * np.sign(x - TARGET)

    verdict = check_gradients(lambda x: np.abs(x - TARGET).sum(), backward, x=CLIPPED, effort="point")
    assert verdict.codes == ("NV202",)
    assert "were not looked at" in verdict.findings[0].message


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("wrong", [lambda dW: dW[:, ::-1], lambda dW: dW[::-1]])
def test_what_is_outside_for_some_upstreams_only_is_outside(wrong: Any, seed: int) -> None:
    """At zero weights another unit's gradient may lie between the slopes, by chance, for one upstream or two."""
    x = np.random.default_rng(1).standard_normal((5, 4))

    def forward(x: Array, W: Array) -> Array:
        return np.maximum(x @ W, 0)

    def backward(g: Array, x: Array, W: Array) -> Any:
        g = g * (x @ W >= 0)
        return g @ W.T, wrong(x.T @ g)

    def right(g: Array, x: Array, W: Array) -> Any:
        g = g * (x @ W >= 0)
        return g @ W.T, x.T @ g

    leaves = {"x": x, "W": np.zeros((4, 3))}
    assert check_gradients(forward, right, leaves=leaves, seed=seed, effort="point").outcome is Outcome.PASS
    assert check_gradients(forward, backward, leaves=leaves, seed=seed, effort="point").outcome is Outcome.FAIL


# What the first and the second of two tied branches get of the upstream.
SHARES = {"one": (1.0, 0.0), "other": (0.0, 1.0), "half each": (0.5, 0.5), "both": (1.0, 1.0), "none": (0.0, 0.0)}


@pytest.mark.parametrize("weights", [(2.0, 1.0), (3.0, -7.0), (0.5, 8.0)])
@pytest.mark.parametrize("shares", SHARES)
def test_a_tie_of_branches_with_other_weights_is_shared_once(shares: str, weights: tuple[float, float]) -> None:
    v, w = weights
    a, b = np.array([w / 4, 0.3, -1.0]), np.array([v / 4, 1.0, 3.0])
    first, second = SHARES[shares]

    def forward(a: Array, b: Array) -> Array:
        return np.maximum(v * a, w * b)

    def backward(g: Array, a: Array, b: Array) -> Any:
        tied = v * a == w * b
        return (
            v * g * np.where(tied, first, v * a > w * b),
            w * g * np.where(tied, second, v * a < w * b),
        )

    expected = Outcome.FAIL if first + second != 1 else Outcome.PASS
    assert check_gradients(forward, backward, a=a, b=b, effort="point").outcome is expected
