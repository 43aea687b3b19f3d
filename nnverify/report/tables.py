"""What the page, the Markdown and the terminal report have in common: order, numbers, choices, and their tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from tabulate import tabulate

from nnverify.report import benchmarks
from nnverify.report.sources import Material, Subject, Training
from nnverify.verdict import Finding, Outcome

_RANK = (Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.PASS)
_MOST = 60  # rows of a table in a terminal or a step summary


def ordered(subjects: Iterable[Subject]) -> list[tuple[Subject, Finding]]:
    """Every finding with its subject, what is wrong first, then what is open."""
    pairs = [(subject, one) for subject in subjects for one in subject.verdict.findings]
    return sorted(pairs, key=lambda pair: _RANK.index(pair[1].outcome))


def number(value: float | None) -> str:
    return "" if value is None else f"{value:+z.6g}"


def headline(found: Material) -> str:
    """In one line: how much of what."""
    counts = Counter(one.outcome for one in found.subjects)
    words = {Outcome.FAIL: "failed", Outcome.INCONCLUSIVE: "inconclusive", Outcome.PASS: "passed"}
    parts = [f"{counts[one]} {words[one]}" for one in _RANK if counts[one]]
    more = {"benchmark": len(found.benches), "training": len(found.trainings)}
    parts += [f"{count} {word}{'s' * (count != 1)}" for word, count in more.items() if count]
    return f"nnverify: {', '.join(parts) or 'nothing was checked'}"


def text(found: Material) -> str:
    """For a terminal: at most 100 columns."""
    return "\n\n".join([headline(found), *_blocks(found, "simple")])


def markdown(found: Material) -> str:
    return "\n\n".join([f"### {headline(found)}", *_blocks(found, "github")])


def _blocks(found: Material, form: str) -> Iterator[str]:
    escaped: Callable[[str], str] = _escaped if form == "github" else str
    shown = [pair for pair in ordered(found.subjects) if pair[1].outcome is not Outcome.PASS]
    yield from _table([_finding(*pair) for pair in shown], form, escaped)
    errors = [{"could not be judged": one.name, "because": one.error or ""} for one in found.subjects if one.error]
    yield from _table(errors, form, escaped)
    yield from filter(None, benchmarks.tables(found.benches, form, escaped))
    if found.trainings:
        yield trainings(found.trainings, form, escaped)


def _table(rows: Sequence[Mapping[str, str]], form: str, escaped: Callable[[str], str]) -> Iterator[str]:
    clean = [{name: escaped(value) for name, value in row.items()} for row in rows[:_MOST]]
    if rows:
        widths = 40 if form == "simple" else None
        yield tabulate(clean, "keys", tablefmt=form, disable_numparse=True, maxcolwidths=widths)
    if len(rows) > _MOST:
        yield f"and {len(rows) - _MOST} more"


def _finding(subject: Subject, one: Finding) -> dict[str, str]:
    return {
        "verdict": one.outcome.value.upper(),
        "subject": subject.name,
        "gradient": f"d{one.leaf}",
        "finding": f"{one.code}: {one.message}" if one.code else one.message,
    }


def trainings(own: Sequence[Training], form: str = "simple", escaped: Callable[[str], str] = str) -> str:
    """One row for each: the check, the steps, and the prediction beside the tutorial's."""
    rows = [{name: escaped(value) for name, value in _training(one).items()} for one in own]
    return tabulate(rows, "keys", tablefmt=form, disable_numparse=True)


def _training(one: Training) -> dict[str, str]:
    return {
        "training": one.name,
        "gradient": one.check.outcome.value,
        "steps": f"{one.updates:,}",
        "loss": f"{one.loss[0]:.2g} to {one.loss[-1]:.2g}" if one.loss else "",
        "predicted": "not begun" if one.predicted is None else f"{one.predicted:.7f}",
        "tutorial": f"{one.reported:.7f}",
    }


def _escaped(words: str) -> str:
    """Names are the caller's: none may end a cell, a code span or start HTML."""
    return "".join(f"&#{ord(letter)};" if letter in "&\\|`*_<>\n" else letter for letter in words)
