"""Whatever the caller's functions keep between calls is as before once they were checked."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np
import pytest

from nnverify import Outcome, check_gradients
from nnverify.conventions._state import State


class Slotted:
    __slots__ = ("count", "x")

    def __init__(self) -> None:
        self.count = 0

    def forward(self, x: Any) -> Any:
        self.x, self.count = x, self.count + 1
        return 2 * x

    def backward(self, dout: Any) -> Any:
        return 2 * dout


def test_slots_are_put_back_and_those_that_were_empty_emptied() -> None:
    layer = Slotted()
    assert check_gradients(layer, x=(2, 3)).outcome is Outcome.PASS
    assert (layer.count, hasattr(layer, "x")) == (0, False)


@pytest.mark.parametrize("kept", [deque([1]), {1}, [1], {1: 1}, np.ones(3)], ids=lambda one: type(one).__name__)
def test_containers_and_arrays_are_put_back(kept: Any) -> None:
    change = {
        deque: lambda: kept.append(2),
        set: lambda: kept.add(len(kept) + 1),
        list: lambda: kept.append(2),
        dict: lambda: kept.update({len(kept) + 1: 2}),
        np.ndarray: lambda: kept.__iadd__(1),
    }[type(kept)]

    def forward(x: Any) -> Any:
        change()
        return 2 * x

    before = kept.copy()
    assert check_gradients(forward, lambda dout, x: 2 * dout, x=(2, 3)).outcome is Outcome.PASS
    assert np.array_equal(np.asarray(kept, dtype=object), np.asarray(before, dtype=object))


def test_a_name_that_forward_makes_is_gone() -> None:
    def forward(x: Any) -> Any:
        global _made_by_forward
        _made_by_forward = x  # type: ignore[name-defined]
        return 2 * x

    assert check_gradients(forward, lambda dout, x: 2 * dout, x=(2, 3)).outcome is Outcome.PASS
    assert "_made_by_forward" not in globals()


def test_what_is_kept_of_many_arrays_is_bounded() -> None:
    """The smallest are kept: what is large is data."""
    arrays = [np.zeros(2**20) for _ in range(8)] + [np.zeros(3)]
    state = State(lambda: arrays)
    assert sum(copy.size for _, copy in state._arrays) <= 2**22
    arrays[-1] += 1
    assert state.moved()
    state.rewind()
    assert not arrays[-1].any()


def test_leaves_in_a_list_are_as_before_where_a_cause_was_looked_for() -> None:
    W = [np.array([[1.0, 2.0], [3.0, 4.0]])]

    def forward(W: Any, x: Any) -> Any:
        W[0] *= 0.5
        return W[0] * x**2

    def backward(dout: Any, W: Any, x: Any) -> Any:
        return [dout * x**2 / 2], dout * W[0] * x

    assert "NV127" in check_gradients(forward, backward, W=W, x=(2, 2)).codes
    assert np.array_equal(W[0], [[1.0, 2.0], [3.0, 4.0]])
