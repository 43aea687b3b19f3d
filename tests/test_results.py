"""Results on disk: what was found stays found, through a crash in mid-line, until what decided it has changed."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from nnverify._errors import NnverifyError, UsageError
from nnverify.results import Results, fingerprint, plain, restored
from nnverify.verdict import Details, Entry, Finding, Outcome, StepError, Verdict

FOUND = Finding(
    "gradient",
    "W",
    Outcome.FAIL,
    "dW is \ud800 wrong",
    "NV103",
    (1, 2),
    0.5,
    float("nan"),
    float("inf"),
    details=Details((2, 3), (Entry((1, 2), 0.5, 0.25, 1e-12),), (StepError(0.1, 0.25, 1e-9),)),
)
VERDICT = Verdict("Dense", (FOUND, Finding("gradient", "b", Outcome.PASS, "")), 7, 42, "W (2, 3)", notes=("one", "two"))


@dataclass(frozen=True)
class Row:
    verdict: Verdict | None
    guess: dict[str, str]


def test_a_record_comes_back_as_it_was() -> None:
    """Nested records, indices, outcomes, and the numbers that JSON has no word for."""
    row = Row(VERDICT, {"W": "2,3"})
    again = restored(Row, json.loads(json.dumps(plain(row), allow_nan=False)))
    assert repr(again) == repr(row)
    assert again.verdict.outcome is Outcome.FAIL
    assert again.verdict.findings[0].index == (1, 2)


def test_what_was_kept_is_there_for_the_same_mark_only(tmp_path: Path) -> None:
    file = str(tmp_path / "results.jsonl")
    first = Results(file)
    first.keep("Dense", "mark", VERDICT)
    first.close()
    again = Results(file)
    again.close()
    assert repr(restored(Verdict, again.kept["Dense", "mark"])) == repr(VERDICT)
    assert ("Dense", "another") not in again.kept


def test_every_line_is_on_the_disk_when_it_was_kept(tmp_path: Path) -> None:
    """A run that is killed a moment later has lost nothing that it said it kept."""
    file = tmp_path / "results.jsonl"
    results = Results(str(file))
    for number in range(3):
        results.keep(f"{number}", "mark", number)
        assert [json.loads(line)["result"] for line in file.read_text().splitlines()] == list(range(number + 1))
    results.close()


def test_a_line_that_a_crash_has_cut_off_is_dropped(tmp_path: Path) -> None:
    file = tmp_path / "results.jsonl"
    results = Results(str(file))
    results.keep("one", "mark", 1)
    results.close()
    file.write_bytes(file.read_bytes() + file.read_bytes()[:20])
    again = Results(str(file))
    again.keep("two", "mark", 2)
    again.close()
    assert {key: value for (key, _), value in Results(str(file)).kept.items()} == {"one": 1, "two": 2}


@pytest.mark.parametrize("text", ["import numpy\n", "no newline", '{"key": "x"}\n', "[1]\n", "\xff\n"])
def test_a_file_of_somebody_elses_is_refused_and_left_alone(text: str, tmp_path: Path) -> None:
    """`--resume layers.py` is a slip that must not cost the layers."""
    file = tmp_path / "layers.py"
    file.write_text(text, encoding="latin-1")
    with pytest.raises(UsageError, match="something else than results"):
        Results(str(file))
    assert file.read_text(encoding="latin-1") == text


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(NnverifyError, match="the results cannot be kept"):
        Results(str(tmp_path))


def test_the_mark_changes_with_the_sources_and_with_what_was_told(tmp_path: Path) -> None:
    """A helper beside the file may decide as much as the file itself."""
    layer, helper, note = tmp_path / "layers.py", tmp_path / "helper.py", tmp_path / "notes.txt"
    layer.write_text("x = 1\n")
    helper.write_text("y = 1\n")
    before = fingerprint([layer], 0)
    note.write_text("nothing that is run")
    assert fingerprint([layer], 0) == before
    assert fingerprint([layer], 1) != before
    helper.write_text("y = 2\n")
    assert fingerprint([layer], 0) != before


def test_the_mark_of_a_package_hears_of_its_subpackages(tmp_path: Path) -> None:
    below = tmp_path / "package" / "below"
    below.mkdir(parents=True)
    (tmp_path / "package" / "__init__.py").write_text("")
    (below / "module.py").write_text("z = 1\n")
    before = fingerprint([tmp_path / "package" / "__init__.py"])
    (below / "module.py").write_text("z = 2\n")
    assert fingerprint([tmp_path / "package" / "__init__.py"]) != before


def test_a_finding_that_differs_is_no_finding_that_agrees() -> None:
    """The comparison above must be able to fail."""
    other = replace(VERDICT, findings=(replace(FOUND, index=(2, 1)),))
    assert repr(restored(Verdict, plain(other))) != repr(VERDICT)
