"""The power of `verify`: every mutant of reference/ is refused, and its harmless twin accepted.

One form of one formula is replaced at a time, and the formula's rows are made as `nnverify verify` makes them: the
formula itself, and the special cases that it takes part in. By default one mutant of every
section and of every form is looked at; `tox -e power` takes all and prints the kill matrix.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from operator import attrgetter
from pathlib import Path
from typing import Any

import pytest
from tabulate import tabulate

from nnverify.derivations import Row, make, plan
from nnverify.loading import load
from nnverify.records import FORMS, collect
from nnverify.verdict import Finding, Outcome
from tests.mutants import EVERY, MUTANTS, Mutant
from tests.sampling import chosen

ROOT = Path(__file__).parent.parent
FOUND = collect("reference", load("reference", ROOT))
SECTIONS = ("calculus", "neuron", "batch", "activations", "two_layer", "delta", "dense")
DRAWS = 16  # a twelfth of verify's own: what these draws refuse, those do
CHECKS = ("forms", "proof", "gradient", "special case")


def _section(mutant: Mutant) -> str:
    return mutant.formula.partition(".")[0]


def _alone(mutant: Mutant) -> bool:
    """Whether it is wrong only on a branch that no random number is on."""
    return mutant.name == "delta-input-all-zero-taken-for-absent"


FEW = chosen(MUTANTS, _section, attrgetter("form"), _alone)
ALL = [one if one in FEW else pytest.param(one, marks=pytest.mark.slow) for one in MUTANTS]
SHARED = [one if one in FEW else pytest.param(one, marks=pytest.mark.slow) for one in MUTANTS if one.form == EVERY]
each_mutant = pytest.mark.parametrize("mutant", ALL, ids=attrgetter("name"))
every_row = pytest.mark.parametrize("mutant", MUTANTS, ids=attrgetter("name"))
each_shared_mistake = pytest.mark.parametrize("mutant", SHARED, ids=attrgetter("name"))


@cache
def _rows(mutant: Mutant, side: str, seed: int = 0) -> tuple[Row, ...]:
    """The rows of the mutant's formula with one side of the mutant, "wrong" or "twin", in place of its form."""
    forms = FORMS if mutant.form == EVERY else (mutant.form,)
    right: Any = FOUND.formulas[mutant.formula]
    formula = replace(right, **dict.fromkeys(forms, getattr(mutant, side)))
    cases = tuple(case for case in FOUND.special_cases if mutant.formula in (case.special, case.general))
    # A special case compares vectorized forms: with another form replaced it has nothing new to say.
    found = replace(
        FOUND,
        formulas={**FOUND.formulas, mutant.formula: formula},
        special_cases=cases if "vector" in forms else (),
        counterexamples=(),
    )
    work = plan(found, draws=DRAWS, seed=seed)
    return tuple(make(tuple(one for one in work if one.kind != "formula" or one.identifier == mutant.formula), _clock))


def _clock() -> float:
    return 0.0


def _findings(mutant: Mutant, side: str, check: str) -> list[Finding]:
    return [one for row in _rows(mutant, side) for one in row.verdict.findings if one.check == check]


def _killers(mutant: Mutant) -> tuple[str, ...]:
    """The checks that refuse the mutant."""
    return tuple(
        check for check in CHECKS if any(one.outcome is Outcome.FAIL for one in _findings(mutant, "wrong", check))
    )


@each_mutant
def test_mutant_is_refused(mutant: Mutant) -> None:
    """A wrong gradient that passes is the one thing a gradient checker must not have."""
    assert _killers(mutant), "\n".join(str(row.verdict) for row in _rows(mutant, "wrong"))


@each_mutant
def test_twin_is_accepted(mutant: Mutant) -> None:
    """A harness that refuses whatever is unfamiliar would kill every mutant, too."""
    for row in _rows(mutant, "twin"):
        assert (row.error, row.verdict.outcome) == (None, Outcome.PASS), str(row.verdict)


@each_shared_mistake
def test_a_mistake_in_all_forms_leaves_them_equal(mutant: Mutant) -> None:
    assert [one.outcome for one in _findings(mutant, "wrong", "forms")] == [Outcome.PASS]


@each_shared_mistake
def test_a_mistake_in_all_forms_dies_by_the_numerical_gradient(mutant: Mutant) -> None:
    """Three forms derived by one head may share its mistake; the forward pass is the witness outside them."""
    assert "gradient" in _killers(mutant)


@each_shared_mistake
def test_a_mistake_in_all_forms_dies_by_algebra(mutant: Mutant) -> None:
    """What is wrong only where a value is zero lies on a branch that no random number is on."""
    assert ("proof" in _killers(mutant)) is not _alone(mutant)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 4))
@every_row
def test_no_kill_depends_on_the_seed(mutant: Mutant, seed: int) -> None:
    outcomes = {side: {row.verdict.outcome for row in _rows(mutant, side, seed)} for side in ("wrong", "twin")}
    assert Outcome.FAIL in outcomes["wrong"]
    assert outcomes["twin"] == {Outcome.PASS}


def test_there_are_sixty_mutants_and_more() -> None:
    assert len(MUTANTS) >= 60


def test_names_are_unique() -> None:
    assert [name for name, count in Counter(mutant.name for mutant in MUTANTS).items() if count > 1] == []


@every_row
def test_the_name_begins_with_formula_and_form(mutant: Mutant) -> None:
    """A row of the matrix is read without its record."""
    assert mutant.name.startswith(f"{mutant.formula.replace('.', '-')}-{mutant.form}-")


@every_row
def test_the_twin_is_another_function_than_the_mutant(mutant: Mutant) -> None:
    assert mutant.twin is not mutant.wrong


@pytest.mark.parametrize("form", [*FORMS, EVERY])
@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_has_mutants_of_every_form(section: str, form: str) -> None:
    assert [one for one in MUTANTS if one.formula.startswith(f"{section}.") and one.form == form]


@pytest.mark.parametrize("formula", FOUND.formulas)
def test_every_formula_has_a_mutant(formula: str) -> None:
    """A new formula comes with a mutant, or nobody knows that its row can fail."""
    assert [mutant for mutant in MUTANTS if mutant.formula == formula]


# What a finding's code says in one word.
_WORDS = {"NV301": "shape", "NV404": "raises", "NV405": "not exact"}


def _cell(mutant: Mutant, side: str, check: str) -> str:
    """What a check said: "-" where it had nothing to look at, "pass", or how it failed."""
    found = _findings(mutant, side, check)
    worst = next((one for one in found if one.outcome is not Outcome.PASS), None)
    if worst is None:
        return "pass" if found else "-"
    return _WORDS.get(worst.code or "", "differs" if worst.outcome is Outcome.FAIL else worst.outcome.value)


def _matrix(mutants: Sequence[Mutant]) -> str:
    rows = [
        (mutant.name, *(_cell(mutant, "wrong", check) for check in CHECKS), _accepted(mutant)) for mutant in mutants
    ]
    totals = Counter(" and ".join(_killers(mutant)) or "nothing" for mutant in mutants)
    counts = [(f"killed by {killers}", count) for killers, count in totals.most_common()]
    return f"{tabulate(rows, ('mutant', *CHECKS, 'twin'))}\n\n{tabulate(counts, tablefmt='plain')}"


def _accepted(mutant: Mutant) -> str:
    return "pass" if all(row.verdict.outcome is Outcome.PASS for row in _rows(mutant, "twin")) else "REFUSED"


@pytest.mark.parametrize("mutants", [FEW, pytest.param(MUTANTS, marks=pytest.mark.slow)], ids=["few", "all"])
def test_the_kill_matrix_has_no_survivor(mutants: Sequence[Mutant]) -> None:
    """The table of the whole file; -s or -rA shows it."""
    print(f"\n{_matrix(mutants)}")  # noqa: T201 - the matrix is what this test is for
    assert [mutant.name for mutant in mutants if not _killers(mutant)] == []
    assert [mutant.name for mutant in mutants if _accepted(mutant) != "pass"] == []
