"""The tuned pass returns what delta.py's forms return, reuses its workspace, and makes no array as large as δ."""

from __future__ import annotations

import tracemalloc
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from reference import activations, delta, tuned

WIDTHS, SAMPLES = (3, 5, 4, 2), 7
FUNCTIONS = {
    "tanh": (activations.tanh, activations.dtanh),
    "sigmoid": (activations.sigmoid, activations.dsigmoid),
    "relu": (activations.relu, activations.drelu),
    "identity": (activations.identity, activations.didentity),
    "any other": (np.square, lambda z: 2 * z),
}


def network(name: str, *, seed: int = 0, kind: type = np.float64, widths: Any = WIDTHS, m: int = SAMPLES) -> list[Any]:
    rng = np.random.default_rng(seed)
    W = tuple(kind(rng.standard_normal((p, n)) / np.sqrt(n)) for n, p in pairwise(widths))
    b = tuple(kind(rng.standard_normal((p, 1))) for p in widths[1:])
    X, Y = kind(rng.standard_normal((widths[0], m))), kind(rng.standard_normal((widths[-1], m)))
    f, df = FUNCTIONS[name]
    return [X, W, b, (f,) * len(W), (df,) * len(W), Y]


def passed(into: tuned.Workspace | None, arguments: list[Any]) -> tuned.Workspace:
    X, W, b, f, df, Y = arguments
    A, Z = delta.forward(X, W, b, f)
    return tuned.gradients(into or tuned.workspace(W, b, A), W, A, Z, df, Y)


def assert_close(gradient: Any, expected: Any, rtol: float = 1e-12) -> None:
    for one, other in zip(gradient, expected, strict=True):
        scale = float(np.abs(other).max())
        assert np.abs(one - other).max() <= rtol * scale


@pytest.mark.parametrize("name", FUNCTIONS)
def test_gradients_are_those_of_the_index_form(name: str) -> None:
    """Four activations have a shorter way to f′, from the forward's output; each must lead to the same place."""
    arguments = network(name)
    found = passed(None, arguments)
    assert_close(found.dW, delta.dW_index(*arguments))
    assert_close(found.db, delta.db_index(*arguments))


def test_the_comparison_sees_a_slope_that_is_missing() -> None:
    """Shown what it must refuse: the identity's slope in place of tanh's."""
    X, W, b, f, df, Y = network("tanh")
    wrong = passed(None, [X, W, b, f, (activations.didentity,) * len(W), Y])
    with pytest.raises(AssertionError):
        assert_close(wrong.dW, delta.dW_index(X, W, b, f, df, Y))


def test_layers_may_have_different_functions() -> None:
    X, W, b, _, _, Y = network("tanh")
    f, df = zip(FUNCTIONS["relu"], FUNCTIONS["any other"], FUNCTIONS["tanh"], strict=True)
    assert_close(passed(None, [X, W, b, f, df, Y]).dW, delta.dW_index(X, W, b, f, df, Y))


def test_a_second_pass_is_right_and_in_the_same_arrays() -> None:
    """What the first pass left in the workspace must not be added to, and not be kept."""
    first = passed(None, network("tanh", seed=1))
    kept = [id(one) for one in first.dW]
    other = network("tanh", seed=2)
    second = passed(first, other)
    assert [id(one) for one in second.dW] == kept
    assert_close(second.dW, delta.dW_index(*other))


def test_nothing_but_the_workspace_is_written() -> None:
    arguments = network("tanh")
    X, W, b, f, df, Y = arguments
    A, Z = delta.forward(X, W, b, f)
    for array in (*W, *b, *A, *Z, Y):
        array.setflags(write=False)
    tuned.gradients(tuned.workspace(W, b, A), W, A, Z, df, Y)


@pytest.mark.parametrize("name", ["tanh", "sigmoid", "relu", "identity"])
def test_a_pass_makes_no_array_as_large_as_its_smallest_δ(name: str) -> None:
    """That is what the workspace is for; the buffers in which NumPy casts are of one size whatever the arrays are."""
    X, W, b, f, df, Y = network(name, widths=(64, 48, 32), m=1024)
    A, Z = delta.forward(X, W, b, f)
    into = tuned.workspace(W, b, A)
    tuned.gradients(into, W, A, Z, df, Y)
    tracemalloc.start()
    tuned.gradients(into, W, A, Z, df, Y)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < into.δ[-1].nbytes


def test_the_vectorized_form_does_make_such_arrays() -> None:
    """Shown what it must refuse."""
    arguments = network("tanh", widths=(64, 48, 32), m=1024)
    tracemalloc.start()
    delta.dW_vector(*arguments)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak > 32 * 1024 * 8


@pytest.mark.parametrize("name", FUNCTIONS)
def test_float32_stays_float32(name: str) -> None:
    found = passed(None, network(name, kind=np.float32))
    assert {one.dtype for one in (*found.dW, *found.db, *found.δ)} == {np.dtype(np.float32)}
    assert_close(found.dW, delta.dW_index(*network(name, kind=np.float32)), rtol=1e-5)


def test_the_verified_forms_are_those_of_this_pass() -> None:
    """nnverify proves the record: its vectorized form must be the pass that is timed."""
    arguments = network("relu")
    for formula, gradient in zip(tuned.FORMULAS, (passed(None, arguments).dW, passed(None, arguments).db), strict=True):
        assert all(np.array_equal(*pair) for pair in zip(formula.vector(*arguments), gradient, strict=True))
