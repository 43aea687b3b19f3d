"""The options of a check, validated once; a leaf that was meant and read as an option is said to be.

Nothing is read from the environment: what is not given comes from the test session, else from the defaults.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nnverify._errors import UsageError
from nnverify._session import EFFORTS, SESSION
from nnverify.conventions._losses import FUSED
from nnverify.conventions.convention import Declared, Named

KINKS = ("subgradient", "inconclusive")


@dataclass(frozen=True)
class Limit:
    """What a search may take at most; evaluations by default, so that a verdict does not depend on the machine."""

    evaluations: int = 300_000
    seconds: float = float("inf")


@dataclass(frozen=True)
class Options:
    """How much is done, with which draws, and what counts as equal.

    keywords  of forward and backward, each with the values to try
    dtypes    of the floats that are tried beside the first one
    """

    effort: str
    seed: int
    rtol: float
    kink: str
    dtype: Any
    convention: str | None
    declared: Declared
    named: Named
    executor: Executor | None = None
    keywords: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    dtypes: tuple[Any, ...] = ()
    budget: Limit = field(default_factory=lambda: Limit())


_KINDS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "effort": (lambda value: _among(value, EFFORTS), f"one of {', '.join(map(repr, EFFORTS))}"),
    "seed": (lambda value: _whole(value), "a whole number"),
    "rtol": (lambda value: _real(value) and 0 <= value < 1, "a number from 0 to 1"),
    "kink": (lambda value: _among(value, KINKS), f"one of {', '.join(map(repr, KINKS))}"),
    "dtype": (lambda value: _is_dtype(value), "a floating-point dtype, such as numpy.float32"),
    "executor": (lambda value: isinstance(value, Executor), "a concurrent.futures.Executor"),
    "dtypes": (lambda value: _each(value, _is_dtype), "a list of floating-point dtypes, such as [numpy.float16]"),
    "options": (lambda value: _keywords(value), "a dict from keyword to the list of its values: {'axis': [0, 1]}"),
    "budget": (lambda value: _budget(value) is not None, "a number of seconds, or a text: '5 s', '2000 evaluations'"),
    "convention": (lambda value: isinstance(value, str), "the name of a convention"),
    "reduction": (lambda value: _among(value, ("mean", "sum", "batch mean")), "'mean', 'sum' or 'batch mean'"),
    "batch_axis": (lambda value: _whole(value), "the number of an axis"),
    "terminal": (lambda value: isinstance(value, bool), "True or False"),
    "fused": (lambda value: isinstance(value, str), f"one of {', '.join(map(repr, FUSED))}"),
    "surrogate": (callable, "a function"),
    "penalty": (callable, "a function"),
    "derivative": (lambda value: _among(value, ("input", "output")), "'input' or 'output'"),
    "tensor": (callable, "the constructor of recording values"),
    "params": (lambda value: _names(value), "a list of names"),
    "grads": (lambda value: _names(value) or _mapping(value), "a dict from leaf to name, or a list of names"),
    "out": (lambda value: isinstance(value, str) and value.isidentifier(), "the name of an attribute"),
    "dx": (lambda value: isinstance(value, str) and value.isidentifier(), "the name of an attribute"),
    "name": (lambda value: isinstance(value, str), "a text"),
}
NAMES = tuple(_KINDS)
_DECLARED = ("reduction", "batch_axis", "terminal", "fused", "surrogate", "penalty", "derivative")
_NAMED = ("tensor", "params", "grads", "out", "dx")


def _among(value: Any, words: Sequence[str]) -> bool:
    return isinstance(value, str) and value in words


def _whole(value: Any) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _real(value: Any) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


def _is_dtype(value: Any) -> bool:
    try:
        return np.dtype(value).kind == "f"
    except TypeError:
        return False


def _each(value: Any, kind: Callable[[Any], bool]) -> bool:
    return isinstance(value, list | tuple) and bool(value) and all(kind(one) for one in value)


def _keywords(value: Any) -> bool:
    named = isinstance(value, Mapping) and all(isinstance(name, str) for name in value)
    return named and all(_each(values, lambda _: True) for values in value.values())


_UNITS = {"s": "seconds", "seconds": "seconds", "evaluations": "evaluations"}


def _budget(value: Any) -> Limit | None:
    """None for what is no budget."""
    number, _, unit = value.partition(" ") if isinstance(value, str) else (value, "", "s")
    try:
        amount = float(number) if not isinstance(number, bool) else 0.0
    except (TypeError, ValueError):
        return None
    if unit not in _UNITS or not amount > 0:
        return None
    if _UNITS[unit] == "seconds":
        return Limit(seconds=amount)
    return Limit(evaluations=int(amount)) if 1 <= amount < float("inf") else None


def _names(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(name, str) for name in value)


def _mapping(value: Any) -> bool:
    return isinstance(value, Mapping) and all(isinstance(part, str) for pair in value.items() for part in pair)


def validated(given: Mapping[str, Any], where: str) -> Options:
    """The options from what was given, None meaning the default. Raises UsageError for each that is of no such kind."""
    told = {name: value for name, value in given.items() if value is not None}
    wrong = [name for name, value in told.items() if not _KINDS[name][0](value)]
    if wrong:
        raise UsageError(
            what="; ".join(f"{name}={_shown(told[name])} is not {_KINDS[name][1]}" for name in wrong),
            where=where,
            fix=f"mend it; or, if {wrong[0]!r} is the name of a leaf, pass it in leaves={{{wrong[0]!r}: …}}",
        )
    if "batch_axis" in told and told.get("reduction") not in ("mean", "batch mean"):
        raise UsageError(
            what=f"batch_axis={told['batch_axis']} says nothing where there is no mean",
            where=where,
            fix="say reduction='batch mean' as well, or leave batch_axis out",
        )
    return Options(
        told.get("effort", SESSION.effort),
        int(told.get("seed", SESSION.seed)),
        float(told.get("rtol", SESSION.rtol)),
        told.get("kink", "subgradient"),
        told.get("dtype"),
        told.get("convention"),
        Declared(**{name: told[name] for name in _DECLARED if name in told}),
        Named(**{name: told[name] for name in _NAMED if name in told}),
        told.get("executor"),
        {name: list(values) for name, values in told.get("options", {}).items()},
        tuple(told.get("dtypes", ())),
        _budget(told["budget"]) or Limit() if "budget" in told else Limit(),
    )


def _shown(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def merged(leaves: Mapping[str, Any] | None, named: Mapping[str, Any], where: str) -> dict[str, Any]:
    """All leaves, those of ``leaves=`` first. Raises UsageError for none, and for a name given twice."""
    if leaves is not None and not isinstance(leaves, Mapping):
        raise UsageError(
            what=f"leaves={_shown(leaves)} is no dict",
            where=where,
            fix="pass leaves={'X': (8, 4), …}, or X=(8, 4) by name",
        )
    given = dict(leaves or {})
    twice = [name for name in named if name in given]
    odd = [name for name in given if not isinstance(name, str) or not name]
    if twice or odd:
        raise UsageError(
            what=f"{', '.join(map(repr, twice or odd))} is {'given twice' if twice else 'no name'}",
            where=where,
            fix="name every leaf once, by a text",
        )
    if not given | dict(named):
        raise UsageError(
            what="no leaves were given", where=where, fix="name the forward's arguments: X=(8, 4), W=(4, 3), or X='m n'"
        )
    return given | dict(named)
