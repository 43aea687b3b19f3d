"""Section 7 worked out by hand, and its counterexample: the right shape with the wrong numbers.

Z = ((1, 1, 3), (−1, 2, 1)): one entry is negative, so G is D = ((1, 2, 3), (4, 5, 6)) with a 0 in place of the 4.
"""

from __future__ import annotations

import numpy as np
import pytest

from reference import dense
from reference.dense import COUNTEREXAMPLES

X, W, b = np.array([[1, 2], [-1, 1]]), np.array([[1, -1, 0], [0, 1, 2]]), np.array([[0, 0, -1]])
D = np.array([[1, 2, 3], [4, 5, 6]])


@pytest.fixture(params=("jacobian", "index", "vector"))
def gradient(request: pytest.FixtureRequest):
    return lambda leaf: getattr(dense, f"d{leaf}_{request.param}")(X, W, b, D).tolist()


def test_activation_is_zero_where_the_pre_activation_is_negative():
    """The one place where the ReLU does anything."""
    assert dense.activation(X, W, b).tolist() == [[1, 1, 3], [0, 2, 1]]


def test_weight_gradient_is_inputs_times_what_passes(gradient):
    """XᵀG."""
    assert gradient("W") == [[1, -3, -3], [2, 9, 12]]


def test_bias_gradient_sums_over_samples_and_stays_a_row(gradient):
    """(1 + 0, 2 + 5, 3 + 6), shaped "1 p" like the bias."""
    assert gradient("b") == [[1, 7, 9]]


def test_input_gradient_is_what_passes_times_weights(gradient):
    """GWᵀ."""
    assert gradient("X") == [[-1, 8], [-5, 17]]


@pytest.mark.parametrize("form", ["jacobian", "index", "vector"])
def test_nothing_passes_at_the_kink(form):
    """Z = 0 everywhere, D nowhere: the subgradient that the project takes there is 0."""
    assert not getattr(dense, f"dW_{form}")(X, np.zeros_like(W), np.zeros_like(b), D).any()


def test_literal_product_has_the_right_shape_and_the_wrong_value():
    """Agreeing shapes do not make a derivation right: Xᵀ·ReLU(Z) is ((1, −1, 2), (2, 4, 7))."""
    literal = dense.literal_dW(X, W, b, D)
    assert literal.shape == W.shape
    assert literal.tolist() == [[1, -1, 2], [2, 4, 7]] != dense.dW_vector(X, W, b, D).tolist()


def test_literal_product_ignores_the_upstream_gradient():
    """A gradient is linear in it: twice the upstream, twice the gradient."""
    assert dense.literal_dW(X, W, b, 2 * D).tolist() == dense.literal_dW(X, W, b, D).tolist()


def test_counterexample_names_a_formula_that_exists(formulas):
    """What refutes it is the formula it is a misreading of."""
    assert {example.of for example in COUNTEREXAMPLES} <= set(formulas)
