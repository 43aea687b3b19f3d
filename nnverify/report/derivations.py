"""The report on a package of derivations: a table for people, a dictionary for programs."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from tabulate import tabulate

from nnverify.derivations import Row, outcome
from nnverify.verdict import Finding, Outcome, Verdict

_FORMS = 3
_WIDTH = 80


def table(rows: Sequence[Row], package: str, seed: int) -> str:
    """All rows, what is wrong or was not proved, and one line that adds them up; 80 columns."""
    blocks = [_table([row for row in rows if row.kind == kind]) for kind in dict.fromkeys(row.kind for row in rows)]
    problems = [f"{row.identifier}: {line}" for row in rows for line in _problems(row)]
    return "\n\n".join([*blocks, *map(_wrap, problems), total(rows, package, seed)])


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
    return f"{row.draws} draws"


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
    return f"to {found.resolution:.0e}" if found.outcome is Outcome.PASS else found.outcome.value


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
    return f"{row.seconds:.1f} s"


def _problems(row: Row) -> Iterator[str]:
    if row.error:
        yield row.error
    for finding in row.verdict.findings:
        if finding.outcome is not Outcome.PASS:
            yield f"{finding.outcome.value.upper()} {finding.code or ''} {finding.message}".replace("  ", " ")
    yield from row.verdict.notes


def total(rows: Sequence[Row], package: str, seed: int) -> str:
    """How much was verified, and in the last line what it adds up to."""
    kinds = Counter(row.kind for row in rows)
    counts = {
        "formula": kinds["formula"],
        "form": _FORMS * kinds["formula"],
        "special case": kinds["special case"],
        "counterexample": kinds["counterexample"],
        "exact draw": sum(row.draws for row in rows),
        "forward evaluation": sum(row.verdict.evaluations for row in rows),
    }
    parts = [f"{count:,} {name}{'s' * (count != 1)}" for name, count in counts.items() if count]
    words = Counter(word(row) for row in rows)
    result = ", ".join(f"{count} {name}" for name, count in sorted(words.items()))
    seconds = sum(row.seconds for row in rows)
    return f"{_wrap(f'{package}: ' + ', '.join(parts))}\n{summary(rows)}: {result} in {seconds:.1f} s, seed {seed}"


def summary(rows: Sequence[Row]) -> str:
    return "ERROR" if any(row.error for row in rows) else outcome(list(rows)).value.upper()


def as_dict(rows: Sequence[Row], package: str, seed: int) -> dict[str, Any]:
    """Everything the table shows and the findings behind it, in plain types."""
    return {
        "schema": 1,
        "package": package,
        "outcome": summary(rows).lower(),
        "seed": seed,
        "rows": [_row(row) for row in rows],
    }


def _row(row: Row) -> dict[str, Any]:
    own = {"kind": row.kind, "identifier": row.identifier, "statement": row.statement, "error": row.error}
    return own | {"draws": row.draws, "seconds": row.seconds} | row.verdict.to_dict()
