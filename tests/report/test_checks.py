"""Reports on layers: compared whole, escaped, strict, and never deciding."""

from __future__ import annotations

import json
from importlib.resources import files
from xml.etree import ElementTree

import numpy as np
import pytest

from nnverify import check_gradients
from nnverify.report.checks import FORMATS, Frame, as_json, junit, markdown, text
from nnverify.verdict import Details, Entry, Finding, Outcome, StepError, Verdict

PASS, FAIL, OPEN = Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE
RIGHT = Finding("gradient", "X", PASS, "dX agrees", backward=1.0, numerical=1.0, bar=1e-12, resolution=3.2e-12)
WRONG = Finding(
    "gradient",
    "W",
    FAIL,
    "dW is 8 x the numerical gradient in all 12 entries, most at [3,0]: backward +1.38204, numerical +0.172755 ± 2e-12",
    None,
    (3, 0),
    1.382042,
    0.172755,
    2e-12,
    None,
    8.0,
    "it is not the step: the gap is 1.21 at relative steps from 1e-01 to 1e-06",
    Details((4, 3), (Entry((3, 0), 1.382042, 0.172755, 2e-12),), (StepError(0.1, 1.21, 1e-3),)),
)
UNCLEAR = Finding("gradient", "b", OPEN, "db could not be judged: the function has a kink at this point", "NV201")
SHAPES = "X (8, 4), W (4, 3), b (3,) -> (8, 3)"


def _verdict(*findings: Finding, name: str = "Softmax") -> Verdict:
    return Verdict(name, findings, 7, 120, SHAPES, "leaves: backward(dout, X, W, b)", ("found: W ↔ dW",))


EXPECTED = """\
Softmax   X (8, 4), W (4, 3), b (3,) -> (8, 3)   seed 7

  gradient    verdict       seen to    ratio    at     backward    numerical
  ----------  ------------  ---------  -------  -----  ----------  -----------
  dX          pass          3e-12
  dW          FAIL                     8 x      [3,0]  +1.38204    +0.172755
  db          INCONCLUSIVE

FAIL   dW is 8 x the numerical gradient in all 12 entries, most at [3,0]:
       backward +1.38204, numerical +0.172755 ± 2e-12. It is not the step: the
       gap is 1.21 at relative steps from 1e-01 to 1e-06.

INCONCLUSIVE   NV201: db could not be judged: the function has a kink at this
       point.

       Called as leaves: backward(dout, X, W, b).
       Found: W ↔ dW.
       Guessed: --leaf 'X=m n'
       Repeat: nnverify check layers.py::Softmax --seed 7"""


def test_text_reads_as_a_whole() -> None:
    frame = Frame({"X": "m n"}, "nnverify check layers.py::Softmax --seed 7")
    assert text([_verdict(RIGHT, WRONG, UNCLEAR)], frame) == EXPECTED


def test_a_pass_says_how_fine_it_was() -> None:
    """A green line without a number proves little."""
    shown = text([_verdict(RIGHT)], Frame())
    assert "PASS   1 of 1 gradients agree. A relative error above 3.2e-12 would have been\n       seen." in shown


def test_a_pass_of_what_could_not_be_moved_claims_no_fineness() -> None:
    verdict = check_gradients(lambda x: 2 * x, lambda dout, x: 2 * dout, x=np.zeros((0, 3)))
    assert "No error could be seen: there is no entry to move" in " ".join(text([verdict], Frame()).split())
    assert verdict.headline.endswith("1 gradient agrees")


def test_only_problems_leaves_out_what_passes() -> None:
    shown = text([_verdict(RIGHT, WRONG)], Frame(only_problems=True))
    assert ("dX" in shown, "dW" in shown) == (False, True)


def test_no_line_is_wider_than_80_columns() -> None:
    assert max(map(len, EXPECTED.splitlines())) <= 80


def test_markdown_puts_problems_first_and_escapes_names() -> None:
    """A layer's name may hold anything; it must not become a cell, code or HTML."""
    shown = markdown([_verdict(RIGHT, WRONG, name="<b>|`x`\n")], Frame())
    lines = shown.splitlines()
    assert "**FAIL**" in lines[2]
    assert "<b>" not in shown
    assert {line.count("|") for line in lines} == {5}


def test_junit_counts_what_is_open_as_a_failure() -> None:
    root = ElementTree.fromstring(junit([_verdict(RIGHT, WRONG, UNCLEAR, name="a\x00<&b")], Frame()))
    (suite,) = root
    assert (suite.attrib["tests"], suite.attrib["failures"]) == ("3", "2")
    assert [case.find("failure") is not None for case in suite] == [False, True, True]


def test_json_fits_its_schema() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads(files("nnverify.report").joinpath("schema.json").read_text(encoding="utf-8"))
    infinite = Finding("gradient", "X", FAIL, "", backward=float("nan"), numerical=float("inf"), index=(1,))
    report = json.loads(as_json([_verdict(RIGHT, WRONG, UNCLEAR, infinite)], Frame({"X": "m n"})))
    jsonschema.validate(report, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(report | {"schema": 2}, schema)


def test_a_target_without_a_verdict_is_in_every_format_that_is_kept() -> None:
    frame = Frame(errors={"layers.py::Odd": "Odd: forward raised KeyError: 1"})
    (suite,) = ElementTree.fromstring(junit([], frame))
    assert (suite.attrib["tests"], suite.attrib["errors"]) == ("1", "1")
    assert "KeyError" in suite[0][0].attrib["message"]
    assert "| **ERROR** | layers.py::Odd |" in " ".join(markdown([_verdict(RIGHT)], frame).split())
    assert json.loads(as_json([], frame))["errors"] == frame.errors


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_shows_every_outcome_and_decides_none(name: str) -> None:
    shown = FORMATS[name]([_verdict(RIGHT, WRONG, UNCLEAR)], Frame())
    assert ["pass" in shown.lower(), "fail" in shown.lower(), "inconclusive" in shown.lower()] == [True] * 3
