"""Keyword arguments of forward and backward are swept, and each function is told those that it takes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nnverify import Outcome, UsageError, check_gradients
from nnverify.search.keywords import combinations, told, with_options


def test_every_combination_is_tried_and_the_first_values_first() -> None:
    found = combinations({"axis": [0, 1], "keepdims": [True]})
    assert found[0] == {"axis": 0, "keepdims": True}
    assert len(found) == 6
    assert {} in found
    assert {"axis": 1} in found


def test_many_options_are_tried_in_pairs() -> None:
    keywords = {name: [1, 2, 3] for name in "abcd"}
    found = combinations(keywords)
    assert len(found) < 4**4
    assert {"a": 2, "b": 3} in found
    assert all({name: value} in found for name in keywords for value in (1, 2, 3))


def test_a_function_is_told_only_what_it_takes() -> None:
    forward, backward = told(lambda x, axis=0: axis, lambda dout, x: x, {"axis": 3}, "f")
    assert forward("x") == 3
    assert backward("dout", "x") == "x"


def test_an_option_may_stand_between_other_parameters() -> None:
    def backward(dout: Any, axis: int, cache: Any, eps: float = 0.5) -> Any:
        return dout, axis, cache, eps

    assert with_options(backward, {"axis": 1})("dout", "cache") == ("dout", 1, "cache", 0.5)
    assert with_options(backward, {"eps": 2.0})("dout", 1, cache="cache") == ("dout", 1, "cache", 2.0)


class Scale:
    def forward(self, x: Any, factor: float = 2.0) -> Any:
        self.factor = factor
        return factor * x

    def backward(self, dout: Any) -> Any:
        return self.factor * dout


class ScaleForgotten(Scale):
    def backward(self, dout: Any) -> Any:
        return 2.0 * dout


def test_methods_of_objects_are_told() -> None:
    layer = Scale()
    assert check_gradients(layer, x=(3,), options={"factor": [2.0, 5.0]}).outcome is Outcome.PASS
    wrong = check_gradients(ScaleForgotten(), x=(3,), options={"factor": [2.0, 5.0]})
    assert "found where factor=5.0" in wrong.findings[0].message
    assert type(layer) is Scale


def test_options_that_nobody_takes_are_refused() -> None:
    with pytest.raises(UsageError, match="neither forward nor backward takes axes"):
        check_gradients(lambda x: np.sin(x), lambda dout, x: dout * np.cos(x), x=(3,), options={"axes": [0]})


@pytest.mark.parametrize("options", [{"axis": 0}, {"axis": []}, ["axis"], {1: [0]}])
def test_what_are_no_options_is_refused(options: Any) -> None:
    with pytest.raises(UsageError, match="options="):
        check_gradients(np.sin, lambda dout, x: dout * np.cos(x), x=(3,), options=options)
