"""Section 3 worked out by hand: three samples, a − y = (3, 3, −3), so ∂L/∂a = ⅔(a − y) = (2, 2, −2)."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from reference import batch


def exact(entries: object) -> np.ndarray:
    return np.array(entries, dtype=object) * Fraction(1)


X, w, b, y = exact([[1, 2], [3, -1], [0, 1]]), exact([2, 1]), Fraction(-1), exact([0, 1, 3])


@pytest.fixture(params=("jacobian", "index", "vector"))
def gradient(request: pytest.FixtureRequest):
    return lambda leaf: getattr(batch, f"d{leaf}_{request.param}")


def test_activations_and_loss():
    """a = (3, 4, 0), L = (9 + 9 + 9)/3."""
    assert (batch.activation(X, w, b).tolist(), batch.loss(X, w, b, y)) == ([3, 4, 0], 9)


def test_slope_carries_the_mean(gradient):
    """The 1/m enters here, and nowhere else."""
    assert gradient("a")(exact([3, 4, 0]), y).tolist() == [2, 2, -2]


def test_weight_gradient_sums_over_samples(gradient):
    """(1·2 + 3·2 − 0·2, 2·2 − 1·2 − 1·2)."""
    assert gradient("w")(X, w, b, y).tolist() == [8, 0]


def test_bias_gradient_sums_over_samples(gradient):
    """2 + 2 − 2, a scalar: b is one number, however many samples it is added to."""
    assert gradient("b")(X, w, b, y) == 2


def test_input_gradient_keeps_samples_apart(gradient):
    """Each sample's slope times w = (2, 1): no sample hears of another."""
    assert gradient("X")(X, w, b, y).tolist() == [[4, 2], [4, 2], [-4, -2]]


def test_gradient_of_a_doubled_batch_is_the_same(gradient):
    """The loss is a mean: the same samples twice are the same problem."""
    twice = gradient("w")(np.vstack([X, X]), w, b, np.concatenate([y, y]))
    assert twice.tolist() == gradient("w")(X, w, b, y).tolist()
