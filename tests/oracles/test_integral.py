"""The mean of a claimed derivative over a segment is held against the function's ends, kinks between them or not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from nnverify._compare import DIFFERS
from nnverify.oracles.integral import Segment, integral
from nnverify.oracles.line import Line

ONE = np.ones(1)
SINGLE = float(np.finfo(np.float32).eps)


def _segment(function: Callable[[float], float], slope: Callable[[float], float]) -> Segment:
    """Of a function that rounds its values to float32, for a claimed slope."""
    line = Line(lambda t: np.array([np.float32(function(t))], dtype=np.float64), eps=SINGLE)
    return integral(line, lambda t, _: slope(t), ONE)


def _kinked(*places: float) -> tuple[Callable[[float], float], Callable[[float], float]]:
    """sin plus a ramp that begins at each place."""
    return (
        lambda t: np.sin(1 + t) + sum(max(t - place, 0.0) for place in places),
        lambda t: np.cos(1 + t) + sum(float(t > place) for place in places),
    )


@pytest.mark.parametrize("places", [(), (0.1,), (-0.217, 0.3), (0.05, 0.31, -0.4), (0.0,)])
def test_a_right_slope_agrees_to_the_rounding_of_the_ends(places: tuple[float, ...]) -> None:
    found = _segment(*_kinked(*places))
    assert found.gap <= found.error < 100 * SINGLE


@pytest.mark.parametrize("places", [(), (0.1,), (-0.217, 0.3)])
def test_a_wrong_slope_does_not(places: tuple[float, ...]) -> None:
    function, slope = _kinked(*places)
    found = _segment(function, lambda t: slope(t) * (1 + 3e-4))
    assert found.gap > DIFFERS * found.error


@pytest.mark.parametrize("shift", [1e-3, -1e-3])
def test_a_kink_that_is_claimed_elsewhere_is_no_mistake_at_the_point(shift: float) -> None:
    function, _ = _kinked(0.1)
    _, slope = _kinked(0.1 + shift)
    found = _segment(function, slope)
    assert found.gap <= found.error


def test_more_kinks_than_it_splits_at_leave_a_wide_bar_or_a_short_segment() -> None:
    found = _segment(*_kinked(*np.linspace(-0.45, 0.47, 40)))
    assert found.gap <= found.error


def test_what_is_steep_is_no_kink() -> None:
    found = _segment(lambda t: np.tanh(20 * (t - 0.1)) / 20, lambda t: 1 / np.cosh(20 * (t - 0.1)) ** 2)
    assert found.gap <= found.error
