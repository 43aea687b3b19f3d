"""The pieces of a function next to a point: as many as there are, and rounding is none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nnverify.nearby import Pieces, pieces
from nnverify.probe import probe
from tests.subjects import subject

SIXTH = np.eye(6)[2]


def _met(forward: Callable[..., Any], x: Any, u: Any) -> Pieces:
    layer = subject(forward, lambda dout, x: {"x": np.zeros_like(x)}, x=np.asarray(x))
    one = probe(layer, 0, 0)
    return pieces(layer, {"x": np.asarray(u)}, one, 0, np.inf)


def test_both_slopes_of_a_kink() -> None:
    met = _met(lambda x: np.abs(x).sum(), np.zeros(1), np.ones(1))
    assert (met.single, met.several) == (False, False)
    size = abs(probe(subject(np.sum, lambda dout, x: {"x": x}, x=np.zeros(1)), 0, 0).upstream[0])
    assert (met.low, met.high) == pytest.approx((-size, size), rel=1e-5)
    assert met.contain(0.3 * size)
    assert not met.explain(1.01 * size)


def test_a_line_through_a_tie_shows_one_piece_and_the_points_around_show_all() -> None:
    """The third smallest of six equal values stands still along one entry; next to them it may be that entry."""
    met = _met(lambda x: np.sort(x)[2], np.ones(6), SIXTH)
    assert not met.single
    assert met.low == pytest.approx(0, abs=1e-5) or met.high == pytest.approx(0, abs=1e-5)
    assert max(abs(met.low), abs(met.high)) > 0.9


def test_small_equal_values_are_not_stepped_over() -> None:
    """The displacements are of the entries' own size, whatever the direction's; any output may be the third's."""
    x = np.array([1e-4, 1e-4, 2.0, 1e-4, -3.0])
    met = _met(np.sort, x, np.eye(5)[1])
    upstream = probe(subject(np.sort, lambda dout, x: {"x": x}, x=x), 0, 0).upstream[1:4]
    assert met.contain(np.min(upstream))
    assert met.contain(np.max(upstream))


def test_a_piece_that_few_points_meet_is_looked_for_with_more() -> None:
    """The smallest of thirty equal values is each at one point of thirty."""
    for entry in range(30):
        assert _met(np.min, np.ones(30), np.eye(30)[entry]).single is False


def test_beside_a_pole_there_is_one_piece() -> None:
    """The slope of log(1 − x) next to 1 varies by a percent among the points, and not at the point itself."""
    x = np.array([1 - 1e-5, 0.3])
    layer = subject(lambda x: np.log1p(-x).sum(), lambda dout, x: {"x": x}, x=x)
    one = probe(layer, 0, 0)
    slope = float(one.upstream[0]) / (x[0] - 1)
    for factor in (0.999, 1.001):
        assert not pieces(layer, {"x": np.array([1.0, 0.0])}, one, 0, factor * slope).explain(factor * slope)


def test_a_kink_between_bent_pieces_has_both() -> None:
    """x log x on either side of its kink at 1e-3."""
    met = _met(lambda x: np.abs(np.log(x) - np.log(1e-3)).sum(), np.array([1e-3]), np.array([1e-3]))
    assert met.contain(0.9 * met.low + 0.1 * met.high)
    assert not met.single


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_what_bends_is_one_piece(dtype: type) -> None:
    met = _met(np.sin, np.arange(6, dtype=dtype), SIXTH)
    assert met.single
    assert not met.explain(0.5 * (met.low + met.high))


def test_rounding_is_no_piece() -> None:
    """Computed in float32, the quotients of float64 steps are all noise."""
    met = _met(lambda x: np.sin(x.astype(np.float32)).astype(np.float64), np.arange(6.0), SIXTH)
    assert met.single


def test_where_too_many_pieces_meet_others_may_have_been_missed() -> None:
    met = _met(np.sort, np.ones(40), np.eye(40)[7])
    assert met.several
