"""What is known already is kept once; what is not is copied."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnverify import check_gradients
from nnverify.watch import Result, kept

KNOWN = np.array([1.0, -2.0, 3.0])


def test_the_same_numbers_take_no_memory_of_their_own() -> None:
    assert kept(KNOWN.copy(), KNOWN) is KNOWN
    assert np.array_equal(np.asarray(kept(-4 * KNOWN, KNOWN, -4.0)), -4 * KNOWN)


def test_other_numbers_types_and_shapes_are_copied() -> None:
    for other in (KNOWN + 1e-15, KNOWN.astype(np.float32), KNOWN[:, None], np.array([1.0, np.nan, 3.0])):
        found = kept(other, KNOWN)
        assert found is not KNOWN
        assert np.array_equal(found, other, equal_nan=True)
        assert not np.shares_memory(found, other)


def test_a_buffer_that_the_next_call_overwrites_is_copied() -> None:
    """Although it holds what is known: it is where that lies."""
    assert not np.shares_memory(kept(KNOWN[:2], KNOWN[:2]), KNOWN)


def test_zeros_take_no_memory_and_other_gradients_stay() -> None:
    found = Result({"X": np.zeros((3, 4)), "W": KNOWN, "b": None}).without_zeros()
    assert found.gradients["X"].strides == (0, 0)
    assert np.array_equal(found.gradients["W"], KNOWN)
    assert found.gradients["b"] is None


def _doubled_in_place(x: Any) -> Any:
    x *= 2
    return x.copy()


def _spoiling(dout: Any, x: Any) -> Any:
    x[:] = 0
    return 2 * dout


def test_only_who_changed_an_argument_is_said_to_have() -> None:
    told = {
        "forward": (_doubled_in_place, lambda dout, x: 2 * dout),
        "backward": (lambda x: 2 * x, _spoiling),
    }
    for who, functions in told.items():
        verdict = check_gradients(*functions, x=(3,), effort="point")
        assert [one.message for one in verdict.findings if one.code] == [f"x was changed in place by {who}"]
