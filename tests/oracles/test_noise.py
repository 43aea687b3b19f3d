"""Noise is measured where equal steps hide it, and a kink or a jump at the point is none."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from nnverify.oracles.line import EPS, Line
from nnverify.oracles.noise import noise

QUANTUM = 128 * EPS  # of values next to 128
WEIGHTS = np.array([1.3])


def _line(function: Callable[[float], float]) -> Line:
    return Line(lambda t: np.array([function(t)]))


def test_rounding_that_falls_alike_at_equal_steps_is_seen() -> None:
    """Of one slope in five, 2⁻⁴⁰ times it is nearly a whole number of quanta: nine values are on a straight line."""
    draws = np.random.default_rng(0).uniform([0.2, 0.1], [2.0, 8.0], (400, 2)).round(3)
    found = [float(noise(_line(lambda t, x=x, u=u: (128 + (x + u * t) ** 2) - 128), WEIGHTS)[0]) for x, u in draws]  # type: ignore[misc]
    assert np.mean(np.array(found) < QUANTUM / 20) < 0.02
    assert max(found) < 8 * QUANTUM


@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_a_jump_at_the_point_that_is_rounding_is_seen(weights: np.ndarray | None) -> None:
    """exp(x) − 1 at −0.0092: the two halves are smooth, and the value between them is off by its rounding."""
    found = float(noise(_line(lambda t: np.exp(-0.0092027 + 0.008647918701171875 * t) - 1), weights)[0])
    assert EPS / 20 < found < 8 * EPS


@pytest.mark.parametrize(
    "function",
    [
        abs,
        lambda t: max(t, 0.0),
        lambda t: float(t > 0),
        lambda t: float(t >= 0) + 3 * t,
        lambda t: float(t == 0),
        lambda t: float(t == 0) + 3 * t,
        lambda t: 3 * t,
        lambda t: 0.0,
    ],
)
@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_what_happens_at_the_point_itself_is_no_noise(
    function: Callable[[float], float], weights: np.ndarray | None
) -> None:
    assert float(noise(_line(function), weights)[0]) <= EPS
