"""The exact oracle proves right backwards, refuses mistakes, and says where it cannot speak."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nnverify.conventions.formula import Drawn, draw_float, subjects
from nnverify.draws import generator
from nnverify.numbers.arrays import residues
from nnverify.numbers.uninterpreted import free
from nnverify.oracles.exact import State, exact
from nnverify.subject import Leaf, Subject
from tests.oracles.layers import RIGHT, WRONG
from tests.subjects import dense_with, subject

MODULES = ("calculus", "neuron", "batch", "activations", "two_layer", "delta", "dense")
FORMULAS = {one.identifier: one for name in MODULES for one in importlib.import_module(f"reference.{name}").FORMULAS}


@pytest.mark.parametrize("name", RIGHT)
def test_right_layers_are_proved(name: str) -> None:
    found = exact(RIGHT[name])
    assert (found.state, found.differing, found.reason) == (State.PROVED, (), "")


@pytest.mark.parametrize("name", WRONG)
def test_mistakes_are_refused(name: str) -> None:
    found = exact(WRONG[name])
    assert found.state is State.DIFFERS
    assert len(found.differing) >= 1


@pytest.mark.parametrize("seed", range(20))
def test_the_answer_does_not_depend_on_the_draw(seed: int) -> None:
    assert exact(RIGHT["layer norm by powers"], seed=seed).state is State.PROVED
    assert exact(WRONG["layer norm without variance"], seed=seed).state is State.DIFFERS


@pytest.mark.parametrize("leaf", ["X", "W", "b"])
def test_the_leaf_that_differs_is_named(leaf: str) -> None:
    assert exact(dense_with(**{leaf: lambda d: d * 2})).differing == (leaf,)


def test_two_leaves_that_differ_are_both_named() -> None:
    assert exact(dense_with(W=lambda d: -d, b=lambda d: d / 4)).differing == ("W", "b")


@pytest.mark.parametrize("factor", [1 + 1e-15, 1 + 2.0**-52, 1e-300])
def test_no_mistake_is_too_small(factor: float) -> None:
    """What no difference and no float could show: there is no tolerance."""
    assert exact(dense_with(W=lambda d: d * factor)).differing == ("W",)
    assert exact(dense_with(b=lambda d: d + 1e-300)).differing == ("b",)


def _with_f(backward: Callable[..., Any]) -> Subject:
    """f(xW) summed, for an f of which nothing is known but its derivative."""
    f, df = free("f"), free("df")
    x, W = generator(0, "x").standard_normal((2, 3)), generator(0, "W").standard_normal((3, 3))
    return subject(lambda x, W: f(x @ W), lambda dout, x, W: backward(dout, x, W, f, df), x=x, W=W)


def test_free_functions_stand_for_every_function() -> None:
    def right(dout: Any, x: Any, W: Any, f: Any, df: Any) -> dict[str, Any]:
        return {"x": (dout * df(x @ W)) @ W.T, "W": x.T @ (dout * df(x @ W))}

    def at_the_output(dout: Any, x: Any, W: Any, f: Any, df: Any) -> dict[str, Any]:
        return {"x": (dout * df(f(x @ W))) @ W.T, "W": x.T @ (dout * df(x @ W))}

    assert exact(_with_f(right)).state is State.PROVED
    assert exact(_with_f(at_the_output)).differing == ("x",)


def _drawn(formula: Any, seed: int) -> Drawn:
    """Every argument a symbol, of sizes 2, 3, 5 …, with two layers where there are layers; functions free."""
    sizes: dict[str, int] = {}

    def one(name: str, spec: str, layer: int) -> Any:
        if spec.startswith(("function", "derivative of ")):
            original = spec.removeprefix("derivative of ").removesuffix("[l]")
            return free(f"{name}{layer}" if spec.startswith("function") else f"d{original}{layer}")
        for mark, number in (("[l-1]", layer - 1), ("[l]", layer), ("[0]", 0), ("[-1]", 2)):
            spec = spec.replace(mark, str(number))
        shape = tuple(1 if word == "1" else sizes.setdefault(word, len(sizes) + 2) for word in spec.split())
        rng = generator(seed, formula.identifier, name, layer)
        return residues(rng.standard_normal(shape), rng)[()]

    def value(name: str, spec: str) -> Any:
        return tuple(one(name, spec, layer) for layer in (1, 2)) if "[l]" in spec else one(name, spec, 1)

    return Drawn(tuple(value(name, spec) for name, spec in formula.arguments.items()), sizes)


@pytest.mark.parametrize("form", ["jacobian", "index", "vector"])
@pytest.mark.parametrize("identifier", FORMULAS)
def test_all_formulas_are_proved_for_all_values_and_functions(identifier: str, form: str) -> None:
    """The loss, and the output under any upstream: not at points, but as identities."""
    formula = FORMULAS[identifier]
    for one in subjects(formula, getattr(formula, form), _drawn(formula, 0)):
        assert exact(one).state is State.PROVED


@pytest.mark.parametrize("identifier", FORMULAS)
def test_a_formula_doubled_is_refused(identifier: str) -> None:
    formula = FORMULAS[identifier]

    def doubled(*values: Any) -> Any:
        found = formula.vector(*values)
        return tuple(2 * part for part in found) if isinstance(found, tuple | list) else 2 * found

    for one in subjects(formula, doubled, _drawn(formula, 0)):
        found = exact(one)
        assert found.state is State.DIFFERS or found.zero


@pytest.mark.parametrize("identifier", ["activations.tanh", "activations.sigmoid", "activations.dz", "two_layer.dW1"])
def test_formulas_with_numerical_arguments_are_not_accused(identifier: str) -> None:
    """The subjects of the numerical check: constants in floats may round, which is a mismatch and never an error."""
    formula = FORMULAS[identifier]
    for one in subjects(formula, formula.vector, draw_float(formula, 0, generator(0, identifier))):
        assert exact(one).state in (State.PROVED, State.DIFFERS)


@pytest.mark.parametrize(
    ("backward", "state"),
    [
        (lambda dout, x: {"x": dout * (0.1 * x + 0.2 * x)}, State.PROVED),
        (lambda dout, x: {"x": dout * 0.3 * x}, State.DIFFERS),
        (lambda dout, x: {"x": dout * (0.1 + 0.2) * x}, State.DIFFERS),
    ],
    ids=["the same constants", "rounded by hand", "rounded by Python"],
)
def test_constants_that_agree_only_in_rounding_differ(backward: Callable[..., Any], state: State) -> None:
    """Right to the last bits, and no identity: why a mismatch alone must not be called a failure."""
    made = subject(lambda x: 0.1 * x * x + 0.05 * x * x, backward, x=np.array([0.7, 1.3]))
    assert exact(made).state is state


def test_constant_leaves_are_exact_rationals() -> None:
    """A product of two constants is rounded where both are floats; here neither is."""
    c, d = np.array([0.1, 0.7]), np.array([0.3, 1.1])

    def run(x: Any, c: Any, d: Any) -> Any:
        return c * (x * d), lambda dout: {"x": dout * (c * d)}

    leaves = (Leaf("x", np.array([1.0, 2.0])), Leaf("c", c, False), Leaf("d", d, False))
    assert exact(Subject("scaled", leaves, run, lambda *values: run(*values)[0])).state is State.PROVED


def test_labels_are_constants_and_sum_to_one() -> None:
    """p − y is the gradient only because Σ y = 1: the labels must not become symbols."""

    def run(x: Any, y: Any) -> Any:
        e = np.exp(x)
        p = e / e.sum()
        return -(y * np.log(p)).sum(), lambda dout: {"x": dout * (p - y)}

    for y, state in (([0.0, 1.0, 0.0], State.PROVED), ([0.0, 1.0, 0.5], State.DIFFERS)):
        leaves = (Leaf("x", np.array([0.1, 0.5, -1.0])), Leaf("y", np.array(y), False))
        assert exact(Subject("loss", leaves, run, lambda *values: run(*values)[0])).state is state


def test_a_branch_that_the_point_is_not_in_is_not_proved() -> None:
    """One cell at a time: the mistake right of 2 is found by a point right of 2."""

    def backward(dout: Any, x: Any) -> dict[str, Any]:
        return {"x": dout * (1.0 * (x > 0) + (x > 2))}

    made = [subject(lambda x: np.maximum(x, 0), backward, x=np.array([value])) for value in (1.0, 3.0)]
    assert [exact(one).state for one in made] == [State.PROVED, State.DIFFERS]


def test_the_proof_holds_far_from_the_point() -> None:
    """At x = 1 both sides are 2: no point check at 1 tells x² from x³ − x + 1, the field does."""
    made = subject(lambda x: x**3 - x, lambda dout, x: {"x": dout * 2 * x}, x=np.array([1.0]))
    assert exact(made).state is State.DIFFERS


def test_gradients_that_are_zero_are_named() -> None:
    def run(x: Any, y: Any) -> Any:
        return np.maximum(x, 0) + y, lambda dout: {"x": dout * (x > 0), "y": dout}

    leaves = (Leaf("x", np.array([-1.0, -2.0])), Leaf("y", np.array([1.0, 2.0])))
    found = exact(Subject("dead", leaves, run, lambda *values: run(*values)[0]))
    assert (found.state, found.zero) == (State.PROVED, ("x",))


def test_unit_outputs_have_an_upstream_of_one() -> None:
    """A penalty whose gradient the backward adds by itself, whatever the upstream."""

    def run(x: Any) -> Any:
        return (x * x, (3 * x).sum()), lambda dout: {"x": dout[0] * 2 * x + 3}

    leaves, forward = (Leaf("x", np.array([1.0, 2.0])),), lambda x: run(x)[0]
    assert exact(Subject("penalty", leaves, run, forward, unit_outputs=1)).state is State.PROVED
    assert exact(Subject("penalty", leaves, run, forward)).state is State.DIFFERS


def test_integer_leaves_stay_integers() -> None:
    def run(E: Any, index: Any) -> Any:
        def pullback(dout: Any) -> dict[str, Any]:
            dE = np.zeros_like(E)
            np.add.at(dE, index, dout)
            return {"E": dE}

        return E[index], pullback

    leaves = (Leaf("E", np.eye(3)), Leaf("index", np.array([2, 0, 2]), False))
    assert exact(Subject("embedding", leaves, run, lambda *values: run(*values)[0])).state is State.PROVED


def test_scalars_and_tuples_go_through() -> None:
    def run(x: Any, b: Any) -> Any:
        return (x * b, b * b), lambda dout: {"x": dout[0] * b, "b": (dout[0] * x).sum() + 2 * dout[1] * b}

    leaves = (Leaf("x", np.array([1.0, 2.0])), Leaf("b", 0.5))
    assert exact(Subject("scaled", leaves, run, lambda *values: run(*values)[0])).state is State.PROVED


ONE_X = {"x": np.array([0.5, 2.0])}
UNAVAILABLE: dict[str, tuple[Subject, str]] = {
    "buffer in forward": (
        subject(lambda x: np.zeros(2).__setitem__(0, x[0]), lambda dout, x: {"x": x}, **ONE_X),
        "a float would drop the derivative",
    ),
    "buffer in backward": (
        subject(lambda x: x * x, lambda dout, x: {"x": np.add(2 * x * dout, 0, out=np.zeros(2))}, **ONE_X),
        "backward does not take these numbers: UFuncTypeError",
    ),
    "backward raises": (
        subject(lambda x: x * x, lambda dout, x: {}["x"], **ONE_X),
        "backward does not take these numbers: KeyError",
    ),
    "gradient missing": (
        subject(lambda x: x * x, lambda dout, x: {}, **ONE_X),
        "backward returns no dx shaped like x",
    ),
    "gradient misshaped": (
        subject(lambda x: x * x, lambda dout, x: {"x": 2 * dout[:1]}, **ONE_X),
        "backward returns no dx shaped like x",
    ),
    "a tie": (
        subject(lambda x: np.maximum(x, 0.5), lambda dout, x: {"x": dout * (x > 0.5)}, **ONE_X),
        "the point lies between two branches",
    ),
    "infinity": (
        subject(lambda x: x + np.array([0, -np.inf]), lambda dout, x: {"x": dout}, **ONE_X),
        "-inf has no residue",
    ),
    "forward not finite": (
        subject(lambda x: np.log(-x), lambda dout, x: {"x": dout / x}, **ONE_X),
        "forward is not finite at this point",
    ),
    "backward not finite": (
        subject(lambda x: x * x, lambda dout, x: {"x": dout * 2 * x * np.exp(1e3 * x) / np.exp(1e3 * x)}, **ONE_X),
        "backward is not finite at this point",
    ),
    "division by zero": (
        subject(lambda x: 1 / (x - x), lambda dout, x: {"x": dout}, **ONE_X),
        "division by zero, in 6 draws",
    ),
    "text": (subject(lambda x: "text", lambda dout, x: {"x": dout}, **ONE_X), "str is no real number"),
}


@pytest.mark.parametrize("name", UNAVAILABLE)
def test_what_does_not_go_through_says_why(name: str) -> None:
    made, reason = UNAVAILABLE[name]
    found = exact(made)
    assert found.state is State.UNAVAILABLE
    assert reason in found.reason


def test_the_budget_can_be_set() -> None:
    made = subject(lambda x: x * x, lambda dout, x: {"x": 2 * x * dout}, x=np.ones(10))
    assert exact(made, budget=30).state is State.PROVED
    assert exact(made, budget=29).reason == "it takes more than 29 operations"


def test_a_nested_root_is_drawn_again() -> None:
    """√(1 + √x) has no root for every other draw."""

    def run(x: Any) -> Any:
        inner = np.sqrt(x)
        outer = np.sqrt(1 + inner)
        return outer, lambda dout: {"x": dout / (4 * outer * inner)}

    made = Subject("nested", (Leaf("x", np.array([2.0])),), run, lambda x: run(x)[0])
    found = [exact(made, seed=seed) for seed in range(8)]
    assert {one.state for one in found} == {State.PROVED}
    assert max(one.draws for one in found) > 1


def test_signs_of_roots_are_left_to_the_numerical_check() -> None:
    """√x·√y against √(xy): equal for positive numbers, up to the sign in a field; some draw has the sign right."""

    def run(x: Any, y: Any) -> Any:
        return np.sqrt(x) * np.sqrt(y), lambda dout: {
            "x": dout * np.sqrt(x * y) / (2 * x),
            "y": dout * np.sqrt(x * y) / (2 * y),
        }

    leaves = (Leaf("x", np.array(2.0)), Leaf("y", np.array(3.0)))
    states = {exact(Subject("roots", leaves, run, lambda *v: run(*v)[0]), seed=seed).state for seed in range(8)}
    assert states == {State.PROVED}


def test_the_leaves_are_not_written_to() -> None:
    def run(x: Any) -> Any:
        before = x.copy()
        x *= x
        return x, lambda dout: {"x": dout * 2 * before}

    leaf = Leaf("x", np.array([1.0, 2.0]))
    assert exact(Subject("in place", (leaf,), run, lambda x: run(x)[0])).state is State.PROVED
    assert leaf.value.tolist() == [1.0, 2.0]
