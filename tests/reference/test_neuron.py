"""Section 2 worked out by hand: x = (1, 2), w = (3, −1), b = 1, y = 4, so a = 2 and a − y = −2."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from reference import neuron

ARGUMENTS = np.array([1, 2]), np.array([3, -1]), 1, 4
FORMS = ("jacobian", "index", "vector")


def test_activation_and_loss():
    """a = 3·1 − 1·2 + 1 = 2, L = (2 − 4)² = 4."""
    assert (neuron.activation(*ARGUMENTS[:3]), neuron.loss(*ARGUMENTS)) == (2, 4)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("leaf", "worked_out"), [("w", [-4, -8]), ("b", -4), ("x", [-12, 4])], ids=["dw", "db", "dx"])
def test_gradients_are_the_slope_times_the_other_factor(form, leaf, worked_out):
    """∂L/∂a = 2·(−2) = −4, times x = (1, 2), 1, and w = (3, −1)."""
    assert np.asarray(getattr(neuron, f"d{leaf}_{form}")(*ARGUMENTS)).tolist() == worked_out


@pytest.mark.parametrize("form", FORMS)
def test_slope_of_the_squared_error(form):
    """2(a − y), not a − y: the half that some textbooks put before the square is not there."""
    assert getattr(neuron, f"da_{form}")(Fraction(2), Fraction(4)) == -4


@pytest.mark.parametrize("form", FORMS)
def test_at_the_target_nothing_changes(form):
    """Gradient descent rests where the loss is least."""
    x, w, b, _ = ARGUMENTS
    assert not np.any(getattr(neuron, f"dw_{form}")(x, w, b, 2))
