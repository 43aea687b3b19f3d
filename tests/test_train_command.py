"""`nnverify train`: no descent along a gradient that was not checked, and curves that a report can draw."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from nnverify.cli import main
from nnverify.report.sources import read
from reference import experiments

ROOT = Path(__file__).parent.parent
Captured = pytest.CaptureFixture[str]
MINE = """
from types import SimpleNamespace

import numpy as np

TRAINED = []


def objective(w, b, samples):
    return SimpleNamespace(loss=((w - 1) ** 2).sum() + b * b, dweights=FACTOR * (w - 1), dbias=2 * b)


def plan():
    return SimpleNamespace(
        name="mine", reported=1.0, settings=SimpleNamespace(rate=0.1, seed=None), objective=objective,
        weights=np.zeros(2), bias=0.5, steps=lambda: iter([np.array([0])] * 20), epoch=2,
    )


def train(plan):
    TRAINED.append(plan)
    w, b, history = plan.weights, plan.bias, []
    for samples in plan.steps():
        found = plan.objective(w, b, samples)
        history.append(SimpleNamespace(weights=w, bias=b, loss=found.loss))
        w, b = w - 0.1 * found.dweights, b - 0.1 * found.dbias
    return SimpleNamespace(weights=w, bias=b, history=tuple(history), predicted=float(w[0]))


EXPERIMENTS = (plan,)
"""


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "mine.py"


def test_the_five_trainings_reach_what_the_tutorial_reports(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["train", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)["trainings"]
    assert [one["check"]["outcome"] for one in found] == ["pass"] * 5
    assert all(abs(1 - one["predicted"]) <= abs(1 - one["reported"]) for one in found)
    assert {name for one in found[-1:] for finding in one["check"]["findings"] for name in [finding["leaf"]]} == {
        "w1", "w2", "b1", "b2",
    }  # fmt: skip


def test_curves_start_where_the_training_does_and_end_where_it_ends(tmp_path: Path, mine: Path) -> None:
    mine.write_text("FACTOR = 2\n" + MINE, encoding="utf-8")
    assert main(["train", "mine.py", "--format", "json", "--output", str(tmp_path / "t.json")]) == 0
    (one,) = read([str(tmp_path / "t.json")]).trainings
    assert (one.steps[0], one.steps[-1], one.updates) == (0, 20, 20)
    assert one.weights[0] == (0.0, 0.0)
    assert one.weights[-1][0] == one.predicted == pytest.approx(1 - 0.8**20)
    assert one.settings == {"rate": 0.1}
    assert list(one.loss) == sorted(one.loss, reverse=True)


def test_a_wrong_gradient_is_not_descended(mine: Path, capsys: Captured) -> None:
    """The loss would fall all the same: half a gradient points the right way."""
    mine.write_text("FACTOR = 1\n" + MINE.replace("TRAINED.append(plan)", "raise SystemExit(9)"), encoding="utf-8")
    assert main(["train", "mine.py"]) == 1
    assert "not begun" in capsys.readouterr().out


def test_a_training_that_was_not_begun_is_in_the_report(tmp_path: Path, mine: Path) -> None:
    pytest.importorskip("jinja2")
    pytest.importorskip("matplotlib")
    mine.write_text("FACTOR = 1\n" + MINE, encoding="utf-8")
    main(["train", "mine.py", "--format", "json", "--output", "t.json"])
    assert main(["report", "t.json", "-o", "t.html"]) == 0
    shown = (tmp_path / "t.html").read_text(encoding="utf-8")
    assert "Training was not begun." in shown
    assert "dw is 0.5 x the numerical gradient" in shown


def test_names_select_trainings(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["train", "--only", "one neuron, full*"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3
    assert main(["train", "--only", "none"]) == 5
    assert "one of one neuron, one sample at a time" in capsys.readouterr().err


def test_a_package_that_trains_nothing_is_told(mine: Path, capsys: Captured) -> None:
    mine.write_text("FORMULAS = ()\n", encoding="utf-8")
    assert main(["train", "mine.py"]) == 5
    assert "no module trains anything" in capsys.readouterr().err


@pytest.mark.parametrize("listed", ["EXPERIMENTS = 3", "EXPERIMENTS = ('a',)", "EXPERIMENTS = (plan,)\ntrain = None"])
def test_what_is_no_list_of_trainings_is_refused(listed: str, mine: Path, capsys: Captured) -> None:
    mine.write_text(f"{MINE}\n{listed}\n", encoding="utf-8")
    assert main(["train", "mine.py"]) == 2
    assert "list functions that return a plan" in capsys.readouterr().err


def test_an_epoch_sees_every_sample_once() -> None:
    """The check at the start is one for each step of the first epoch."""
    for make in experiments.EXPERIMENTS:
        plan = make()
        steps = plan.steps()
        seen = np.concatenate([next(steps) for _ in range(plan.epoch)])
        assert sorted(seen) == list(range(7))
