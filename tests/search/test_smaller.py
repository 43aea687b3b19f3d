"""What is special is looked for in a smaller layer, and judged in the large one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from nnverify import Outcome, Verdict, check_gradients

RNG = np.random.default_rng(3)
X, W = RNG.standard_normal((150, 140)), RNG.standard_normal((140, 160)) / 12
SPECIAL: dict[str, Callable[[Any], Any]] = {
    "at zero": lambda X: np.where(X == 0, np.nan, 1.0),
    "at a tie": lambda X: np.where(np.sum(np.max(X) == X) > 1, 2.0, 1.0),
    "in Fortran order": lambda X: 1.0 if X.flags.c_contiguous else 3.0,
    "in float32": lambda X: 1.5 if X.dtype == np.float32 else 1.0,
}


def forward(X: Any, W: Any) -> Any:
    return np.tanh(X @ W)


def backward(dout: Any, X: Any, W: Any) -> Any:
    G = dout * (1 - np.tanh(X @ W) ** 2)
    return G @ W.T, X.T @ G


def backward_with(factor: Callable[[Any], Any]) -> Any:
    def spoiled(dout: Any, X: Any, W: Any) -> Any:
        dX, dW = backward(dout, X, W)
        return dX * factor(X), dW

    return spoiled


def alone_with(right: Any, factor: Callable[[Any], Any]) -> Any:
    return lambda dout, X: (right(dout, X)[0] * factor(X),)


def _sizes(effort: str) -> tuple[Verdict, Counter[tuple[int, ...]]]:
    """The verdict, and how often forward ran at which size."""
    met = ModuleType("met")  # what a module holds is no state of the layer
    met.sizes = Counter()  # type: ignore[attr-defined]

    def counted(X: Any, W: Any) -> Any:
        met.sizes[X.shape] += 1
        return forward(X, W)

    return check_gradients(counted, backward, X=X, W=W, effort=effort), met.sizes


def test_a_glance_at_a_large_layer_costs_no_pass_of_it() -> None:
    point, at_point = _sizes("point")
    standard, all_of_them = _sizes("standard")
    assert point.outcome is standard.outcome is Outcome.PASS
    assert all_of_them[X.shape] == at_point[X.shape] <= 45
    assert set(all_of_them) == {X.shape, (9, 8)}


@pytest.mark.parametrize("special", SPECIAL)
def test_what_is_wrong_where_something_is_special_is_found_in_the_large_layer(special: str) -> None:
    verdict = check_gradients(forward, backward_with(SPECIAL[special]), X=X, W=W)
    assert verdict.outcome is Outcome.FAIL
    assert {one.leaf for one in verdict.findings if one.outcome is Outcome.FAIL} == {"X"}


def test_a_layer_that_fits_one_size_only_is_looked_at_itself() -> None:
    def fixed(X: Any) -> Any:
        return np.tanh(X @ W).reshape(150, 160)

    def fixed_back(dout: Any, X: Any) -> Any:
        return ((dout.reshape(150, 160) * (1 - np.tanh(X @ W) ** 2)) @ W.T,)

    assert check_gradients(fixed, fixed_back, X=X).outcome is Outcome.PASS
    assert check_gradients(fixed, alone_with(fixed_back, SPECIAL["at zero"]), X=X).outcome is Outcome.FAIL


def test_the_samples_alone_shrink_where_the_weights_are_the_layers_own() -> None:
    def kept(X: Any) -> Any:
        return np.tanh(X @ W)

    def kept_back(dout: Any, X: Any) -> Any:
        return ((dout * (1 - np.tanh(X @ W) ** 2)) @ W.T,)

    assert check_gradients(kept, kept_back, X=X).outcome is Outcome.PASS
    assert check_gradients(kept, alone_with(kept_back, SPECIAL["at zero"]), X=X).outcome is Outcome.FAIL


def test_a_backward_that_is_right_at_its_own_size_is_not_accused() -> None:
    """Of arrays that were given nobody said that they may have other sizes."""

    def mean(X: Any) -> Any:
        return np.mean(X, axis=0)

    def mean_back(dout: Any, X: Any) -> Any:
        return (np.broadcast_to(dout / 150, X.shape).copy(),)

    assert check_gradients(mean, mean_back, X=X).outcome is Outcome.PASS


def test_indices_stay_as_they_are_where_no_axis_is_long() -> None:
    table, index = RNG.standard_normal((8, 8, 8, 8, 8)), np.arange(8)[::-1]

    def rows_back(dout: Any, X: Any, index: Any) -> Any:
        dX = np.zeros_like(X)
        np.add.at(dX, index, dout)
        return dX * np.where(X == 0, 1.0 + index[0], 1.0), None

    verdict = check_gradients(lambda X, index: X[index], rows_back, leaves={"X": table, "index": index})
    assert verdict.outcome is Outcome.FAIL
