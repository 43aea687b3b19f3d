"""The exact comparison names the form that stands alone, and how."""

from __future__ import annotations

from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from nnverify.checks.forms import forms, special_case
from nnverify.verdict import Outcome


def _square(**changes: Any) -> Any:
    """½‖x‖² by x, with some attributes changed."""
    record = {
        "identifier": "square.dx",
        "statement": "dx = x",
        "source": "hand",
        "forward": lambda x: (x**2).sum() / 2,
        "arguments": {"x": "n"},
        "leaf": "x",
        "jacobian": lambda x: (x[None, :] @ np.eye(len(x), dtype=int))[0],
        "index": lambda x: np.array([x[j] for j in range(len(x))]),
        "vector": lambda x: x,
    }
    return SimpleNamespace(**record | changes)


def test_equal_forms_pass_and_say_on_how_many_draws() -> None:
    found = forms(_square(), 40, 0)
    assert found.outcome is Outcome.PASS
    assert "40" in found.message


@pytest.mark.parametrize("wrong", ["jacobian", "index", "vector"])
def test_the_form_that_stands_alone_is_named_first(wrong: str) -> None:
    found = forms(_square(**{wrong: lambda x: 3 * x}), 40, 0)
    assert found.outcome is Outcome.FAIL
    assert found.message.startswith(f"the {wrong} form differs from the ")
    assert found.code == "NV401"


def test_an_error_in_one_entry_of_one_shape_is_found() -> None:
    """Wrong only for n = 1: shapes are swept, not sampled once."""
    found = forms(_square(vector=lambda x: x if len(x) > 1 else 2 * x), 10, 0)
    assert found.outcome is Outcome.FAIL
    assert "n=1" in found.message


def test_the_smallest_difference_is_found() -> None:
    """No tolerance: a relative error far below any float's."""
    found = forms(_square(vector=lambda x: x * (1 + Fraction(1, 10**40))), 10, 0)
    assert found.outcome is Outcome.FAIL


@pytest.mark.parametrize(
    ("vector", "code", "sentence"),
    [
        (lambda x: x[:-1], "NV301", "the vector form has shape"),
        (lambda x: x.astype(float), "NV405", "the vector form is not exact: it holds"),
        (lambda x: x * 0.5, "NV405", "meets the inexact"),
        (lambda x: np.heaviside(x, 0), "NV405", "the vector form has no exact value"),
        (lambda x: x.missing, "NV404", "the vector form raised AttributeError"),
        (lambda x: None, "NV301", "the vector form has shape ()"),
    ],
    ids=["shape", "float", "inexact", "floats only", "raises", "None"],
)
def test_a_malformed_form_is_named(vector: Any, code: str, sentence: str) -> None:
    found = forms(_square(vector=vector), 10, 0)
    assert found.outcome is not Outcome.PASS
    assert (found.code, sentence in found.message) == (code, True), found.message


def test_a_form_cannot_help_itself_by_changing_its_argument() -> None:
    def changing(x: Any) -> Any:
        x *= 0
        return x

    found = forms(_square(jacobian=changing, index=changing), 10, 0)
    assert found.message.startswith("the vector form differs from the jacobian form")


def test_forms_that_differ_only_under_free_functions_are_not_accused() -> None:
    """log x² = 2 log |x| holds for the logarithm, not for every function."""
    found = forms(
        _square(index=lambda x: np.log(x**2), vector=lambda x: 2 * np.log(abs(x)), jacobian=lambda x: x), 9, 0
    )
    assert found.outcome is Outcome.INCONCLUSIVE


def test_whole_numbers_are_tried_where_fractions_have_no_exponential() -> None:
    cube = {name: lambda x: np.exp(x / 6) ** 6 for name in ("jacobian", "index", "vector")}
    assert forms(_square(**cube), 10, 0).outcome is Outcome.PASS


def test_no_exact_draw_is_inconclusive() -> None:
    root = {name: lambda x: np.exp(x / 7) for name in ("jacobian", "index", "vector")}
    found = forms(_square(**root), 10, 0)
    assert (found.outcome, found.code) == (Outcome.INCONCLUSIVE, "NV405")


def _case(result: Any) -> Any:
    return SimpleNamespace(special="square.dx", general="square.dx", arguments=lambda x: (2 * x,), result=result)


def test_special_case_compares_two_derivations() -> None:
    assert special_case(_case(lambda dx: dx / 2), _square(), _square(), 10, 0).outcome is Outcome.PASS
    wrong = special_case(_case(lambda dx: dx), _square(), _square(), 10, 0)
    assert wrong.outcome is Outcome.FAIL
    assert "square.dx" in wrong.message
