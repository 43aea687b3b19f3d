"""Records are found by attribute; a reference to a formula that is not there is an error that lists the choice."""

from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from nnverify import UsageError
from nnverify._errors import NothingToCheck
from nnverify.records import collect


def _module(**tables: Any) -> ModuleType:
    module = ModuleType("theirs")
    vars(module).update(tables)
    return module


def _formula(identifier: str = "a.dx", leaf: str = "x") -> SimpleNamespace:
    forms = dict.fromkeys(("forward", "jacobian", "index", "vector"), abs)
    return SimpleNamespace(identifier=identifier, statement="", source="", arguments={"x": "n"}, leaf=leaf, **forms)


def test_formulas_of_all_modules_are_collected_in_order() -> None:
    found = collect("theirs", [_module(FORMULAS=(_formula("b.dx"),)), _module(FORMULAS=[_formula("a.dx")])])
    assert list(found.formulas) == ["b.dx", "a.dx"]


def test_a_formula_listed_twice_counts_once() -> None:
    """A package's __init__ may gather what its modules list."""
    formula = _formula()
    assert len(collect("theirs", [_module(FORMULAS=(formula,)), _module(FORMULAS=(formula,))]).formulas) == 1


def test_no_formulas_are_nothing_to_check() -> None:
    with pytest.raises(NothingToCheck, match="no module lists formulas"):
        collect("theirs", [_module()])


@pytest.mark.parametrize(
    ("tables", "sentence"),
    [
        (
            {"COUNTEREXAMPLES": [SimpleNamespace(identifier="c", statement="", of="b.dx", vector=abs, mistake="")]},
            "'b.dx'",
        ),
        ({"SPECIAL_CASES": [SimpleNamespace(special="b.dx", general="a.dx", arguments=abs, result=abs)]}, "'b.dx'"),
        ({"SPECIAL_CASES": [SimpleNamespace(special="a.dx", general="b.dx", arguments=abs, result=abs)]}, "'b.dx'"),
        ({"SPECIAL_CASES": [SimpleNamespace(special="a.dx")]}, "has no general, arguments, result"),
    ],
    ids=["counterexample", "special", "general", "incomplete"],
)
def test_a_record_that_leads_nowhere_is_refused(tables: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        collect("theirs", [_module(FORMULAS=(_formula(),), **tables)])


@pytest.mark.parametrize(
    ("listed", "sentence"),
    [
        (3, r"theirs\.FORMULAS: it is 3, and no tuple of records\. Try: write FORMULAS = \(record,\)"),
        (_formula(), r"it is namespace\(.*, and no tuple of records"),
        ((_formula(identifier=3),), "identifier is 3, and not a text"),  # type: ignore[arg-type]
        ((SimpleNamespace(**vars(_formula()) | {"arguments": ["x"]}),), "not a dictionary of axis words"),
        ((SimpleNamespace(**vars(_formula()) | {"arguments": {"x": 3}}),), "not a dictionary of axis words"),
        ((SimpleNamespace(**vars(_formula()) | {"forward": None}),), "forward is None, and not a function"),
    ],
)
def test_what_is_no_record_is_refused(listed: Any, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        collect("theirs", [_module(FORMULAS=listed)])


def test_two_formulas_of_one_name_are_refused() -> None:
    with pytest.raises(UsageError, match=r"two formulas are called 'a\.dx'"):
        collect("theirs", [_module(FORMULAS=(_formula(), _formula()))])


def test_a_leaf_that_is_no_argument_is_refused() -> None:
    with pytest.raises(UsageError, match="leaf='v' is none of the arguments x"):
        collect("theirs", [_module(FORMULAS=(_formula(leaf="v"),))])
