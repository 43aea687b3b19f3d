"""Section 4: the functions in their tails, against 50 decimal digits; and the neuron, worked out by hand."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
import pytest

from reference import activations

TAILS = (0.0, 1e-300, 1e-8, 0.3, 1.0, 5.0, 19.1, 20.0, 36.8, 40.0, 100.0, 300.0, 350.0, 700.0)
POINTS = sorted({sign * z for z in TAILS for sign in (1, -1)})
EXTREMES = np.array([-np.inf, -1e308, -1e3, 1e3, 1e308, np.inf])
# e^−|z| to one unit in the last place, then at most a square, a product, a sum and a quotient.
ULPS = 6


def decimal_dtanh(z: Decimal) -> Decimal:
    return 4 / (z.exp() + (-z).exp()) ** 2


def decimal_sigmoid(z: Decimal) -> Decimal:
    return 1 / (1 + (-z).exp())


def decimal_dsigmoid(z: Decimal) -> Decimal:
    return 1 / ((1 + z.exp()) * (1 + (-z).exp()))


def error_in_ulps(found: float, truth: Decimal) -> float:
    """Relative to the truth; below the normal range, in units of the smallest normal number times eps."""
    return float(abs(Decimal(float(found)) - truth) / max(abs(truth), Decimal(2.0**-1022))) / 2.0**-52


@pytest.mark.parametrize("z", POINTS)
@pytest.mark.parametrize(
    ("function", "truth"),
    [
        (activations.dtanh, decimal_dtanh),
        (activations.sigmoid, decimal_sigmoid),
        (activations.dsigmoid, decimal_dsigmoid),
    ],
    ids=["dtanh", "sigmoid", "dsigmoid"],
)
def test_function_is_accurate_in_the_tails(function, truth, z):
    """1 − tanh²z is 0 from z = 19.1 on, where the derivative is 10⁻¹⁶ and a deep network still multiplies by it."""
    with localcontext(prec=50):
        assert error_in_ulps(function(np.float64(z)), truth(Decimal(z))) <= ULPS


def test_the_check_of_tails_sees_cancellation():
    """Shown the textbook's expression, which loses everything at 20."""
    with localcontext(prec=50):
        assert error_in_ulps(1 - np.tanh(20.0) ** 2, decimal_dtanh(Decimal(20))) > 1e15


@pytest.mark.parametrize(
    ("function", "left", "right"),
    [
        (activations.tanh, -1, 1),
        (activations.dtanh, 0, 0),
        (activations.sigmoid, 0, 1),
        (activations.dsigmoid, 0, 0),
        (activations.drelu, 0, 1),
    ],
    ids=["tanh", "dtanh", "sigmoid", "dsigmoid", "drelu"],
)
def test_function_is_finite_and_silent_for_any_argument(function, left, right):
    """An overflow on the way to a harmless 0 still stops whoever made NumPy raise, as this test does."""
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        assert function(EXTREMES).tolist() == [left] * 3 + [right] * 3


@pytest.mark.parametrize("name", ["tanh", "dtanh", "sigmoid", "dsigmoid", "relu", "drelu", "identity", "didentity"])
def test_function_of_float32_is_float32(name):
    """For arrays, and for the single numbers that the index forms pass."""
    function = getattr(activations, name)
    assert function(np.array([-2, 0, 3], np.float32)).dtype == function(np.float32(0.5)).dtype == np.float32


@pytest.mark.parametrize("name", ["tanh", "dtanh", "sigmoid", "dsigmoid", "relu", "drelu", "identity", "didentity"])
def test_function_of_one_number_is_a_number(name):
    """A zero-dimensional array in its place would not multiply with every kind of exact number."""
    assert not isinstance(getattr(activations, name)(np.float64(0.5)), np.ndarray)


def test_relu_derivative_at_its_kink_is_zero():
    """Any value in [0, 1] would do; the same one must be returned everywhere."""
    assert activations.drelu(np.array([-1.0, -0.0, 0.0, 5e-324])).tolist() == [0, 0, 0, 1]


@pytest.mark.parametrize("function", [activations.relu, activations.drelu, activations.didentity])
def test_piecewise_linear_function_keeps_fractions(function):
    """They are rational functions: nothing in them needs a float."""
    values = function(np.array([Fraction(-1, 3), Fraction(0), Fraction(2, 3)], dtype=object))
    assert {type(value) for value in values} <= {Fraction, int}


def exact(entries: object) -> np.ndarray:
    return np.array(entries, dtype=object) * Fraction(1)


X, w, b, y = exact([[1, 2], [3, -1], [-2, 0]]), exact([2, 1]), Fraction(-1), exact([0, 1, 3])
RELU = activations.relu, activations.drelu


@pytest.fixture(params=("jacobian", "index", "vector"))
def gradient(request: pytest.FixtureRequest):
    return lambda leaf: getattr(activations, f"d{leaf}_{request.param}")


def test_a_unit_at_rest_learns_nothing(gradient):
    """z = (3, 4, −5), a = (3, 4, 0), ⅔(a − y) = (2, 2, −2), of which the ReLU lets (2, 2, 0) through."""
    assert gradient("z")(exact([3, 4, -5]), *RELU, y).tolist() == [2, 2, 0]


def test_weight_and_bias_gradients_sum_what_passes(gradient):
    """dw = (1·2 + 3·2, 2·2 − 1·2), db = 2 + 2: the third sample adds nothing."""
    assert (gradient("w")(X, w, b, *RELU, y).tolist(), gradient("b")(X, w, b, *RELU, y)) == ([8, 2], 4)


def test_input_gradient_keeps_samples_apart(gradient):
    """Each sample's slope times w = (2, 1)."""
    assert gradient("X")(X, w, b, *RELU, y).tolist() == [[4, 2], [4, 2], [0, 0]]
