"""Dual numbers have the right slope, see the branches they take, and refuse to become floats."""

from __future__ import annotations

import copy
import pickle
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from math import inf, isnan
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnverify.numbers.arrays import numbers
from nnverify.numbers.dual import RULES, Dual
from nnverify.numbers.run import NotAvailable, Run, attempt, current, running

STEP = 1e-6
coordinates = st.floats(-3, 3).filter(lambda value: abs(value) > 1e-3)


@pytest.fixture(autouse=True)
def run() -> Iterator[Run]:
    with running(Run(100_000)) as one:
        yield one


def _array(*pairs: tuple[float, float]) -> Any:
    return numbers([Dual(*pair) for pair in pairs], (len(pairs),))


def _central(function: Callable[..., Any], values: tuple[float, ...], slopes: tuple[float, ...]) -> float:
    plus, minus = (function(*(v + sign * STEP * s for v, s in zip(values, slopes, strict=True))) for sign in (1, -1))
    return float(plus - minus) / (2 * STEP)


OF_TWO: dict[str, Callable[[Any, Any], Any]] = {
    "sum": lambda a, b: 2 + a + b,
    "difference": lambda a, b: 1 - (a - b) - 3,
    "product": lambda a, b: 3 * a * b * 0.5,
    "quotient": lambda a, b: a / b + 2 / a + b / 4,
    "powers": lambda a, b: a**3 + b**-2 + (a * a) ** 1.5,
    "power of both": lambda a, b: abs(a) ** b + 2**a,
    "remainder": lambda a, b: a % 0.7 + 0.7 // 10 + abs(b) % abs(a) + 5 % abs(a),
    "magnitude": lambda a, b: abs(a) - abs(-b),
    "hypot": np.hypot,
    "arctan2": np.arctan2,
    "choice": lambda a, b: a * a if a > b else -b,
}


@pytest.mark.parametrize("name", OF_TWO)
@given(coordinates, coordinates, coordinates, coordinates)
def test_arithmetic_has_the_slope_of_differences(name: str, a: float, b: float, s: float, t: float) -> None:
    function = OF_TWO[name]
    with running(Run(1000)) as run:
        found = Dual.lift(function(Dual(a, s), Dual(b, t)))
    if run.steps < 3 * STEP:
        return
    numerical = _central(function, (a, b), (s, t))
    size = 1 + abs(numerical) + abs(found.value) + 1 / min(abs(a), abs(b)) ** 4
    assert found.value == pytest.approx(float(function(np.float64(a), np.float64(b))), rel=1e-12, abs=1e-12)
    assert abs(found.slope - numerical) < 1e-5 * size


DOMAINS = {"arcsin": 0.4, "arccos": -0.4, "arctanh": 0.4, "arccosh": 1.7}
FUNCTIONS = (*RULES, "square", "reciprocal", "fabs", "conjugate", "negative")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_have_the_slope_of_differences(name: str) -> None:
    function, value = getattr(np, name), DOMAINS.get(name, 0.8)
    found = function(_array((value, 1.5)))[0]
    assert found.value == function(value)
    assert found.slope == pytest.approx(_central(function, (value,), (1.5,)), rel=1e-8)


def test_a_wrong_slope_is_seen_by_these_differences() -> None:
    assert 1.01 * np.exp(_array((0.8, 1.5)))[0].slope != pytest.approx(_central(np.exp, (0.8,), (1.5,)), rel=1e-8)


@pytest.mark.parametrize("value", [-400.0, -20.0, 20.0, 400.0])
def test_the_slope_of_tanh_keeps_its_digits_in_the_tails(value: float) -> None:
    """1 − tanh² would be 0 from 19 on."""
    e = np.exp(-2 * abs(value))
    assert Dual(value, 1.0).tanh().slope == pytest.approx(4 * e / (1 + e) ** 2, rel=1e-14)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("function", "value"),
    [
        (np.log, -1.0),
        (np.sqrt, -1.0),
        (np.arcsin, 2.0),
        (lambda x: x**0.5, -4.0),
        (lambda x: x ** (1 / 3), -8.0),
        (lambda x: (x - x) / (x - x), 1.0),
    ],
)
def test_outside_the_domain_is_nan_as_numpy_has_it(function: Callable[[Any], Any], value: float) -> None:
    """math would raise, and Python's power would be complex."""
    assert isnan(function(_array((value, 1.0)))[0].value)


@pytest.mark.parametrize(
    ("function", "value"),
    [(lambda x: 1 / x, 0.0), (np.exp, 1e4), (lambda x: x**400, 10.0), (lambda x: -np.log(x), 0.0)],
)
def test_too_large_is_infinite_as_numpy_has_it(function: Callable[[Any], Any], value: float) -> None:
    assert function(_array((value, 1.0)))[0].value == inf


def test_powers_at_zero() -> None:
    zero = Dual(0.0, 1.0)
    assert [(zero**n).slope for n in (0, 1, 2)] == [0, 1, 0]
    assert (zero**0.5).slope == inf
    assert (zero ** Dual(2.0, 1.0)).slope == 0


@pytest.mark.parametrize(
    "conversion",
    [
        float,
        int,
        complex,
        bool,
        round,
        lambda x: [0][x],
        np.float64,
        lambda x: np.array([x], dtype=float),
        lambda x: np.zeros(1).__setitem__(0, x),
        lambda x: _array((1.0, 1.0)).astype(np.float32),
        lambda x: x + 1j,
        lambda x: {x},
        lambda x: f"{x:.3f}",
        lambda x: np.add(np.zeros(1), _array((1.0, 1.0)), out=np.zeros(1)),
    ],
)
def test_what_would_drop_the_slope_is_refused(conversion: Callable[[Any], Any]) -> None:
    with pytest.raises((NotAvailable, TypeError)):
        conversion(Dual(1.0, 1.0))


def test_a_refusal_is_not_forgotten_when_it_is_caught() -> None:
    """A forward with its own except clause must not turn a refusal into a number."""

    def picky(x: Any) -> Any:
        with suppress(Exception):
            return float(x)
        return 0.0

    with pytest.raises(NotAvailable, match="would drop the derivative"):
        attempt("forward", picky, Dual(1.0, 1.0))


def test_what_the_caller_raises_becomes_the_reason() -> None:
    def broken(x: Any) -> Any:
        raise KeyError("W")

    with pytest.raises(NotAvailable, match="forward does not take these numbers: KeyError: 'W'"):
        attempt("forward", broken, Dual(1.0, 1.0))


def test_numpy_scalars_of_every_width_mix_in() -> None:
    for code in "bBhHiIlLqQefd?":
        two = np.dtype(code).type(1)
        for result in (Dual(3.0, 1.0) * two, two * Dual(3.0, 1.0), Dual(3.0, 1.0) / two):
            assert (type(result), type(result.value), result.value, result.slope) == (Dual, float, 3.0, 1.0)


def test_float32_constants_do_not_narrow_the_value() -> None:
    assert (Dual(0.1, 1.0) + np.float32(0)).value == 0.1


@pytest.mark.parametrize("other", [None, "a", 1j, [1.0], object()], ids=lambda one: type(one).__name__)
def test_what_is_no_real_number_does_not_mix_in(other: object) -> None:
    with pytest.raises((NotAvailable, TypeError)):
        Dual(1.0, 1.0) * other  # type: ignore[operator]
    with pytest.raises((NotAvailable, TypeError)):
        _ = Dual(1.0, 1.0) > other
    with pytest.raises((NotAvailable, TypeError)):
        Dual.lift(other)


def test_comparisons_tell_how_near_the_branch_is(run: Run) -> None:
    x = Dual(3.0, -0.5)
    assert x > 2.0
    assert run.relative == pytest.approx(1 / 5)
    assert run.steps == pytest.approx(2.0)
    assert x < Dual(3.25, 2.0)
    assert run.relative == pytest.approx(0.25 / 6.25)
    assert run.steps == pytest.approx(0.1)
    assert run.ties == 0


def test_values_that_stay_equal_do_not_tie(run: Run) -> None:
    x = Dual(3.0, -0.5)
    assert x == x
    assert x >= Dual(3.0, -0.5)
    assert run.ties == 0


@pytest.mark.parametrize(
    ("side", "slope", "kept"), [(0, 2.0, 2.0), (1, 2.0, 2.0), (-1, 2.0, 0.0), (1, -2.0, 0.0), (-1, -2.0, -2.0)]
)
def test_a_tie_goes_the_way_of_the_side(side: int, slope: float, kept: float) -> None:
    """max(x, 0) at 0 is x where x is about to rise, coming or going."""
    with running(Run(100, side)) as run:
        found = np.maximum(_array((0.0, slope)), 0.0)
    assert Dual.lift(found[0]).slope == kept
    assert run.ties == 1


@pytest.mark.parametrize(("side", "floor", "rint"), [(0, 2.0, 2.0), (1, 2.0, 3.0), (-1, 1.0, 2.0)])
def test_a_step_goes_the_way_of_the_side(side: int, floor: float, rint: float) -> None:
    with running(Run(100, side)) as run:
        assert np.floor(_array((2.0, 1.0)))[0].value == floor
        assert np.rint(_array((2.5, 1.0)))[0].value == rint
    assert run.ties == 2


def test_steps_tell_how_near_they_are(run: Run) -> None:
    np.floor(_array((2.25, 0.5)))
    assert run.steps == pytest.approx(0.5)
    assert run.ties == 0


def test_the_branch_cut_of_arctan2_ties(run: Run) -> None:
    np.arctan2(_array((0.0, 1.0)), -1.0)
    assert run.ties == 1


@pytest.mark.parametrize("function", [np.max, np.sort, lambda x: np.maximum(x, 0.0), lambda x: np.where(x > 0, x, 1.0)])
def test_a_comparison_with_nan_is_noticed(function: Callable[[Any], Any], run: Run) -> None:
    """np.maximum(nan, 0) is NaN for floats and may be 0 for objects."""
    function(_array((np.nan, 1.0), (1.0, 1.0)))
    assert run.lost


def test_a_tie_between_unknown_slopes_is_noticed(run: Run) -> None:
    assert not Dual(0.0, np.nan) > 0.0
    assert run.lost


def test_too_much_work_is_refused() -> None:
    with running(Run(50)), pytest.raises(NotAvailable, match="more than 50 operations"):
        _ = _array(*[(1.0, 1.0)] * 51) * 2


def test_runs_do_not_meet_across_threads() -> None:
    """A forward that starts threads fails loudly: its comparisons would be recorded nowhere."""
    caught: list[BaseException] = []

    def work() -> None:
        try:
            _ = Dual(1.0, 1.0) > 0
        except LookupError as error:
            caught.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert len(caught) == 1


def test_a_run_ends_with_its_context(run: Run) -> None:
    with running(Run(1)) as inner:
        assert current() is inner
    assert current() is run


def test_numbers_survive_copies() -> None:
    for twin in (copy.deepcopy(Dual(1.0, 2.0)), pickle.loads(pickle.dumps(Dual(1.0, 2.0)))):
        assert (twin.value, twin.slope) == (1.0, 2.0)
    assert repr(Dual(1.0, 2.0)) == "Dual(1.0, …)"


def test_arrays_lift_plain_numbers_before_a_method_is_asked_for() -> None:
    mixed = np.maximum(_array((1.0, 1.0), (-1.0, 1.0)), 0)
    assert type(mixed[1]) is int
    assert [one.slope for one in np.exp(mixed)] == [np.exp(1.0), 0.0]


def test_arrays_stay_themselves_through_numpy() -> None:
    x = _array((1.0, 1.0), (2.0, 1.0))
    for found in (x + 1, np.concatenate([x, x]), np.where(x > 1, x, 0), x.sum(keepdims=True), np.split(x, 2)[0], x[:1]):
        assert type(found) is type(x)


def test_in_place_operations_return_their_array() -> None:
    x = _array((1.0, 1.0))
    before = x
    x += 1
    assert x is before
    assert x[0].value == 2.0
    assert np.add(x, x, out=before) is before


def test_a_hole_that_numpy_leaves() -> None:
    """logical_or.reduce of a bare object array with one entry returns that entry, where floats give True.

    It asks the entry nothing, so nothing can refuse. Only np.asarray makes bare arrays; where such a truth value is
    then multiplied, the slope is wrong. The ladder disagrees, and an oracle that disagrees with it is not admitted.
    """
    bare = np.asarray(_array((2.0, 1.0)))
    assert type(np.logical_or.reduce(bare)) is Dual
    assert isinstance(np.logical_or.reduce(_array((2.0, 1.0))), np.bool_)


def test_a_dense_layer_takes_less_than_a_millisecond() -> None:
    """8 samples, 4 inputs, 3 outputs; the best of ten, for the machine may be busy."""
    rng = np.random.Generator(np.random.SFC64(0))
    X, W = (numbers([Dual(float(v), 1.0) for v in rng.standard_normal(n * m)], (n, m)) for n, m in ((8, 4), (4, 3)))
    times = []
    for _ in range(10):
        start = time.perf_counter()
        np.tanh(X @ W + 1.0)
        times.append(time.perf_counter() - start)
    assert min(times) < 1e-3
