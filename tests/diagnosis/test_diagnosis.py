"""What a cause is said of, what it is not said of, and what it costs."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest

from nnverify import Outcome, Verdict, check_gradients
from nnverify.diagnosis.curves import CURVES
from nnverify.verdict import Finding
from tests.diagnosis.deeper import DEEPER
from tests.diagnosis.layers import SIMPLE, Layer
from tests.subjects import dense, dense_backward

LAYERS = {layer.name: layer for layer in (*SIMPLE, *DEEPER)}


def _with(**changes: Any) -> Any:
    """The dense layer's backward, some gradients replaced by functions of the right ones and X."""

    def backward(dout: Any, X: Any, W: Any, b: Any) -> dict[str, Any]:
        right = dense_backward(dout, X, W, b)
        return right | {name: change(right[name], X) for name, change in changes.items()}

    return backward


def _finding(verdict: Verdict, leaf: str) -> Finding:
    return next(one for one in verdict.findings if one.leaf == leaf and one.check == "gradient")


def test_a_square_matrix_does_not_hide_a_transpose() -> None:
    """With equal sizes a transpose and a reordering may coincide: copies at other sizes tell."""
    verdict = check_gradients(dense, _with(W=lambda g, X: g.T), X=(4, 4), W=(4, 4), b=(4,))
    assert _finding(verdict, "W").code == "NV102"


def rotated(x: Any, turn: float = 1.0) -> Any:
    """Pairs of columns turned by angles that grow with the row: for half of the columns other angles."""
    half = x.shape[-1] // 2
    angles = turn * np.arange(x.shape[0])[:, None] * 10.0 ** -np.arange(half)
    a, b, c, s = x[:, :half], x[:, half:], np.cos(angles), np.sin(angles)
    return np.concatenate([a * c - b * s, a * s + b * c], axis=1)


MIXED = np.random.default_rng(3).standard_normal((5, 5))
MAPS: dict[str, tuple[Any, Any]] = {
    "rotation": (rotated, lambda dout: rotated(dout, -1.0)),
    "product": (lambda x: MIXED @ x, lambda dout: MIXED.T @ dout),
    "running sum": (lambda x: np.cumsum(x, axis=0), lambda dout: np.cumsum(dout[::-1], axis=0)[::-1]),
    "shift": (lambda x: np.roll(x, 1, axis=0), lambda dout: np.roll(dout, -1, axis=0)),
}


@pytest.mark.parametrize("name", MAPS)
def test_forwards_map_in_place_of_its_transpose_is_named(name: str) -> None:
    """Rotations are taken at even widths only: a copy that takes no odd one says nothing against the cause."""
    forward, transposed = MAPS[name]
    x = np.random.default_rng(1).standard_normal((5, 4))
    assert check_gradients(forward, lambda dout, x: transposed(dout), x=x).outcome is Outcome.PASS
    wrong = _finding(check_gradients(forward, lambda dout, x: forward(dout), x=x), "x")
    assert (wrong.code, wrong.cause) == (
        "NV102",
        "dx is forward's own map of the upstream gradient, in place of the transposed one",
    )


def test_a_factor_of_some_terms_is_not_told_as_one_of_the_entries() -> None:
    def half_turned(dout: Any, x: Any) -> Any:
        back = rotated(dout, -1.0)
        half = x.shape[1] // 2
        return np.concatenate([back[:, :half], rotated(dout)[:, half:]], axis=1)

    wrong = _finding(check_gradients(rotated, half_turned, x=(5, 4)), "x")
    assert wrong.cause is not None
    assert wrong.cause.endswith("; some of its terms are -1 x the right ones")


@pytest.mark.parametrize(
    ("factor", "code", "words"),
    [
        (lambda g, X: g / X.shape[0], "NV103", "1/X.shape[0]"),
        (lambda g, X: g / X.shape[1], "NV104", "1/X.shape[1]"),
        (lambda g, X: g / X.size, "NV103", "X.shape[0]·X.shape[1]"),
        (lambda g, X: g / 4, "NV104", "1/4"),
        (lambda g, X: g * 1.7, "NV104", "1.7"),
    ],
    ids=["samples", "width", "both", "four", "no name"],
)
def test_a_factor_is_named_by_what_it_follows(factor: Any, code: str, words: str) -> None:
    """All sizes are 4: only where they are changed can 1/4 be told from one over each of them."""
    verdict = check_gradients(dense, _with(W=factor), X=(4, 4), W=(4, 4), b=(4,))
    found = _finding(verdict, "W")
    assert found.code == code
    assert words in (found.cause or "")


def test_a_factor_that_changes_with_the_values_is_not_named() -> None:
    verdict = check_gradients(dense, _with(W=lambda g, X: g * (2 + np.tanh(X.mean()))), X=(4, 3), W=(3, 5), b=(5,))
    found = _finding(verdict, "W")
    assert (found.outcome, found.code) == (Outcome.FAIL, None)
    assert "no known mistake explains every entry" in (found.cause or "")


def test_a_large_layer_is_shrunk() -> None:
    verdict = check_gradients(dense, _with(W=lambda g, X: g / len(X)), X=(64, 96), W=(96, 32), b=(32,))
    found = _finding(verdict, "W")
    assert found.code == "NV103"
    assert "seen at X (" in (found.cause or "")


def test_where_it_differs_is_said_when_nothing_explains_it() -> None:
    def off(g: Any, X: Any) -> Any:
        made = g.copy()
        made[1] += 0.3 * g[0] ** 2 * g[1]
        return made

    found = _finding(check_gradients(dense, _with(W=off), X=(4, 3), W=(3, 5), b=(5,)), "W")
    assert found.code is None
    assert "dW differs only at index 1 of axis 0" in (found.cause or "")
    assert "dX, db are right" in (found.cause or "")


def test_nan_at_masked_positions() -> None:
    def forward(x: Any) -> Any:
        return np.where(x > 0, np.sqrt(np.where(x > 0, x, 1.0)), 0.0)

    def backward(dout: Any, x: Any) -> Any:
        return (x > 0) * dout / (2 * np.sqrt(x))

    x = np.array([1.0, -2.0, 3.0, -0.5])
    assert _finding(check_gradients(forward, backward, x=x), "x").code == "NV128"
    # NaN where the output does depend on the leaf is another matter.
    broken = check_gradients(forward, lambda dout, x: backward(dout, x) * np.where(x > 2, np.nan, 1.0), x=x)
    assert _finding(broken, "x").code == "NV304"


def test_a_passing_gradient_gets_no_cause() -> None:
    verdict = check_gradients(dense, _with(b=lambda g, X: -g), X=(4, 3), W=(3, 5), b=(5,))
    assert [one.cause for one in verdict.findings if one.outcome is Outcome.PASS] == [None, None]


def test_the_callers_arrays_stay_as_they_were() -> None:
    arrays = {name: np.random.default_rng(0).standard_normal(shape) for name, shape in _SHAPES.items()}
    before = {name: array.copy() for name, array in arrays.items()}
    check_gradients(dense, _with(W=lambda g, X: -g), **arrays)
    assert all(np.array_equal(arrays[name], before[name]) for name in arrays)


_SHAPES: dict[str, Any] = {"X": (4, 3), "W": (3, 5), "b": (5,)}


@pytest.mark.parametrize("name", ["dense", "attention", "rnn", "conv2d"])
def test_a_diagnosis_takes_few_passes(name: str) -> None:
    """With a mistake that no cause explains, every one of them is tried, and the wrong entries are looked for."""
    layer: Layer = LAYERS[name]
    first = next(iter(layer.leaves))
    passes = ModuleType("passes")  # what a module holds is no state of the layer
    passes.forward = passes.backward = 0  # type: ignore[attr-defined]

    def forward(*leaves: Any) -> Any:
        passes.forward += 1
        return layer.forward(*leaves)

    def backward(dout: Any, *leaves: Any) -> dict[str, Any]:
        passes.backward += 1
        right = layer.backward(dout, *leaves)
        return right | {
            first: right[first] * (1 + 0.1 * np.sin(np.arange(right[first].size))).reshape(right[first].shape)
        }

    assert check_gradients(forward, backward, leaves=layer.leaves, effort="point").outcome is Outcome.FAIL
    assert passes.forward < 4_000
    assert passes.backward < 300


@pytest.mark.parametrize(("least", "measured"), [(100, False), (0, True)])
def test_copies_without_the_mistake_are_not_measured(least: int, measured: bool) -> None:
    """What is wrong in large layers only has no cause at the small copies, and no Jacobian is needed to see that."""
    passes = ModuleType("passes")
    passes.small = 0  # type: ignore[attr-defined]

    def forward(X: Any, W: Any) -> Any:
        passes.small += W.size < 100
        return np.tanh(X @ W)

    def backward(dout: Any, X: Any, W: Any) -> Any:
        inner = dout * (1 - np.tanh(X @ W) ** 2)
        wrong = 1 + 1e-6 * (W.size >= least) * np.sin(np.arange(W.size)).reshape(W.shape)
        return inner @ W.T, (X.T @ inner) * wrong

    rng = np.random.default_rng(0)
    leaves = {"X": rng.standard_normal((30, 40)), "W": rng.standard_normal((40, 25)) / 6}
    verdict = check_gradients(forward, backward, leaves=leaves, effort="point")
    assert [one.outcome for one in verdict.findings] == [Outcome.PASS, Outcome.FAIL]
    assert (verdict.findings[1].cause is not None) == measured
    assert (passes.small > 200) == measured
    assert measured or passes.small < 60


@pytest.mark.parametrize("name", CURVES)
def test_a_curves_four_functions_are_of_one_curve(name: str) -> None:
    """Slopes by differences; by the value as by the argument."""
    curve, z, step = CURVES[name], np.array([-1.3, -0.4, 0.3, 1.7]), 1e-6
    numerical = (curve.value(z + step) - curve.value(z - step)) / (2 * step)
    assert np.allclose(curve.slope(z), numerical, atol=1e-9)
    assert np.allclose(curve.by_value(curve.value(z)), curve.slope(z))
    if curve.inverse is not None:
        assert np.allclose(curve.inverse(curve.value(z)), z)


@pytest.mark.parametrize(
    ("factor", "words"), [(0.0, "as a constant"), (0.5, "or has it wrong"), (2.0, "or has it wrong")]
)
def test_a_term_that_is_there_is_not_said_to_be_lacking(factor: float, words: str) -> None:
    def backward(dout: Any, x: Any) -> Any:
        size = np.sqrt((x * x).sum(1, keepdims=True))
        return (dout - factor * (x / size) * (dout * x / size).sum(1, keepdims=True)) / size

    verdict = check_gradients(lambda x: x / np.sqrt((x * x).sum(1, keepdims=True)), backward, x=(4, 5))
    assert words in str(_finding(verdict, "x").cause)


@pytest.mark.parametrize("forward", [np.sign, lambda x: np.eye(3)[np.argmax(x, axis=1)]], ids=["sign", "argmax"])
def test_a_gradient_of_what_does_not_move_is_called_so(forward: Any) -> None:
    wrong = _finding(check_gradients(forward, lambda dout, x: dout * 1.0, x=(4, 3)), "x")
    assert wrong.cause == "forward does not move with x here, unless it jumps"
    assert "surrogate=" in str(wrong.fix)
    assert "-0" not in wrong.message


class BatchNorm:
    """Of fixed width: its batch alone takes other sizes."""

    def __init__(self, variance: bool, ddof: int = 0) -> None:
        self.gamma, self.beta = np.array([1.0, 2.0, -0.5]), np.zeros(3)
        self.variance, self.ddof = variance, ddof

    def forward(self, x: Any) -> Any:
        self.istd = 1 / np.sqrt(x.var(axis=0) + 1e-5)
        self.xhat = (x - x.mean(axis=0)) * self.istd
        return self.gamma * self.xhat + self.beta

    def backward(self, dout: Any) -> Any:
        n, d = len(dout), dout * self.gamma
        self.dgamma, self.dbeta = np.sum(dout * self.xhat, axis=0), np.sum(dout, axis=0)
        share = self.xhat * np.sum(d * self.xhat, axis=0) / (n - self.ddof)
        return self.istd * (d - np.mean(d, axis=0) - (share if self.variance else 0))


@pytest.mark.parametrize(
    ("layer", "code"), [(BatchNorm(False), "NV129"), (BatchNorm(True, 1), "NV125")], ids=["variance", "count"]
)
def test_a_normalisation_over_the_only_size_that_is_free_is_named(layer: BatchNorm, code: str) -> None:
    assert check_gradients(BatchNorm(True), x=(9, 3)).outcome is Outcome.PASS
    assert _finding(check_gradients(layer, x=(9, 3)), "x").code == code
