"""One self-contained HTML page of everything that was checked, timed and trained: problems first, plots, method.

Nothing is fetched and no script runs: its content policy forbids both. What callers named is escaped by the template.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from nnverify.codes import CODES
from nnverify.pages import Page, pages
from nnverify.report import benchmarks, plots, scaling
from nnverify.report.json import dumps
from nnverify.report.mathml import formula
from nnverify.report.sources import Material, Subject, Training
from nnverify.report.tables import number, ordered
from nnverify.verdict import Entry, Finding, Outcome, place, times

_MOST_DRAWN = 6  # wrong gradients with plots: a page of thousands would not be read, and would not open
_MOST_PASSES = 150  # rows that pass
_MOST_DESCRIBED = 40  # subjects with shapes and convention


@dataclass(frozen=True)
class Row:
    """One finding as the table of verdicts shows it."""

    outcome: str
    subject: str
    gradient: str
    code: str
    seen: str
    ratio: str
    at: str
    backward: str
    numerical: str
    message: str


@dataclass(frozen=True)
class Problem:
    """A finding that does not pass, with what there is to see of it."""

    row: Row
    words: str
    evidence: str
    cause: str
    fix: str
    page: Page | None
    step_curve: str
    heat_map: str
    worst: tuple[tuple[str, str, str, str], ...]
    looked_at: str


def html(found: Material, about: Mapping[str, str]) -> str:
    """The page. ``about`` is what it says of its own making."""
    environment = Environment(
        loader=PackageLoader("nnverify.report", "."), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters["math"] = lambda statement: Markup(formula(statement))
    return environment.get_template("page.html").render(**_context(found, about))


def _context(found: Material, about: Mapping[str, str]) -> dict[str, Any]:
    findings = ordered(found.subjects)
    problems = [(subject, one) for subject, one in findings if one.outcome is not Outcome.PASS]
    passes = [_row(subject, one) for subject in found.subjects for one in _passing(subject)]
    return {
        "about": about,
        "outcome": _outcome(found.subjects),
        "counts": Counter(one.outcome.value for one in found.subjects),
        "errors": [one for one in found.subjects if one.error],
        "rows": bool(findings),
        "problems": [_row(subject, one) for subject, one in problems],
        "passes": passes[:_MOST_PASSES],
        "left_out": max(0, len(passes) - _MOST_PASSES),
        "wrong": list(_problems(problems, Outcome.FAIL)),
        "open": list(_problems(problems, Outcome.INCONCLUSIVE)),
        "subjects": found.subjects,
        "formulas": [one for one in found.subjects if one.statement],
        "layers_checked": [one for one in found.subjects if not one.statement][:_MOST_DESCRIBED],
        "resolved": _seen,
        "evaluations": sum(one.verdict.evaluations for one in found.subjects),
        "draws": sum(one.draws for one in found.subjects),
        "environment": found.environment,
        "embedded": Markup(_harmless(found.raw)),
        **_benchmarks(found),
        "trainings": [(one, _curves(rank, one)) for rank, one in enumerate(found.trainings)],
    }


def _outcome(subjects: Sequence[Subject]) -> str:
    """What the checks add up to in one word; empty without checks."""
    found = {one.outcome for one in subjects}
    return next((one.value for one in (Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.PASS) if one in found), "")


def _harmless(raw: Sequence[Any]) -> str:
    """JSON that cannot end the element it stands in; what is null is left out."""
    known = _known(json.loads(dumps(list(raw))))
    return json.dumps(known, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _known(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _known(item) for key, item in value.items() if item is not None}
    return [_known(item) for item in value] if isinstance(value, list) else value


def _row(subject: Subject, one: Finding) -> Row:
    wrong = one.outcome is not Outcome.PASS
    return Row(
        outcome=one.outcome.value,
        subject=subject.name,
        gradient=f"d{one.leaf}",
        code=one.code or "",
        seen=f"{one.resolution:.0e}" if one.resolution is not None and not wrong else "",
        ratio=f"{times(one.ratio)} ×" if one.ratio is not None else "",
        at=place(one.index) if one.index else "",
        backward=number(one.backward) if wrong else "",
        numerical=number(one.numerical) if wrong else "",
        message=one.message,
    )


def _passing(subject: Subject) -> list[Finding]:
    """What passes, one for each leaf: the coarsest."""
    best: dict[str, Finding] = {}
    for one in subject.verdict.findings:
        if one.outcome is Outcome.PASS and (one.resolution or 0.0) >= (best.get(one.leaf, one).resolution or 0.0):
            best[one.leaf] = one
    return list(best.values())


def _seen(subject: Subject) -> str:
    resolution = subject.verdict.resolution
    return "" if resolution is None else f"{resolution:.0e}"


def _problems(problems: Sequence[tuple[Subject, Finding]], outcome: Outcome) -> Iterator[Problem]:
    for rank, (subject, one) in enumerate(pair for pair in problems if pair[1].outcome is outcome):
        drawn = one.details if rank < _MOST_DRAWN else None
        name, title = f"{outcome.value}{rank}", f"d{one.leaf} of {subject.name}"
        yield Problem(
            row=_row(subject, one),
            words=f"{one.code}: {CODES.get(one.code, '')}" if one.code else "",
            evidence=one.evidence or "",
            cause=one.cause or "",
            fix=one.fix or "",
            page=pages().get(one.code or ""),
            step_curve=_drawn(plots.step_curve(drawn), f"{name}v", f"error against step, {title}")
            if drawn and drawn.steps
            else "",
            heat_map=_drawn(plots.heat_map(drawn), f"{name}h", f"error of each entry, {title}")
            if drawn and len(drawn.entries) > 1
            else "",
            worst=tuple(_sides(entry) for entry in (one.details.entries[:5] if one.details else ())),
            looked_at=f"{len(drawn.entries)} entries looked at one by one" if drawn else "",
        )


def _drawn(draw: Any, name: str, title: str) -> str:
    return Markup(plots.svg(draw, name=name, title=title))


def _sides(entry: Entry) -> tuple[str, str, str, str]:
    ratio = times(entry.backward / entry.numerical) if entry.numerical else ""
    return place(entry.index), number(entry.backward), number(entry.numerical), ratio


def _benchmarks(found: Material) -> dict[str, Any]:
    own = scaling.points((one.median, one.least, one.info) for one in found.benches)
    layers = []
    for rank, layer in enumerate(dict.fromkeys(one.layer for one in own)):
        mine = [one for one in own if one.layer == layer]
        layers.append((layer, scaling.sentences(mine), list(_panels(rank, mine)), scaling.rows(mine)))
    return {
        "layers": layers,
        "forms": scaling.FORMS,
        "seconds": scaling.seconds,
        "amount": scaling.amount,
        "benches": benchmarks.others(found.benches),
        "figures": benchmarks.figures(found.benches),
        "noted": benchmarks.noted,
    }


def _panels(rank: int, own: Sequence[scaling.Point]) -> Iterator[str]:
    """One plot for each size that was varied, of the dtype that was timed at most sizes."""
    dtypes = [one.dtype for one in own]
    dtype = max(dict.fromkeys(dtypes), key=dtypes.count)
    for size, line in scaling.sweeps([one for one in own if one.dtype == dtype]).items():
        title = f"{own[0].layer}: time against {size}, {dtype}"
        yield _drawn(plots.scaling(line, size), f"bench{rank}{size}", title)


def _curves(rank: int, one: Training) -> list[str]:
    """Loss, weights and bias against the step; nothing of a training that was not begun."""
    if not one.steps:
        return []
    panels: list[tuple[str, Mapping[str, Sequence[float]], bool]] = [
        ("loss", {"loss": one.loss}, True),
        ("weights", _lines("w", one.weights), False),
        ("bias", _lines("b", one.bias), False),
    ]
    return [
        _drawn(
            plots.curves(one.steps, lines, label, logarithmic=logarithmic),
            f"train{rank}{label}",
            f"{one.name}: {label} against the step",
        )
        for label, lines, logarithmic in panels
    ]


def _lines(letter: str, points: Sequence[Sequence[float]]) -> dict[str, list[float]]:
    return {f"{letter}{at + 1}": list(values) for at, values in enumerate(zip(*points, strict=True))}
