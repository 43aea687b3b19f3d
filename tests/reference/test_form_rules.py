"""What every form of every formula keeps: its arguments, its number type, its shape, and its manner of writing."""

from __future__ import annotations

import ast
import inspect
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import reference

FORMS = ("jacobian", "index", "vector")
FOLDER = Path(reference.__file__).parent
INDEX_MAY_USE = {"shape", "append", "array", "exp", "cosh"}


def parts(value: Any) -> list[Any]:
    """The arrays of a gradient or an argument: one, or one per layer."""
    return list(value) if isinstance(value, tuple | list) else [value]


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest) -> str:
    return request.param


def test_float32_stays_float32(formula, form, floats):
    """A float64 that slips in doubles the memory of a training, and hides in every later result."""
    gradient = getattr(formula, form)(*floats(formula, np.float32))
    assert [part.dtype for part in parts(gradient)] == [np.float32] * len(parts(gradient))


def test_float32_loss_stays_float32(formula, floats):
    """The numerical gradient of a float32 forward must be that of the forward which is trained."""
    assert formula.forward(*floats(formula, np.float32)).dtype == np.float32


def test_fractions_stay_exact(rational, form, fractions):
    """One float among Fractions, and equality between the forms is no longer a proof."""
    gradient = getattr(rational, form)(*fractions(rational))
    kinds = {type(entry) for part in parts(gradient) for entry in np.asarray(part, dtype=object).flat}
    assert kinds <= {Fraction, int}


def test_loss_of_fractions_is_exact(rational, fractions):
    """The forward is the other half of the proof."""
    assert isinstance(rational.forward(*fractions(rational)), Fraction | int)


def test_gradient_has_the_shape_of_its_leaf(formula, form, floats):
    """A gradient is subtracted from its leaf: another shape would broadcast, and train something else."""
    arguments = floats(formula, np.float64)
    leaf = arguments[list(formula.arguments).index(formula.leaf)]
    assert [np.shape(part) for part in parts(getattr(formula, form)(*arguments))] == [np.shape(p) for p in parts(leaf)]


def test_gradient_by_a_scalar_is_a_scalar(formulas, fractions):
    """A "1 1" matrix in its place would still add up, and turn the bias into a matrix at the first update."""
    formula = formulas["batch.db"]
    assert all(isinstance(getattr(formula, form)(*fractions(formula)), Fraction) for form in FORMS)


def test_no_form_writes_into_its_arguments(formula, form, floats):
    """The same arrays go to three forms in turn: the first to write would make the others wrong."""
    arguments = floats(formula, np.float64)
    for array in [part for argument in arguments for part in parts(argument) if isinstance(part, np.ndarray)]:
        array.setflags(write=False)
    getattr(formula, form)(*arguments)


def test_no_gradient_shares_memory_with_an_argument(formula, form, floats):
    """An update in place of one would silently be an update of the other."""
    arguments = floats(formula, np.float64)
    arrays = [part for argument in arguments for part in parts(argument) if isinstance(part, np.ndarray)]
    gradient = parts(getattr(formula, form)(*arguments))
    assert not any(np.shares_memory(part, array) for part in gradient for array in arrays)


def test_forms_take_the_forwards_arguments_in_its_order(formula, form):
    """A checker passes arguments by position."""
    assert list(inspect.signature(getattr(formula, form)).parameters) == list(formula.arguments)


def test_forward_takes_the_declared_arguments(formula):
    """Where the loss is Σ dout ⊙ output, the output takes all of them but the last, dout."""
    declared = list(formula.arguments)
    if formula.output is None:
        assert list(inspect.signature(formula.forward).parameters) == declared
    else:
        assert [*inspect.signature(formula.output).parameters, "dout"] == declared


def test_a_pullbacks_loss_is_the_output_weighted_by_dout(formula, floats):
    """Checked entry by entry: a missing entry of dout would leave its gradient unchecked."""
    arguments = floats(formula, np.float64)
    if formula.output is None:
        assert "dout" not in formula.arguments
    else:
        output, dout = np.ravel(formula.output(*arguments[:-1])), np.ravel(arguments[-1])
        total = sum(float(u) * float(v) for u, v in zip(output, dout, strict=True))
        assert formula.forward(*arguments) == pytest.approx(total, rel=1e-13)


def test_forms_are_found_under_the_formulas_name(formula, form):
    """Whoever reads "batch.dw" in a report finds batch.dw_jacobian, batch.dw_index and batch.dw_vector."""
    function = getattr(formula, form)
    assert f"{function.__module__}.{function.__name__}" == f"reference.{formula.identifier}_{form}"


def test_forms_stand_together(formula):
    """Read down: Jacobian, index, vectorized, with nothing between that would part what the eye compares."""
    module = ast.parse(inspect.getsource(inspect.getmodule(formula.vector)))
    order = [node.name for node in module.body if isinstance(node, ast.FunctionDef)]
    first = order.index(formula.jacobian.__name__)
    assert order[first : first + 3] == [getattr(formula, form).__name__ for form in FORMS]


def test_identifiers_are_unique(derivation):
    """Special cases and counterexamples refer to formulas by them."""
    identifiers = [formula.identifier for formula in derivation.FORMULAS]
    assert len(set(identifiers)) == len(identifiers)


def vectorized_steps(source: str) -> list[str]:
    """What loops and scalars do not need: matrix products, and any attribute that is not on the short list."""
    nodes = list(ast.walk(ast.parse(source)))
    products = ["@" for node in nodes if isinstance(node, ast.MatMult)]
    return products + [n.attr for n in nodes if isinstance(n, ast.Attribute) and n.attr not in INDEX_MAY_USE]


def index_functions(module: Any) -> list[str]:
    return [
        inspect.getsource(function)
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if name.endswith("_index") and function.__module__ == module.__name__
    ]


def test_index_forms_are_loops_and_scalars(derivation):
    """The index form is the witness: it must share no product and no reduction with the forms that it testifies for."""
    sources = index_functions(derivation)
    assert len(sources) >= len(derivation.FORMULAS)
    assert [step for source in sources for step in vectorized_steps(source)] == []


def test_index_forms_call_only_index_functions_and_scalar_functions(derivation):
    """A product hidden in a function that is called is a product all the same."""
    called = {
        node.func.id
        for source in index_functions(derivation)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    other = {name for name in called if not name.endswith("_index")}
    assert other <= {
        "sum",
        "range",
        "len",
        "tuple",
        "list",
        "zip",
        "error",
        "f",
        "df",
        "g",
        "dg",
        "f1",
        "f2",
        "df1",
        "df2",
    }


@pytest.mark.parametrize("line", ["X.T @ a", "np.einsum('ij,i', X, a)", "(X * a).sum()", "np.sum(a)", "np.outer(a, a)"])
def test_the_check_of_index_forms_sees_vectorized_code(line):
    """Shown what it must refuse."""
    assert vectorized_steps(line)


def test_derivations_import_only_numpy_notation_and_formula(derivation):
    """Derivations that lean on each other are one witness, not two."""
    nodes = list(ast.walk(ast.parse(inspect.getsource(derivation))))
    imported = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    assert imported <= {"numpy", "reference.notation", "reference.formula"}


def test_every_module_is_in_the_reading_order():
    """A module outside __all__ would be read, and verified, last or never."""
    assert sorted(reference.__all__) == sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "__init__")
