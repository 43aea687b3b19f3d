"""The report on a package of derivations: a table for people, a dictionary for programs."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tabulate import tabulate

from nnverify.checks.forms import FORMS_CHECK, SPECIAL_CHECK
from nnverify.derivations import Row, outcome
from nnverify.verdict import Finding, Outcome, Verdict

_FORMS = 3
_WIDTH = 80


@dataclass(frozen=True)
class Run:
    """What was asked for: of which package, how many rows, and how long it took in seconds."""

    package: str
    seed: int
    wanted: int
    seconds: float


def table(rows: Sequence[Row], of: Run) -> str:
    """All rows, what is wrong or was not proved, and one line that adds them up; 80 columns."""
    blocks = [_table([row for row in rows if row.kind == kind]) for kind in dict.fromkeys(row.kind for row in rows)]
    problems = [
        line if line.startswith(f"{row.identifier}: ") else f"{row.identifier}: {line}"
        for row in rows
        for line in _problems(row)
    ]
    return "\n\n".join([*blocks, *map(_wrap, problems), _total(rows, of)])


def _wrap(line: str) -> str:
    return textwrap.fill(line, _WIDTH, subsequent_indent="  ", break_on_hyphens=False)


def _table(rows: Sequence[Row]) -> str:
    show = {"formula": _formula, "special case": _special_case, "counterexample": _counterexample}[rows[0].kind]
    return tabulate([show(row) for row in rows], headers="keys", disable_numparse=True)


def _formula(row: Row) -> dict[str, str]:
    return {
        "formula": row.identifier,
        "forms equal": _draws(row, "forms"),
        "proof": _proved(row),
        "numerical": _seen(row),
        "outcome": word(row),
        "time": _time(row),
    }


def _special_case(row: Row) -> dict[str, str]:
    return {
        "special case": row.identifier,
        "general formula": row.statement.removeprefix("out of "),
        "equal": _draws(row, "special case"),
        "outcome": word(row),
        "time": _time(row),
    }


def _counterexample(row: Row) -> dict[str, str]:
    shown = "refuted" if row.verdict.outcome is Outcome.PASS else word(row)
    because = "\n".join(textwrap.wrap(next((one.message for one in row.verdict.findings), ""), 34))
    return {"counterexample": row.identifier, "claim": row.statement, "outcome": shown, "because": because}


def _draws(row: Row, check: str) -> str:
    found = [finding for finding in row.verdict.findings if finding.check == check]
    if not found or found[0].outcome is not Outcome.PASS:
        return found[0].outcome.value if found else "-"
    return f"{row.draws} draw{'s' * (row.draws != 1)}"


def _proved(row: Row) -> str:
    """What algebra says of the derivative; a note below the table tells why it says nothing."""
    found = [finding for finding in row.verdict.findings if finding.check == "proof"]
    if not found:
        return "none" if row.verdict.notes else "-"
    return "proved" if found[0].outcome is Outcome.PASS else "differs"


def _seen(row: Row) -> str:
    """The resolution of the numerical check, or its outcome."""
    found = _numerical(row.verdict)
    if found is None:
        return "-"
    if found.outcome is not Outcome.PASS:
        return found.outcome.value
    return "zero" if found.resolution is None else f"to {found.resolution:.0e}"


def _numerical(verdict: Verdict) -> Finding | None:
    """The finding that says most about the numerical check."""
    rank = [Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.PASS]
    found = [finding for finding in verdict.findings if finding.check == "gradient"]
    return min(found, key=lambda one: (rank.index(one.outcome), -(one.resolution or 0.0)), default=None)


def word(row: Row) -> str:
    """The outcome in one word; capitals for what needs attention."""
    if row.error:
        return "ERROR"
    return "pass" if row.verdict.outcome is Outcome.PASS else row.verdict.outcome.value.upper()


def _time(row: Row) -> str:
    return f"{row.seconds:.1f} s" if row.draws else "-"


def _problems(row: Row) -> Iterator[str]:
    if row.error:
        yield row.error
    for finding in row.verdict.findings:
        if finding.outcome is not Outcome.PASS:
            yield f"{finding.outcome.value.upper()} {finding.code or ''} {finding.message}".replace("  ", " ")
    yield from row.verdict.notes


def _total(rows: Sequence[Row], of: Run) -> str:
    """How much was verified, and in the last line what it adds up to."""
    kinds = Counter(row.kind for row in rows)
    counts = {
        "formula": kinds["formula"],
        "form": _FORMS * kinds["formula"],
        "special case": kinds["special case"],
        "counterexample": kinds["counterexample"],
        "exact draw": sum(map(_drawn, rows)),
        "forward evaluation": sum(row.verdict.evaluations for row in rows),
    }
    parts = [f"{count:,} {name}{'s' * (count != 1)}" for name, count in counts.items() if count]
    words = Counter(word(row) for row in rows)
    result = ", ".join(f"{count} {name}" for name, count in sorted(words.items()))
    left = f", {of.wanted - len(rows)} not begun" if len(rows) < of.wanted else ""
    added = f"{_summary(rows, of)}: {result}{left} in {of.seconds:.1f} s, seed {of.seed}"
    return f"{_wrap(f'{of.package}: ' + ', '.join(parts))}\n{added}"


def _drawn(row: Row) -> int:
    """Exact draws on which something was found equal; what differs, or raises, ends them early."""
    equal = (one.check in (FORMS_CHECK, SPECIAL_CHECK) and one.outcome is Outcome.PASS for one in row.verdict.findings)
    return row.draws if any(equal) else 0


def _summary(rows: Sequence[Row], of: Run) -> str:
    if any(row.error for row in rows):
        return "ERROR"
    found = outcome(list(rows))
    return "INTERRUPTED" if len(rows) < of.wanted and found is not Outcome.FAIL else found.value.upper()


def as_dict(rows: Sequence[Row], of: Run) -> dict[str, Any]:
    """Everything the table shows and the findings behind it, in plain types."""
    return {
        "schema": 1,
        "package": of.package,
        "outcome": _summary(rows, of).lower(),
        "seed": of.seed,
        "rows": [_row(row) for row in rows],
    }


def _row(row: Row) -> dict[str, Any]:
    own = {"kind": row.kind, "identifier": row.identifier, "statement": row.statement, "error": row.error}
    return own | {"draws": row.draws, "seconds": row.seconds} | row.verdict.to_dict()
