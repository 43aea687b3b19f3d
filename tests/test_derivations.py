"""The derivations of reference/ hold: every row that `nnverify verify` prints is one test here."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from nnverify.derivations import Row, Work, make, plan
from nnverify.loading import load
from nnverify.records import collect
from nnverify.verdict import Outcome

ROOT = Path(__file__).parent.parent
FOUND = collect("reference", load("reference", ROOT))
WORK = plan(FOUND)


def _label(work: Work) -> str:
    return f"{work.identifier} {work.statement}" if work.kind == "special case" else work.identifier


def _row(work: Work) -> Row:
    (row,) = make((work,), lambda: 0.0)
    return row


@pytest.mark.parametrize("work", WORK, ids=_label)
def test_row_holds(work: Work, verified: list[Row]) -> None:
    """Forms equal on exact draws, numerical gradient in agreement, special cases recovered, errors refuted."""
    row = _row(work)
    verified.append(row)
    assert row.error is None
    assert row.verdict.outcome is Outcome.PASS, str(row.verdict)
    assert row.draws >= 200


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 6))
@pytest.mark.parametrize("work", range(len(WORK)), ids=lambda i: _label(WORK[i]))
def test_row_holds_for_other_seeds(work: int, seed: int) -> None:
    """No verdict may depend on the one seed of the default run."""
    row = _row(plan(FOUND, seed=seed, draws=1000)[work])
    assert row.verdict.outcome is Outcome.PASS, str(row.verdict)


@pytest.mark.parametrize("section", ["calculus", "neuron", "batch", "activations", "two_layer", "delta", "dense"])
def test_every_section_has_formulas(section: str) -> None:
    """An empty section would pass everything."""
    assert [name for name in FOUND.formulas if name.startswith(f"{section}.")]


@pytest.mark.parametrize("section", ["neuron", "batch", "activations", "two_layer"])
def test_every_earlier_section_is_a_special_case_of_the_recursion(section: str) -> None:
    """Sections 2 to 5 must come out of section 6, for every parameter."""
    cases = {case.special for case in FOUND.special_cases if case.general.startswith("delta.")}
    parameters = {
        name for name in FOUND.formulas if name.startswith(f"{section}.d") and not name.endswith((".da", ".dz"))
    }
    assert parameters
    assert parameters <= cases


def test_the_literal_reading_of_the_tutorial_is_refuted() -> None:
    """Xᵀ·ReLU(Z) has the right shape: agreeing shapes do not make a derivation right."""
    (work,) = [work for work in WORK if work.kind == "counterexample"]
    (finding,) = _row(work).verdict.findings
    assert finding.message.startswith("shape agrees, value does not")
    assert "ReLU" in finding.message


def test_a_claim_that_raises_is_not_refuted() -> None:
    """It claims nothing: that it is wrong must show in its numbers or their shape."""

    def raising(*_: Any) -> Any:
        raise ValueError("no claim")

    claim = SimpleNamespace(identifier="dense.raises", statement="", of="dense.dW", vector=raising, mistake="a mistake")
    (work,) = plan(replace(FOUND, counterexamples=(claim,)), only="dense.raises", draws=2)
    verdict = _row(work).verdict
    assert verdict.outcome is Outcome.FAIL
    assert "raised ValueError: no claim" in verdict.findings[0].message
