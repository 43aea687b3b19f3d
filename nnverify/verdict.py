"""Findings, and the verdict they add up to. Records only: nothing is measured and nothing is printed here.

FAIL wins over INCONCLUSIVE and that over PASS; a verdict without findings is INCONCLUSIVE.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any, NoReturn

from tabulate import tabulate

_WIDTH, _NARROWEST = 80, 24  # of the table, and of its last column


class Outcome(StrEnum):
    PASS = "pass"
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True)
class Entry:
    """One entry of a gradient, both sides, for one upstream."""

    index: tuple[int, ...]
    backward: float
    numerical: float
    bar: float


@dataclass(frozen=True)
class StepError:
    """How far the central difference with one relative step is from either side of an entry."""

    step: float
    backward: float
    numerical: float


@dataclass(frozen=True)
class Details:
    """What there is to draw of a wrong gradient.

    shape    of the gradient
    entries  those that were looked at one by one, the largest gap first
    steps    of the first of them
    """

    shape: tuple[int, ...]
    entries: tuple[Entry, ...]
    steps: tuple[StepError, ...]


@dataclass(frozen=True)
class Finding:
    """The answer of one check about one leaf.

    index       where the two sides differ most, None for the gradient as a whole
    backward, numerical
                the two sides there (or along the probed direction)
    bar         how far the numerical side may be off
    resolution  the smallest relative error of the gradient that the check would have seen
    ratio       backward / numerical, where it is one number for the whole leaf
    evidence    for a wrong entry: that no choice of the step would have changed the answer
    details     for a wrong gradient: its entries, and the steps that were tried
    message     one sentence: the fact
    cause       for a wrong gradient: the mistake that explains every entry, or where it differs; one sentence
    fix         what to change, where the cause is known
    """

    check: str
    leaf: str
    outcome: Outcome
    message: str
    code: str | None = None
    index: tuple[int, ...] | None = None
    backward: float | None = None
    numerical: float | None = None
    bar: float | None = None
    resolution: float | None = None
    ratio: float | None = None
    evidence: str | None = None
    details: Details | None = None
    cause: str | None = None
    fix: str | None = None

    @property
    def remark(self) -> bool:
        """Worth knowing, and nothing wrong: a code that passes."""
        return self.outcome is Outcome.PASS and self.code is not None


_SCORES = {Outcome.PASS: 1, Outcome.FAIL: 0, Outcome.INCONCLUSIVE: None}


@dataclass(frozen=True)
class Verdict:
    """All findings about one subject. It has no truth value: three outcomes are not two.

    shapes      the leaves and the output, as "X (8, 4), W (4, 3) -> (8, 3)"
    convention  how the caller's functions were called
    notes       what the caller should know of it
    program     reproduces the failure that a search has found; "" for none
    """

    subject: str
    findings: tuple[Finding, ...]
    seed: int = 0
    evaluations: int = 0
    shapes: str = ""
    convention: str = ""
    notes: tuple[str, ...] = ()
    program: str = ""

    @property
    def outcome(self) -> Outcome:
        return combine(finding.outcome for finding in self.findings)

    @property
    def by_leaf(self) -> dict[str, Verdict]:
        """The verdict on each leaf alone."""
        names = dict.fromkeys(finding.leaf for finding in self.findings)
        return {name: self._about(name) for name in names}

    def _about(self, leaf: str) -> Verdict:
        own = tuple(finding for finding in self.findings if finding.leaf == leaf)
        return replace(self, findings=own)

    @property
    def codes(self) -> tuple[str, ...]:
        """What is wrong or open. Remarks, which are findings that pass, have a code too and are not in here."""
        telling = (finding for finding in self.findings if finding.outcome is not Outcome.PASS)
        return tuple(dict.fromkeys(finding.code for finding in telling if finding.code))

    @property
    def resolution(self) -> float | None:
        """The coarsest resolution of any leaf, None where nothing was measured."""
        known = [finding.resolution for finding in self.findings if finding.resolution is not None]
        return max(known, default=None)

    @property
    def scores(self) -> dict[str, int | None]:
        """1 for each gradient that is right, 0 for a wrong one, None for one that could not be judged."""
        return {leaf: _SCORES[verdict.outcome] for leaf, verdict in self.by_leaf.items()}

    @property
    def headline(self) -> str:
        """The verdict in one line: what is wrong, else what is open, else how fine the check was."""
        telling = [one for one in self.findings if one.outcome is self.outcome and not one.remark]
        if self.outcome is Outcome.PASS:
            seen = "" if self.resolution is None else f" to {self.resolution:.0e}"
            agree = "1 gradient agrees" if len(telling) == 1 else f"{len(telling)} gradients agree"
            return f"{self.subject}: {agree}{seen}"
        more = f" (and {len(telling) - 1} more)" if len(telling) > 1 else ""
        first = next(iter(telling), None)
        if first is None:
            return f"{self.subject}: nothing was checked"
        return f"{self.subject}: {first.message}{f' ({first.code})' if first.code else ''}{more}"

    def to_dict(self) -> dict[str, Any]:
        """Everything, in plain types that JSON knows."""
        rows = [asdict(finding) | {"outcome": finding.outcome.value} for finding in self.findings]
        return {
            "subject": self.subject,
            "outcome": self.outcome.value,
            "codes": list(self.codes),
            "resolution": self.resolution,
            "seed": self.seed,
            "evaluations": self.evaluations,
            "shapes": self.shapes,
            "convention": self.convention,
            "notes": list(self.notes),
            "program": self.program,
            "scores": self.scores,
            "findings": rows,
        }

    def __bool__(self) -> NoReturn:
        raise TypeError("a verdict is pass, fail or inconclusive: compare verdict.outcome, or use assert_gradients")

    def __str__(self) -> str:
        rows = [(f.leaf, f.check, f.outcome.value, f.code or "", f.message) for f in self.findings]
        head = ("leaf", "check", "outcome", "code", "finding")
        rest = sum(max(map(len, column)) + 2 for column in list(zip(head, *rows, strict=True))[:-1])
        widths = [None] * (len(head) - 1) + [max(_WIDTH - rest, _NARROWEST)]
        table = tabulate(rows, head, disable_numparse=True, maxcolwidths=widths)
        program = [f"\n{self.program}"] if self.program else []
        return "\n".join([f"{self.subject}: {self.outcome.value}", table, *self._causes(), *program])

    def _causes(self) -> Iterator[str]:
        """A line for each cause, with what to change."""
        for one in self.findings:
            if one.cause:
                line = f"{one.code or f'd{one.leaf}'}: {one.cause}." + (f" Try: {one.fix}." if one.fix else "")
                yield textwrap.fill(line, _WIDTH, subsequent_indent="  ", break_on_hyphens=False)


def place(index: tuple[int, ...]) -> str:
    """An index as reports show it, in one word: [3,2]."""
    return f"[{','.join(map(str, index))}]"


def times(ratio: float) -> str:
    """A factor in words short enough to read: 0.25, or 1+1e-05 where it is nearly one."""
    return f"1{ratio - 1:+.2g}" if 0 < abs(ratio - 1) < 1e-2 else f"{ratio + 0.0:.4g}"


def sides(backward: float, numerical: float, bar: float) -> str:
    """Both values in as many digits as it takes to tell them apart."""
    digits = next((count for count in range(6, 17) if f"{backward:.{count}g}" != f"{numerical:.{count}g}"), 17)
    return f"backward {backward:+z.{digits}g}, numerical {numerical:+z.{digits}g} ± {bar:.1g}"


def combine(outcomes: Iterable[Outcome]) -> Outcome:
    """What several outcomes add up to."""
    found = set(outcomes)
    if Outcome.FAIL in found:
        return Outcome.FAIL
    if Outcome.INCONCLUSIVE in found or not found:
        return Outcome.INCONCLUSIVE
    return Outcome.PASS
