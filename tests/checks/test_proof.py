"""Algebra proves what holds for every number, refuses any other formula, and says where it cannot speak."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from nnverify.checks.proof import proof
from nnverify.verdict import Outcome

FORMS = ("jacobian", "index", "vector")


def _formula(gradient: Any, **changes: Any) -> Any:
    """½‖f(x)‖² by x with one gradient in all three forms; some attributes changed."""
    record = {
        "identifier": "half.dx",
        "statement": "dx = f(x) f′(x)",
        "source": "hand",
        "forward": lambda x, f, df: (f(x) ** 2).sum() / 2,
        "arguments": {"x": "n", "f": "function", "df": "derivative of f"},
        "leaf": "x",
    }
    return SimpleNamespace(**record | dict.fromkeys(FORMS, gradient) | changes)


def _right(x: Any, f: Any, df: Any) -> Any:
    return f(x) * df(x)


def test_a_right_formula_is_proved_for_every_activation_function() -> None:
    found = proof(_formula(_right), 0, refuted=False)
    assert found.finding is not None
    assert found.finding.outcome is Outcome.PASS
    assert found.note == ""


@pytest.mark.parametrize("refuted", [False, True])
@pytest.mark.parametrize(
    "wrong",
    [
        lambda x, f, df: f(x) * df(x) * (1 + 2.0**-52),
        lambda x, f, df: f(x) * (1 - f(x) ** 2),
        lambda x, f, df: f(x) * df(x) if len(x) > 1 else 2 * f(x) * df(x),
        lambda x, f, df: df(x) * df(x),
        lambda x, f, df: np.where(x > 0, f(x) * df(x), 0 * x),
    ],
    ids=["the last bit", "true for tanh alone", "one size", "swapped", "one branch"],
)
@pytest.mark.parametrize("form", FORMS)
def test_a_wrong_derivative_is_refused(form: str, wrong: Any, refuted: bool) -> None:
    """By itself the difference is open, beside a numerical gradient that differs it is a second witness."""
    found = proof(_formula(_right, **{form: wrong}), 0, refuted=refuted)
    assert found.finding is not None
    expected = (Outcome.FAIL, "NV402") if refuted else (Outcome.INCONCLUSIVE, "NV208")
    assert (found.finding.outcome, found.finding.code) == expected
    assert f"the {form} form is not the derivative" in found.finding.message


def test_constants_that_agree_only_in_rounding_are_not_accused() -> None:
    """0.1 · 3 and 0.3 are the same derivative to a person and to no algebra."""
    loss = {"forward": lambda x, f, df: (0.1 * x * 3).sum()}
    found = proof(_formula(lambda x, f, df: 0 * x + 0.3, **loss), 0, refuted=False)
    assert found.finding is not None
    assert found.finding.outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    ("forward", "vector", "reason"),
    [
        (lambda x, f, df: np.linalg.norm(np.linalg.inv(np.diag(x))), _right, "does not take these numbers"),
        (lambda x, f, df: 0 * f(x).sum(), lambda x, f, df: 0 * x, "its gradient is zero at every drawn point"),
        (lambda x, f, df: (f(x) ** 2).sum() / 2, lambda x, f, df: _right(x, f, df)[:1], "shaped like x"),
    ],
    ids=["an inverse", "zero everywhere", "right in one shape"],
)
def test_what_is_not_proved_has_a_reason(forward: Any, vector: Any, reason: str) -> None:
    found = proof(_formula(vector, forward=forward), 0, refuted=False)
    assert found.finding is None
    assert reason in found.note
