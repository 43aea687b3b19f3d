"""Strategies in general position: away from kinks and ties, and still small when shrunk."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st

from nnverify import UsageError, assert_gradients, check_gradients, leaf
from nnverify.strategies import aim, generic_arrays, layers, leaves, shapes, upstreams
from tests.subjects import dense, dense_backward


@given(generic_arrays((3, 4), away_from=(0.0, 1.0), gap=0.1))
def test_entries_are_distinct_and_away_from_kinks(x: Any) -> None:
    assert len(np.unique(x)) == x.size
    assert np.abs(x).min() >= 0.1
    assert np.abs(x - 1).min() >= 0.1


def test_arrays_shrink_to_whole_numbers() -> None:
    assert find(generic_arrays((2, 2)), lambda x: True).tolist() == [[1.0, -1.0], [2.0, -2.0]]


def test_a_shape_that_is_drawn_shrinks_as_well() -> None:
    sizes = st.tuples(st.integers(1, 5), st.integers(1, 5))
    assert find(generic_arrays(sizes), lambda x: x.shape[1] > 1).shape == (1, 2)


def test_too_many_entries_are_refused() -> None:
    with pytest.raises(UsageError, match="are needed"):
        generic_arrays((20,), low=0.0, high=0.1, gap=0.01)


@given(upstreams((2, 3)))
def test_upstreams_are_never_constant(dout: Any) -> None:
    assert len(set(dout.ravel())) == 6
    assert (dout != 0).all()


@given(shapes(X="m n", W="n p", b="p"))
def test_the_same_word_has_the_same_size(found: dict[str, tuple[int, ...]]) -> None:
    assert found["X"][1] == found["W"][0]
    assert found["W"][1] == found["b"][0]


@given(shapes(distinct=True, X="m n p"))
def test_sizes_may_be_distinct(found: dict[str, tuple[int, ...]]) -> None:
    assert len(set(found["X"])) == 3


@settings(max_examples=10)
@given(leaves(X="m n", W="n p", b="p"))
def test_leaves_go_into_a_check(found: dict[str, Any]) -> None:
    assert_gradients(dense, dense_backward, **found)


@settings(max_examples=20)
@given(leaves(x=leaf("n", low=0.0), ids=leaf("m", integers_below="n"), both=[(2,), (3,)], flag=True))
def test_leaves_are_what_was_said(found: dict[str, Any]) -> None:
    assert (found["x"] > 0).all()
    assert (found["ids"] < len(found["x"])).all()
    assert [part.shape for part in found["both"]] == [(2,), (3,)]
    assert found["flag"] is True


def test_a_function_of_a_generator_is_refused() -> None:
    with pytest.raises(UsageError, match="function of a generator"):
        find(leaves(x=lambda rng: rng.normal()), lambda x: True)


class Scaled:
    def __init__(self, n: int, p: int) -> None:
        self.W = np.arange(1.0, 1 + n * p).reshape(n, p)

    def forward(self, X: Any) -> Any:
        self.X = X
        return X @ self.W

    def backward(self, dout: Any) -> Any:
        self.dW = self.X.T @ dout
        return dout @ self.W.T


@settings(max_examples=10)
@given(layers(Scaled, "n p", X="m n"))
def test_layers_are_made_with_the_sizes_of_their_leaves(made: Any) -> None:
    layer, found = made
    assert layer.W.shape[0] == found["X"].shape[1]
    assert_gradients(layer, **found)


def test_a_wrong_layer_shrinks_to_a_small_one() -> None:
    def wrong(dout: Any, x: Any) -> Any:
        return 2 * dout * x * (1 + (x > 2).any())

    def fails(found: dict[str, Any]) -> bool:
        return check_gradients(lambda x: x**2, wrong, effort="point", **found).outcome == "fail"

    found = find(leaves(x="n"), fails)["x"]
    assert len(found) <= 2
    assert all(round(one, 1) == one for one in found)


@settings(max_examples=10)
@given(leaves(x="n"))
def test_aim_returns_the_verdict(found: dict[str, Any]) -> None:
    verdict = check_gradients(np.sin, lambda dout, x: dout * np.cos(x), effort="point", **found)
    assert aim(verdict) is verdict
