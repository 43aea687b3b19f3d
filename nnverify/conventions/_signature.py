"""The parameters of a callable, and the role that each has when it is a backward."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import FunctionType
from typing import Any

from nnverify._errors import UsageError
from nnverify.conventions._names import SLOPE_FLAGS

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


@dataclass(frozen=True)
class Role:
    """What one parameter receives.

    upstream  dout; with a key, the one of that output      leaf, part   of the leaves, of what forward returned
    output    of the forward                                 left         an attribute that forward has set
    rate, nothing, training, optimizer                       1, 0, True, plain gradient descent
    """

    kind: str
    key: Any = None


@dataclass(frozen=True)
class Signature:
    """Names of the parameters that may be passed by position, in order, and how many must be.

    keywords, demanded: those that may be, or must be, passed by name.
    """

    names: tuple[str, ...]
    required: int
    variadic: bool
    keywords: tuple[str, ...]
    demanded: tuple[str, ...] = ()

    @property
    def every(self) -> tuple[str, ...]:
        return self.names + self.keywords

    def takes(self, count: int) -> bool:
        """Whether so many arguments may be passed by position."""
        return self.required <= count and (self.variadic or count <= len(self.names))


def signature(function: Callable[..., Any]) -> Signature | None:
    """None for callables that do not tell, such as some builtins."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return None
    places = [one for one in parameters if one.kind in _POSITIONAL]
    needed = sum(one.default is one.empty for one in places)
    variadic = any(one.kind is one.VAR_POSITIONAL for one in parameters)
    named = [one for one in parameters if one.kind is one.KEYWORD_ONLY]
    demanded = tuple(one.name for one in named if one.default is one.empty)
    return Signature(tuple(one.name for one in places), needed, variadic, tuple(one.name for one in named), demanded)


def slope_flag(function: Any) -> str | None:
    """The parameter that makes a function return its own derivative, as in sigmoid(x, deriv=True)."""
    found = signature(function) if isinstance(function, FunctionType) else None
    return next((name for name in found.every if name in SLOPE_FLAGS), None) if found else None


_WORDS = {
    "upstream": "dout",
    "output": "output",
    "rate": "rate=1",
    "nothing": "0",
    "training": "training=True",
    "optimizer": "plain gradient descent",
    "part": "cache",
}


def describe(roles: Sequence[Role], leaves: Sequence[str]) -> str:
    """The call in words, such as "dout, X, W"."""
    return ", ".join(_word(role, leaves) for role in roles)


def _word(role: Role, leaves: Sequence[str]) -> str:
    if role.kind == "leaf":
        return leaves[role.key]
    if role.kind == "left":
        return f"self.{role.key}"
    word = _WORDS[role.kind]
    return f"{word}{role.key}" if role.kind == "upstream" and role.key is not None else word


def undecided(where: str, found: Signature | None, candidates: Sequence[str], fix: str) -> UsageError:
    """The error for a backward whose parameters could mean several things, or nothing known."""
    names = ", ".join(found.every) if found else "unknown parameters"
    listed = f" could be {' or '.join(candidates)}" if candidates else " fits no known way to call a backward"
    return UsageError(what=f"backward({names}){listed}", where=where, fix=fix)
