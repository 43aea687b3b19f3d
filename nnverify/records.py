"""The records a package of derivations is made of, found by attribute name in its modules.

A record is anything with the attributes below; nothing needs to be imported from here. Modules list them in
FORMULAS, COUNTEREXAMPLES and SPECIAL_CASES; reference/formula.py documents each attribute.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Protocol

from nnverify._errors import NothingToCheck, UsageError

FORMS = ("jacobian", "index", "vector")


class FormulaLike(Protocol):
    """What a formula record must have; reference/formula.py documents each attribute. ``output`` may be absent."""

    identifier: str
    statement: str
    source: str
    forward: Callable[..., Any]
    arguments: Mapping[str, str]
    leaf: str
    jacobian: Callable[..., Any]
    index: Callable[..., Any]
    vector: Callable[..., Any]


class CounterexampleLike(Protocol):
    identifier: str
    statement: str
    of: str
    vector: Callable[..., Any]
    mistake: str


class SpecialCaseLike(Protocol):
    special: str
    general: str
    arguments: Callable[..., Sequence[Any]]
    result: Callable[[Any], Any]


@dataclass(frozen=True)
class Derivations:
    """All records of a package."""

    name: str
    formulas: Mapping[str, FormulaLike]
    counterexamples: tuple[CounterexampleLike, ...]
    special_cases: tuple[SpecialCaseLike, ...]


_Kind = tuple[str, Callable[[Any], bool]]
_TEXT: _Kind = ("a text", lambda one: isinstance(one, str))
_FUNCTION: _Kind = ("a function", callable)
_AXES: _Kind = (
    "a dictionary of axis words",
    lambda one: isinstance(one, Mapping) and all(isinstance(words, str) for words in one.values()),
)
_REQUIRED: dict[str, dict[str, _Kind]] = {
    "FORMULAS": dict.fromkeys(("identifier", "statement", "source", "leaf"), _TEXT)
    | dict.fromkeys(("forward", *FORMS), _FUNCTION)
    | {"arguments": _AXES},
    "COUNTEREXAMPLES": dict.fromkeys(("identifier", "statement", "of", "mistake"), _TEXT) | {"vector": _FUNCTION},
    "SPECIAL_CASES": dict.fromkeys(("special", "general"), _TEXT) | dict.fromkeys(("arguments", "result"), _FUNCTION),
}


def collect(name: str, modules: Iterable[ModuleType]) -> Derivations:
    """The records that the modules list. Raises NothingToCheck without formulas, UsageError for a broken record."""
    found: dict[str, list[Any]] = {table: [] for table in _REQUIRED}
    for module in modules:
        for table, required in _REQUIRED.items():
            found[table] += [_complete(record, required, module, table) for record in _listed(module, table)]
    formulas = _unique(name, found["FORMULAS"])
    for record in found["COUNTEREXAMPLES"]:
        _known(formulas, record.of, record.identifier)
    for record in found["SPECIAL_CASES"]:
        _known(formulas, record.special, f"special case of {record.general}")
        _known(formulas, record.general, f"general case of {record.special}")
    return Derivations(name, formulas, tuple(found["COUNTEREXAMPLES"]), tuple(found["SPECIAL_CASES"]))


def _listed(module: ModuleType, table: str) -> Sequence[Any]:
    listed = getattr(module, table, ())
    if isinstance(listed, list | tuple):
        return listed
    raise UsageError(
        what=f"it is {listed!r:.60}, and no tuple of records",
        where=f"{module.__name__}.{table}",
        fix=f"write {table} = (record,), with a comma where there is but one",
    )


def _complete(record: Any, required: Mapping[str, _Kind], module: ModuleType, table: str) -> Any:
    missing = [attribute for attribute in required if not hasattr(record, attribute)]
    if missing:
        raise UsageError(
            what=f"{record!r:.60} has no {', '.join(missing)}",
            where=f"{module.__name__}.{table}",
            fix="give the record every attribute that reference/formula.py lists",
        )
    for attribute, (words, fits) in required.items():
        value = getattr(record, attribute)
        if not fits(value):
            raise UsageError(
                what=f"{attribute} is {value!r:.60}, and not {words}",
                where=f"{module.__name__}.{table}",
                fix="see what reference/formula.py says of it",
            )
    return record


def _unique(name: str, records: Sequence[FormulaLike]) -> dict[str, FormulaLike]:
    if not records:
        raise NothingToCheck(
            what="no module lists formulas",
            where=name,
            fix="put them into a tuple FORMULAS; reference/formula.py shows what a formula is",
        )
    formulas = {record.identifier: record for record in records}
    for identifier, record in formulas.items():
        twins = [other for other in records if other.identifier == identifier and other is not record]
        if twins:
            raise UsageError(
                what=f"two formulas are called {identifier!r}", where=name, fix="give each an identifier of its own"
            )
        if getattr(record, "output", None) is not None and "dout" not in record.arguments:
            raise UsageError(
                what="there is an output, and no argument dout for its upstream gradient",
                where=identifier,
                fix="add dout to the arguments, or leave output out",
            )
        if record.leaf not in record.arguments:
            raise UsageError(
                what=f"leaf={record.leaf!r} is none of the arguments {', '.join(record.arguments)}",
                where=identifier,
                fix="name the argument whose gradient the formula is",
            )
    return formulas


def _known(formulas: Mapping[str, FormulaLike], identifier: str, where: str) -> None:
    if identifier not in formulas:
        raise UsageError(
            what=f"there is no formula {identifier!r}", where=where, fix=f"name one of {', '.join(formulas)}"
        )
