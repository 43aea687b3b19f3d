"""The sample of the default run has every kind in it, and the rest is not lost."""

from __future__ import annotations

from operator import itemgetter

import pytest

from tests.sampling import chosen, sampled

ROWS = [(letter, number, copy) for letter in "abc" for number in range(4) for copy in range(3)]


def test_every_value_of_every_key_is_chosen() -> None:
    found = chosen(ROWS, itemgetter(0), itemgetter(1))
    assert ({row[0] for row in found}, {row[1] for row in found}) == (set("abc"), set(range(4)))
    assert len(found) <= 7


@pytest.mark.parametrize(("each", "size"), [(0, 0), (1, 3), (2, 6), (99, 36)])
def test_as_many_of_each_as_asked_for(each: int, size: int) -> None:
    assert len(chosen(ROWS, itemgetter(0), each=each)) == size


def test_the_seed_decides() -> None:
    assert chosen(ROWS, itemgetter(0)) == chosen(ROWS, itemgetter(0))
    assert len({tuple(chosen(ROWS, itemgetter(0), seed=seed)) for seed in range(20)}) > 1


def test_what_is_not_chosen_is_slow_and_nothing_is_lost() -> None:
    found, few = sampled(ROWS, itemgetter(0)), chosen(ROWS, itemgetter(0))
    marked = {one.values[0] for one in found if hasattr(one, "values")}
    assert [one for one in found if not hasattr(one, "values")] == few
    assert marked == set(ROWS) - set(few)
    assert all(one.marks[0].name == "slow" for one in found if hasattr(one, "values"))
