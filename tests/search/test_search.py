"""What a thorough check does around a point: what it tries, what it leaves alone, and what it says of both."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nnverify import Outcome, UsageError, Verdict, check_gradients, leaf
from nnverify.search.writing import literal
from tests.subjects import dense, dense_backward


def _thorough(*functions: Any, **more: Any) -> Verdict:
    return check_gradients(*functions, effort="thorough", **more)


def _square(x: Any) -> Any:
    return x**2


def _d_square(dout: Any, x: Any) -> Any:
    return 2 * dout * x


def test_what_was_tried_and_what_was_not_is_said() -> None:
    tried, missing = _thorough(_square, _d_square, x=(3,)).notes[-2:]
    assert tried.startswith("tried: 1 layouts, 1 arguments, 1 compositions, 1 second uses, ")
    assert "other sizes of x (name their axes: x='m n')" in missing
    assert "keyword arguments (options=)" in missing


def test_the_standard_effort_says_nothing_of_it() -> None:
    assert check_gradients(_square, _d_square, x="n").notes == ()


def test_a_spent_budget_is_said() -> None:
    verdict = _thorough(_square, _d_square, x="n", budget="200 evaluations")
    assert verdict.outcome is Outcome.PASS
    assert "values, the budget being spent" in verdict.notes[-1]


def test_the_standard_effort_says_what_a_spent_budget_has_left_out() -> None:
    verdict = check_gradients(_square, _d_square, x="n", budget="1 evaluations")
    assert verdict.outcome is Outcome.PASS
    assert [note.split(":")[0] for note in verdict.notes] == ["not covered"]
    assert "values, the budget being spent" in verdict.notes[0]


@pytest.mark.parametrize("budget", [0, -1, "soon", "5 minutes", True, "x s"])
def test_what_is_no_budget_is_refused(budget: Any) -> None:
    with pytest.raises(UsageError, match="budget="):
        check_gradients(_square, _d_square, x=(3,), budget=budget)


def test_the_same_seed_finds_the_same() -> None:
    def wrong(dout: Any, x: Any) -> Any:
        return 2 * dout * np.where(x == 0, 1, x)

    one, two = (_thorough(_square, wrong, x="n", seed=4) for _ in range(2))
    assert one == two
    assert one.codes == ("NV117",)


def test_points_outside_the_domain_are_held_against_nobody() -> None:
    """At 0 and below log is not finite; backward may return what it likes there."""
    verdict = _thorough(np.log, lambda dout, x: dout / x if (x > 0).all() else np.nan * x, x="n")
    assert verdict.outcome is Outcome.PASS, verdict
    assert "lie outside forward's domain" in verdict.notes[-2]


def test_an_infinite_slope_may_be_infinite() -> None:
    assert _thorough(np.sqrt, lambda dout, x: dout / (2 * np.sqrt(x)), x="n").outcome is Outcome.PASS


def _d_softplus(dout: Any, x: Any) -> Any:
    """Right, with few digits far below 0: all but one of 1 − 1/(1 + exp(−30)) cancels."""
    return dout * (1 - 1 / (1 + np.exp(x)))


def test_few_digits_far_out_are_no_mistake() -> None:
    verdict = _thorough(lambda x: np.logaddexp(0, x), _d_softplus, x="n")
    assert verdict.outcome is Outcome.PASS, verdict


def test_a_half_too_much_far_out_is_one() -> None:
    def wrong(dout: Any, x: Any) -> Any:
        return _d_softplus(dout, x) * np.where(x < -15, 1.5, 1)

    assert _thorough(lambda x: np.logaddexp(0, x), wrong, x="n").outcome is Outcome.FAIL


def test_declared_domains_are_kept() -> None:

    def forward(x: Any) -> Any:
        if x.min() < 0.5:
            raise ValueError(x)
        return x**2

    verdict = _thorough(forward, _d_square, x=leaf((3,), low=1.0, high=2.0))
    assert "outside" not in verdict.notes[-2]


def test_given_positive_values_stay_positive() -> None:
    """Nobody said that the layer is meant for others."""

    def wrong(dout: Any, x: Any) -> Any:
        return 2 * dout * np.abs(x)

    assert _thorough(_square, wrong, x=np.array([1.0, 2.0])).outcome is Outcome.PASS
    assert _thorough(_square, wrong, x=np.array([1.0, -2.0])).outcome is Outcome.FAIL


def test_given_indices_stay_as_they_are() -> None:
    """They may be a permutation, whose inverse backward uses."""
    order = np.array([2, 0, 1])
    verdict = _thorough(lambda x, order: x[order], lambda d, x, order: {"x": d[np.argsort(order)]}, x=(3,), order=order)
    assert verdict.outcome is Outcome.PASS, verdict
    assert "other indices in order" in verdict.notes[-1]


def test_kinks_are_judged_by_their_slopes() -> None:
    """Whatever backward says at 0, as long as it lies between 0 and 1."""
    for value in (0.0, 0.5):

        def right(dout: Any, x: Any, value: float = value) -> Any:
            return dout * np.where(x == 0, value, x > 0)

        assert _thorough(lambda x: np.maximum(x, 0), right, x="n").outcome is Outcome.PASS

    def wrong(dout: Any, x: Any) -> Any:
        return dout * np.where(x == 0, 1.5, x > 0)

    assert _thorough(lambda x: np.maximum(x, 0), wrong, x="n").codes == ("NV117",)


def test_a_switch_is_found_where_forward_hides_it_in_floats() -> None:
    """float() refuses the numbers that record comparisons; then intervals are halved."""

    def forward(x: Any) -> Any:
        return np.array([7.25 + 2 * (float(one) - 7.25) if float(one) > 7.25 else float(one) for one in x])

    def right(dout: Any, x: Any) -> Any:
        return dout * np.where(x > 7.25, 2, 1)

    def wrong(dout: Any, x: Any) -> Any:
        return dout * np.where(x > 7.25, 2, 1) * np.where(x == 7.25, 9, 1)

    assert _thorough(forward, right, x="n").outcome is Outcome.PASS
    assert _thorough(forward, wrong, x="n").outcome is Outcome.FAIL


def test_a_failure_at_the_first_point_is_shrunk_too() -> None:
    def wrong(dout: Any, x: Any) -> Any:
        return 3 * dout * x

    verdict = _thorough(_square, wrong, x="m n")
    assert verdict.shapes == "x (1, 1) -> (1, 1)"
    assert 'effort="point"' in verdict.program
    assert check_gradients(_square, wrong, x="m n").program == ""


def test_axes_in_front_may_be_any() -> None:
    verdict = _thorough(_square, lambda d, x: _d_square(d, x) * (2 if x.ndim == 1 else 1), x="... n")
    assert 'found where "..." is 0 axes' in verdict.findings[0].message
    with pytest.raises(UsageError, match="twice"):
        check_gradients(_square, _d_square, x="... n ...")


def test_float16_is_tried_where_it_is_declared() -> None:
    def half(dout: Any, x: Any) -> Any:
        return _d_square(dout, x) * (2 if x.dtype == np.float16 else 1)

    assert check_gradients(_square, half, x=(3,)).outcome is Outcome.PASS
    verdict = check_gradients(_square, half, x=(3,), dtypes=[np.float16])
    assert (verdict.outcome, verdict.codes) == (Outcome.FAIL, ("NV132",))


def test_half_precise_inputs_beside_whole_parameters_are_no_mistake() -> None:
    """Moving a float32 leaf rounds it, whatever the precision of the output."""
    W = np.random.default_rng(0).standard_normal((12, 5))

    def backward(dout: Any, X: Any) -> Any:
        return (dout @ W.T).astype(X.dtype)

    for seed in range(5):
        verdict = check_gradients(lambda X: X @ W, backward, X=(2, 12), dtype=np.float32, seed=seed)
        assert verdict.outcome is Outcome.PASS, verdict


def test_a_search_works_inside_a_session_of_its_own_state() -> None:
    """The caller's arrays and random states are as before."""
    x = np.random.default_rng(1).standard_normal((2, 3))
    before, state = x.copy(), np.random.get_state()[1].copy()  # noqa: NPY002
    _thorough(_square, _d_square, x=x)
    assert np.array_equal(x, before)
    assert np.array_equal(np.random.get_state()[1], state)  # noqa: NPY002


@pytest.mark.slow
def test_a_small_dense_layer_takes_less_than_ten_seconds() -> None:
    import time

    start = time.process_time()
    verdict = _thorough(dense, dense_backward, X="m n", W="n p", b="p")
    assert verdict.outcome is Outcome.PASS
    assert time.process_time() - start < 10


@pytest.mark.parametrize("number", [1.5, -0.0, np.inf, -np.inf, np.nan])
def test_numbers_are_written_as_python_reads_them(number: float) -> None:
    """A mask of attention holds -inf."""
    assert np.array_equal(eval(str(literal(number)), {"np": np}), number, equal_nan=True)


def test_a_leaf_that_is_right_passes_beside_one_that_is_wrong_at_a_special_value() -> None:
    """Where W is zero the gradient of X is, too, and nothing was tested: but it was at the point itself."""

    def wrong(dout: Any, X: Any, W: Any, b: Any) -> Any:
        right = dense_backward(dout, X, W, b)
        return right | {"W": right["W"] * np.where(W == 0, 2, 1)}

    verdict = check_gradients(dense, wrong, X=(3, 4), W=(4, 2), b=(2,))
    assert {name: one.outcome for name, one in verdict.by_leaf.items()} == {
        "X": Outcome.PASS,
        "W": Outcome.FAIL,
        "b": Outcome.PASS,
    }
    assert verdict.codes == ("NV117",)
