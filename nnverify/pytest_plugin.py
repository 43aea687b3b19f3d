"""The pytest plug-in: options, a marker, a fixture, and what a test session tells of its gradients.

Every pytest of the environment loads this, used or not: it imports neither NumPy nor the engine. What tests found
travels as JSON in ``user_properties``, because nothing else reaches the controller of pytest-xdist; only the controller
prints and writes. Nothing is judged here: verdicts come from the engine, outcomes of tests from pytest.
"""

from __future__ import annotations

import json
import os
import shlex
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import nnverify
from nnverify._errors import GradientInconclusive, GradientMismatch, UsageError
from nnverify._session import EFFORTS, SESSION
from nnverify.report.json import dumps

if TYPE_CHECKING:
    from nnverify.verdict import Verdict

_POLICIES = ("fail", "warn", "skip")
# From best to worst, with the word for a count of tests and the colour of a line.
_OUTCOMES = {
    "pass": ("passed", {}),
    "inconclusive": ("inconclusive", {"yellow": True}),
    "fail": ("failed", {"red": True}),
}
_RANK = list(_OUTCOMES)
_MARKED: dict[str, tuple[Callable[[Any], bool], str]] = {
    "effort": (lambda value: value in EFFORTS, f"one of {', '.join(EFFORTS)}"),
    "rtol": (lambda value: type(value) in (int, float) and 0 <= value < 1, "a number from 0 to 1"),
    "seed": (lambda value: type(value) is int, "a whole number"),
}
_ROWS = 50  # GitHub drops a summary above 1 MiB; nobody reads a longer table


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("nnverify", "gradient verification (nnverify)")
    group.addoption("--nnverify-seed", type=int, default=0, metavar="N", help="seed of every draw (default: 0)")
    group.addoption(
        "--nnverify-effort", choices=EFFORTS, default="standard", help="how much is tried (default: standard)"
    )
    group.addoption("--nnverify-report", metavar="FILE", help="write what all tests found to FILE, as JSON")
    group.addoption("--nnverify-summary", action="store_true", help="list every test that checked gradients")
    words = "what a gradient that cannot be judged does to its test: fail (default), warn or skip"
    parser.addini("nnverify_inconclusive", words, default="fail")


def pytest_configure(config: pytest.Config) -> None:
    names = "=…, ".join(_MARKED)
    config.addinivalue_line("markers", f"gradcheck({names}=…): defaults of the gradient checks that this test makes")
    policy = config.getini("nnverify_inconclusive")
    if policy not in _POLICIES:
        raise _refusal(
            f"nnverify_inconclusive = {policy} is none of {', '.join(_POLICIES)}", "nnverify_inconclusive = fail"
        )
    found = config.stash[_FOUND] = _Found()
    until_the_end = ExitStack()
    config.add_cleanup(until_the_end.close)
    option = config.option
    listeners = [*SESSION.listeners, found.hear]
    until_the_end.enter_context(
        SESSION.using(seed=option.nnverify_seed, effort=option.nnverify_effort, listeners=listeners)
    )
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Controller(config), "nnverify-controller")


def _refusal(what: str, fix: str) -> pytest.UsageError:
    return pytest.UsageError(str(UsageError(what=what, where="nnverify", fix=fix)))


def pytest_report_header(config: pytest.Config) -> str | None:
    if config.get_verbosity() < 1:
        return None
    policy = config.getini("nnverify_inconclusive")
    return f"nnverify: seed {SESSION.seed}, effort {SESSION.effort}, inconclusive: {policy}"


@pytest.fixture(scope="session")
def check_gradients() -> Callable[..., Verdict]:
    """nnverify.check_gradients, with the seed and the effort of this session; works under @given."""
    return nnverify.check_gradients


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    item.config.stash[_FOUND].forget()


# The test's own body only: a fixture of a wider scope would depend on which test comes first.
@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    with SESSION.using(**_marked(item)):
        return (yield)


def _marked(item: pytest.Item) -> dict[str, Any]:
    """The defaults that the test's markers set, the closest marker first. Fails the test where one cannot be read."""
    marks = list(item.iter_markers("gradcheck"))
    values = {name: value for mark in reversed(marks) for name, value in mark.kwargs.items()}
    wrong = [f"it has no {name!r}" for name in values if name not in _MARKED]
    wrong += [f"{n}={v!r} is not {_MARKED[n][1]}" for n, v in values.items() if n in _MARKED and not _MARKED[n][0](v)]
    wrong += [f"{value!r} has no name" for mark in marks for value in mark.args]
    if wrong:
        names = "=…, ".join(_MARKED)
        error = UsageError(what="; ".join(wrong), where="pytest.mark.gradcheck", fix=f"gradcheck({names}=…)")
        pytest.fail(str(error), pytrace=False)
    return values


# Outermost, so that what is expected to fail is already marked as such.
@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    found = item.config.stash[_FOUND]
    raised = list(_single(call.excinfo.value)) if call.excinfo and report.failed else []
    # An assertion failed while a gradient was not right. Any other exception says nothing about gradients.
    if any(isinstance(error, AssertionError | pytest.fail.Exception) for error in raised):
        verdict = _decisive(raised) or found.worst
        if verdict is not None and verdict.outcome != "pass":
            found.refuse(verdict)
            report.sections.append(("nnverify", f"{verdict}\nRepeat: {_repeat(item)}"))
    if raised and all(isinstance(error, GradientInconclusive) for error in raised):
        _tolerate(item, report, str(raised[0]))
    if found.worst is not None:
        others = [one for one in item.user_properties if one[0] != "nnverify"]
        item.user_properties[:] = report.user_properties[:] = [*others, ("nnverify", found.record())]
    return report


def _single(error: BaseException) -> Iterator[BaseException]:
    """The exceptions of a group, in which Hypothesis and task groups put several."""
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            yield from _single(one)
    else:
        yield error


def _decisive(raised: Iterable[BaseException]) -> Verdict | None:
    refused = [error for error in raised if isinstance(error, GradientMismatch | GradientInconclusive)]
    return max((error.verdict for error in refused), key=_badness, default=None)


def _repeat(item: pytest.Item) -> str:
    """The command that runs the test again with the same draws."""
    _, *names = item.nodeid.split("::", 1)
    started = item.config.invocation_params.dir
    path = item.path.relative_to(started).as_posix() if item.path.is_relative_to(started) else str(item.path)
    option = item.config.option
    effort = "" if option.nnverify_effort == "standard" else f" --nnverify-effort={option.nnverify_effort}"
    return f"pytest {shlex.quote('::'.join([path, *names]))} --nnverify-seed={option.nnverify_seed}{effort}"


def _tolerate(item: pytest.Item, report: pytest.TestReport, message: str) -> None:
    """What nnverify_inconclusive says: the report as it is, skipped, or passed with a warning."""
    policy = item.config.getini("nnverify_inconclusive")
    if policy == "skip" and report.when != "teardown":
        report.outcome = "skipped"
        report.longrepr = (str(item.path), (item.location[1] or 0) + 1, f"inconclusive: {message}")
    # The body of a test may be let pass; a fixture that raised has no value to go on with.
    if policy == "warn" and report.when == "call":
        # Where warnings are errors this one is raised: the test stays failed.
        with suppress(pytest.PytestWarning):
            item.warn(pytest.PytestWarning(f"nnverify: inconclusive: {message}"))
            report.outcome, report.longrepr = "passed", None


def pytest_report_teststatus(report: pytest.CollectReport | pytest.TestReport) -> tuple[str, str, str] | None:
    if report.outcome == "skipped" and _record(report).get("outcome") == "inconclusive":
        return "inconclusive", "i", "INCONCLUSIVE"
    return None


def _record(report: pytest.CollectReport | pytest.TestReport) -> dict[str, Any]:
    text = dict(getattr(report, "user_properties", ())).get("nnverify")
    return json.loads(text) if isinstance(text, str) else {}


class _Controller:
    """What the process that the user started makes of all records: lines, a file, a table for GitHub."""

    def __init__(self, config: pytest.Config) -> None:
        self.option, self.records = config.option, dict[str, dict[str, Any]]()
        name = config.option.nnverify_report
        # Both while the session starts: tests may change the folder and the environment.
        self.file = config.invocation_params.dir / name if name else None
        nested = "PYTEST_CURRENT_TEST" in os.environ  # a pytest that a test has started
        self.summary = None if nested else os.environ.get("GITHUB_STEP_SUMMARY")

    def pytest_sessionstart(self) -> None:
        if self.file:
            _write(self.file, "")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if record := _record(report):
            self.records[report.nodeid] = record

    def pytest_sessionfinish(self) -> None:
        if self.file:
            _write(self.file, dumps(self._session()) + "\n")
        if self.summary and self.records:
            # A folder that a container does not see is no reason to fail a test run that never asked for a summary.
            with suppress(OSError), Path(self.summary).open("a", encoding="utf-8") as file:
                file.write("\n".join([*_markdown(self._rows()), ""]))

    def _rows(self) -> list[_Row]:
        """Every test with its record, the worst first; the same order in every run."""
        return sorted(self.records.items(), key=lambda row: (-_RANK.index(row[1]["outcome"]), row[0]))

    def _session(self) -> dict[str, Any]:
        rows = self._rows()
        return {
            "schema": 1,
            "outcome": rows[0][1]["outcome"] if rows else "inconclusive",
            "seed": self.option.nnverify_seed,
            "effort": self.option.nnverify_effort,
            "tests": [{"test": test} | record for test, record in rows],
        }

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        rows = [row for row in self._rows() if self.option.nnverify_summary or row[1]["outcome"] != "pass"]
        if not rows and not self.option.nnverify_summary:
            return
        terminalreporter.section("nnverify")
        width = max((len(test) for test, _ in rows), default=0)
        for test, record in rows:
            word = record["outcome"].upper() if record["outcome"] != "pass" else "pass"
            terminalreporter.line(f"  {word:<12}  {test:<{width}}  {_gist(record)}", **_OUTCOMES[record["outcome"]][1])
        passed = [record for record in self.records.values() if record["outcome"] == "pass"]
        spite = sum(record["worst"]["outcome"] != "pass" for record in passed)
        more = f", {spite} of them in spite of a gradient that is wrong or open" if spite else ""
        where = self.file or "pytest --nnverify-report=nnverify.json"
        terminalreporter.line(f"  {len(passed)} passed{more}. Report: {where}")


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        what = f"--nnverify-report={path} cannot be written: {error.strerror}"
        raise _refusal(what, "name a file in a folder that is there and writable") from error
