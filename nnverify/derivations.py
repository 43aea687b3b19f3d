"""The pipeline for a package of derivations: every formula, special case and counterexample gets its row.

A formula holds when its forms are equal on exact draws, each is proved to be the derivative where algebra can tell,
and its vectorized form passes the numerical check of the loss, and of the output under a random upstream where it has
one. Rows are independent of their order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from time import perf_counter
from typing import Any

from nnverify._errors import NnverifyError, NothingToCheck
from nnverify.checks.forms import Form, equal, forms, special_case
from nnverify.checks.proof import proof
from nnverify.conventions.formula import draw_float, subjects
from nnverify.draws import generator
from nnverify.loading import load
from nnverify.reading import Demand
from nnverify.records import FORMS, CounterexampleLike, Derivations, FormulaLike, SpecialCaseLike, collect
from nnverify.verdict import Finding, Outcome, Verdict, combine
from nnverify.verify import verify

DRAWS = 200  # exact draws for each formula
POINTS = 10  # float64 points for each formula: distinct sizes, each axis at 1, all equal, exact zeros
_ENOUGH = 3  # of them must be judged

Gradient = Callable[..., Any]


@dataclass(frozen=True)
class Row:
    """One line of the report. ``error`` is set where the formula could not be run at all."""

    kind: str
    identifier: str
    statement: str
    verdict: Verdict
    draws: int
    seconds: float
    error: str | None = None


@dataclass(frozen=True)
class Work:
    """A row still to be made."""

    kind: str
    identifier: str
    statement: str
    verify: Callable[[], Verdict]
    draws: int


def plan(found: Derivations, *, only: str = "*", draws: int = DRAWS, seed: int = 0) -> tuple[Work, ...]:
    """The rows to make, formulas first. Raises NothingToCheck where ``only`` selects none."""
    work = [*_formulas(found, draws, seed), *_special_cases(found, draws, seed), *_counterexamples(found, draws, seed)]
    chosen = tuple(one for one in work if fnmatchcase(one.identifier, only))
    if not chosen:
        known = ", ".join(found.formulas)
        raise NothingToCheck(what=f"only={only!r} selects no formula", where=found.name, fix=f"choose from {known}")
    return chosen


@dataclass(frozen=True)
class Job:
    """A row by words that mean the same in every process: the package, as seen from a folder, and the row's number.

    mark  of the sources; a process that lives longer than a run loads them again where it has changed
    """

    package: str
    folder: Path
    only: str
    draws: int
    seed: int
    mark: str = ""
    number: int = 0


def carry_out(job: Job) -> Row:
    """The row of a job; the package is loaded once in each process."""
    return next(make((planned(replace(job, number=0))[job.number],), perf_counter))


@lru_cache(maxsize=1)
def planned(job: Job) -> tuple[Work, ...]:
    """The rows of a run, of whose jobs this is the one with the number 0."""
    found = collect(Path(job.package).name, load(job.package, job.folder, job.mark))
    return plan(found, only=job.only, draws=job.draws, seed=job.seed)


def unfinished(work: Work, why: str, code: str) -> Row:
    """The row of work that did not come to its end."""
    finding = Finding("run", work.identifier, Outcome.INCONCLUSIVE, f"not finished: {why}", code)
    return Row(work.kind, work.identifier, work.statement, Verdict(work.identifier, (finding,)), 0, 0.0)


def make(work: tuple[Work, ...], clock: Callable[[], float]) -> Iterator[Row]:
    """The rows, each as soon as it is made."""
    for one in work:
        start = clock()
        verdict, error = _attempt(one)
        yield Row(one.kind, one.identifier, one.statement, verdict, one.draws, clock() - start, error)


def _attempt(one: Work) -> tuple[Verdict, str | None]:
    try:
        return one.verify(), None
    except NnverifyError as error:
        return Verdict(one.identifier, ()), str(error)


def _formulas(found: Derivations, draws: int, seed: int) -> Iterator[Work]:
    for formula in found.formulas.values():
        yield Work("formula", formula.identifier, formula.statement, _formula(formula, draws, seed), draws)


def _formula(formula: FormulaLike, draws: int, seed: int) -> Callable[[], Verdict]:
    def run() -> Verdict:
        exact = forms(formula, draws, seed)
        if exact.code == "NV404":
            return Verdict(formula.identifier, (exact,), seed)
        # Where the exact comparison cannot speak for the other forms, the numerical gradient must.
        names = FORMS if exact.code == "NV405" else ("vector",)
        numerical = [_numerical(formula, getattr(formula, name), seed) for name in names]
        others = [finding for one in numerical for finding in one.findings]
        proved = proof(formula, seed, refuted=any(one.outcome is Outcome.FAIL for one in (exact, *others)))
        findings = (exact, *([proved.finding] if proved.finding else []), *others)
        evaluations = sum(one.evaluations for one in numerical)
        return Verdict(formula.identifier, findings, seed, evaluations, notes=(proved.note,) if proved.note else ())

    return run


def _numerical(formula: FormulaLike, vector: Gradient, seed: int) -> Verdict:
    """The worst findings at all points; a point on a kink, or where nothing can be tested, does not count."""
    verdicts = [_point(formula, vector, number, seed) for number in range(POINTS)]
    judged = [verdict for verdict in verdicts if verdict.outcome is not Outcome.INCONCLUSIVE]
    findings = tuple(_worst(judged if len(judged) >= _ENOUGH else verdicts))
    return Verdict(formula.identifier, findings, seed, sum(one.evaluations for one in verdicts))


def _worst(verdicts: list[Verdict]) -> Iterator[Finding]:
    """Of every leaf, the finding that says most."""
    findings = [finding for verdict in verdicts for finding in verdict.findings]
    for leaf in dict.fromkeys(finding.leaf for finding in findings):
        yield min((finding for finding in findings if finding.leaf == leaf), key=_says)


def _says(finding: Finding) -> tuple[int, float]:
    """Least for the first failure, then for what is open, then for the coarsest pass.

    How fine a failure was seen is a matter of rounding, which differs between machines.
    """
    coarse = finding.resolution or 0.0 if finding.outcome is Outcome.PASS else 0.0
    return [Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.PASS].index(finding.outcome), -coarse


def _point(formula: FormulaLike, vector: Gradient, number: int, seed: int) -> Verdict:
    drawn = draw_float(formula, number, generator(seed, formula.identifier, "point", number))
    verdicts = [verify(subject, Demand(seed)) for subject in subjects(formula, vector, drawn)]
    findings = tuple(finding for verdict in verdicts for finding in verdict.findings)
    return Verdict(formula.identifier, findings, seed, sum(verdict.evaluations for verdict in verdicts))


def _special_cases(found: Derivations, draws: int, seed: int) -> Iterator[Work]:
    for case in found.special_cases:
        yield Work("special case", case.special, f"out of {case.general}", _special(case, found, draws, seed), draws)


def _special(case: SpecialCaseLike, found: Derivations, draws: int, seed: int) -> Callable[[], Verdict]:
    special, general = found.formulas[case.special], found.formulas[case.general]
    return lambda: Verdict(case.special, (special_case(case, special, general, draws, seed),), seed)


def _counterexamples(found: Derivations, draws: int, seed: int) -> Iterator[Work]:
    for one in found.counterexamples:
        refute = _refute(one, found.formulas[one.of], draws, seed)
        yield Work("counterexample", one.identifier, one.statement, refute, draws)


def _refute(claim: CounterexampleLike, formula: FormulaLike, draws: int, seed: int) -> Callable[[], Verdict]:
    """A counterexample passes when both witnesses refuse it: the exact comparison and the numerical gradient."""

    def run() -> Verdict:
        rows = [Form(claim.identifier, claim.vector), Form(formula.identifier, formula.vector)]
        exact = equal("refuted", formula, rows, draws, seed)
        if exact.code == "NV404":  # what raises claims nothing
            return Verdict(claim.identifier, (exact,), seed)
        numerical = _numerical(formula, claim.vector, seed)
        refused = exact.outcome is Outcome.FAIL and numerical.outcome is Outcome.FAIL
        return Verdict(claim.identifier, (_refutation(claim, exact, refused),), seed, numerical.evaluations)

    return run


def _refutation(claim: CounterexampleLike, exact: Finding, refused: bool) -> Finding:
    if not refused:
        message = f"{claim.identifier} is said to be wrong, and could not be refuted"
        return Finding("refuted", exact.leaf, Outcome.FAIL, message, "NV403")
    how = "the shape disagrees" if exact.code == "NV301" else "shape agrees, value does not"
    return Finding("refuted", exact.leaf, Outcome.PASS, f"{how}: {claim.mistake}")


def outcome(rows: list[Row]) -> Outcome:
    return combine(row.verdict.outcome for row in rows)
