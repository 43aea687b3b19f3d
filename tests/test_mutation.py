"""Faults put into a caller's backward, and whether the caller's tests see them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnverify import Outcome, UsageError, check_gradients, mutants
from nnverify._session import SESSION
from nnverify.cli import main
from nnverify.faults import FAULTS
from nnverify.mutation import NOTE, put_in
from tests.subjects import dense, dense_backward

LEAVES: dict[str, Any] = {"X": (4, 3), "W": (3, 5), "b": (5,)}


class Layer:
    """Leaves the gradient of its weights on itself."""

    def __init__(self) -> None:
        self.W = np.random.default_rng(0).standard_normal((3, 2))

    def forward(self, x: Any) -> Any:
        self.x = x
        return x @ self.W

    def backward(self, dout: Any) -> Any:
        self.dW = self.x.T @ dout
        return dout @ self.W.T


def test_every_fault_of_a_function_is_seen() -> None:
    found = {
        mutant.name: check_gradients(dense, mutant.backward, **LEAVES).outcome for mutant in mutants(dense_backward)
    }
    assert found == dict.fromkeys([fault.name for fault in FAULTS], Outcome.FAIL)


def test_every_fault_of_an_object_is_seen_and_the_object_stays_right() -> None:
    layer = Layer()
    found = {mutant.name: check_gradients(mutant.backward, x=(4, 3)).outcome for mutant in mutants(layer)}
    assert found == dict.fromkeys([fault.name for fault in FAULTS], Outcome.FAIL)
    assert check_gradients(layer, x=(4, 3)).outcome is Outcome.PASS


def test_the_seed_chooses_the_gradient() -> None:
    changed = []
    for seed in range(3):
        first = next(iter(mutants(dense_backward, seed=seed)))
        verdict = check_gradients(dense, first.backward, **LEAVES)
        changed += [leaf for leaf, own in verdict.by_leaf.items() if own.outcome is Outcome.FAIL]
    assert sorted(changed) == ["W", "X", "b"]


@pytest.mark.parametrize("form", [tuple, list], ids=["tuple", "list"])
def test_gradients_come_back_in_their_own_form(form: Any) -> None:
    mutant = next(iter(mutants(lambda dout: form([dout, 2 * dout]))))
    found = mutant.backward(np.ones(2))
    assert type(found) is form
    np.testing.assert_array_equal(found[0], [-1.0, -1.0])
    np.testing.assert_array_equal(found[1], [2.0, 2.0])


def test_what_is_no_backward_is_refused() -> None:
    with pytest.raises(UsageError, match="int is no backward"):
        next(mutants(3))


def test_a_fault_of_the_session_is_noted_where_it_applies() -> None:
    with SESSION.using(fault=put_in("transposed", "0")):
        touched = check_gradients(dense, dense_backward, **LEAVES)
        untouched = check_gradients(np.sin, lambda dout, x: dout * np.cos(x), x=(3,))
    assert (touched.outcome, touched.codes) == (Outcome.FAIL, ("NV102",))
    assert touched.notes == (f"{NOTE}transposed, in dX",)
    assert (untouched.outcome, untouched.notes) == (Outcome.PASS, ())


_TESTS = """
import numpy as np
from nnverify import assert_gradients, check_gradients

def backward(dout, X, W):
    return dout @ W.T, X.T @ dout

def test_asserts():
    assert_gradients(np.matmul, backward, X=(2, 3), W=(3, 4), effort="point")

def test_looks_on():
    check_gradients(np.matmul, backward, X=(2, 3), W=(3, 4), effort="point")

def test_knows_nothing_of_gradients():
    assert True
"""


def test_the_command_tells_what_survived(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "test_two.py"
    file.write_text(_TESTS, encoding="utf-8")
    assert main(["mutants", str(file), "--only", "sign", "--format", "json"]) == 1
    (row,) = json.loads(capsys.readouterr().out)["faults"]
    assert [one.rpartition("::")[2] for one in row["killed"]] == ["test_asserts"]
    assert [one.rpartition("::")[2] for one in row["survived"]] == ["test_looks_on"]


@pytest.mark.parametrize(
    ("text", "arguments", "status", "words"),
    [
        ("def test_nothing():\n    assert True\n", [], 5, "no test checks gradients"),
        ("def test_nothing(:\n", [], 2, "pytest could not run it"),
    ],
    ids=["no check", "no Python"],
)
def test_the_command_says_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, arguments: list[str], status: int, words: str
) -> None:
    file = tmp_path / "test_none.py"
    file.write_text(text, encoding="utf-8")
    assert main(["mutants", str(file), *arguments]) == status
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(("name", "seed"), [("bogus", "0"), ("sign", "x"), ("sign", "-1"), ("sign", "")])
def test_what_is_no_fault_is_refused(name: str, seed: str) -> None:
    with pytest.raises(UsageError, match="there is no fault"):
        put_in(name, seed)
