"""Result files are recognised by what they hold, and refused in one sentence."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path

import pytest

from nnverify import UsageError
from nnverify.report.sources import read
from nnverify.report.tables import text
from nnverify.verdict import Outcome
from tests.report.material import (
    RIGHT,
    WRONG,
    benchmarks,
    checks,
    derivations,
    everything,
    session,
    trainings,
    verdict,
    write,
)


def test_every_kind_is_recognised(tmp_path: Path) -> None:
    found = read(everything(tmp_path))
    assert [one.kind for one in found.subjects] == ["layer", "formula", "formula", "test"]
    assert (len(found.benches), len(found.trainings)) == (11, 1)


def test_a_verdict_survives_the_file(tmp_path: Path) -> None:
    """What is not finite is a text in JSON, and a number again here."""
    (found,) = read(write(tmp_path, checks=checks(verdict(RIGHT, WRONG)))).subjects
    right, wrong = found.verdict.findings
    assert right == RIGHT
    assert wrong.details is not None
    assert math.isnan(wrong.details.entries[1].numerical)
    assert wrong.details.steps == WRONG.details.steps


def test_a_row_that_raised_counts_as_failed(tmp_path: Path) -> None:
    """It has no finding that would say so."""
    assert read(everything(tmp_path)).subjects[2].outcome is Outcome.FAIL


def test_the_name_of_the_machine_stays_there(tmp_path: Path) -> None:
    environment = read(write(tmp_path, benchmarks=benchmarks())).environment
    assert environment["benchmarks: CPU"] == "A CPU, 2 cores"
    assert environment["benchmarks: threads"] == "2"
    assert "secret" not in str(environment)


def test_a_field_of_a_later_version_is_left_out(tmp_path: Path) -> None:
    content = checks(verdict(RIGHT))
    content["verdicts"][0]["findings"][0]["colour"] = "green"
    assert read(write(tmp_path, checks=content)).subjects[0].verdict.findings == (RIGHT,)


def _damaged(content: dict, *path: str | int) -> str:
    """The content as text, without the item at the end of the path."""
    inner = content
    for key in path[:-1]:
        inner = inner[key]
    del inner[path[-1]]
    return json.dumps(content)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (None, "cannot be read: No such file or directory"),
        ("", "is no JSON"),
        ("{", "is no JSON"),
        ("[1]", "no result that a report knows"),
        ('{"schema": 1}', "no result that a report knows"),
        ('{"schema": 1, "verdicts": 3}', "damaged"),
        ('{"schema": 1, "verdicts": [3]}', "damaged"),
        (_damaged(checks(verdict(RIGHT)), "verdicts", 0, "findings", 0, "leaf"), "damaged"),
        (_damaged(checks(verdict(RIGHT)), "verdicts", 0, "findings", 0, "outcome"), "there is no 'outcome'"),
        (_damaged(benchmarks(), "benchmarks", 0, "stats", "median"), "there is no 'median'"),
        (_damaged(trainings(), "trainings", 0, "history", 0, "loss"), "there is no 'loss'"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_in_one_line(tmp_path: Path, text: str | None, sentence: str) -> None:
    """A report that leaves out what it cannot read would look like a report without problems."""
    path = tmp_path / "result.json"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as raised:
        read([str(path)])
    assert sentence in str(raised.value)
    assert "\n" not in str(raised.value)
    assert str(path) in str(raised.value)


DAMAGES = (None, -1, 0, float("inf"), "x", [], {}, [None], True, 10**400, "\ud800")
KINDS = {
    "checks": lambda: checks(verdict(RIGHT, WRONG)),
    "derivations": derivations,
    "tests": session,
    "benchmarks": benchmarks,
    "trainings": trainings,
}


def _places(content: object, at: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Where a value stands in nested dictionaries and lists."""
    inner = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    return [place for key, value in inner for place in ((*at, key), *_places(value, (*at, key)))]


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_file_is_refused_or_reported_and_never_raises(tmp_path: Path, kind: str) -> None:
    """One value at a time is something else; a hundred of them for each kind of file, drawn with a seed."""
    rng = random.Random(7)
    places = _places(KINDS[kind]())
    refused = 0
    for place, damage in rng.sample([(place, damage) for place in places for damage in DAMAGES], 100):
        content = KINDS[kind]()
        inner = content
        for key in place[:-1]:
            inner = inner[key]
        inner[place[-1]] = damage
        try:
            found = read(write(tmp_path, damaged=content))
        except UsageError:
            refused += 1
        else:
            assert text(found).encode()
    assert 10 < refused < 100


def test_a_file_that_is_no_text_is_no_json(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="is no JSON"):
        read([str(path)])
