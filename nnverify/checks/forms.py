"""Are the ways to compute a gradient equal, exactly?

The ways are the three forms of a formula, or a formula and another one that is said to contain it. Rational
arguments, no tolerance: what is equal at many random rationals is the same formula. A form that raises, has
another shape than its leaf, or stops being exact is named; where two of three agree, so is the third.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from nnverify.conventions.formula import Drawn, draw_exact
from nnverify.draws import generator
from nnverify.numbers.rational import NotExact, Rational
from nnverify.records import FORMS, FormulaLike, SpecialCaseLike
from nnverify.verdict import Finding, Outcome

FORMS_CHECK = "forms"
SPECIAL_CHECK = "special case"


@dataclass(frozen=True)
class Form:
    """One way to compute the gradient, with the name it goes by."""

    name: str
    gradient: Callable[..., Any]


def forms(formula: FormulaLike, draws: int, seed: int) -> Finding:
    """The forms of one formula on ``draws`` sets of arguments; the first disagreement ends it."""
    rows = [Form(f"{name} form", getattr(formula, name)) for name in FORMS]
    return equal(FORMS_CHECK, formula, rows, draws, seed)


def special_case(case: SpecialCaseLike, special: FormulaLike, general: FormulaLike, draws: int, seed: int) -> Finding:
    """Whether ``special`` comes out of ``general``, on ``draws`` sets of the special formula's arguments."""
    rows = [
        Form(special.identifier, special.vector),
        Form(general.identifier, lambda *values: case.result(general.vector(*case.arguments(*values)))),
    ]
    return equal(SPECIAL_CHECK, special, rows, draws, seed)


def equal(check: str, formula: FormulaLike, rows: Sequence[Form], draws: int, seed: int) -> Finding:
    """Whether the rows return the same exact gradient for arguments drawn for the formula."""
    for number in range(draws):
        found = _compare(check, formula, rows, number, seed)
        if found is not None:
            return found
    return Finding(check, formula.leaf, Outcome.PASS, f"equal on {draws} exact draw{'s' * (draws != 1)}")


def _compare(check: str, formula: FormulaLike, rows: Sequence[Form], number: int, seed: int) -> Finding | None:
    for whole in (False, True):
        drawn = draw_exact(formula, number, generator(seed, formula.identifier, check, number), whole=whole)
        before = Rational.free_calls
        try:
            results = [_evaluate(form, drawn) for form in rows]
        except NotExact as error:
            trouble = str(error)
            continue
        except _RaisedError as error:
            return Finding(check, formula.leaf, Outcome.FAIL, f"{error}, for {drawn}", "NV404")
        return _difference(check, formula, rows, results, drawn, Rational.free_calls > before)
    return Finding(check, formula.leaf, Outcome.INCONCLUSIVE, f"no exact draw: {trouble}", "NV405")


# What NumPy says of a function that it has for floats only: that tells nothing of the form.
_NO_OBJECTS = ("not supported for the input types", "has no callable")


class _RaisedError(Exception):
    """A form raised; the text says which, and what."""


def _evaluate(form: Form, drawn: Drawn) -> list[Any]:
    """The gradient as a list of object arrays, one per layer where the leaf is a list."""
    try:
        result = form.gradient(*drawn.copies())
    except NotExact:
        raise
    except Exception as error:
        if isinstance(error, TypeError) and any(words in str(error) for words in _NO_OBJECTS):
            raise NotExact(f"the {form.name} has no exact value: {error}") from error
        raise _RaisedError(f"the {form.name} raised {type(error).__name__}: {error}") from error
    return [np.asarray(part, dtype=object) for part in _parts(result)]


def _parts(value: Any) -> Sequence[Any]:
    return value if isinstance(value, tuple | list) else (value,)


def _difference(
    check: str, formula: FormulaLike, rows: Sequence[Form], results: Sequence[list[Any]], drawn: Drawn, free: bool
) -> Finding | None:
    own = _parts(drawn.values[list(formula.arguments).index(formula.leaf)])
    for form, result in zip(rows, results, strict=True):
        message, code = _malformed(form, result, [np.shape(part) for part in own])
        if message:
            outcome = Outcome.INCONCLUSIVE if code == "NV405" else Outcome.FAIL
            return Finding(check, formula.leaf, outcome, f"{message}, for {drawn}", code)
    last = results[-1]
    unequal = [i for i, result in enumerate(results[:-1]) if not _same(result, last)]
    if not unequal:
        return None
    one, two = _culprit(rows, results, unequal)
    place, left, right = _first_difference(results[one], results[two])
    message = f"the {rows[one].name} differs from the {rows[two].name} at {place}: {left} against {right}, for {drawn}"
    # Free values obey no identity of the function they stand for, so two right forms may differ under them.
    outcome = Outcome.INCONCLUSIVE if free else Outcome.FAIL
    return Finding(check, formula.leaf, outcome, message, "NV405" if free else "NV401")


def _malformed(form: Form, result: list[Any], shapes: list[tuple[int, ...]]) -> tuple[str, str]:
    found = [part.shape for part in result]
    if found != shapes:
        return f"the {form.name} has shape {_plain(found)}, but the leaf has shape {_plain(shapes)}", "NV301"
    for part in result:
        for entry in part.flat:
            if not isinstance(entry, Fraction | int | np.integer | np.bool_):
                return f"the {form.name} is not exact: it holds {entry!r}", "NV405"
    return "", ""


def _plain(shapes: list[tuple[int, ...]]) -> str:
    return ", ".join(str(shape) for shape in shapes)


def _same(one: list[Any], two: list[Any]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


def _culprit(rows: Sequence[Form], results: Sequence[list[Any]], unequal: list[int]) -> tuple[int, int]:
    """The form that stands against the others, and one of those."""
    last = len(rows) - 1
    if len(unequal) == len(rows) - 1 and last > 1 and _same(results[0], results[1]):
        return last, unequal[0]
    return unequal[0], last


def _first_difference(one: list[Any], two: list[Any]) -> tuple[str, Any, Any]:
    for layer, (left, right) in enumerate(zip(one, two, strict=True), start=1):
        places = np.argwhere(left != right)
        if len(places):
            index = tuple(int(i) for i in places[0])
            label = f"{list(index)}" if len(one) == 1 else f"layer {layer}, {list(index)}"
            return label, left[index], right[index]
    raise AssertionError("called for equal gradients")
