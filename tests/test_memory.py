"""A check holds a few copies of what it checks, however large that is."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nnverify import Outcome, check_gradients
from tests.subjects import dense, dense_backward

MOST = 4.0  # times the leaves and the outputs, beyond what forward and backward take by themselves


def _peak(function: Callable[[], Any]) -> int:
    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("effort", ["point", "standard"])
def test_a_large_layer_takes_few_times_its_own_memory(effort: str) -> None:
    rng = np.random.default_rng(0)
    leaves = {
        "X": rng.standard_normal((100, 500)),
        "W": rng.standard_normal((500, 600)) / 22,
        "b": rng.standard_normal(600),
    }
    dout = np.ones((100, 600))
    size = sum(value.nbytes for value in leaves.values()) + dout.nbytes
    own = _peak(lambda: (dense(*leaves.values()), dense_backward(dout, *leaves.values())))
    outcomes: list[Outcome] = []

    def check() -> None:
        outcomes.append(check_gradients(dense, dense_backward, leaves=leaves, effort=effort).outcome)

    assert _peak(check) - own <= MOST * size
    assert outcomes == [Outcome.PASS]
