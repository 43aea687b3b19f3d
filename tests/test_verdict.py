"""Outcomes combine so that unknown is never a pass."""

import json

import pytest

from nnverify.verdict import Finding, Outcome, Verdict, combine, sides

PASS, FAIL, OPEN = Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE


def _finding(leaf: str, outcome: Outcome, code: str | None = None, resolution: float | None = None) -> Finding:
    return Finding("gradient", leaf, outcome, f"d{leaf}", code, resolution=resolution)


@pytest.mark.parametrize(
    ("outcomes", "total"),
    [
        ([], OPEN),
        ([PASS], PASS),
        ([PASS, OPEN], OPEN),
        ([OPEN, FAIL, PASS], FAIL),
        ([FAIL], FAIL),
        ([PASS, PASS], PASS),
    ],
)
def test_fail_wins_over_inconclusive_over_pass(outcomes: list[Outcome], total: Outcome) -> None:
    assert combine(outcomes) is total


def test_verdict_has_no_truth_value() -> None:
    """`if check_gradients(…)` would take FAIL for success."""
    with pytest.raises(TypeError, match=r"verdict\.outcome"):
        bool(Verdict("dense", (_finding("W", FAIL),)))


def test_each_leaf_has_a_verdict_of_its_own() -> None:
    verdict = Verdict("dense", (_finding("W", FAIL, "NV103"), _finding("b", PASS)))
    assert {leaf: one.outcome for leaf, one in verdict.by_leaf.items()} == {"W": FAIL, "b": PASS}
    assert verdict.by_leaf["W"].codes == ("NV103",)


def test_resolution_is_the_coarsest() -> None:
    verdict = Verdict("dense", (_finding("W", PASS, resolution=1e-9), _finding("b", PASS, resolution=1e-12)))
    assert verdict.resolution == 1e-9
    assert Verdict("dense", ()).resolution is None


def test_dictionary_is_plain() -> None:
    verdict = Verdict("dense", (_finding("W", FAIL, "NV103"),), seed=7)
    assert json.loads(json.dumps(verdict.to_dict()))["findings"][0]["outcome"] == "fail"


def test_text_names_every_leaf_and_its_outcome() -> None:
    text = str(Verdict("dense", (_finding("W", FAIL, "NV103"), _finding("b", PASS))))
    assert text.splitlines()[0] == "dense: fail"
    assert ["W" in text, "NV103" in text, "db" in text] == [True] * 3


def test_two_values_that_differ_are_printed_differently() -> None:
    assert sides(158221.7, 158221.7001, 1e-7) == "backward +158221.7, numerical +158221.7001 ± 1e-07"
    assert sides(0.5, 0.25, 1e-9) == "backward +0.5, numerical +0.25 ± 1e-09"
    assert sides(0.5, 0.5, 1e-9) == "backward +0.5, numerical +0.5 ± 1e-09"
