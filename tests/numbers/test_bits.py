"""Cutting and grouping floats quickly gives what frexp and ldexp give slowly."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nnverify.numbers import bits as module
from nnverify.numbers.bits import cut, levels

Array = np.ndarray[Any, Any]
RNG = np.random.default_rng(0)


def _values(scale: float) -> tuple[Array, Array]:
    """Values with sizes at least theirs, zeros and powers of two among both."""
    value = RNG.standard_normal(2000) * scale
    size = np.maximum(np.abs(value), np.abs(RNG.standard_normal(2000)) * scale)
    value[:3], size[:4] = 0.0, scale
    size[0] = 0.0
    value[3] = scale * 2.0**-60
    return value, size


@pytest.mark.parametrize("scale", [1e-250, 1e-3, 1.0, 2.0**20, 1e250])
@pytest.mark.parametrize("bits", [12, 25])
def test_cutting_is_rounding_to_so_many_bits(scale: float, bits: int) -> None:
    value, size = _values(scale)
    exponent = np.frexp(size)[1]
    whole = np.rint(np.ldexp(value, bits - exponent))
    expected = np.ldexp(np.where(whole == 0, np.sign(value), whole), exponent - bits)
    assert np.array_equal(cut(value, size, bits), expected)
    assert not np.array_equal(cut(value, size, bits), value)


def test_what_moves_at_all_keeps_moving() -> None:
    value, size = np.array([2.0**-40, -(2.0**-40), 0.0]), np.ones(3)
    assert cut(value, size, 12).tolist() == [2.0**-11, -(2.0**-11), 0.0]


@pytest.mark.parametrize("size", [2.0**1000, 2.0**-1060])
def test_extremes_go_the_slow_way(size: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their powers of two would leave the floats."""
    went = []
    monkeypatch.setattr(module, "_cut_extreme", lambda *_: went.append("slow"))
    cut(np.array([size]), np.array([size]), 12)
    assert went == ["slow"]
    cut(np.array([1.5]), np.array([2.0]), 12)
    assert went == ["slow"]


def test_arguments_are_left_alone() -> None:
    value, size = _values(1.0)
    before = value.copy(), size.copy()
    cut(value, size, 12)
    levels(size, 20)
    assert np.array_equal(value, before[0])
    assert np.array_equal(size, before[1])


@pytest.mark.parametrize("low", [0, -19, -25, -70])
def test_levels_are_spans_of_exponents(low: int) -> None:
    size = np.ldexp(RNG.uniform(0.5, 1.0, 300), RNG.integers(low, 1, 300))
    size[0], size[7] = 1.0, 0.0
    exponents = np.frexp(size)[1]
    depth = np.where(size > 0, (np.max(exponents) - exponents) // 20, 0)
    expected = [np.flatnonzero(depth == level) for level in np.unique(depth)]
    found = levels(size, 20)
    assert [group.tolist() for group in found] == [group.tolist() for group in expected]


def test_nothing_and_zeros_are_one_level() -> None:
    assert [group.tolist() for group in levels(np.zeros(3), 20)] == [[0, 1, 2]]
    assert [group.tolist() for group in levels(np.zeros(0), 20)] == [[]]
