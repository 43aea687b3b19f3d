"""How a backward wants to be called: each of its parameters gets a role, by name where it has a known one.

Positions decide only where names do not; what neither decides is an error that lists the candidates.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nnverify._errors import UsageError
from nnverify.conventions import _names

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


@dataclass(frozen=True)
class Role:
    """What one parameter receives: the upstream, a leaf, a part of the cache, the output, a rate of 1, a flag."""

    kind: str
    key: Any = None


@dataclass(frozen=True)
class Signature:
    """Names of the parameters that may be passed by position, in order, and how many must be."""

    names: tuple[str, ...]
    required: int
    variadic: bool
    keywords: tuple[str, ...]


def signature(function: Callable[..., Any]) -> Signature | None:
    """None for callables that do not tell, such as some builtins."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return None
    places = [one for one in parameters if one.kind in _POSITIONAL]
    needed = sum(one.default is one.empty for one in places)
    variadic = any(one.kind is one.VAR_POSITIONAL for one in parameters)
    keywords = tuple(one.name for one in parameters if one.kind is one.KEYWORD_ONLY)
    return Signature(tuple(one.name for one in places), needed, variadic, keywords)


def roles_by_name(found: Signature, leaves: Mapping[str, int], *, cached: bool) -> tuple[Role, ...] | None:
    """A role for every required parameter, and for the optional ones that have one; None where one has none.

    ``leaves`` maps the names a leaf is known by to its place; a leaf's name wins over any other meaning.
    """
    roles = [_role(name, leaves, cached, first=place == 0) for place, name in enumerate(found.names)]
    while len(roles) > found.required and roles[-1] is None:
        roles.pop()
    known = [role for role in roles if role is not None]
    unique = len({(role.kind, role.key) for role in known}) == len(known)
    if len(known) < len(roles) or not unique or not any(role.kind in ("upstream", "leaf") for role in known):
        return None
    return tuple(known)


def _role(name: str, leaves: Mapping[str, int], cached: bool, *, first: bool) -> Role | None:
    if name in leaves and not (first and name in _names.UPSTREAM and len(name) > 1):
        return Role("leaf", leaves[name])
    for kind, names in (("rate", _names.RATE), ("training", _names.TRAINING), ("upstream", _names.UPSTREAM)):
        if name in names:
            return Role(kind)
    if cached and name in _names.CACHE:
        return Role("cache")
    return Role("output") if name in _names.OUTPUT and not first else None


def arguments(roles: Sequence[Role], *, upstream: Any, leaves: Sequence[Any], cache: Any, output: Any) -> list[Any]:
    """The values for the parameters."""
    fixed = {"upstream": upstream, "cache": cache, "output": output, "rate": 1.0, "training": True}
    take = {"leaf": lambda key: leaves[key], "part": lambda key: cache[key]}
    return [take[role.kind](role.key) if role.kind in take else fixed[role.kind] for role in roles]


def describe(roles: Sequence[Role], leaves: Sequence[str]) -> str:
    """The call in words, such as "dout, X, W"."""
    words = {"upstream": "dout", "cache": "cache", "output": "output", "rate": "rate=1", "training": "training=True"}
    parts = [leaves[role.key] if role.kind == "leaf" else words.get(role.kind, "cache") for role in roles]
    return ", ".join(parts)


def undecided(where: str, found: Signature | None, candidates: Sequence[str], fix: str) -> UsageError:
    """The error for a backward whose parameters could mean several things, or nothing known."""
    names = ", ".join(found.names) if found else "unknown parameters"
    listed = f" could be {' or '.join(candidates)}" if candidates else " fits no known way to call a backward"
    return UsageError(what=f"backward({names}){listed}", where=where, fix=fix)
