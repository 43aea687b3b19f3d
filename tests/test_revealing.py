"""A teacher's tests say as much as the teacher wants, and score each gradient."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nnverify import Outcome, check_gradients
from nnverify._session import SESSION
from nnverify.cli import main
from nnverify.report.json import dumps
from tests.subjects import dense, dense_backward

LEAVES: dict[str, Any] = {"X": (4, 3), "W": (3, 5), "b": (5,)}


def _averaged(dout: Any, X: Any, W: Any, b: Any) -> dict[str, Any]:
    right = dense_backward(dout, X, W, b)
    return right | {"W": right["W"] / len(X)}


@pytest.mark.parametrize(
    ("level", "told", "hidden"),
    [
        ("none", ["dW is wrong"], ["NV103", "0.25", "batch", "Try"]),
        ("hint", ["dW is wrong: batch mean against sum", "NV103"], ["0.25", "shape[0]", "Try"]),
        ("full", ["NV103", "0.25 x", "Try"], []),
    ],
)
def test_no_more_is_told_than_is_wanted(level: str, told: list[str], hidden: list[str]) -> None:
    with SESSION.using(reveal=level):
        verdict = check_gradients(dense, _averaged, **LEAVES)
    assert verdict.outcome is Outcome.FAIL
    shown = " ".join(str(verdict).split()) + verdict.headline + dumps(verdict.to_dict())
    assert [words for words in told if words not in shown] == []
    assert [words for words in hidden if words in shown] == []


def test_every_gradient_has_a_score() -> None:
    assert check_gradients(dense, _averaged, **LEAVES).scores == {"X": 1, "W": 0, "b": 1}
    assert check_gradients(dense, _averaged, **LEAVES).to_dict()["scores"]["W"] == 0


def test_the_command_hides_it_too(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "layer.py"
    file.write_text(
        "def square(x):\n    return x * x\n\ndef backward(dout, x):\n    return dout * x\n", encoding="utf-8"
    )
    command = ["check", f"{file}::square+backward", "--leaf", "x=3", "--format", "json", "--reveal"]
    assert main([*command, "none"]) == 1
    hidden = json.loads(capsys.readouterr().out)["verdicts"][0]
    assert (hidden["codes"], hidden["scores"]) == ([], {"x": 0})
    assert main([*command, "hint"]) == 1
    assert json.loads(capsys.readouterr().out)["verdicts"][0]["codes"] == ["NV127"]
