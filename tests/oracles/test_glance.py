"""A glance agrees with right claims and with no others, and says nothing where the function is not plainly smooth."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from nnverify._compare import DIFFERS
from nnverify.draws import generator
from nnverify.oracles.estimate import Estimate
from nnverify.oracles.glance import glance
from nnverify.oracles.line import Line
from nnverify.probe import exact_steps
from tests.oracles.families import FAMILIES, Family, truth

POINTS = 60


def _glance(function: Any, claimed: float, x: float = 0.0, u: float = 1.0) -> Estimate | None:
    return glance(Line(lambda t: np.atleast_1d(function(x + t * u))), np.ones(1), claimed, abs(claimed))


def _agrees(found: Estimate | None, claimed: float) -> bool:
    return found is not None and bool(abs(found.value[0] - claimed) <= found.error[0])


def _drawn(family: Family, point: int) -> tuple[float, float, Decimal]:
    rng = generator(0, "glance", family.name, point)
    x = rng.standard_normal() * rng.choice([0.1, 1.0, 3.0])
    u = float(exact_steps(np.asarray(x), np.asarray(x * rng.uniform(0.5, 1.0) * rng.choice([-1.0, 1.0]))))
    return x, u, truth(family, x, u)


CASES = [(one, *_drawn(one, point)) for one in FAMILIES if one.name != "quantised" for point in range(POINTS)]


def test_right_claims_are_agreed_with_and_the_bar_covers() -> None:
    agreed = 0
    for family, x, u, true in CASES:
        found = _glance(family.function, float(true), x, u)
        if found and _agrees(found, float(true)):
            agreed += 1
            assert abs(Decimal(float(found.value[0])) - true) <= Decimal(float(found.error[0])), family.name
    assert agreed > 0.95 * len(CASES)


def test_right_claims_are_not_said_to_be_wrong() -> None:
    """A layer of many saturated units: the corrections shrink, and not as fast as those of one."""
    x, W = np.random.default_rng(0).standard_normal((60, 8)), np.random.default_rng(1).standard_normal((8, 40))
    for seed in range(40):
        w, u = np.random.default_rng([2, seed]).standard_normal((60, 40)), np.random.default_rng([3, seed])
        dx, dW = u.uniform(-1, 1, x.shape), u.uniform(-1, 1, W.shape)
        claimed = float(np.sum(w * (1 - np.tanh(x @ W) ** 2) * (dx @ W + x @ dW)))

        def along(t: float, w: Any = w, dx: Any = dx, dW: Any = dW) -> float:
            return float(np.sum(w * np.tanh((x + t * dx) @ (W + t * dW))))

        found = _glance(along, claimed)
        assert found is None or abs(found.value[0] - claimed) <= DIFFERS * found.error[0]


@pytest.mark.parametrize("factor", [1 + 1e-9, 1 - 1e-7, 1.001, 2.0, -1.0, 0.0])
def test_no_wrong_claim_is_agreed_with_finely(factor: float) -> None:
    for family, x, u, true in CASES:
        claimed = factor * float(true)
        if found := _glance(family.function, claimed, x, u):
            fine = found.error[0] < abs(claimed - float(true)) / 2
            assert not (fine and _agrees(found, claimed)), (family.name, x)


def test_what_large_steps_refuse_is_not_lost_in_the_noise_of_small_ones() -> None:
    refused = 0
    for family, x, u, true in CASES:
        claimed, size = (1 + 1e-9) * float(true), abs(float(true))
        right, wrong = _glance(family.function, float(true), x, u), _glance(family.function, claimed, x, u)
        if right and _agrees(right, float(true)) and right.error[0] < 1e-11 * size:
            refused += 1
            assert not _agrees(wrong, claimed), (family.name, x)
    assert refused > len(CASES) / 2


@pytest.mark.parametrize("seed", range(10))
def test_kinks_on_the_way_are_passed_by_smaller_steps(seed: int) -> None:
    """Of 20,000 units some have one near any of the large steps."""
    z, dz, w = np.random.default_rng(seed).standard_normal((3, 20_000))
    terms = w * (z > 0) * dz
    size = float(np.linalg.norm(terms))
    line = Line(lambda t: np.maximum(z + t * dz, 0), sums=[w])
    found = glance(line, w, float(np.sum(terms)), size)
    assert found is not None
    assert _agrees(found, float(np.sum(terms)))
    assert found.error[0] < 1e-6 * size
    assert found.evaluations <= 24
    for wrong in (np.sum(terms) + 1e-5 * size, 1.01 * np.sum(terms), -np.sum(terms)):
        assert not _agrees(glance(line, w, float(wrong), size), float(wrong))


UNSMOOTH = {
    "the mean slope at a kink": (lambda x: np.maximum(x, 0) + np.sin(x), 1.5),
    "one slope at a kink": (lambda x: np.maximum(x, 0) + np.sin(x), 1.0),
    "abs": (lambda x: np.abs(x) + x, 1.0),
    "a jump": (lambda x: (x > 0) + np.sin(x), 1.0),
    "a root": (lambda x: np.sqrt(np.abs(x)) + x, 1.0),
    "a kink between the steps and the point": (lambda x: np.maximum(x - 1e-6, 0) + np.sin(x), 1.5),
    "a domain that ends": (lambda x: np.where(x > -1e-8, np.exp(x), np.nan), 1.0),
    "a pole": (lambda x: np.log(np.abs(x + 1e-11)), 1e11),
    "stairs, straight through": (lambda x: np.rint(x * 2.0**30) / 2.0**30, 1.0),
    "a short wave, left out": (lambda x: np.exp(x) + 1e-9 * np.sin(1e9 * x), 1.0),
    "noise": (lambda x: np.exp(x) + 1e-9 * np.sin(1e30 * x), 1.0),
    "float32 on the way": (lambda x: np.float64(np.float32(np.exp(x))), 1.0),
}


@pytest.mark.parametrize(("function", "claimed"), UNSMOOTH.values(), ids=UNSMOOTH)
def test_what_is_not_plainly_smooth_is_not_agreed_with(function: Any, claimed: float) -> None:
    """Not even where the claim is right: the ladder has the means to tell."""
    assert not _agrees(_glance(function, claimed), claimed)


def test_a_claim_that_is_clearly_wrong_is_said_to_be() -> None:
    """Else the steps of a whole ladder would go to waste on it."""
    found = _glance(np.exp, 1 + 1e-9)
    assert found is not None
    assert abs(found.value[0] - 1) <= found.error[0] < 1e-9 / DIFFERS


@pytest.mark.parametrize("frequency", [12.0, 16.0])
def test_where_three_steps_nearly_do_a_fourth_does(frequency: float) -> None:
    """Nine values with that at the point; smaller steps would cost four more, and have a hundred times the noise."""
    claimed = frequency * np.cos(0.3)
    found = _glance(lambda t: np.sin(frequency * t + 0.3), claimed)
    assert found is not None
    assert _agrees(found, claimed)
    assert (found.evaluations, bool(found.error[0] < 1e-12 * claimed)) == (9, True)
