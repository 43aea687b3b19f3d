"""The pytest plug-in as a user meets it: what a session prints, writes and refuses. Every session is a real one."""

from __future__ import annotations

import itertools
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, NoReturn
from xml.etree import ElementTree

import pytest

import nnverify.api  # before the inner sessions, each of which forgets what it has imported
from nnverify import options
from nnverify._session import EFFORTS, SESSION, Found, Record, markdown
from nnverify.verdict import Finding, Outcome, Verdict

Run = Callable[..., pytest.RunResult]

_REGISTERED = bool(entry_points(group="pytest11", name="nnverify"))
LOADED = () if _REGISTERED else ("-p", "nnverify.pytest_plugin")

LAYERS = """
import pytest
from hypothesis import given, settings, strategies as st
from nnverify import Finding, GradientInconclusive, GradientMismatch, Outcome, Verdict, assert_gradients
from nnverify import check_gradients as check
from nnverify._session import SESSION

SIZES = {"X": (4, 3), "W": (3, 2)}
few = settings(max_examples=8, database=None, derandomize=True, deadline=None)

def product(X, W):
    return X @ W

def right(dout, X, W):
    return dout @ W.T, X.T @ dout

def doubled(dout, X, W):
    return dout @ W.T, 2 * X.T @ dout

def judge_nothing():
    open = Finding("gradient", "x", Outcome.INCONCLUSIVE, "dx could not be judged", "NV205", resolution=float("inf"))
    verdict = Verdict("layer", (open,), SESSION.seed)
    raise GradientInconclusive(verdict.headline, verdict)
"""
PASS = """
def test_right():
    assert_gradients(product, right, **SIZES)
"""
FAIL = """
def test_wrong():
    assert_gradients(product, doubled, **SIZES)
"""
OPEN = """
def test_open():
    judge_nothing()
"""


@pytest.fixture
def run(pytester: pytest.Pytester) -> Run:
    """Runs the source, after LAYERS, as test_layers.py in a session of its own."""

    def session(source: str, *arguments: str, load: tuple[str, ...] = LOADED) -> pytest.RunResult:
        pytester.makepyfile(test_layers=LAYERS + source)
        return pytester.runpytest(*load, "-p", "no:cacheprovider", *arguments)

    return session


@pytest.fixture
def report(run: Run, pytester: pytest.Pytester) -> Callable[..., dict[str, Any]]:
    """Runs the source and returns what --nnverify-report wrote, read as strictly as JSON can be."""

    def session(source: str, *arguments: str) -> dict[str, Any]:
        run(source, "--nnverify-report=report.json", *arguments)
        text = (pytester.path / "report.json").read_text(encoding="utf-8")
        return dict(json.loads(text, parse_constant=_refuse))

    return session


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON")


def shown(result: pytest.RunResult) -> str:
    """All that the session printed, with spaces where lines ended."""
    return " ".join(str(result.stdout).split())


def section(result: pytest.RunResult) -> list[str]:
    """The lines of the closing section; none where it is not printed. Which cause a FAIL has is not asked here."""
    lines = iter(result.outlines)
    inside = any(line.startswith("=") and " nnverify " in line for line in lines)
    rest = list(lines) if inside else []
    own = itertools.takewhile(lambda line: not line.startswith("="), rest)
    return [re.sub(r"NV\d{3} ", "", line) if "FAIL" in line else line for line in own]


def test_a_right_gradient_passes_without_a_word(run: Run) -> None:
    result = run(PASS)
    result.assert_outcomes(passed=1)
    assert "nnverify " not in shown(result).partition("collected")[2]


def test_a_wrong_gradient_fails_in_one_line(run: Run) -> None:
    """The short summary has room for few words: they must be the first ones."""
    result = run(FAIL)
    result.assert_outcomes(failed=1)
    (line,) = [line for line in result.outlines if line.startswith("E ")]
    assert line.startswith("E       nnverify.GradientMismatch: product: dW ")


def test_the_table_has_a_section_that_ends_with_the_rerun_line(run: Run) -> None:
    run(FAIL).stdout.fnmatch_lines(
        [
            "-*- nnverify -*-",
            "product: fail",
            "X *pass*",
            "W *fail*dW *",
            "Repeat: pytest test_layers.py::test_wrong --nnverify-seed=0",
        ]
    )


def test_the_users_line_is_the_only_frame(run: Run) -> None:
    result = run(FAIL)
    assert [line for line in result.outlines if line.startswith(">")] == [
        ">       assert_gradients(product, doubled, **SIZES)"
    ]
    assert "api.py" not in shown(result)


def test_an_assertion_about_a_verdict_gets_the_table_too(run: Run) -> None:
    """Who calls check_gradients and asserts alone needs the same facts."""
    result = run("def test_own():\n    assert check(product, doubled, **SIZES).outcome == 'pass'")
    result.stdout.fnmatch_lines(["-*- nnverify -*-", "product: fail", "Repeat: *::test_own --nnverify-seed=0"])


def test_a_unittest_case_gets_the_table_too(run: Run) -> None:
    source = """
import unittest
class TestLayer(unittest.TestCase):
    def test_wrong(self):
        assert_gradients(product, doubled, **SIZES)
"""
    run(source).stdout.fnmatch_lines(["Repeat: *::TestLayer::test_wrong --nnverify-seed=0"])


def test_another_mistake_is_not_blamed_on_a_gradient(run: Run) -> None:
    """The wrong gradient was wanted; what broke is something else."""
    result = run("def test_broken():\n    check(product, doubled, **SIZES)\n    {}['key']")
    result.assert_outcomes(failed=1)
    assert section(result) == []
    assert "Repeat" not in shown(result)


def test_the_section_has_one_line_for_each_test_that_did_not_pass(run: Run) -> None:
    assert section(run(PASS + FAIL + OPEN)) == [
        "  FAIL          test_layers.py::test_wrong  dW",
        "  INCONCLUSIVE  test_layers.py::test_open   NV205 dx",
        "  1 passed. Report: pytest --nnverify-report=FILE",
    ]


def test_the_section_lists_every_test_on_request(run: Run) -> None:
    first, last = section(run(PASS, "--nnverify-summary"))
    assert first.startswith("  pass          test_layers.py::test_right  agree to ")
    assert last.startswith("  1 passed.")


def test_a_wrong_gradient_that_was_expected_is_no_failure(run: Run) -> None:
    source = """
def test_raises():
    with pytest.raises(GradientMismatch):
        assert_gradients(product, doubled, **SIZES)
"""
    result = run(source, "--nnverify-summary")
    result.assert_outcomes(passed=1)
    assert section(result) == [
        "  pass          test_layers.py::test_raises  in spite of FAIL dW",
        "  1 passed, 1 in spite of a gradient that is wrong or open. Report: pytest --nnverify-report=FILE",
    ]


def test_the_header_is_printed_with_v_only(run: Run) -> None:
    line = "nnverify: seed 0, effort standard, an inconclusive gradient: fail"
    assert line in run(PASS, "-v").outlines
    assert line not in run(PASS).outlines


def test_the_seed_changes_the_draws(report: Callable[..., dict[str, Any]]) -> None:
    """A seed that is printed but not used repeats nothing."""
    values = {}
    for seed in (0, 7, 7):
        (test,) = report(FAIL, f"--nnverify-seed={seed}")["tests"]
        values.setdefault(seed, set()).add(test["worst"]["findings"][1]["backward"])
        assert test["worst"]["seed"] == seed
    assert [len(found) for found in values.values()] == [1, 1]
    assert values[0] != values[7]


def test_the_rerun_line_can_be_pasted(run: Run) -> None:
    """Brackets and blanks mean something to a shell, and effort decides what is drawn."""
    source = FAIL.replace("def test_wrong():", "@pytest.mark.parametrize('name', ['a b'])\ndef test_wrong(name):")
    result = run(source, "--nnverify-seed=7", "--nnverify-effort=point")
    repeat = "Repeat: pytest 'test_layers.py::test_wrong[a b]' --nnverify-seed=7 --nnverify-effort=point"
    assert repeat in result.outlines


def test_the_rerun_line_starts_in_the_users_folder(
    run: Run, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Node identifiers start at the root of the project; the user may stand below it."""
    pytester.makeini("[pytest]")
    monkeypatch.chdir(pytester.mkdir("sub"))
    pytester.makepyfile(**{"sub/test_below": LAYERS + FAIL})
    result = pytester.runpytest(*LOADED)
    assert "Repeat: pytest test_below.py::test_wrong --nnverify-seed=0" in result.outlines


def test_the_efforts_offered_are_those_that_checks_take() -> None:
    assert EFFORTS == options.EFFORTS


def test_an_unknown_effort_is_a_usage_error(run: Run) -> None:
    result = run(PASS, "--nnverify-effort=heroic")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--nnverify-effort: invalid choice: 'heroic' (choose from *thorough*"])


def test_the_effort_reaches_the_checks(run: Run) -> None:
    result = run("def test_effort():\n    assert SESSION.effort == 'point'", "--nnverify-effort=point")
    result.assert_outcomes(passed=1)


def test_a_marker_sets_defaults_for_its_test_only(run: Run) -> None:
    source = """
@pytest.mark.gradcheck(seed=3, effort="point", rtol=1e-3)
def test_marked():
    assert (SESSION.seed, SESSION.effort, SESSION.rtol) == (3, "point", 1e-3)
    assert assert_gradients(product, right, **SIZES).seed == 3

def test_after():
    assert (SESSION.seed, SESSION.effort, SESSION.rtol) == (5, "standard", 0.0)
"""
    run(source, "--nnverify-seed=5", "--strict-markers").assert_outcomes(passed=2)


def test_the_closest_marker_wins(run: Run) -> None:
    source = """
@pytest.mark.gradcheck(seed=3, effort="point")
class TestLayer:
    @pytest.mark.gradcheck(seed=4)
    def test_marked(self):
        assert (SESSION.seed, SESSION.effort) == (4, "point")
"""
    run(source).assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("arguments", "fact"),
    [
        ("tolerance=1", "there is no 'tolerance'"),
        ("rtol=2, seed='a'", "rtol=2 is not a number from 0 to 1; seed='a' is not a whole number"),
        ("effort='heroic'", "effort='heroic' is not one of point, standard, thorough"),
        ("'point'", "'point' has no name"),
    ],
    ids=["unknown", "values", "effort", "positional"],
)
def test_a_marker_that_cannot_be_read_fails_its_test(run: Run, arguments: str, fact: str) -> None:
    """A default that is silently not set would make the test say less than its author thinks."""
    result = run(f"@pytest.mark.gradcheck({arguments})\ndef test_marked():\n    pass")
    result.assert_outcomes(failed=1)
    expected = f"pytest.mark.gradcheck: {fact}. Try: gradcheck(effort=…, rtol=…, seed=…)."
    assert expected in result.outlines


def test_a_session_leaves_nothing_behind(run: Run) -> None:
    before = vars(SESSION).copy()
    run(FAIL, "--nnverify-seed=9", "--nnverify-effort=point")
    assert vars(SESSION) == before


def test_what_a_session_inside_a_test_finds_is_its_own(run: Run) -> None:
    """Else every test of a plug-in would be blamed for the wrong gradients in its examples."""
    heard: list[Any] = []
    with SESSION.using(listeners=[heard.append]):
        run(FAIL)
    assert heard == []


def test_a_fault_that_is_none_is_refused_in_one_sentence(pytester: pytest.Pytester, monkeypatch: Any) -> None:
    monkeypatch.setenv("NNVERIFY_FAULT", "bogus")
    result = pytester.runpytest_subprocess()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "there is no fault 'bogus' with seed 0. Try: a seed from 0, and one of sign" in result.stderr.str()
    assert "Traceback" not in result.stderr.str()


SHOWN = ("-W", "default::pytest.PytestWarning")  # the session around it makes errors of warnings


def configured(pytester: pytest.Pytester, policy: str) -> None:
    pytester.makeini(f"[pytest]\nnnverify_inconclusive = {policy}")


@pytest.mark.parametrize(
    ("policy", "outcomes"), [("fail", "1 failed"), ("warn", "1 passed, 1 warning"), ("skip", "1 inconclusive")]
)
def test_the_project_says_what_an_open_gradient_does(
    run: Run, pytester: pytest.Pytester, policy: str, outcomes: str
) -> None:
    configured(pytester, policy)
    result = run(OPEN, *SHOWN)
    assert result.outlines[-1].strip("= ").startswith(f"{outcomes} in ")
    assert section(result)[0] == "  INCONCLUSIVE  test_layers.py::test_open  NV205 dx"


def test_the_warning_says_what_is_open(run: Run, pytester: pytest.Pytester) -> None:
    configured(pytester, "warn")
    run(OPEN, *SHOWN).stdout.fnmatch_lines(["*test_layers.py:*PytestWarning: nnverify: inconclusive: *NV205*"])


def test_where_warnings_are_errors_an_open_gradient_fails(run: Run, pytester: pytest.Pytester) -> None:
    configured(pytester, "warn")
    run(OPEN, "-W", "error").assert_outcomes(failed=1)


@pytest.mark.parametrize(("policy", "outcomes"), [("warn", "1 error"), ("skip", "1 inconclusive")])
def test_a_fixture_that_is_open_never_lets_its_test_run(
    run: Run, pytester: pytest.Pytester, policy: str, outcomes: str
) -> None:
    configured(pytester, policy)
    source = "@pytest.fixture\ndef layer():\n    judge_nothing()\n\ndef test_layer(layer):\n    raise SystemError"
    result = run(source, *SHOWN)
    assert result.outlines[-1].strip("= ").startswith(f"{outcomes} in ")
    assert section(result)[0] == "  INCONCLUSIVE  test_layers.py::test_layer  NV205 dx"


def test_an_expected_failure_stays_one(run: Run, pytester: pytest.Pytester) -> None:
    configured(pytester, "skip")
    run("@pytest.mark.xfail\ndef test_open():\n    judge_nothing()").assert_outcomes(xfailed=1)


@pytest.mark.parametrize("order", ["[::1]", "[::-1]"], ids=["wrong-first", "open-first"])
def test_a_wrong_gradient_is_never_skipped(run: Run, pytester: pytest.Pytester, order: str) -> None:
    """Hypothesis raises all that it found in one group: the FAIL decides."""
    configured(pytester, "skip")
    source = f"""
def test_both():
    errors = []
    for broken in (lambda: assert_gradients(product, doubled, **SIZES), judge_nothing){order}:
        with pytest.raises(AssertionError) as caught:
            broken()
        errors.append(caught.value)
    raise ExceptionGroup("both", errors)
"""
    result = run(source)
    result.assert_outcomes(failed=1)
    assert section(result)[0] == "  FAIL          test_layers.py::test_both  dW"


def test_what_is_open_afterwards_excuses_no_wrong_gradient(run: Run) -> None:
    """An inconclusive fixture at the end of a test must not take the FAIL out of the summary."""
    source = "@pytest.fixture\ndef layer():\n    yield\n    judge_nothing()\n" + FAIL.replace("()", "(layer)", 1)
    assert section(run(source))[0] == "  FAIL          test_layers.py::test_wrong  dW"


def test_an_unknown_policy_is_a_usage_error(run: Run, pytester: pytest.Pytester) -> None:
    configured(pytester, "maybe")
    result = run(PASS)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: nnverify: nnverify_inconclusive = maybe is none of fail, warn, skip. Try: *"])


GIVEN = """
@few
@given(n=st.integers(1, 9))
def test_given(check_gradients, n):
    verdict = check_gradients(product, doubled if n > 4 else right, X=(n, 3), W=(3, 2))
    assert verdict.outcome == "pass"
"""


def test_the_fixture_works_under_given(run: Run) -> None:
    """Hypothesis refuses fixtures of a function's scope."""
    result = run(GIVEN, "--nnverify-seed=7")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*n=5,*", "-*- nnverify -*-", "Repeat: *::test_given --nnverify-seed=7"])


def test_the_worst_of_many_verdicts_is_kept_and_all_are_counted(report: Callable[..., dict[str, Any]]) -> None:
    """Of two that are equally bad the later one: Hypothesis ends with the smallest."""
    source = """
def test_many():
    for m, backward in ((9, doubled), (5, doubled), (7, right)):
        check(product, backward, X=(m, 3), W=(3, 2))
"""
    (test,) = report(source)["tests"]
    assert (test["outcome"], test["verdicts"]) == ("pass", 3)
    assert (test["worst"]["outcome"], test["worst"]["shapes"]) == ("fail", "X (5, 3), W (3, 2) -> (5, 2)")


@pytest.mark.parametrize(("outcome", "kept"), [(Outcome.FAIL, "second"), (Outcome.PASS, "first")])
def test_the_coarsest_pass_is_kept_and_the_last_failure(outcome: Outcome, kept: str) -> None:
    """How coarse a check was tells passes apart; a wrong gradient is told by its smallest example."""
    found = Found()
    for name, resolution in (("first", 1e-3), ("second", 1e-9)):
        found.hear(Verdict(name, (Finding("gradient", "W", outcome, "", resolution=resolution),)))
    assert found.as_dict()["worst"]["subject"] == kept


def test_the_report_is_strict_json(report: Callable[..., dict[str, Any]]) -> None:
    """An inconclusive check resolves nothing: its resolution is infinite, for which JSON has no word."""
    found = report(PASS + FAIL + OPEN)
    assert {key: found[key] for key in ("schema", "outcome", "seed", "effort")} == {
        "schema": 1,
        "outcome": "fail",
        "seed": 0,
        "effort": "standard",
    }
    assert [(test["test"], test["outcome"]) for test in found["tests"]] == [
        ("test_layers.py::test_wrong", "fail"),
        ("test_layers.py::test_open", "inconclusive"),
        ("test_layers.py::test_right", "pass"),
    ]
    assert {finding["leaf"] for finding in found["tests"][0]["worst"]["findings"]} == {"X", "W"}


def test_a_report_on_nothing_is_no_pass(report: Callable[..., dict[str, Any]]) -> None:
    found = report("def test_nothing():\n    pass")
    assert (found["outcome"], found["tests"]) == ("inconclusive", [])


def test_a_report_that_cannot_be_written_is_a_usage_error(run: Run) -> None:
    """Said before the tests run, not after an hour of them."""
    result = run(PASS, "--nnverify-report=missing/report.json")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: nnverify: --nnverify-report=*report.json cannot be written: *. Try: *"])
    assert "test_layers.py" not in shown(result)


def test_the_junit_file_has_the_verdicts_as_properties(run: Run, pytester: pytest.Pytester) -> None:
    run(OPEN, "--junitxml=junit.xml")
    (found,) = ElementTree.parse(pytester.path / "junit.xml").findall(".//testcase/properties/property")
    assert found.get("name") == "nnverify"
    assert json.loads(found.get("value", ""), parse_constant=_refuse)["worst"]["outcome"] == "inconclusive"


@pytest.fixture
def summary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that a step of a workflow may append to."""
    file = tmp_path / "summary.md"
    file.write_text("before\n", encoding="utf-8")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(file))
    return file


def test_workers_of_xdist_tell_the_controller(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, summary: Path
) -> None:
    """Only plain data comes back from a worker, and only one process may print and write."""
    pytest.importorskip("xdist", reason="runs where the dev extra is installed")
    monkeypatch.setenv("PYTHONPATH", str(Path(nnverify.__file__).parent.parent), prepend=os.pathsep)
    monkeypatch.delenv("PYTEST_CURRENT_TEST")
    configured(pytester, "skip")
    pytester.makepyfile(test_layers=LAYERS + PASS + FAIL + OPEN)
    result = pytester.runpytest_subprocess(*LOADED, "-n2", "--nnverify-seed=7", "--nnverify-report=report.json")
    assert section(result) == [
        "  FAIL          test_layers.py::test_wrong  dW",
        "  INCONCLUSIVE  test_layers.py::test_open   NV205 dx",
        f"  1 passed. Report: {pytester.path / 'report.json'}",
    ]
    assert result.outlines[-1].strip("= ").startswith("1 failed, 1 passed, 1 inconclusive in ")
    assert "Repeat: pytest test_layers.py::test_wrong --nnverify-seed=7" in result.outlines
    found = json.loads((pytester.path / "report.json").read_text(encoding="utf-8"))
    assert {test["worst"]["seed"] for test in found["tests"]} == {7}
    assert summary.read_text(encoding="utf-8").count("###") == 1


def test_the_outermost_session_appends_a_table_for_github(
    run: Run, summary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTEST_CURRENT_TEST")
    run(PASS + FAIL + OPEN)
    lines = summary.read_text(encoding="utf-8").splitlines()
    assert lines[:5] == [
        "before",
        "### nnverify: 1 failed, 1 inconclusive, 1 passed",
        "",
        "| verdict | test | gradient | finding | at |",
        "|---|---|---|---|---|",
    ]
    assert lines[5].startswith("| **FAIL** | `test_layers.py::test_wrong` | dW | ")
    assert lines[6].startswith("| INCONCLUSIVE | `test_layers.py::test_open` | dx | NV205: dx could not be judged")


def test_a_session_inside_a_test_leaves_the_summary_alone(run: Run, summary: Path) -> None:
    """A test of a plug-in runs pytest too: its wrong gradients are not the project's."""
    run(FAIL)
    assert summary.read_text(encoding="utf-8") == "before\n"


def test_a_summary_that_is_not_there_fails_nothing(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "missing" / "summary.md"))
    monkeypatch.delenv("PYTEST_CURRENT_TEST")
    result = run(PASS)
    assert result.ret == pytest.ExitCode.OK


def _record(test: str, message: str = "dW differs") -> Record:
    finding = {"leaf": "W", "outcome": "fail", "code": None, "message": message, "index": (3, 0)}
    return Record(test, "fail", 1, {"outcome": "fail", "codes": [], "resolution": None, "findings": [finding]})


def test_where_all_pass_there_is_no_table() -> None:
    passed = Record("t.py::test", "pass", 1, {"outcome": "pass", "codes": [], "resolution": 1e-9, "findings": []})
    assert list(markdown([passed])) == ["### nnverify: 1 passed", ""]


def test_no_name_breaks_the_table() -> None:
    *_, row = markdown([_record("t.py::test[a|b`c]", "<b>|`x`\n")])
    text = "&#60;b&#62;&#124;&#96;x&#96;&#10;"
    assert row == rf"| **FAIL** | `t.py::test[a\|b'c]` | dW | {text} | (3, 0) |"


def test_the_table_ends_after_fifty_rows() -> None:
    lines = list(markdown([_record(f"t.py::test_{number}") for number in range(53)]))
    assert sum(line.startswith("| **FAIL**") for line in lines) == 50
    assert lines[-1] == "and 3 more"


def test_without_the_plugin_a_wrong_gradient_still_fails(run: Run) -> None:
    result = run(FAIL, "-p", "no:nnverify", load=())
    result.assert_outcomes(failed=1)
    assert "GradientMismatch: product: dW " in shown(result)
    assert section(result) == []


def test_the_plugin_loads_neither_numpy_nor_the_engine() -> None:
    """Every pytest of the environment imports it, whether it checks gradients or not."""
    code = "import sys, nnverify.pytest_plugin; print(*sorted(name for name in sys.modules if name[:8] == 'nnverify'))"
    heavy = "print(*{'numpy', 'hypothesis', 'tabulate'} & set(sys.modules))"
    run = subprocess.run(
        [sys.executable, "-c", f"{code}; {heavy}"],
        cwd=Path(nnverify.__file__).parent.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    own = "nnverify nnverify._errors nnverify._session nnverify.pytest_plugin nnverify.report nnverify.report.json"
    assert run.stdout.splitlines() == [own, ""]


BROKEN = """
def raising(X, W):
    return X.nothing

def test_raises():
    assert_gradients(raising, right, **SIZES)
"""


def test_an_error_of_use_is_shown_where_the_caller_made_it(run: Run) -> None:
    """Frames of ours help nobody; those of a forward that raised do."""
    result = run(BROKEN)
    assert [line for line in result.outlines if line.startswith(">")] == [
        ">       return X.nothing",
        ">       assert_gradients(raising, right, **SIZES)",
    ]
    assert "UsageError: raising: forward raised AttributeError" in shown(result)
    assert "api.py" not in shown(result)
