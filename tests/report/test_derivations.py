"""The table of the derivations, compared whole; it prints outcomes and decides none."""

from __future__ import annotations

import json

import pytest

from nnverify.derivations import Row
from nnverify.report.derivations import as_dict, table
from nnverify.report.json import dumps
from nnverify.verdict import Finding, Outcome, Verdict

PASS, FAIL, OPEN = Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE


def _row(identifier: str, exact: Finding, *numerical: Finding, error: str | None = None) -> Row:
    verdict = Verdict(identifier, (exact, *numerical), 0, 120)
    return Row("formula", identifier, "dw = Xᵀδ", verdict, 200, 0.1234, error)


ROWS = [
    _row("a.dw", Finding("forms", "w", PASS, "equal"), Finding("gradient", "w", PASS, "agrees", resolution=3.2e-12)),
    _row(
        "a.db",
        Finding(
            "forms", "b", FAIL, "the index form differs from the vector form at [0]: 1/2 against 1, for m=2", "NV401"
        ),
        Finding("gradient", "b", PASS, "agrees", resolution=1e-12),
    ),
    _row(
        "a.dX",
        Finding("forms", "X", PASS, "equal"),
        Finding("gradient", "X", OPEN, "dX could not be judged: the function has a kink at this point", "NV201"),
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
formula    forms equal    numerical     outcome       time
---------  -------------  ------------  ------------  ------
a.dw       on 200 draws   to 3e-12      pass          0.12 s
a.db       fail           to 1e-12      FAIL          0.12 s
a.dX       on 200 draws   inconclusive  INCONCLUSIVE  0.12 s
a.da       -              -             ERROR         0.00 s

special case    general formula    equal         outcome    time
--------------  -----------------  ------------  ---------  ------
a.dw            out of b.dW        on 200 draws  pass       1.00 s

counterexample    claim    outcome    because
----------------  -------  ---------  -------------------------------
a.literal         dw = X   refuted    shape agrees, value does not: a
                                      mistake

a.db: FAIL NV401 the index form differs from the vector form at [0]: 1/2 against
  1, for m=2

a.dX: INCONCLUSIVE NV201 dX could not be judged: the function has a kink at this
  point

a.da: a.da: forward raised ValueError: no. Try: again.

mine: 4 formulas, 12 forms, 1 special case, 1 counterexample, 1,200 exact draws,
  360 forward evaluations
ERROR: 1 ERROR, 1 FAIL, 1 INCONCLUSIVE, 3 pass in 1.9 s, seed 7"""


def test_table_reads_as_a_whole() -> None:
    assert table(ROWS, "mine", 7) == EXPECTED


@pytest.mark.parametrize(("last", "word"), [(1, "PASS"), (2, "FAIL"), (4, "ERROR")])
def test_the_last_line_tells_the_worst(last: int, word: str) -> None:
    assert table(ROWS[:last], "mine", 0).splitlines()[-1].startswith(f"{word}: ")


def test_json_is_strict_and_holds_every_finding() -> None:
    """NaN and Infinity are no JSON: what is not finite becomes a string."""
    infinite = _row("a.dw", Finding("gradient", "w", FAIL, "", backward=float("inf"), numerical=float("nan")))
    text = dumps(as_dict([infinite], "mine", 7))
    (row,) = json.loads(text, parse_constant=pytest.fail)["rows"]
    assert (row["findings"][0]["backward"], row["findings"][0]["numerical"]) == ("inf", "nan")
