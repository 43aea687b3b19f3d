"""Entries at kinks are isolated; where there is nothing to be isolated the search ends early."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nnverify.isolation import isolate
from nnverify.probe import probe
from tests.subjects import subject

Array = np.ndarray[Any, Any]


def _calls(function: Callable[[Array], Array], x: Array) -> tuple[int, tuple[int, ...]]:
    """How often it is called until all entries are judged or given up, and the entries that were found."""
    calls = 0

    def counted(x: Array) -> Array:
        nonlocal calls
        calls += 1
        return function(x)

    made = subject(counted, lambda dout, x: {"x": np.zeros_like(x)}, x=x)
    one = probe(made, 0, 0)
    found = isolate(made, made.leaves[0], one, 0, 0.0, 400)
    return calls, found.entries


def _mixed(x: Array) -> Array:
    return np.random.default_rng(1).standard_normal((20, 300)) @ x


@pytest.mark.parametrize(
    "function",
    [
        lambda x: np.rint(64 * _mixed(x)) / 64,
        lambda x: _mixed(x) + 1e-2 * np.sin(1e20 * _mixed(x)),
    ],
    ids=["stairs", "noise"],
)
def test_stairs_and_noise_are_given_up_early(function: Callable[[Array], Array]) -> None:
    calls, _ = _calls(function, np.random.default_rng(0).standard_normal(300))
    assert calls < 5000


def test_few_kinks_among_many_entries_are_found() -> None:
    x = np.random.default_rng(0).standard_normal(600)
    x[[7, 300, 511]] = 0
    _, entries = _calls(np.abs, x)
    assert entries == (7, 300, 511)


def test_what_is_tied_with_a_kink_comes_next() -> None:
    """Of 300 pairs of the largest in a row, fifty lines show both of one."""
    x = np.random.default_rng(0).standard_normal((300, 10))
    x[:, 7] = x[:, 2] = 9 + np.arange(300)
    made = subject(lambda x: x.max(axis=1), lambda dout, x: {"x": np.zeros_like(x)}, x=x)
    found = isolate(made, made.leaves[0], probe(made, 0, 0), 0, 0.0, 50)
    rows, counts = np.unique(np.array(found.entries) // 10, return_counts=True)
    assert len(rows)
    assert np.all(counts[:-1] == 2)


def test_kinks_everywhere_are_no_noise() -> None:
    _, entries = _calls(np.abs, np.zeros(100))
    assert entries == tuple(range(100))
