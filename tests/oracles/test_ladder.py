"""The ladder's bar covers its true error, is small, and says so where it cannot be."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from nnverify.draws import generator
from nnverify.oracles.estimate import Estimate, Status
from nnverify.oracles.ladder import ladder, sides
from nnverify.oracles.line import Line
from nnverify.probe import exact_steps
from tests.oracles.families import FAMILIES, Family, truth

POINTS, SEEDS = 40, range(4)


@dataclass(frozen=True)
class Case:
    """One ladder against the truth: error and bar in units of the function's and the derivative's size."""

    error: float
    bar: float

    @property
    def covered(self) -> bool:
        return self.error <= self.bar


def _case(family: Family, point: int, seed: int) -> Case:
    rng = generator(seed, family.name, point)
    x = rng.standard_normal() * rng.choice([0.1, 1.0, 3.0])
    u = float(exact_steps(np.asarray(x), np.asarray(x * rng.uniform(0.5, 1.0) * rng.choice([-1.0, 1.0]))))
    found = ladder(Line(lambda t: np.array([family.function(x + t * u)])))
    true = truth(family, x, u)
    natural = abs(float(true)) + abs(float(family.function(x)))
    error = abs(Decimal(float(found.value[0])) - true)
    return Case(float(error) / natural, float(found.error[0]) / natural)


@pytest.fixture(scope="module")
def cases() -> dict[str, list[Case]]:
    return {one.name: [_case(one, point, seed) for seed in SEEDS for point in range(POINTS)] for one in FAMILIES}


def test_bar_covers_the_true_error(cases: dict[str, list[Case]]) -> None:
    """The bar stands where others have a tolerance: where it is too narrow, a right gradient is accused."""
    everything = [case for family in cases.values() for case in family]
    missed = sum(not case.covered for case in everything)
    assert len(FAMILIES) >= 15
    assert len(everything) >= 3000
    assert missed <= len(everything) // 1000


def test_a_missed_error_is_less_than_three_bars(cases: dict[str, list[Case]]) -> None:
    """FAIL begins at three bars: even where the bar is missed, nobody is accused."""
    everything = [case for family in cases.values() for case in family]
    assert [case for case in everything if not case.covered and case.error > 3 * case.bar] == []


def test_median_bar_is_fine(cases: dict[str, list[Case]]) -> None:
    assert np.median([case.bar for family in cases.values() for case in family]) < 1e-12


@pytest.mark.parametrize("family", [family.name for family in FAMILIES if family.name != "quantised"])
def test_median_bar_of_every_family_is_fine(cases: dict[str, list[Case]], family: str) -> None:
    assert np.median([case.bar for case in cases[family]]) < 1e-11


def _of(function: object, x: float, u: float = 1.0, **options: float) -> Estimate:
    return ladder(Line(lambda t: np.atleast_1d(function(x + t * u))), **options)  # type: ignore[operator]


@pytest.mark.parametrize("slope", [2.0, 1 + 1e-9, 0.0, -1.0])
def test_a_wrong_slope_is_outside_the_bar(slope: float) -> None:
    """The oracle must be able to refuse: exp′(0) is 1 and nothing else."""
    found = _of(np.exp, 0.0)
    assert abs(slope - found.value[0]) > 3 * found.error[0]


@pytest.mark.parametrize(
    ("function", "slope"),
    [(lambda x: np.maximum(x, 0), 0.5), (np.abs, 0.0), (lambda x: np.maximum(x, 0) + np.sin(x), 1.5)],
    ids=["relu", "abs", "relu on sin"],
)
def test_a_kink_at_the_point_is_no_derivative(function: object, slope: float) -> None:
    """The central difference of |x| at 0 is exactly 0 at every step, and means nothing."""
    found = _of(function, 0.0)
    assert found.status is Status.KINK
    assert not found.error[0] < 1e-6


@pytest.mark.parametrize("bent", [np.abs, lambda x: np.maximum(x, 0) + np.exp(x)], ids=["abs", "relu on exp"])
def test_a_plain_kink_takes_no_smaller_steps(bent: object) -> None:
    found = _of(bent, 0.0)
    assert found.status is Status.KINK
    assert found.error[0] == np.inf
    assert found.evaluations <= 35


@pytest.mark.parametrize(
    ("function", "slope"),
    [(lambda x: np.abs(x) - np.abs(x - 2.0**-30), 1.0), (lambda x: np.sin(x) + np.abs(x - 1e-8), 0.0)],
    ids=["two kinks", "beside"],
)
def test_a_kink_that_only_the_finer_of_two_looks_has_is_none_of_those(function: object, slope: float) -> None:
    """What bends over the steps and not at the point, or at the point only, is looked at closely."""
    found = _of(function, 0.0)
    assert found.evaluations > 35
    assert found.status is Status.KINK or abs(found.value[0] - slope) <= found.error[0]


@pytest.mark.parametrize("distance", [0.2, 1e-2, 1e-4, 1e-6])
def test_a_kink_beside_the_point_is_stepped_over(distance: float) -> None:
    """Steps with the kink inside are left out, and the slope is exact below it."""
    found = _of(lambda x: np.maximum(x, 0) + x, distance)
    assert abs(found.value[0] - 2) <= found.error[0] < 1e-6


def test_a_random_function_has_a_wide_bar() -> None:
    rng = generator(0)
    found = _of(lambda x: np.sin(x) + 1e-3 * rng.standard_normal(), 0.5)
    assert abs(found.value[0] - np.cos(0.5)) <= found.error[0]
    assert found.error[0] > 1e-4


def test_noise_in_the_function_widens_the_bar() -> None:
    """Rounding of the output to float32 is noise like any other."""
    found = _of(lambda x: np.float64(np.float32(np.sin(x))), 0.5)
    assert abs(found.value[0] - np.cos(0.5)) <= found.error[0]
    assert 1e-9 < found.error[0] < 1e-4


def test_a_domain_edge_shrinks_the_steps() -> None:
    found = _of(np.log, 1e-3)
    assert abs(found.value[0] - 1e3) <= found.error[0] < 1e-6


def test_a_point_on_the_edge_of_the_domain_is_said_to_be() -> None:
    found = _of(np.sqrt, 0.0)
    assert found.status is Status.DOMAIN
    assert not found.error[0] < 1


def test_at_the_edge_of_the_domain_the_inner_side_tells_the_slope() -> None:
    found = _of(lambda x: np.where(x >= 0, np.exp(x), np.nan), 0.0)
    assert found.status is Status.DOMAIN
    assert abs(found.value[0] - 1) <= found.error[0] < 1e-8


@pytest.mark.parametrize(
    ("function", "status"),
    [
        (lambda x: np.maximum(x, 0), Status.KINK),
        (lambda x: np.maximum(x, 0) + 1e6 * x**2, Status.KINK),
        (lambda x: np.sqrt(np.abs(x)), Status.CUSP),
        (lambda x: (x > 0) * 1.0, Status.JUMP),
        (lambda x: (x > 0) + np.sin(x), Status.JUMP),
        (lambda x: np.where(x > 0, np.exp(x), np.nan), Status.DOMAIN),
        (np.exp, Status.SMOOTH),
    ],
    ids=["relu", "relu on a parabola", "root", "step", "step on sin", "open domain", "exp"],
)
def test_the_point_is_classified(function: object, status: Status) -> None:
    assert _of(function, 0.0).status is status


@pytest.mark.parametrize(
    ("function", "below", "above"),
    [
        (lambda x: np.maximum(x, 0), 0.0, 1.0),
        (lambda x: np.abs(x) + np.sin(x), 0.0, 2.0),
        (lambda x: np.where(x > 0, np.exp(x), 1 + 0.1 * x), 0.1, 1.0),
    ],
    ids=["relu", "abs on sin", "leaky exp"],
)
def test_both_slopes_at_a_kink_are_known(function: object, below: float, above: float) -> None:
    low, high = sides(Line(lambda t: np.atleast_1d(function(t))))  # type: ignore[operator]
    assert abs(low.value[0] - below) <= low.error[0] < 1e-7
    assert abs(high.value[0] - above) <= high.error[0] < 1e-7


def test_a_power_without_a_series_has_a_wide_bar() -> None:
    """x^1.5 has slope 0 at its edge, and extrapolation in powers of h is wrong about it."""
    _, above = sides(Line(lambda t: np.array([t**1.5 if t >= 0 else np.nan])))
    assert abs(above.value[0]) <= above.error[0]
    assert not above.error[0] < 1e-5


def test_a_forward_that_raises_is_outside_its_domain() -> None:
    def picky(x: float) -> float:
        if x < 0.999:
            raise ValueError("too small")
        return x**2

    line = Line(lambda t: np.array([picky(1 + t)]))
    found = ladder(line)
    assert abs(found.value[0] - 2) <= found.error[0]
    assert str(line.trouble) == "too small"


@pytest.mark.parametrize("distance", [1e-9, 1e-10, 1e-11, 3e-12, 1e-12, 1e-13, 1e-14])
@pytest.mark.parametrize(
    ("function", "slope"),
    [
        (lambda d: np.log(np.abs(d)), lambda d: 1 / d),
        (lambda d: 1 / d, lambda d: -(d**-2)),
        (lambda d: d**-2, lambda d: -2 * d**-3),
    ],
    ids=["log", "1/x", "1/x²"],
)
def test_a_pole_closer_than_the_steps_is_no_smooth_point(function: Any, slope: Any, distance: float) -> None:
    """The function beyond the pole, and at wider steps on this side, has a slope; at the point it is another one."""
    found = ladder(Line(lambda t: np.atleast_1d(function(1 + t + distance - 1))), np.ones(1))
    assert abs(found.value[0] - slope(1 + distance - 1)) <= 3 * found.error[0]


@pytest.mark.parametrize("seed", range(8))
def test_stairs_of_any_height_hide_the_slope(seed: int) -> None:
    """Treads that slope one way, and stairs, wide and narrow, that lead the other."""
    rng = generator(seed)
    edges = np.cumsum(rng.exponential(1e-4, 20_000)) - 1
    heights = np.cumsum(rng.exponential(1e-4, 20_000) * rng.choice([0.5, 1.0, 4.0], 20_000))
    weights = np.ones(1)
    found = ladder(Line(lambda t: np.atleast_1d(heights[np.searchsorted(edges, t)] - 0.5 * t)), weights)
    assert found.error[0] > 0.1


@pytest.mark.parametrize("x", [0.5, -2.0, 1.5, 0.3, -0.01])
@pytest.mark.parametrize(
    "step", [np.sign, lambda x: (x > 0) * 7.0, lambda x: np.heaviside(x, 0.5)], ids=["sign", "7", "half"]
)
def test_one_jump_is_no_stairs(step: Any, x: float) -> None:
    found = ladder(Line(lambda t: np.atleast_1d(step(x + t * x))), np.ones(1))
    assert (found.value[0], found.status) == (0.0, Status.SMOOTH)
    assert found.error[0] < 1e-9


@pytest.mark.parametrize("large", [1e16, 1e17, 1e18])
def test_what_a_larger_value_absorbs_is_no_jump(large: float) -> None:
    """It moves again: the slope may be one that is not seen."""
    found = ladder(Line(lambda t: np.atleast_1d((large + (0.5 + 0.5 * t)) - large)), np.ones(1))
    assert found.error[0] >= 0.5


def test_constant_function_has_slope_zero() -> None:
    found = _of(lambda x: 0 * x + 7.0, 1.0)
    assert found.value[0] == 0
    assert found.error[0] < 1e-13


def test_outputs_are_judged_by_themselves() -> None:
    """A kink in one output must not widen the bar of another."""
    found = ladder(Line(lambda t: np.array([abs(t), np.sin(1 + t)])))
    assert not found.error[0] < 1e-6
    assert abs(found.value[1] - np.cos(1)) <= found.error[1] < 1e-11


def test_weights_make_one_derivative_of_all_outputs() -> None:
    found = ladder(Line(lambda t: np.array([np.exp(t), np.sin(t)])), np.array([2.0, -3.0]))
    assert found.value.shape == (1,)
    assert abs(found.value[0] + 1) <= found.error[0] < 1e-12


def test_ladder_stops_when_the_bar_is_as_small_as_wanted() -> None:
    coarse, fine = _of(np.exp, 0.0, wanted=1e-6), _of(np.exp, 0.0)
    assert coarse.evaluations < fine.evaluations <= 61
    assert coarse.error[0] <= 1e-6
