"""The complex step is right within its bar where forwards are analytic; where it lies, the ladder says so."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from nnverify import Outcome, check_gradients
from nnverify.draws import generator
from nnverify.numbers.run import NotAvailable
from nnverify.oracles.complex_step import complex_step
from nnverify.oracles.estimate import Estimate, Status
from nnverify.oracles.ladder import ladder
from nnverify.probe import along, direction, probe
from nnverify.subject import Leaf, Subject
from tests.oracles.families import FAMILIES, truth
from tests.oracles.layers import RIGHT, WRONG
from tests.subjects import subject

ONE = np.ones(1)
ANALYTIC = [family for family in FAMILIES if family.name != "power of itself"]  # that one has an |x|
LYING = {"layer norm by var", "layer norm by powers", "batch norm"}  # var takes the modulus
REFUSED = {"sigmoid", "logaddexp"}  # an |x| as the last thing, and no loop for complex numbers


def _of(function: Callable[[Any], Any], x: Any, u: Any = 1.0, upstream: Any = ONE) -> Estimate:
    made = subject(function, lambda dout, x: {"x": dout}, x=x)
    return complex_step(made, {"x": np.asarray(u, dtype=float)}, upstream)


def test_bar_covers_the_true_error_of_analytic_functions() -> None:
    """Measured: all of 1,520."""
    missed = []
    for family in ANALYTIC:
        for point in range(80):
            rng = generator(0, family.name, point)
            x, u = float(rng.standard_normal() * rng.choice([0.1, 1.0, 3.0])), float(rng.standard_normal())
            found = _of(family.function, x, u)
            if not abs(float(Decimal(float(found.value[0])) - truth(family, x, u))) <= found.error[0]:
                missed.append((family.name, x, u))
    assert missed == []


@pytest.mark.parametrize("slope", [2.0, 1 + 1e-12, 0.0, -1.0])
def test_a_wrong_slope_is_outside_the_bar(slope: float) -> None:
    found = _of(np.exp, 0.0)
    assert abs(slope - found.value[0]) > 3 * found.error[0]


def _both(made: Subject) -> tuple[float, Estimate, Estimate]:
    """Backward, complex step and ladder along one random direction through all leaves."""
    one = probe(made, 0, 0)
    u = {leaf.name: direction(made, leaf, 0, 0) for leaf in made.targets()}
    backward = sum(float(np.sum(np.asarray(one.gradients[name]) * step)) for name, step in u.items())
    return backward, complex_step(made, u, one.upstream), ladder(along(made, u, one), one.upstream)


def _agree(one: Estimate, two: Estimate) -> bool:
    return bool(abs(one.value[0] - two.value[0]) <= one.error[0] + two.error[0])


@pytest.mark.parametrize("name", [name for name in RIGHT if name not in LYING | REFUSED])
def test_right_layers_agree(name: str) -> None:
    backward, found, numerical = _both(RIGHT[name])
    assert _agree(found, numerical)
    assert abs(backward - found.value[0]) <= found.error[0] < 1e-11


@pytest.mark.parametrize("name", sorted(LYING))
def test_where_it_lies_the_ladder_says_so(name: str) -> None:
    """Why the caller admits it only where the two agree."""
    _, found, numerical = _both(RIGHT[name])
    assert not _agree(found, numerical)


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_returns_real_numbers_is_refused(name: str) -> None:
    with pytest.raises(NotAvailable):
        _both(RIGHT[name])


@pytest.mark.parametrize("name", [name for name in WRONG if not name.startswith(("batch norm", "sigmoid"))])
def test_mistakes_are_far_outside_the_bar(name: str) -> None:
    backward, found, _ = _both(WRONG[name])
    assert abs(backward - found.value[0]) > 1e6 * found.error[0]


@pytest.mark.parametrize(
    "function",
    [
        np.abs,
        np.linalg.norm,
        np.var,
        np.std,
        lambda x: np.conj(x) * x,
        lambda x: np.vdot(x, x),
        lambda x: x * np.abs(x),
    ],
    ids=["abs", "norm", "var", "std", "conj", "vdot", "product"],
)
def test_functions_that_are_not_analytic_are_refused_or_the_ladder_objects(function: Callable[[Any], Any]) -> None:
    """The list of the module: none of these may be believed."""
    made = subject(function, lambda dout, x: {"x": dout}, x=np.array([0.5, -2.0, 1.5]))
    one, u = probe(made, 0, 0), {"x": np.array([1.0, 0.5, -0.25])}
    try:
        found = complex_step(made, u, one.upstream)
    except NotAvailable:
        return
    numerical = ladder(along(made, u, one), one.upstream)
    assert not _agree(found, numerical)


@pytest.mark.parametrize("seed", range(5))
def test_the_slope_that_sign_has_for_complex_numbers_is_believed_by_no_check(seed: int) -> None:
    """The ladder of a function that only jumps has a bar as wide as the next jump is high."""
    found = check_gradients(np.sign, lambda dout, x: dout / np.abs(x), x=np.array([0.5, -2.0, 1.5]), seed=seed)
    assert found.outcome is Outcome.FAIL


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (np.abs, "an output is real"),
        (lambda x: np.zeros(2).__setitem__(slice(None), x), "ComplexWarning"),
        (lambda x: x.astype(float), "ComplexWarning"),
        (lambda x: np.logaddexp(x, 0), "forward does not take these numbers: TypeError"),
        (lambda x: {}["key"], "forward does not take these numbers: KeyError"),
    ],
    ids=["real", "buffer", "cast", "logaddexp", "raises"],
)
def test_what_does_not_go_through_says_why(function: Callable[[Any], Any], reason: str) -> None:
    with pytest.raises(NotAvailable, match=reason):
        _of(function, np.array([0.5, -2.0]), [1.0, 1.0], np.ones(2))


@pytest.mark.parametrize(("function", "x"), [(np.reciprocal, 0.0), (np.log, -1.0), (np.sqrt, -1.0), (np.arcsin, 2.0)])
def test_a_point_outside_the_domain_is_said_to_be(function: Callable[[Any], Any], x: float) -> None:
    """Complex numbers have a logarithm of −1; the caller's floats have none."""
    found = _of(function, x)
    assert (found.status, found.error[0]) == (Status.DOMAIN, np.inf)


def test_warnings_are_as_they_were_afterwards() -> None:
    before = warnings.filters[:]
    _of(np.exp, 0.0)
    assert warnings.filters == before


def test_outputs_by_themselves_and_leaves_that_are_constants() -> None:
    def forward(x: Any, c: Any, k: Any) -> Any:
        c += 1
        return x * c, x[k]

    leaves = (Leaf("x", np.array([1.0, 2.0])), Leaf("c", np.array([3.0, 4.0])), Leaf("k", 1, False))
    made = Subject("several", leaves, lambda *values: (forward(*values), None), forward)  # type: ignore[arg-type,return-value]
    found = complex_step(made, {"x": np.array([1.0, -1.0])})
    assert found.value.tolist() == [4.0, -5.0, -1.0]
    assert leaves[1].value.tolist() == [3.0, 4.0]


def test_float32_leaves_are_differentiated_in_float64() -> None:
    found = _of(np.tanh, np.array([0.1], dtype=np.float32), [1.0])
    assert found.value[0] == pytest.approx(1 / np.cosh(np.float64(np.float32(0.1))) ** 2, rel=1e-15)
