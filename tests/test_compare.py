"""The one measure of disagreement is shown what it must refuse before what it may accept."""

import numpy as np
import pytest

from nnverify._compare import AGREES, excess

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("backward", "numerical", "bar"),
    [
        (NAN, NAN, 1.0),
        (NAN, 1.0, 1.0),
        (1.0, NAN, 1.0),
        (INF, INF, 1.0),
        (-INF, INF, 1.0),
        (INF, 1.0, INF),
        (1.0, 1.0, INF),
        (1.0, 1.0, NAN),
        (1.0, 1.0, -1.0),
        (1.0, 2.0, 0.0),
        (1.0, 1.0 + 1e-9, 1e-10),
        (1e-300, 2e-300, 1e-302),
    ],
)
def test_disagreement_is_refused(backward: float, numerical: float, bar: float) -> None:
    """NaN and infinity agree with nothing, not even with themselves, and no size is too small to differ."""
    assert not excess(backward, numerical, bar) <= AGREES


@pytest.mark.parametrize(
    ("backward", "numerical", "bar", "ratio"),
    [(1.0, 1.0, 0.0, 0.0), (3.0, 1.0, 4.0, 0.5), (-1.0, 1.0, 0.5, 4.0), (0.0, 0.0, 0.0, 0.0)],
)
def test_excess_is_the_gap_in_bars(backward: float, numerical: float, bar: float, ratio: float) -> None:
    assert excess(backward, numerical, bar) == ratio


def test_entries_are_judged_one_by_one() -> None:
    """A mean would hide the one wrong entry."""
    found = excess([1.0, 2.0, NAN], [1.0, 3.0, 3.0], 0.5)
    assert found.tolist() == [0.0, 2.0, np.inf]
