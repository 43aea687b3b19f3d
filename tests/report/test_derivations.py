"""The table of the derivations, compared whole; it prints outcomes and decides none."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest

from nnverify.derivations import Row
from nnverify.report.derivations import Run, as_dict, table
from nnverify.report.json import dumps
from nnverify.verdict import Finding, Outcome, Verdict

PASS, FAIL, OPEN = Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE


def _row(identifier: str, exact: Finding, *others: Finding, note: str = "") -> Row:
    verdict = Verdict(identifier, (exact, *others), 0, 120, notes=(note,) if note else ())
    return Row("formula", identifier, "dw = Xᵀδ", verdict, 200, 0.1234)


ROWS = [
    _row(
        "a.dw",
        Finding("forms", "w", PASS, "equal"),
        Finding("proof", "w", PASS, "each form is the derivative, by algebra"),
        Finding("gradient", "w", PASS, "agrees", resolution=3.2e-12),
    ),
    _row(
        "a.db",
        Finding(
            "forms", "b", FAIL, "the index form differs from the vector form at [0]: 1/2 against 1, for m=2", "NV401"
        ),
        Finding("proof", "b", OPEN, "by algebra the index form is not the derivative", "NV208"),
        Finding("gradient", "b", PASS, "agrees", resolution=1e-12),
    ),
    _row(
        "a.dX",
        Finding("forms", "X", PASS, "equal"),
        Finding("gradient", "X", OPEN, "dX could not be judged: the function has a kink at this point", "NV201"),
        note="no proof of the index form: it takes more than 100,000 operations",
    ),
    Row("formula", "a.da", "da = δ", Verdict("a.da", ()), 200, 0.0, "a.da: forward raised ValueError: no. Try: again."),
    Row("special case", "a.dw", "out of b.dW", Verdict("a.dw", (Finding("special case", "w", PASS, ""),)), 200, 1.0),
    Row(
        "counterexample",
        "a.literal",
        "dw = X",
        Verdict("a.literal", (Finding("refuted", "w", PASS, "shape agrees, value does not: a mistake"),)),
        200,
        0.5,
    ),
]

EXPECTED = """\
formula    forms equal    proof    numerical     outcome       time
---------  -------------  -------  ------------  ------------  ------
a.dw       200 draws      proved   to 3e-12      pass          0.1 s
a.db       fail           differs  to 1e-12      FAIL          0.1 s
a.dX       200 draws      none     inconclusive  INCONCLUSIVE  0.1 s
a.da       -              -        -             ERROR         0.0 s

special case    general formula    equal      outcome    time
--------------  -----------------  ---------  ---------  ------
a.dw            b.dW               200 draws  pass       1.0 s

counterexample    claim    outcome    because
----------------  -------  ---------  -------------------------------
a.literal         dw = X   refuted    shape agrees, value does not: a
                                      mistake

a.db: FAIL NV401 the index form differs from the vector form at [0]: 1/2 against
  1, for m=2

a.db: INCONCLUSIVE NV208 by algebra the index form is not the derivative

a.dX: INCONCLUSIVE NV201 dX could not be judged: the function has a kink at this
  point

a.dX: no proof of the index form: it takes more than 100,000 operations

a.da: forward raised ValueError: no. Try: again.

mine: 4 formulas, 12 forms, 1 special case, 1 counterexample, 600 exact draws,
  360 forward evaluations
ERROR: 1 ERROR, 1 FAIL, 1 INCONCLUSIVE, 3 pass in 2.4 s, seed 7"""
RUN = Run("mine", 7, len(ROWS), 2.4)


def test_table_reads_as_a_whole() -> None:
    assert table(ROWS, RUN) == EXPECTED


@pytest.mark.parametrize(("last", "word"), [(1, "PASS"), (2, "FAIL"), (4, "ERROR")])
def test_the_last_line_tells_the_worst(last: int, word: str) -> None:
    assert table(ROWS[:last], Run("mine", 0, last, 1.0)).splitlines()[-1].startswith(f"{word}: ")


@pytest.mark.parametrize(("last", "word"), [(1, "INTERRUPTED"), (2, "FAIL"), (4, "ERROR")])
def test_what_was_not_begun_is_no_pass(last: int, word: str) -> None:
    ended = table(ROWS[:last], RUN).splitlines()[-1]
    assert ended.startswith(f"{word}: ")
    assert f", {6 - last} not begun in 2.4 s" in ended
    assert as_dict(ROWS[:last], RUN)["outcome"] == word.lower()


def test_a_gradient_that_nothing_moves_has_no_resolution() -> None:
    zero = _row("a.dw", Finding("gradient", "w", PASS, "dw is zero, and the output does not depend on w"))
    assert " zero " in table([zero], Run("mine", 0, 1, 1.0))


def test_json_is_strict_and_holds_every_finding() -> None:
    """NaN and Infinity are no JSON: what is not finite becomes a string."""
    infinite = _row("a.dw", Finding("gradient", "w", FAIL, "", backward=float("inf"), numerical=float("nan")))
    text = dumps(as_dict([infinite], RUN))
    (row,) = json.loads(text, parse_constant=pytest.fail)["rows"]
    assert (row["findings"][0]["backward"], row["findings"][0]["numerical"]) == ("inf", "nan")


def test_json_fits_its_schema() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads(files("nnverify.report").joinpath("schema.json").read_text(encoding="utf-8"))
    report = json.loads(dumps(as_dict(ROWS, RUN)))
    jsonschema.validate(report, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(report | {"rows": [report["rows"][0] | {"proof": "proved"}]}, schema)
