"""Gradients that were wrong in public code: nnverify, blind, flags most of them, and accuses no right one.

`python -m benchmarks.known_wrong` scores it beside its peers. What is stored there is what the README shows.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks.known_wrong import BUGS, CONTROLS, KINDS, Bug, Control
from benchmarks.known_wrong.score import Judge, accused, by_nnverify, flagged, stored, table
from tests.sampling import sampled


def _wrong(judge: Judge, one: Bug) -> str:
    return judge(one.wrong(), one.leaves, one.options if one.wrongly is None else one.wrongly)


@pytest.mark.parametrize("one", BUGS, ids=str)
def test_the_right_version_is_not_accused(one: Bug) -> None:
    assert by_nnverify("standard")(one.right(), one.leaves, one.options) != "fail"


@pytest.mark.parametrize("one", sampled(CONTROLS, lambda one: one.name[0], each=1), ids=str)
def test_what_was_only_said_to_be_wrong_is_not_accused(one: Control) -> None:
    assert by_nnverify("standard")(one.right(), one.leaves, one.options) != "fail"


def _lost(effort: str, name: str) -> set[str]:
    """What the stored result has flagged, and this run has not."""
    known, judge = flagged(stored()[name]), by_nnverify(effort)
    return {one.name for one in BUGS if one.name in known and _wrong(judge, one) != "fail"}


def test_what_was_flagged_is_flagged() -> None:
    assert _lost("standard", "nnverify") == set()


@pytest.mark.slow
def test_what_was_flagged_is_flagged_with_more_effort() -> None:
    assert _lost("thorough", "nnverify") == set()


@pytest.mark.slow
@pytest.mark.parametrize("one", [*BUGS, *CONTROLS], ids=str)
def test_more_effort_accuses_nothing_right(one: Any) -> None:
    assert by_nnverify("thorough")(one.right(), one.leaves, one.options) != "fail"


def test_the_corpus_is_what_it_says() -> None:
    """At least fifty bugs, each with an address, in every class that was collected, and at least fifteen controls."""
    assert len(BUGS) >= 50
    assert len(CONTROLS) >= 15
    assert len({one.name for one in (*BUGS, *CONTROLS)}) == len(BUGS) + len(CONTROLS)
    assert all(one.source for one in (*BUGS, *CONTROLS))
    assert {one.kind for one in BUGS} == set(KINDS)


def test_the_score_is_of_this_corpus() -> None:
    for found in stored().values():
        assert set(found["wrong"]) == set(found["right"]) == {one.name for one in BUGS}
        assert set(found["controls"]) == {one.name for one in CONTROLS}


def test_a_judge_that_accepts_all_scores_nothing_and_one_that_refuses_all_accuses() -> None:
    """The score must be able to be bad."""
    names = {one.name for one in BUGS}
    for outcome, hits in (("pass", set()), ("raised", set()), ("inconclusive", set()), ("fail", names)):
        found = {"wrong": dict.fromkeys(names, outcome), "right": dict.fromkeys(names, outcome), "controls": {}}
        assert flagged(found) == hits
        assert accused(found["right"]) == hits


def test_the_table_shows_every_judge() -> None:
    shown = table(stored())
    assert "nnverify" in stored()
    assert all(f"| {name} " in shown for name in stored())


def test_the_readme_shows_what_is_stored() -> None:
    """At least four fifths are flagged by default, 95 in a hundred with more effort, and nothing right is accused."""
    readme = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    found = stored()
    assert table(found) in readme
    for name, least in (("nnverify", 0.8), ("nnverify thorough", 0.95)):
        assert len(flagged(found[name])) >= least * len(BUGS)
        assert not accused(found[name]["right"]) | accused(found[name]["controls"])
