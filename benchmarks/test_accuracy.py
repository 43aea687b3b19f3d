"""The accuracy study measures what it says: its truths agree, and it is shown bars and checkers that it must refuse."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from operator import attrgetter
from typing import Any

import numpy as np
import pytest

pytest.importorskip("mpmath", reason="the truth needs mpmath: pip install '.[bench]'")

from benchmarks.accuracy import truth
from benchmarks.accuracy.__main__ import main
from benchmarks.accuracy.bars import ORACLES, Answer, Case, measure
from benchmarks.accuracy.checkers import CHECKERS, Checker, Task
from benchmarks.accuracy.family import Family
from benchmarks.accuracy.functions import FUNCTIONS
from benchmarks.accuracy.layers import LAYERS as LAYER_FAMILIES
from benchmarks.accuracy.mistakes import DIRECTIONS, MISTAKES, mistaken
from benchmarks.accuracy.resolution import LAYERS, Resolution, resolve
from benchmarks.accuracy.study import Effort, Study, floors, study
from benchmarks.accuracy.tables import text
from nnverify.draws import generator
from nnverify.report.json import dumps

FAMILIES = (*FUNCTIONS, *LAYER_FAMILIES)
NAMED = {family.name: family for family in FAMILIES}
SMALL = Effort(1, 0, 0, 1, 1, ("scaled gradient", "one entry", "turned"), (1e-7, 1e-3))


def _disagreement(family: Family) -> float:
    """The backward against the derivative, both in 300 digits."""
    rng = generator(1, family.name)
    leaves = family.draw(rng)
    u = {name: rng.standard_normal(np.shape(value)) for name, value in leaves.items()}
    upstream = rng.standard_normal(np.size(family.forward(np, *leaves.values())))
    derivative = truth.derivative(family, leaves, u, upstream)
    return float(abs(truth.backward(family, leaves, u, upstream) - derivative) / (abs(derivative) + 1e-30))


@pytest.mark.parametrize("family", FAMILIES, ids=attrgetter("name"))
def test_two_truths_agree_to_thirty_digits(family: Family) -> None:
    """One from the forward alone, one from the backward: a slip in either would pass for an error of an oracle."""
    assert _disagreement(family) < 1e-30


def test_a_slip_in_a_backward_is_seen() -> None:
    tanh = NAMED["tanh"]
    assert _disagreement(replace(tanh, backward=lambda m, dout, x: (dout * (1 - m.tanh(x)),))) > 1e-3


def test_bars_of_the_ladder_hold() -> None:
    (found,) = measure("float64", dict.fromkeys([NAMED["exp"], NAMED["dense tanh"]], 10), {"ladder": ORACLES["ladder"]})
    assert (found.cases, found.answered, found.covered) == (20, 1.0, 1.0)
    assert 0 < found.error < found.bar < 1e-11
    assert found.evaluations > 10


def test_bars_that_are_too_narrow_do_not_pass_for_covering() -> None:
    def boastful(case: Case) -> Answer | None:
        told = ORACLES["ladder"][0](case)
        return told and replace(told, bar=told.bar / 1e6)

    (found,) = measure("float64", {NAMED["exp"]: 10}, {"boastful": (boastful, ("float64",))})
    assert found.covered < 0.5
    assert found.worst > 100
    assert found.missed == {"exp": 10 - round(10 * found.covered)}


def test_an_oracle_without_answers_covers_nothing_it_could_boast_of() -> None:
    (found,) = measure("float64", {NAMED["exp"]: 2}, {"silent": (lambda case: None, ("float64",))})
    assert (found.cases, found.answered) == (2, 0.0)
    assert np.isnan(found.ratio)


@pytest.mark.parametrize("kind", MISTAKES)
def test_a_mistake_is_as_large_as_it_says(kind: str) -> None:
    """In the norm of what it spoils, on average over upstreams; and linear in them, as the right gradient is."""
    right = LAYERS["batch norm"](0)
    rng = generator(0, kind)
    dout = rng.standard_normal((400, 16, 6))
    gradients = right.backward(dout[0], *right.values)
    wrong = mistaken(right.backward, kind, 1e-3, gradients, generator(0, "mistake"))

    def added(upstream: Any) -> Any:
        pairs = zip(wrong(upstream, *right.values), right.backward(upstream, *right.values), strict=True)
        return np.concatenate([np.ravel(one - other) for one, other in pairs])

    found = np.array([added(one) for one in dout])
    spoilt = np.any(found != 0, axis=0)
    every = np.array([np.concatenate([np.ravel(one) for one in right.backward(d, *right.values)]) for d in dout])
    size = np.linalg.norm(found) / np.linalg.norm(every[:, spoilt])
    assert size == pytest.approx(1e-3, rel=0.35 if kind in ("constant", "alternating") else 0.02)
    assert added(dout[0] + dout[1]) == pytest.approx(found[0] + found[1], abs=1e-12)


def _checker(suspicion: Callable[[Task], float], verdict: bool = True) -> Checker:
    return Checker("made up", "numpy", suspicion, verdict)


def _distance(task: Task) -> float:
    """From the right gradient, which no real checker knows."""
    right = LAYERS["batch norm"](task.seed)
    dout = generator(task.seed).standard_normal((16, 6))
    pairs = zip(task.backward(dout, *task.values), right.backward(dout, *task.values), strict=True)
    return float(max(np.max(np.abs(one - other) / np.abs(other)) for one, other in pairs))


def _resolve(checker: Checker) -> Resolution:
    effort = replace(SMALL, right=3, seeds=2, sizes=(1e-9, 1e-7, 1e-5, 1e-3, 1e-1), kinds=("scaled gradient",))
    return resolve(checker, "batch norm", effort)


def test_resolution_is_the_smallest_size_that_is_refused() -> None:
    found = _resolve(_checker(lambda task: np.inf if _distance(task) > 3e-6 else 0.0))
    assert (found.alarms, found.found) == (0, {"scaled gradient": 1e-5})


def test_a_checker_without_a_verdict_gets_the_best_threshold() -> None:
    found = _resolve(_checker(lambda task: max(_distance(task), 3e-6), verdict=False))
    assert (found.threshold, found.found) == (3e-6, {"scaled gradient": 1e-5})


def test_whoever_accepts_everything_finds_nothing() -> None:
    found = _resolve(_checker(lambda task: 0.0))
    assert (found.alarms, found.found) == (0, {"scaled gradient": None})


def test_whoever_refuses_everything_has_false_alarms() -> None:
    assert _resolve(_checker(lambda task: np.inf)).alarms == 3


def test_the_worst_direction_is_the_one_found_last() -> None:
    known = Resolution("a", "b", 1, 0, 1.0, None, {"scaled gradient": 1.0, "turned": 1e-6, "constant": 1e-4})
    assert (known.worst, known.worst_direction) == (1e-4, "constant")
    never = replace(known, found={**known.found, "alternating": None})
    assert (never.worst, never.worst_direction) == (None, "alternating")
    assert set(DIRECTIONS) < set(MISTAKES)


@pytest.mark.parametrize("checker", CHECKERS[1:], ids=attrgetter("name"))
@pytest.mark.parametrize("layer", LAYERS)
def test_a_peer_accepts_the_right_gradient_and_refuses_twice(checker: Checker, layer: str) -> None:
    pytest.importorskip(checker.package, reason="peers are an extra: pip install '.[bench]'")
    right = LAYERS[layer](0)
    twice = replace(right, backward=lambda *arguments: [2 * one for one in right.backward(*arguments)])
    assert checker.suspicion(right) < 1e-6
    assert checker.suspicion(twice) > 0.1


@pytest.fixture(scope="module")
def small() -> tuple[Study, list[str]]:
    """The study at its smallest, with what it said of its progress."""
    said: list[str] = []
    return study(SMALL, ["nnverify"], said.append), said


def test_the_study_runs_through(small: tuple[Study, list[str]]) -> None:
    found, said = small
    shown = text(found)
    assert max(map(len, shown.splitlines())) <= 100
    assert all(name in shown for name in ("ladder", "complex step", "Resolution on batch norm", "floors met"))
    assert all(f"{name}: left out" in shown for name in found.absent)
    assert [one.checker for one in found.resolutions] == ["nnverify", "nnverify"]
    assert json.loads(dumps(found.to_dict()), parse_constant=pytest.fail)["floors"]
    assert said[-1] == "resolution, nnverify, batch norm"


def test_a_missed_floor_is_said_to_be(small: tuple[Study, list[str]]) -> None:
    """Nothing below 1e-7 was tried, so nothing finer was found."""
    found, _ = small
    missed = {f"{layer}: {kind}" for layer in LAYERS for kind in ("scaled gradient found", "one entry found")}
    assert missed <= {one.demand.partition(" at ")[0] for one in floors(found) if not one.met}
    assert "MISSED  batch norm: one entry found at 1e-08: 1e-07" in text(found)


def test_a_checker_that_does_not_exist_is_named(monkeypatch: Any, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["accuracy", "--only", "nobody"])
    assert main() == 2
    assert "no checker nobody; known are nnverify, torch gradcheck" in capsys.readouterr().err
