"""Keyword arguments of forward and backward: their combinations, and the functions that are told them.

Each function is told those that it takes. A keyword left out is a combination of its own: defaults are code, too.
"""

from __future__ import annotations

import copy
import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise, product
from typing import Any

from nnverify._errors import UsageError
from nnverify.conventions import _names

_LEFT_OUT = object()
_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
_ALL = 1 << 10  # more positional arguments than any function takes
_MOST = 48  # combinations; beyond them each value is tried with the defaults, and each pair of options once


def combinations(keywords: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """The combinations that are tried: the first value of each first, then some or all left out, then the others.

    Only pairs where there are too many.
    """
    choices = {name: [_LEFT_OUT, *values] for name, values in keywords.items()}
    every = [dict(zip(choices, values, strict=True)) for values in product(*choices.values())][: _MOST + 1]
    if len(every) > _MOST:
        every = _pairs(choices)
    first = {name: values[0] for name, values in keywords.items()}
    every = [first, *(one for one in every if one != first)]
    return [{name: value for name, value in one.items() if value is not _LEFT_OUT} for one in every]


def _pairs(choices: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Nothing, every value alone, and every pair of neighbouring options with all values of both."""
    nothing = dict.fromkeys(choices, _LEFT_OUT)
    alone = [nothing | {name: value} for name, values in choices.items() for value in values[1:]]
    names = list(choices)
    both = [
        nothing | {one: a, two: b} for one, two in pairwise(names) for a in choices[one][1:] for b in choices[two][1:]
    ]
    return [nothing, *alone, *both]


def told(forward: Any, backward: Any, options: Mapping[str, Any], where: str) -> tuple[Any, Any]:
    """The functions, or a copy of the object, with these options set. Raises UsageError where none takes one."""
    if not options:
        return forward, backward
    if not inspect.isfunction(forward) and not isinstance(forward, type) and _methods(forward):
        return _told_object(forward, options, where), backward
    taken = {name for one in (forward, backward) if one is not None for name in options if _takes(one, name)}
    if missing := [name for name in options if name not in taken]:
        raise _unknown(missing, where)
    return tuple(one if one is None else with_options(one, options) for one in (forward, backward))  # type: ignore[return-value]


def _unknown(missing: Sequence[str], where: str) -> UsageError:
    return UsageError(
        what=f"neither forward nor backward takes {', '.join(missing)}",
        where=where,
        fix="options={…} are keyword arguments of forward and backward, with the values to try",
    )


def _parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    try:
        return list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return [inspect.Parameter("options", inspect.Parameter.VAR_KEYWORD)]


def _takes(function: Any, name: str) -> bool:
    kinds = {one.name: one.kind for one in _parameters(function)}
    positional_only = kinds.get(name) is inspect.Parameter.POSITIONAL_ONLY
    return (name in kinds and not positional_only) or inspect.Parameter.VAR_KEYWORD in kinds.values()


def with_options(function: Callable[..., Any], options: Mapping[str, Any]) -> Callable[..., Any]:
    """The function with those options set that it takes; they vanish from its parameters."""
    own = {name: value for name, value in options.items() if _takes(function, name)}
    rest = [one for one in _parameters(function) if one.name not in own]
    positional = [one.name for one in rest if one.kind in _POSITIONAL]
    ahead = _ahead(function, own)

    def call(*values: Any, **others: Any) -> Any:
        late = dict(zip(positional[ahead:], values[ahead:], strict=False))
        return function(*values[:ahead], **late, **others, **own)

    functools.update_wrapper(call, function, updated=())
    call.__signature__ = inspect.Signature(rest)  # type: ignore[attr-defined]
    return call


def _ahead(function: Callable[..., Any], own: Mapping[str, Any]) -> int:
    """How many positional parameters stand before the first option."""
    places = [one.name for one in _parameters(function) if one.kind in _POSITIONAL]
    return next((place for place, name in enumerate(places) if name in own), _ALL)


def _methods(target: Any) -> list[str]:
    own = {name for one in type(target).__mro__ for name, value in vars(one).items() if inspect.isfunction(value)}
    return [name for name in (*_names.FORWARD, *_names.BACKWARD) if name in own]


def _told_object(target: Any, options: Mapping[str, Any], where: str) -> Any:
    """A copy of the object whose methods are told; its class is a subclass made for it."""
    names = [name for name in _methods(target) if any(_takes(getattr(target, name), key) for key in options)]
    if missing := [key for key in options if not any(_takes(getattr(target, name), key) for name in names)]:
        raise _unknown(missing, where)
    methods = {name: with_options(getattr(type(target), name), options) for name in names}
    made = copy.copy(target)
    try:
        made.__class__ = type(type(target).__name__, (type(target),), methods)
    except TypeError as error:
        raise UsageError(
            what=f"options= cannot be handed to a {type(target).__name__}: {error}",
            where=where,
            fix="pass functions that call it with each value",
        ) from error
    return made
