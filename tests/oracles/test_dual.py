"""The dual oracle is right within its bar, tells kinks exactly, and says why where it is not available."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from nnverify.draws import generator
from nnverify.numbers.rounding import measured
from nnverify.numbers.run import NotAvailable
from nnverify.oracles.dual import DualEstimate, dual
from nnverify.oracles.estimate import Status
from nnverify.oracles.ladder import ladder
from nnverify.probe import along, direction, probe
from nnverify.subject import Leaf, Subject
from tests.oracles.families import FAMILIES, Family, truth
from tests.oracles.layers import RIGHT, WRONG
from tests.subjects import dense_with, subject

POINTS = 160
ONE = np.ones(1)


def _of(function: Callable[[Any], Any], x: Any, u: Any = 1.0, upstream: Any = ONE, **options: Any) -> DualEstimate:
    made = subject(function, lambda dout, x: {"x": dout}, x=x)
    return dual(made, {"x": np.asarray(u, dtype=float)}, upstream, **options)


@dataclass(frozen=True)
class Case:
    error: float
    bar: float
    true: float


def _case(family: Family, point: int) -> Case:
    rng = generator(0, family.name, point)
    x, u = float(rng.standard_normal() * rng.choice([0.1, 1.0, 3.0])), float(rng.standard_normal())
    found, true = _of(family.function, x, u), truth(family, x, u)
    return Case(abs(float(Decimal(float(found.value[0])) - true)), float(found.error[0]), float(true))


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return [_case(one, point) for one in FAMILIES for point in range(POINTS)]


def test_bar_covers_the_true_error(cases: list[Case]) -> None:
    """Measured: all of 3,200, and no error above a twentieth of its bar."""
    assert len(cases) >= 2000
    assert [case for case in cases if not case.error <= case.bar] == []


def test_median_bar_is_finer_than_the_ladder(cases: list[Case]) -> None:
    assert np.median([case.bar / abs(case.true) for case in cases]) < 1e-13


def _polynomial(seed: int) -> tuple[Subject, Any, Fraction]:
    """Σ (xW)² along a direction in which its gradient cancels to 3 … 16 digits, and the derivative in fractions."""
    rng = generator(seed, "cancelling")
    n = int(rng.integers(2, 30))
    x, W, u = rng.standard_normal(n), rng.standard_normal((n, 4)), rng.standard_normal(n)
    exact = np.vectorize(Fraction, otypes=[object])
    slope = 2 * exact(W) @ (exact(x) @ exact(W))
    g = slope.astype(float)
    u = u - g * (g @ u) / (g @ g) * (1 - 10.0 ** -rng.integers(3, 17))
    return subject(lambda x: ((x @ W) ** 2).sum(), lambda dout, x: {"x": x}, x=x), u, slope @ exact(u)


def test_bar_covers_what_cancels_inside() -> None:
    """The size of a sum says nothing of its rounding where its terms cancel: the spread of reruns does."""
    missed = 0
    for seed in range(200):
        made, u, true = _polynomial(seed)
        found = dual(made, {"x": u}, ONE, seed=seed)
        missed += not abs(float(Fraction(float(found.value[0])) - true)) <= found.error[0]
    assert missed == 0


def test_bar_covers_what_is_rounded_to_a_grid() -> None:
    """Of (1 − cos x)/x², where 1 − cos x is a few ulps of 1 and errs one way after the point as the other before it."""
    points = generator(0, "versine").uniform(1e-3, 2e-3, 300)
    found = [_of(lambda x: (1 - np.cos(x)) / x**2, x) for x in points]
    true = -points / 12 + points**3 / 180
    missed = [not abs(one.value[0] - right) <= one.error[0] for one, right in zip(found, true, strict=True)]
    assert np.mean(missed) < 0.03


def test_the_measured_bar_sees_a_function_that_rounds() -> None:
    """Slopes that differ by 1e-9 from run to run are not known to 1e-14."""
    rng = generator(0)
    bar = measured(np.ones(1), np.ones(1), lambda c, one: c * (1 + 1e-9 * one.standard_normal(1)), rng)
    assert 1e-10 < bar[0] < 1e-7
    assert measured(np.array([np.nan]), np.ones(1), lambda c, one: c * np.ones(1), rng) == np.inf


@pytest.mark.parametrize("slope", [2.0, 1 + 1e-12, 0.0, -1.0])
def test_a_wrong_slope_is_outside_the_bar(slope: float) -> None:
    found = _of(np.exp, 0.0)
    assert abs(slope - found.value[0]) > 3 * found.error[0]


def _both(made: Subject) -> tuple[float, DualEstimate, Any]:
    """Backward, dual and ladder along one random direction through all leaves."""
    one = probe(made, 0, 0)
    u = {leaf.name: direction(made, leaf, 0, 0) for leaf in made.targets()}
    backward = sum(float(np.sum(np.asarray(one.gradients[name]) * step)) for name, step in u.items())
    return backward, dual(made, u, one.upstream), ladder(along(made, u, one), one.upstream)


@pytest.mark.parametrize("name", RIGHT)
def test_right_layers_agree_with_dual_and_dual_with_the_ladder(name: str) -> None:
    backward, found, numerical = _both(RIGHT[name])
    assert found.status is Status.SMOOTH
    assert abs(backward - found.value[0]) <= found.error[0]
    assert abs(numerical.value[0] - found.value[0]) <= found.error[0] + numerical.error[0]
    assert found.error[0] < 1e-11


@pytest.mark.parametrize("name", WRONG)
def test_mistakes_are_far_outside_the_bar(name: str) -> None:
    backward, found, _ = _both(WRONG[name])
    assert abs(backward - found.value[0]) > 1e6 * found.error[0]


def test_outputs_by_themselves_and_their_weighted_sum() -> None:
    made, w = RIGHT["dense"], np.linspace(-1, 2, 12)
    u = {leaf.name: direction(made, leaf, 0, 0) for leaf in made.targets()}
    apart, together = dual(made, u), dual(made, u, w)
    assert apart.value.shape == apart.error.shape == (12,)
    assert together.value == pytest.approx([w @ apart.value], rel=1e-13)


def test_leaves_without_a_direction_are_constants() -> None:
    made = RIGHT["dense"]
    b = direction(made, made.leaves[2], 0, 0)
    zeros = {"X": np.zeros((4, 3)), "W": np.zeros((3, 3))}
    np.testing.assert_allclose(dual(made, {"b": b}).value, dual(made, {"b": b} | zeros).value, rtol=1e-13)


def test_several_outputs_and_plain_numbers_among_them() -> None:
    found = _of(lambda x: (x * x, 3.0, np.sum(x)), np.array([1.0, 2.0]), [1.0, 1.0], None)
    assert found.value.tolist() == [2.0, 4.0, 0.0, 2.0]


def test_float32_leaves_are_differentiated_in_float64() -> None:
    found = _of(np.tanh, np.array([0.1], dtype=np.float32), [1.0])
    assert found.value[0] == pytest.approx(1 / np.cosh(np.float64(np.float32(0.1))) ** 2, rel=1e-15)


def test_integer_leaves_stay_integers() -> None:
    leaves = (Leaf("E", np.eye(3)), Leaf("index", np.array([2, 0, 2]), False))
    made = Subject("embedding", leaves, lambda E, index: (E[index], None), lambda E, index: E[index])  # type: ignore[arg-type,return-value]
    u = np.arange(9.0).reshape(3, 3)
    assert dual(made, {"E": u}).value.tolist() == u[[2, 0, 2]].ravel().tolist()


def test_the_leaves_are_not_written_to() -> None:
    def writing(x: Any, c: Any) -> Any:
        x *= c
        c += 1
        return x.sum()

    leaves = (Leaf("x", np.ones(3)), Leaf("c", np.full(3, 2.0), False))
    made = Subject("writing", leaves, lambda x, c: (writing(x, c), None), writing)  # type: ignore[arg-type,return-value]
    for _ in range(2):
        assert dual(made, {"x": np.ones(3)}).value.tolist() == [6.0]
    assert [leaf.value.tolist() for leaf in leaves] == [[1.0] * 3, [2.0] * 3]


# Functions of one number at a tie: status, and the slopes just before and just after.
TIES: dict[str, tuple[Callable[[Any], Any], float, Status, float, float]] = {
    "relu": (lambda x: np.maximum(x, 0), 0.0, Status.KINK, 0.0, 1.0),
    "relu by mask": (lambda x: x * (x > 0), 0.0, Status.KINK, 0.0, 1.0),
    "relu by where": (lambda x: np.where(x > 0, x, 0), 0.0, Status.KINK, 0.0, 1.0),
    "leaky relu": (lambda x: np.where(x > 0, x, 0.25 * x), 0.0, Status.KINK, 0.25, 1.0),
    "abs": (np.abs, 0.0, Status.KINK, -1.0, 1.0),
    "clip": (lambda x: np.clip(x, -1, 2), 2.0, Status.KINK, 1.0, 0.0),
    "sort": (lambda x: np.sort(np.stack([x, 3 * x, -x + 2]))[0], 0.0, Status.KINK, 3.0, 1.0),
    "max of equals": (lambda x: np.max(np.stack([x, 2 * x - 1])), 1.0, Status.KINK, 1.0, 2.0),
    "relu on sin": (lambda x: np.maximum(x, 0) + np.sin(x), 0.0, Status.KINK, 1.0, 2.0),
    "smooth by parts": (lambda x: np.where(x > 1, x * x, 2 * x - 1), 1.0, Status.SMOOTH, 2.0, 2.0),
    "square of relu": (lambda x: np.maximum(x, 0) ** 2, 0.0, Status.SMOOTH, 0.0, 0.0),
    "x|x|": (lambda x: x * np.abs(x), 0.0, Status.SMOOTH, 0.0, 0.0),
    "shifted by a maximum": (lambda x: np.maximum(x, 1) + (x - np.maximum(x, 1)), 1.0, Status.SMOOTH, 1.0, 1.0),
    "guarded quotient": (lambda x: np.sin(x) / np.where(x == 0, 1, 1), 0.0, Status.SMOOTH, 1.0, 1.0),
    "a special value that fits": (lambda x: np.where(x == 0, 0, x), 0.0, Status.SMOOTH, 1.0, 1.0),
    "elu": (lambda x: np.where(x > 0, x, np.expm1(x)), 0.0, Status.SMOOTH, 1.0, 1.0),
}


@pytest.mark.parametrize("name", TIES)
def test_a_tie_is_what_its_one_sided_slopes_say(name: str) -> None:
    function, x, status, before, after = TIES[name]
    found = _of(function, x)
    assert found.status is status
    assert (found.before[0], found.after[0]) == pytest.approx((before, after))
    assert found.relative == found.steps == 0
    assert found.value[0] == pytest.approx((before + after) / 2)
    assert found.error[0] == pytest.approx(abs(after - before) / 2, abs=1e-12)


def test_values_that_stay_equal_are_no_tie() -> None:
    found = _of(lambda x: np.max(np.stack([x, x])), 1.0)
    assert (found.status, found.value[0], found.relative) == (Status.SMOOTH, 1.0, np.inf)


def test_backwards_the_sides_change_places() -> None:
    found = _of(np.abs, 0.0, -2.0)
    assert (found.before[0], found.after[0]) == (-2.0, 2.0)
    found = _of(lambda x: np.maximum(x, 0), 0.0, -2.0)
    assert (found.before[0], found.after[0]) == (-2.0, 0.0)


@pytest.mark.parametrize(
    ("function", "x"),
    [
        (np.sign, 0.0),
        (lambda x: np.where(x > 0, x + 1, x), 0.0),
        (lambda x: np.where(x == 0, 5, x), 0.0),
        (np.floor, 3.0),
        (lambda x: x % 1, 3.0),
        (lambda x: np.arctan2(x, -1), 0.0),
    ],
    ids=["sign", "step", "special value", "floor", "mod", "arctan2"],
)
def test_a_jump_has_no_slope(function: Callable[[Any], Any], x: float) -> None:
    found = _of(function, x)
    assert found.status is Status.JUMP
    assert found.error[0] == np.inf


def test_kinks_that_cancel_in_the_weighted_sum_are_kinks() -> None:
    """Each output may have any slope between its own two: that those cancel is the choice of one of them."""
    found = _of(lambda x: np.stack([np.abs(x), np.abs(x)]), 0.0, 1.0, np.array([1.0, -1.0]))
    assert found.status is Status.KINK
    assert found.error[0] == pytest.approx(2.0)


def test_a_kink_in_one_output_leaves_the_others_alone() -> None:
    found = _of(lambda x: np.stack([np.abs(x), np.sin(x)]), 0.0, 1.0, None)
    assert found.error[0] == pytest.approx(1.0)
    assert found.error[1] < 1e-13


@pytest.mark.parametrize("distance", [1e-1, 1e-6, 1e-12, 1e-300])
def test_a_kink_beside_the_point_is_none_but_is_seen(distance: float) -> None:
    found = _of(lambda x: np.maximum(x, 0) + x, distance, 0.5)
    assert found.status is Status.SMOOTH
    assert abs(found.value[0] - 1) <= found.error[0] < 1e-13
    assert found.steps == pytest.approx(distance / 0.5)


@pytest.mark.parametrize(
    ("function", "x", "status"),
    [
        (np.log, -1.0, Status.DOMAIN),
        (lambda x: np.sqrt(x - 1), 0.5, Status.DOMAIN),
        (lambda x: np.sqrt(np.sum(x * x)), 0.0, Status.DOMAIN),
        (np.sqrt, 0.0, Status.CUSP),
        (np.cbrt, 0.0, Status.CUSP),
        (lambda x: np.sqrt(np.abs(x)), 0.0, Status.CUSP),
        (lambda x: np.maximum(np.log(x), 0), -1.0, Status.DOMAIN),
        (lambda x: 1 / x, 0.0, Status.DOMAIN),
    ],
)
def test_without_a_finite_slope_nothing_is_known(function: Callable[[Any], Any], x: float, status: Status) -> None:
    found = _of(function, x)
    assert found.status is status
    assert found.error[0] == np.inf


def test_values_outside_the_domain_that_are_not_used_do_no_harm() -> None:
    found = _of(lambda x: np.sum(np.where(x > 0, np.log(np.where(x > 0, x, 1)), x)), np.array([2.0, -1.0]), [1.0, 1.0])
    assert found.status is Status.SMOOTH
    assert found.value[0] == 1.5


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (lambda x: np.zeros(2).__setitem__(0, x[0]), "a float would drop the derivative"),
        (lambda x: x.astype(np.float32), "a float would drop the derivative"),
        (lambda x: np.linalg.inv(x[:, None] * x), "forward does not take these numbers: UFuncTypeError"),
        (lambda x: {}["key"], "forward does not take these numbers: KeyError: 'key'"),
        (lambda x: "text", "forward returns str, which is no real number"),
        (lambda x: x[0] + 1j, "forward does not take these numbers: TypeError"),
    ],
    ids=["buffer", "float32", "inverse", "raises", "text", "complex"],
)
def test_what_does_not_go_through_says_why(function: Callable[[Any], Any], reason: str) -> None:
    with pytest.raises(NotAvailable, match=reason):
        _of(function, np.array([1.0, 2.0]), [1.0, 1.0])


def test_the_budget_can_be_set() -> None:
    with pytest.raises(NotAvailable, match="more than 10 operations"):
        _of(lambda x: x * x, np.ones(11), np.ones(11), None, budget=10)
    assert _of(lambda x: x * x, np.ones(10), np.ones(10), None, budget=10).value.tolist() == [2.0] * 10


def test_the_ladder_uncovers_the_hole_that_numpy_leaves() -> None:
    """tests/numbers/test_dual.py has the hole; agreement with the ladder is what admits an oracle."""
    made = subject(lambda x: x * np.logical_or.reduce(np.asarray(x)), lambda dout, x: {"x": dout}, x=np.array([2.0]))
    one, u = probe(made, 0, 0), {"x": np.ones(1)}
    found, numerical = dual(made, u, one.upstream), ladder(along(made, u, one), one.upstream)
    assert abs(found.value[0] - numerical.value[0]) > 1e3 * (found.error[0] + numerical.error[0])


def test_the_same_seed_gives_the_same_bar() -> None:
    made, u, _ = _polynomial(0)
    one, two, other = (dual(made, {"x": u}, ONE, seed=seed).error[0] for seed in (0, 0, 1))
    assert one == two != other


def test_evaluations_are_counted() -> None:
    calls = []

    def counted(x: Any) -> Any:
        calls.append(x)
        return np.abs(x)

    for x in (0.0, 1.0):
        calls.clear()
        assert _of(counted, x).evaluations == len(calls)


def test_a_wrong_dense_layer_is_told_from_a_right_one() -> None:
    right, wrong = _both(dense_with())[0], _both(dense_with(W=lambda d: d * (1 + 1e-10)))[0]
    found = _both(dense_with())[1]
    assert abs(right - found.value[0]) <= found.error[0]
    assert abs(wrong - found.value[0]) > 3 * found.error[0]
