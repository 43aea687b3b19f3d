"""Section 5 worked out by hand, with f1(z) = z² and f2(z) = z: two samples, two units and two outputs.

Z1 = ((2, 1), (3, 2)), A1 = ((4, 1), (9, 4)), A2 − Y = ((2, −2), (−1, 2)); 2/m = 1, so that is dZ2. Back through W2:
(3·2 − 1, −3·2 + 2) = (5, −4) for the first unit, (2, −2) for the second; times f1′ = 2·Z1 = ((4, 2), (6, 4)):
dZ1 = ((20, −8), (12, −8)).
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from reference import two_layer


def exact(entries: object) -> np.ndarray:
    return np.array(entries, dtype=object) * Fraction(1)


X, W1, b1 = exact([[1, 2], [0, -1]]), exact([[1, 2], [0, 1]]), exact([[1], [3]])
W2, b2, Y = exact([[3, 1], [1, 0]]), exact([[-2], [0]]), exact([[17, 7], [5, -1]])
SQUARE, SAME = (lambda z: z * z, lambda z: 2 * z), (lambda z: z, lambda z: np.ones_like(z) * 1)
ARGUMENTS = X, W1, b1, *SQUARE, W2, b2, *SAME, Y


@pytest.fixture(params=("jacobian", "index", "vector"))
def gradient(request: pytest.FixtureRequest):
    return lambda leaf: getattr(two_layer, f"d{leaf}_{request.param}")(*ARGUMENTS).tolist()


def test_loss_is_the_mean_over_samples_of_the_sum_over_outputs():
    """(4 + 4 + 1 + 4)/2: by 2 samples, not by 4 entries."""
    assert two_layer.loss(*ARGUMENTS) == Fraction(13, 2)


def test_second_layer_weights_see_one_path_per_sample(gradient):
    """dZ2·A1ᵀ: 2·4 − 2·1 and 2·9 − 2·4 for the first output, −1·4 + 2·1 and −1·9 + 2·4 for the second."""
    assert gradient("W2") == [[6, 10], [-2, -1]]


def test_second_layer_bias_sums_over_samples_and_stays_a_column(gradient):
    """2 − 2 and −1 + 2."""
    assert gradient("b2") == [[0], [1]]


def test_first_layer_weights_see_a_path_through_every_output(gradient):
    """dZ1·Xᵀ: 20·1 − 8·2 and 20·0 + 8·1 for the first unit, 12·1 − 8·2 and 12·0 + 8·1 for the second."""
    assert gradient("W1") == [[4, 8], [-4, 8]]


def test_first_layer_bias_sums_over_samples_and_outputs(gradient):
    """20 − 8 and 12 − 8."""
    assert gradient("b1") == [[12], [4]]


def test_input_gradient_keeps_samples_apart(gradient):
    """W1ᵀ·dZ1, column by column: (20, 2·20 + 12) and (−8, −2·8 − 8)."""
    assert gradient("X") == [[20, -8], [52, -24]]
