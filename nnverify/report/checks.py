"""Verdicts on layers, as text, Markdown, JSON and JUnit: the outcome first, then where and by how much."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from xml.etree import ElementTree

from tabulate import tabulate

from nnverify.report.json import dumps
from nnverify.verdict import Finding, Outcome, Verdict, place, times

_WIDTH = 80
_INDENT = "       "


@dataclass(frozen=True)
class Frame:
    """What stands around the verdicts.

    guess          the words of the leaves that were guessed
    repeat         the command that finds the same again
    only_problems  whether passes are left out
    errors         by target: why there is no verdict; a text leaves them to standard error
    """

    guess: Mapping[str, str] = field(default_factory=dict)
    repeat: str = ""
    only_problems: bool = False
    errors: Mapping[str, str] = field(default_factory=dict)


def text(verdicts: Sequence[Verdict], frame: Frame) -> str:
    """One block for each verdict, 80 columns wide."""
    return "\n\n".join(_block(verdict, frame) for verdict in verdicts)


def _block(verdict: Verdict, frame: Frame) -> str:
    head = f"{verdict.subject}   {verdict.shapes}   seed {verdict.seed}"
    parts = [_wrap(head, "  "), _table(verdict, frame), *_sentences(verdict), _notes(verdict, frame), _program(verdict)]
    return "\n\n".join(part for part in parts if part)


def _wrap(line: str, indent: str) -> str:
    return textwrap.fill(line, _WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def _table(verdict: Verdict, frame: Frame) -> str:
    found = [one for one in verdict.findings if not one.remark]
    rows = [_row(one) for one in found if not (frame.only_problems and one.outcome is Outcome.PASS)]
    columns = [name for name in _COLUMNS if any(row[name] for row in rows)]
    table = tabulate([[row[name] for name in columns] for row in rows], columns, disable_numparse=True)
    return textwrap.indent(table, "  ") if rows else ""


_COLUMNS = ("gradient", "verdict", "seen to", "ratio", "at", "backward", "numerical")


def _row(one: Finding) -> dict[str, str]:
    wrong = one.outcome is not Outcome.PASS
    return {
        "gradient": f"d{one.leaf}",
        "verdict": one.outcome.value.upper() if wrong else one.outcome.value,
        "seen to": f"{one.resolution:.0e}" if one.resolution is not None and not wrong else "",
        "ratio": f"{times(one.ratio)} x" if one.ratio is not None else "",
        "at": place(one.index) if one.index else "",
        "backward": _number(one.backward) if wrong else "",
        "numerical": _number(one.numerical) if wrong else "",
    }


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:+z.6g}"


def _sentences(verdict: Verdict) -> list[str]:
    """What the outcome means: one sentence in all for a pass, one for each problem."""
    problems = [one for one in verdict.findings if one.outcome is not Outcome.PASS]
    if not problems:
        count, seen = sum(not one.remark for one in verdict.findings), verdict.resolution
        error = "No error could be seen" if seen is None else f"A relative error above {seen:.1e} would have been seen"
        why = ": there is no entry to move, or none moves the output" if seen is None else ""
        return [_wrap(f"PASS   {count} of {count} gradients agree. {error}{why}.", _INDENT)]
    return ["\n\n".join(_problem(one)) for one in problems]


def _problem(one: Finding) -> Iterator[str]:
    """The fact and its evidence; then why, and what to change."""
    yield _wrap(f"{one.outcome.value.upper()}   {_code(one)}{one.message}.{_evidence(one)}", _INDENT)
    if one.cause:
        explain = f" Explain: nnverify explain {one.code}." if one.code else ""
        try_it = f" Try: {one.fix}." if one.fix else ""
        yield _wrap(f"{_INDENT}Why: {one.cause}.{try_it}{explain}", _INDENT)


def _evidence(one: Finding) -> str:
    return f" {one.evidence[:1].upper()}{one.evidence[1:]}." if one.evidence else ""


def _code(one: Finding) -> str:
    return f"{one.code}: " if one.code else ""


def _notes(verdict: Verdict, frame: Frame) -> str:
    guess = " ".join(f"--leaf '{name}={words}'" for name, words in frame.guess.items())
    lines = [
        f"Called as {verdict.convention}." if verdict.convention else "",
        *(f"{note[:1].upper()}{note[1:]}." for note in verdict.notes),
        *(f"Remark {one.code}: {one.message}." for one in verdict.findings if one.remark),
        f"Guessed: {guess}" if guess else "",
    ]
    # A command to paste is not wrapped.
    repeat = [f"{_INDENT}Repeat: {frame.repeat}"] if frame.repeat and verdict.outcome is not Outcome.PASS else []
    return "\n".join([*(_wrap(_INDENT + line, _INDENT) for line in lines if line), *repeat])


def _program(verdict: Verdict) -> str:
    """The lines to paste, not wrapped: they are code."""
    return (
        textwrap.indent(f"A test that fails as this does:\n\n{verdict.program.rstrip()}", _INDENT)
        if verdict.program
        else ""
    )


def markdown(verdicts: Sequence[Verdict], frame: Frame) -> str:
    """One table, problems first."""
    rows = [(verdict, one) for verdict in verdicts for one in verdict.findings if not one.remark]
    rows = [row for row in rows if not (frame.only_problems and row[1].outcome is Outcome.PASS)]
    rank = [Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.PASS]
    rows.sort(key=lambda row: rank.index(row[1].outcome))
    cells = [("**ERROR**", _escaped(target), "", _escaped(words)) for target, words in frame.errors.items()]
    cells += [(_strong(one), _escaped(v.subject), _escaped(f"d{one.leaf}"), _escaped(one.message)) for v, one in rows]
    head = ("verdict", "layer", "gradient", "finding")
    return tabulate(cells, head, tablefmt="github", disable_numparse=True)


def _strong(one: Finding) -> str:
    return f"**{one.outcome.value.upper()}**" if one.outcome is Outcome.FAIL else one.outcome.value


def _escaped(words: str) -> str:
    """Names are the caller's: none may end a cell, a code span or start HTML."""
    return "".join(f"&#{ord(letter)};" if letter in "&\\|`*_<>\n" else letter for letter in words)


def as_json(verdicts: Sequence[Verdict], frame: Frame) -> str:
    """Strict JSON; report/schema.json describes it."""
    found = [verdict.to_dict() for verdict in verdicts]
    return dumps({"schema": 1, "guessed": dict(frame.guess), "verdicts": found, "errors": dict(frame.errors)})


def junit(verdicts: Sequence[Verdict], frame: Frame) -> str:
    """One test suite for each target, one case for each finding; what is open counts as a failure."""
    root = ElementTree.Element("testsuites")
    for verdict in verdicts:
        bad = sum(one.outcome is not Outcome.PASS for one in verdict.findings)
        counts = {"tests": str(len(verdict.findings)), "failures": str(bad), "errors": "0"}
        suite = ElementTree.SubElement(root, "testsuite", {"name": _clean(verdict.subject), **counts})
        for one in verdict.findings:
            _case(suite, verdict, one)
    for target, words in frame.errors.items():
        counts = {"tests": "1", "failures": "0", "errors": "1"}
        suite = ElementTree.SubElement(root, "testsuite", {"name": _clean(target), **counts})
        case = ElementTree.SubElement(suite, "testcase", {"classname": _clean(target), "name": "check"})
        ElementTree.SubElement(case, "error", {"message": _clean(words)})
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True)


def _case(suite: ElementTree.Element, verdict: Verdict, one: Finding) -> None:
    name = {"classname": _clean(verdict.subject), "name": _clean(f"d{one.leaf} {one.check}")}
    case = ElementTree.SubElement(suite, "testcase", name)
    properties = ElementTree.SubElement(case, "properties")
    for key, value in (("outcome", one.outcome.value), ("code", one.code), ("resolution", one.resolution)):
        if value is not None:
            ElementTree.SubElement(properties, "property", {"name": key, "value": str(value)})
    if one.outcome is not Outcome.PASS:
        ElementTree.SubElement(case, "failure", {"type": one.outcome.value, "message": _clean(one.message)})


def _clean(words: str) -> str:
    """XML has no word for control characters."""
    return "".join(character if character.isprintable() else "?" for character in words)


FORMATS: dict[str, Callable[[Sequence[Verdict], Frame], str]] = {
    "text": text,
    "json": as_json,
    "markdown": markdown,
    "junit": junit,
}
