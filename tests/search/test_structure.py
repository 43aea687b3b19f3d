"""Values that break what the given ones have in common accuse nobody; those that keep it still do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nnverify import Outcome, check_gradients
from nnverify.search.structure import STRUCTURES, keeps

RNG = np.random.default_rng(0)
SQUARE = RNG.standard_normal((4, 4))
SYMMETRIC = SQUARE @ SQUARE.T + 4 * np.eye(4)
ROTATION = np.linalg.qr(SQUARE)[0]
WEIGHTS = RNG.random((3, 4))
GIVEN = {
    "symmetric": SYMMETRIC,
    "antisymmetric": SQUARE - SQUARE.T,
    "upper triangular": np.triu(SQUARE),
    "lower triangular": np.tril(SQUARE),
    "rows that sum to one": WEIGHTS / WEIGHTS.sum(axis=1, keepdims=True),
    "columns that sum to one": WEIGHTS / WEIGHTS.sum(axis=0),
    "rows of length one": ROTATION[:2],
    "columns of length one": ROTATION[:, :2],
    "a square whose rows sum to zero": np.diag(SQUARE.sum(axis=1)) - SQUARE,
}


@pytest.mark.parametrize("name", STRUCTURES)
def test_each_structure_is_seen_and_its_loss_too(name: str) -> None:
    given = GIVEN[name]
    other = given.copy()
    other[1, 0] += 0.5
    other[0, 1] -= 0.25
    assert STRUCTURES[name](given)
    assert not STRUCTURES[name](other)
    assert keeps(given, given)
    assert not keeps(given, other)


def test_values_at_random_have_none() -> None:
    assert not [name for name, has in STRUCTURES.items() if has(SQUARE) or has(WEIGHTS)]


def log_softmax(z: Any) -> Any:
    z = z - z.max(axis=1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=1, keepdims=True))


def entropy(z: Any, t: Any) -> Any:
    return -(t * log_softmax(z)).sum()


def entropy_back(dout: Any, z: Any, t: Any) -> Any:
    return dout * (np.exp(log_softmax(z)) - t), None if t.dtype.kind in "iu" else -dout * log_softmax(z)


def messages(x: Any, edges: Any) -> Any:
    out = np.zeros_like(x)
    np.add.at(out, edges[0], x[edges[1]])
    return out


EDGES = np.array([[0, 1, 1, 2], [1, 0, 2, 1]])  # either way

# The forward, its right backward by what all values given have in common, and these.
RELYING: dict[str, tuple[Callable[..., Any], Callable[..., Any], dict[str, Any]]] = {
    "a form with a symmetric matrix": (
        lambda A, x: x @ A @ x,
        lambda g, A, x: (g * np.outer(x, x), 2 * g * A @ x),
        {"A": SYMMETRIC, "x": np.array([0.5, -1.25, 2.0, 0.75])},
    ),
    "cross-entropy, whole targets": (entropy, entropy_back, {"z": WEIGHTS, "t": np.eye(4, dtype=int)[[0, 2, 1]]}),
    "cross-entropy, soft targets": (
        entropy,
        entropy_back,
        {"z": RNG.standard_normal((3, 4)), "t": GIVEN["rows that sum to one"]},
    ),
    "a variance with weights": (
        lambda w, x: w @ (x - w @ x) ** 2,
        lambda g, w, x: (g * (x - w @ x) ** 2, 2 * g * w * (x - w @ x)),
        {"w": np.array([0.1, 0.25, 0.65]), "x": np.array([1.5, -0.5, 2.25])},
    ),
    "edges both ways": (
        messages,
        lambda g, x, edges: (messages(g, edges), None),
        {"x": RNG.standard_normal((3, 2)), "edges": EDGES},
    ),
    "a permutation of each row": (
        lambda x, p: np.take_along_axis(x, p, axis=1),
        lambda g, x, p: (np.take_along_axis(g, np.argsort(p, axis=1), axis=1), None),
        {"x": RNG.standard_normal((2, 3)), "p": np.array([[2, 0, 1], [0, 2, 1]])},
    ),
}


@pytest.mark.parametrize("case", RELYING)
def test_a_backward_may_rely_on_what_is_given(case: str) -> None:
    forward, backward, leaves = RELYING[case]
    assert check_gradients(forward, backward, leaves=leaves).outcome is Outcome.PASS


def test_an_index_that_occurs_twice_is_still_tried_where_rows_are_looked_up() -> None:
    def overwritten(dout: Any, W: Any, i: Any) -> Any:
        dW = np.zeros_like(W)
        dW[i] = dout
        return dW, None

    for i in (np.array([2, 0, 4]), np.array([[2, 0], [4, 1]])):
        W = RNG.standard_normal((5, 3))
        assert check_gradients(lambda W, i: W[i], overwritten, leaves={"W": W, "i": i}).outcome is Outcome.FAIL
