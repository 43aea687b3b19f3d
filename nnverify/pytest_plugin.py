"""The pytest plug-in: options, a marker, a fixture, and what a test session tells of its gradients.

Every pytest of the environment loads this, used or not: it imports neither NumPy nor the engine. What tests found
travels as JSON in ``user_properties``, because nothing else reaches the controller of pytest-xdist; only the controller
prints and writes. Nothing is judged here: verdicts come from the engine, outcomes of tests from pytest.
"""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import nnverify
from nnverify._errors import GradientInconclusive, GradientMismatch, UsageError, for_callers
from nnverify._session import EFFORTS, REVEALED, SESSION, Found, Record, badness, line, markdown
from nnverify.report.json import dumps

if TYPE_CHECKING:
    from nnverify.verdict import Verdict

_FOUND = pytest.StashKey[Found]()
_POLICIES = ("fail", "warn", "skip")
_MARKED: dict[str, tuple[Callable[[Any], bool], str]] = {
    "effort": (lambda value: value in EFFORTS, f"one of {', '.join(EFFORTS)}"),
    "rtol": (lambda value: type(value) in (int, float) and 0 <= value < 1, "a number from 0 to 1"),
    "seed": (lambda value: type(value) is int, "a whole number"),
}
_MARKER = f"gradcheck({', '.join(f'{name}=…' for name in _MARKED)})"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("nnverify", "gradient verification (nnverify)")
    group.addoption("--nnverify-seed", type=int, default=0, metavar="N", help="seed of every draw (default: 0)")
    effort = "how much is tried (default: standard)"
    group.addoption("--nnverify-effort", choices=EFFORTS, default="standard", help=effort)
    group.addoption("--nnverify-reveal", choices=REVEALED, default="full", help="how much of a wrong gradient is told")
    group.addoption("--nnverify-report", metavar="FILE", help="write what all tests found to FILE, as JSON")
    group.addoption("--nnverify-summary", action="store_true", help="list every test that checked gradients")
    parser.addini("nnverify_inconclusive", "of a gradient that is open: fail (default), warn or skip", default="fail")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", f"{_MARKER}: defaults of the gradient checks in this test's body")
    if (policy := config.getini("nnverify_inconclusive")) not in _POLICIES:
        what = f"nnverify_inconclusive = {policy} is none of {', '.join(_POLICIES)}"
        raise _refusal(what, "nnverify_inconclusive = fail, the default")
    found = config.stash[_FOUND] = Found()
    session = ExitStack()
    config.add_cleanup(session.close)
    # Its own listener alone: what a session inside a test finds is no finding of that test.
    told = {"seed": config.option.nnverify_seed, "effort": config.option.nnverify_effort, "listeners": [found.hear]}
    told |= {"reveal": config.option.nnverify_reveal, "fault": _fault(), "rtol": 0.0}
    session.enter_context(SESSION.using(**told))
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Controller(config), "nnverify-controller")


def _fault() -> Callable[[Any], Any] | None:
    """What puts the fault that `nnverify mutants` names into every backward."""
    if "NNVERIFY_FAULT" not in os.environ:
        return None
    from nnverify.mutation import put_in

    try:
        return put_in(os.environ["NNVERIFY_FAULT"], os.environ.get("NNVERIFY_FAULT_SEED", "0"))
    except UsageError as error:
        raise _refusal(error.what, error.fix) from None


def _refusal(what: str, fix: str) -> pytest.UsageError:
    return pytest.UsageError(str(UsageError(what=what, where="nnverify", fix=fix)))


def pytest_report_header(config: pytest.Config) -> str | None:
    if config.get_verbosity() < 1:
        return None
    policy = config.getini("nnverify_inconclusive")
    return f"nnverify: seed {SESSION.seed}, effort {SESSION.effort}, an inconclusive gradient: {policy}"


@pytest.fixture(scope="session")
def check_gradients() -> Callable[..., Verdict]:
    """nnverify.check_gradients, with the seed and the effort of this session; works under @given."""
    return nnverify.check_gradients


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    item.config.stash[_FOUND].forget()


# The test's body only: what a fixture of a wider scope finds must not depend on which test comes first.
@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    with SESSION.using(**_marked(item)):
        return (yield)


def _marked(item: pytest.Item) -> dict[str, Any]:
    """The defaults that the markers set, the closest marker first. Fails the test where one cannot be read."""
    marks = list(item.iter_markers("gradcheck"))
    values = {name: value for mark in reversed(marks) for name, value in mark.kwargs.items()}
    wrong = [f"there is no {name!r}" for name in values if name not in _MARKED]
    wrong += [f"{n}={v!r} is not {_MARKED[n][1]}" for n, v in values.items() if n in _MARKED and not _MARKED[n][0](v)]
    wrong += [f"{value!r} has no name" for mark in marks for value in mark.args]
    if wrong:
        pytest.fail(str(UsageError(what="; ".join(wrong), where="pytest.mark.gradcheck", fix=_MARKER)), pytrace=False)
    return values


# Outermost, so that what is expected to fail is already known to be.
@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    for_callers(call.excinfo.value if call.excinfo else None)
    report, found = (yield), item.config.stash[_FOUND]
    raised = _single(call.excinfo.value) if call.excinfo and report.failed else []
    # An assertion failed while a gradient was not right. Any other exception says nothing about gradients.
    if any(isinstance(error, AssertionError | pytest.fail.Exception) for error in raised):
        verdict = _decisive(raised, found.worst)
        if verdict is not None and verdict.outcome != "pass":
            found.refuse(verdict)
            report.sections.append(("nnverify", f"{verdict}\nRepeat: {_repeat(item)}"))
    if raised and all(isinstance(error, GradientInconclusive) for error in raised):
        _tolerate(item, report, str(raised[0]))
    if found.worst is not None:
        # To JSON twice: first what is not finite becomes a text, then all of it one line.
        report.user_properties.append(("nnverify", json.dumps(json.loads(dumps(found.as_dict())))))
    return report


def _single(error: BaseException) -> Sequence[BaseException]:
    """The exceptions of a group, in which Hypothesis puts several."""
    return error.exceptions if isinstance(error, BaseExceptionGroup) else [error]


def _decisive(raised: Sequence[BaseException], otherwise: Verdict | None) -> Verdict | None:
    """The worst verdict that was raised; any other where the test looked at its verdict itself."""
    refused = [error.verdict for error in raised if isinstance(error, GradientMismatch | GradientInconclusive)]
    return max(refused, key=badness, default=otherwise)


def _repeat(item: pytest.Item) -> str:
    """The command that runs the test again with the same draws."""
    started, option = item.config.invocation_params.dir, item.config.option
    path = item.path.relative_to(started).as_posix() if item.path.is_relative_to(started) else str(item.path)
    target = "::".join([path, *item.nodeid.split("::", 1)[1:]])
    effort = "" if option.nnverify_effort == "standard" else f" --nnverify-effort={option.nnverify_effort}"
    return f"pytest {shlex.quote(target)} --nnverify-seed={option.nnverify_seed}{effort}"


def _tolerate(item: pytest.Item, report: pytest.TestReport, message: str) -> None:
    """What nnverify_inconclusive says: the report as it is, skipped, or passed with a warning."""
    policy = item.config.getini("nnverify_inconclusive")
    if policy == "skip" and report.when != "teardown":
        report.outcome = "skipped"
        report.longrepr = (str(item.path), (item.location[1] or 0) + 1, f"inconclusive: {message}")
    # The body of a test may be let pass; a fixture that raised has no value to go on with.
    if policy == "warn" and report.when == "call":
        # Where warnings are errors this one is raised, and the test stays failed.
        with suppress(pytest.PytestWarning):
            item.warn(pytest.PytestWarning(f"nnverify: inconclusive: {message}"))
            report.outcome, report.longrepr = "passed", None


def pytest_report_teststatus(report: pytest.CollectReport | pytest.TestReport) -> tuple[str, str, str] | None:
    if report.outcome == "skipped" and _record(report).get("outcome") == "inconclusive":
        return "inconclusive", "i", "INCONCLUSIVE"
    return None


def _record(report: pytest.CollectReport | pytest.TestReport) -> dict[str, Any]:
    text = dict(getattr(report, "user_properties", ())).get("nnverify")
    return json.loads(text) if text else {}


class _Controller:
    """What the process that the user started makes of all records: lines, a file, a table for GitHub."""

    def __init__(self, config: pytest.Config) -> None:
        self.option, self.records = config.option, dict[str, Record]()
        name = config.option.nnverify_report
        # Read while the session starts: tests may change the folder and the environment.
        self.file = config.invocation_params.dir / name if name else None
        nested = "PYTEST_CURRENT_TEST" in os.environ  # a test of another pytest has started this one
        self.summary = None if nested else os.environ.get("GITHUB_STEP_SUMMARY")

    def pytest_sessionstart(self) -> None:
        if self.file:
            _write(self.file, "")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if record := _record(report):
            self.records[report.nodeid] = Record(report.nodeid, **record)

    def pytest_sessionfinish(self) -> None:
        if self.file:
            _write(self.file, dumps(self._as_dict()) + "\n")
        if self.summary and self.records:
            # A path that a container does not see must not fail the tests of somebody who never asked for the table.
            with suppress(OSError), Path(self.summary).open("a", encoding="utf-8") as file:
                file.write("\n".join([*markdown(self._sorted()), "", ""]))

    def _sorted(self) -> list[Record]:
        return sorted(self.records.values(), key=lambda record: record.order)

    def _as_dict(self) -> dict[str, Any]:
        records = self._sorted()
        return {
            "schema": 1,
            "outcome": records[0].outcome if records else "inconclusive",
            "seed": self.option.nnverify_seed,
            "effort": self.option.nnverify_effort,
            "tests": [asdict(record) for record in records],
        }

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        shown = [one for one in self._sorted() if self.option.nnverify_summary or one.outcome != "pass"]
        if not shown and not self.option.nnverify_summary:
            return
        terminalreporter.write_sep("=", "nnverify")
        width = max((len(record.test) for record in shown), default=0)
        for record in shown:
            colours = {"red": record.outcome == "fail", "yellow": record.outcome == "inconclusive"}
            terminalreporter.write_line(line(record, width), **colours)
        terminalreporter.write_line(f"  {self._passed()}. Report: {self.file or 'pytest --nnverify-report=FILE'}")

    def _passed(self) -> str:
        """How many tests passed, and how many of these have met a gradient that is wrong or open."""
        passed = [record for record in self.records.values() if record.outcome == "pass"]
        spite = sum(record.worst["outcome"] != "pass" for record in passed)
        return f"{len(passed)} passed" + (f", {spite} in spite of a gradient that is wrong or open" if spite else "")


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        what = f"--nnverify-report={path} cannot be written: {error.strerror}"
        raise _refusal(what, "name a file in a folder that is there and writable") from error
