"""Every formula of reference/, and arguments to call it with; no test here draws its own."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from reference import activations, batch, calculus, delta, dense, neuron, two_layer
from reference.formula import Formula

DERIVATIONS = (calculus, neuron, batch, activations, two_layer, delta, dense)
FORMULAS = {formula.identifier: formula for module in DERIVATIONS for formula in module.FORMULAS}
TRANSCENDENTAL = {"activations.tanh", "activations.sigmoid"}
SIZES = {"m": 2, "n": 3, "p": 5, "q": 4, "n0": 4, "n1": 3, "n2": 5, "n[0]": 3, "n[1]": 4, "n[2]": 2}
DEPTH = 2


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "formula" in metafunc.fixturenames:
        metafunc.parametrize("formula", FORMULAS.values(), ids=FORMULAS)
    if "rational" in metafunc.fixturenames:
        rational = {name: formula for name, formula in FORMULAS.items() if name not in TRANSCENDENTAL}
        metafunc.parametrize("rational", rational.values(), ids=rational)
    if "derivation" in metafunc.fixturenames:
        metafunc.parametrize("derivation", DERIVATIONS, ids=lambda module: module.__name__.partition(".")[2])


@pytest.fixture
def formulas() -> dict[str, Formula]:
    return FORMULAS


@pytest.fixture
def fractions() -> Callable[[Formula], list[Any]]:
    """Arguments of Fractions, whose functions are f(z) = z² and f′(z) = 2z."""

    def arguments(formula: Formula) -> list[Any]:
        rng = np.random.default_rng(3)

        def fraction() -> Fraction:
            return Fraction(int(rng.integers(-9, 10)), int(rng.integers(1, 8)))

        def array(shape: tuple[int, ...]) -> Any:
            entries = np.empty(shape, dtype=object)
            for place in np.ndindex(shape):
                entries[place] = fraction()
            return entries[()]

        return _arguments(formula, array, (np.square, lambda z: 2 * z))

    return arguments


@pytest.fixture
def floats() -> Callable[[Formula, type], list[Any]]:
    """Normal arguments of one floating type, whose functions are tanh and its derivative."""

    def arguments(formula: Formula, kind: type) -> list[Any]:
        rng = np.random.default_rng(4)
        return _arguments(
            formula, lambda shape: kind(rng.standard_normal(shape)), (activations.tanh, activations.dtanh)
        )

    return arguments


def _arguments(formula: Formula, array: Callable[[tuple[int, ...]], Any], functions: tuple[Any, Any]) -> list[Any]:
    def one(spec: str, layer: int) -> Any:
        if spec.startswith(("function", "derivative")):
            return functions[spec.startswith("derivative")]
        named = spec.replace("[l-1]", f"[{layer - 1}]").replace("[l]", f"[{layer}]").replace("[-1]", f"[{DEPTH}]")
        return array(tuple(1 if axis == "1" else SIZES[axis] for axis in named.split()))

    def argument(spec: str) -> Any:
        return [one(spec, layer) for layer in range(1, DEPTH + 1)] if "[l]" in spec else one(spec, 1)

    return [argument(spec) for spec in formula.arguments.values()]
