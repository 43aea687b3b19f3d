"""Errors say what, where and what to try, and travel between processes."""

import pickle

import pytest

from nnverify import GradientMismatch, NnverifyError, UsageError
from nnverify.verdict import Verdict


def test_message_holds_what_where_and_fix() -> None:
    error = UsageError(what="X has shape (2,)", where="Dense", fix="pass X of shape (2, 3)")
    assert str(error) == "Dense: X has shape (2,). Try: pass X of shape (2, 3)."


def test_no_part_of_a_message_can_be_left_out() -> None:
    """Discipline does not make good messages; a constructor that demands them does."""
    with pytest.raises(TypeError):
        UsageError(what="X has shape (2,)", where="Dense")  # type: ignore[call-arg]


def test_usage_errors_can_be_caught_as_nnverifys() -> None:
    assert issubclass(UsageError, NnverifyError)


def test_usage_error_survives_pickling() -> None:
    """A worker process sends its errors home."""
    error = pickle.loads(pickle.dumps(UsageError(what="a", where="b", fix="c")))
    assert (type(error), error.what, error.where, error.fix) == (UsageError, "a", "b", "c")


def test_assertion_carries_its_verdict_through_pickling() -> None:
    error = pickle.loads(pickle.dumps(GradientMismatch("dW differs", Verdict("Dense", ()))))
    assert (str(error), error.verdict.subject) == ("dW differs", "Dense")
