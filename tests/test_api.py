"""check_gradients and assert_gradients as a user calls them."""

from __future__ import annotations

import re
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from nnverify import GradientInconclusive, GradientMismatch, Outcome, Verdict, assert_gradients, check_gradients, leaf
from nnverify._session import SESSION
from tests.subjects import dense, dense_backward

SHAPES = {"X": (4, 3), "W": (3, 5), "b": (5,)}


def _doubled(dout: Any, X: Any, W: Any, b: Any) -> dict[str, Any]:
    right = dense_backward(dout, X, W, b)
    return right | {"W": 2 * right["W"]}


def test_a_right_layer_passes_in_two_lines() -> None:
    verdict = check_gradients(dense, dense_backward, X=(4, 3), W=(3, 5), b=(5,))
    assert verdict.outcome is Outcome.PASS


def test_assert_returns_the_verdict_of_a_pass() -> None:
    assert isinstance(assert_gradients(dense, dense_backward, **SHAPES), Verdict)


def test_assert_raises_one_line_with_the_verdict() -> None:
    with pytest.raises(GradientMismatch, match=r"^dense: dW is 2 x the numerical gradient in all 15 entries") as caught:
        assert_gradients(dense, _doubled, **SHAPES)
    assert "\n" not in str(caught.value)
    assert caught.value.verdict.by_leaf["W"].outcome is Outcome.FAIL


def test_assert_raises_for_what_is_open() -> None:
    """Silence is not proof."""
    with pytest.raises(GradientInconclusive, match="NV205"):
        assert_gradients(lambda x: np.maximum(x - 1e6, 0), lambda dout, x: 0 * x, x=(3,))


@pytest.mark.parametrize(
    "leaves",
    [
        {"X": "m n", "W": "n p", "b": "p"},
        {"X": (4, 3), "W": "3 p", "b": "p"},
        {"X": np.ones((2, 3)), "W": np.ones((3, 2)), "b": np.zeros(2)},
        {"X": [[1.0, 2.0, 3.0]], "W": lambda rng: rng.standard_normal((3, 2)), "b": (2,)},
        {"X": leaf("m n", low=0, high=1), "W": leaf("n p"), "b": leaf("p", low=2)},
    ],
    ids=["words", "shape and words", "arrays", "list and function", "leaf"],
)
def test_leaves_may_be_said_in_many_ways(leaves: dict[str, Any]) -> None:
    assert check_gradients(dense, dense_backward, **leaves).outcome is Outcome.PASS
    assert check_gradients(dense, _doubled, **leaves).outcome is Outcome.FAIL


class Rows:
    """A layer whose second argument may be of the first one's shape."""

    def forward(self, x: Any, w: Any) -> Any:
        return x @ w

    def backward(self, dout: Any, x: Any, w: Any) -> Any:
        return dout @ w.T, 3 * (x.T @ dout)


@pytest.mark.parametrize(
    "target", [(Rows().forward, Rows().backward), (lambda x, w: x @ w, Rows().backward), (Rows(),)]
)
def test_leaves_named_like_the_arguments_may_come_in_any_order(target: Any) -> None:
    """Squares go either way round: nothing but the names says which is which."""
    square = np.arange(4.0).reshape(2, 2)
    verdict = check_gradients(*target, w=square, x=square + 1, effort="point")
    assert {name: one.outcome for name, one in verdict.by_leaf.items()} == {"x": Outcome.PASS, "w": Outcome.FAIL}
    assert check_gradients(*target, b=square, a=square + 1, effort="point").by_leaf["b"].outcome is Outcome.PASS


def test_leaves_called_like_options_go_through_leaves() -> None:
    verdict = check_gradients(
        lambda seed, dtype: seed * dtype,
        lambda d, seed, dtype: (d * dtype, d * seed),
        leaves={"seed": (3,), "dtype": (3,)},
    )
    assert list(verdict.by_leaf) == ["seed", "dtype"]


def test_sizes_are_swept_where_they_are_words() -> None:
    """Wrong only for one sample: a single drawn shape would not show it."""

    def backward(dout: Any, X: Any, W: Any, b: Any) -> dict[str, Any]:
        right = dense_backward(dout, X, W, b)
        return right | {"b": right["b"] * (2 if len(X) == 1 else 1)}

    assert check_gradients(dense, backward, X="m n", W="n p", b="p").by_leaf["b"].outcome is Outcome.FAIL
    assert check_gradients(dense, backward, X="m n", W="n p", b="p", effort="point").outcome is Outcome.PASS


def test_a_size_that_forward_refuses_is_not_held_against_backward() -> None:
    def forward(x: Any) -> Any:
        if len(x) < 2:
            raise ValueError("two at least")
        return np.diff(x)

    def backward(dout: Any, x: Any) -> Any:
        return np.concatenate([[0], dout]) - np.concatenate([dout, [0]])

    assert check_gradients(forward, backward, x="n").outcome is Outcome.PASS


def test_values_follow_the_forwards_domain() -> None:
    """log is not finite on normal draws; nobody should have to say so."""
    verdict = check_gradients(np.log, lambda dout, x: dout / x, x=(3, 2))
    assert verdict.outcome is Outcome.PASS
    assert any("drawn from 0.5 to 2" in note for note in verdict.notes)


def _tripled(dout: Any, x: Any, W: Any) -> tuple[Any, Any]:
    return 3 * dout @ W.T, x.T @ dout


@pytest.mark.parametrize(
    ("backward", "said"),
    [
        (_tripled, True),
        (lambda *args: dict(zip("xW", _tripled(*args), strict=True)), True),
        (lambda dout, x, W: (np.zeros(x.shape), x.T @ dout), False),
        (lambda dout, x, W: (None, x.T @ dout), False),
    ],
    ids=["in order", "by name", "zeros", "none"],
)
def test_a_gradient_of_integers_is_said_not_to_be_checked(backward: Any, said: bool) -> None:
    """They may be indices, or numbers that somebody wrote without a point."""
    x, W = np.arange(6).reshape(2, 3), np.ones((3, 2))
    verdict = check_gradients(lambda x, W: x @ W, backward, x=x, W=W, effort="point")
    assert any("x holds integers" in note for note in verdict.notes) is said
    assert check_gradients(lambda x, W: x @ W, _tripled, x=x.astype(float), W=W).outcome is Outcome.FAIL


def test_whole_numbers_are_constants() -> None:
    def forward(W: Any, ids: Any) -> Any:
        return W[ids]

    def backward(dout: Any, W: Any, ids: Any) -> dict[str, Any]:
        dW = np.zeros_like(W)
        np.add.at(dW, ids, dout)
        return {"W": dW}

    verdict = check_gradients(forward, backward, W="V d", ids=leaf("m", integers_below="V"))
    assert (verdict.outcome, list(verdict.by_leaf)) == (Outcome.PASS, ["W"])
    assert check_gradients(forward, backward, W=(5, 2), ids=np.array([0, 3, 3])).outcome is Outcome.PASS


def test_dtype_reaches_the_forward() -> None:
    module = ModuleType("seen")  # what a module holds is no state of the layer
    module.seen = seen = set[Any]()  # type: ignore[attr-defined]

    def forward(x: Any) -> Any:
        module.seen.add(x.dtype)
        return np.sin(x)

    check_gradients(forward, lambda dout, x: dout * np.cos(x), x=np.ones(3, dtype=np.float32), effort="point")
    assert seen == {np.dtype(np.float64)}
    seen.clear()
    check_gradients(forward, lambda dout, x: dout * np.cos(x), x=(3,), dtype=np.float32, effort="point")
    assert np.dtype(np.float32) in seen


def test_rtol_adds_to_the_bar() -> None:
    slightly = {"x": (3,)}
    assert check_gradients(np.sin, lambda d, x: d * np.cos(x) * (1 + 1e-7), **slightly).outcome is Outcome.FAIL
    assert (
        check_gradients(np.sin, lambda d, x: d * np.cos(x) * (1 + 1e-7), rtol=1e-6, **slightly).outcome is Outcome.PASS
    )


def test_the_same_seed_gives_the_same_verdict() -> None:
    one, two, other = (check_gradients(dense, dense_backward, seed=seed, X="m n", W="n p", b="p") for seed in (3, 3, 4))
    assert one.to_dict() == two.to_dict() != other.to_dict()


def test_listeners_hear_of_every_verdict() -> None:
    heard: list[Verdict] = []
    SESSION.listeners.append(heard.append)
    try:
        verdict = check_gradients(dense, dense_backward, **SHAPES)
    finally:
        SESSION.listeners.remove(heard.append)
    assert heard == [verdict]


def test_shapes_are_told_before_values() -> None:
    verdict = check_gradients(dense, lambda d, X, W, b: dense_backward(d, X, W, b) | {"b": d}, **SHAPES)
    assert verdict.by_leaf["b"].codes == ("NV301",)


def test_the_callers_arrays_stay_as_they_were() -> None:
    arrays = {name: np.random.default_rng(0).standard_normal(shape) for name, shape in SHAPES.items()}
    before = {name: array.copy() for name, array in arrays.items()}

    def writing(X: Any, W: Any, b: Any) -> Any:
        X *= 1.0
        W[...] = W
        return X @ W + b

    check_gradients(writing, lambda d, X, W, b: (d @ W.T, X.T @ d, d.sum(0)), **arrays)
    assert all(np.array_equal(arrays[name], before[name]) for name in arrays)


def test_a_trace_of_a_gap_is_printed_in_enough_digits_and_with_the_tolerance_that_lets_it_pass() -> None:
    """Two equal numbers beside the word "differs" help nobody; an ε in a logarithm leaves such a gap."""
    point = {"x": np.linspace(0.5, 0.9, 5)}

    def slope(dout: Any, x: Any) -> Any:
        return dout / x

    def check(**options: Any) -> Verdict:
        return check_gradients(lambda x: np.log(x + 1e-9), slope, **point, **options)

    message = check().findings[0].message
    found = re.search(r"backward (\S+), numerical (\S+) .* rtol=(\S+) lets", message)
    assert found is not None
    assert found[1] != found[2]
    assert check(rtol=float(found[3])).outcome is Outcome.PASS


@pytest.mark.parametrize(
    "names", ["g1, g2", "dout1, dout2", "da, db", "d_out, d_state", "dL_da, dL_db", "grad_a, grad_b"]
)
def test_upstreams_of_several_outputs_are_known_by_their_names(names: str) -> None:
    """Two upstreams are no upstream and a cache: a path that is forgotten must show, and the right one must pass."""
    one, two = names.split(", ")

    def forward(x: Any, y: Any) -> Any:
        return x * y, np.sin(x)

    right = eval(f"lambda {names}, x, y: ({one} * y + {two} * np.cos(x), {one} * x)", {"np": np})
    wrong = eval(f"lambda {names}, x, y: ({one} * y, {one} * x)")
    assert check_gradients(forward, right, x=(3,), y=(3,)).outcome is Outcome.PASS
    assert check_gradients(forward, wrong, x=(3,), y=(3,)).by_leaf["x"].outcome is Outcome.FAIL


def test_a_slope_that_forward_has_kept_is_no_upstream() -> None:
    def forward(x: Any, y: Any) -> Any:
        return np.sin(x) + y, np.cos(x)

    assert check_gradients(forward, lambda dy, dx: (dy * dx, dy), x=(3,), y=(3,)).outcome is Outcome.PASS


def test_lists_of_lists_of_numbers_are_an_array() -> None:
    """As beginners write a product of matrices; its first row alone was taken for the output."""

    def forward(X: Any, W: Any) -> Any:
        return [[sum(X[i][k] * W[k][j] for k in range(len(W))) for j in range(len(W[0]))] for i in range(len(X))]

    def backward(dout: Any, X: Any, W: Any) -> Any:
        return dout @ W.T, X.T @ dout

    assert check_gradients(forward, backward, X=(4, 3), W=(3, 2)).outcome is Outcome.PASS
    wrong = check_gradients(forward, lambda dout, X, W: (dout @ W.T, 2 * X.T @ dout), X=(4, 3), W=(3, 2))
    assert [one.outcome for one in wrong.by_leaf.values()] == [Outcome.PASS, Outcome.FAIL]


@pytest.mark.parametrize("shape", [(4, 3), (1, 3), (4, 1), (3,)], ids=str)
def test_a_gradient_may_be_lists_of_lists_of_numbers(shape: tuple[int, ...]) -> None:
    right = check_gradients(np.sin, lambda dout, x: (dout * np.cos(x)).tolist(), x=shape)
    wrong = check_gradients(np.sin, lambda dout, x: (2 * dout * np.cos(x)).tolist(), x=shape)
    assert (right.outcome, wrong.outcome) == (Outcome.PASS, Outcome.FAIL)
