"""Two functions: a forward, and a backward that takes the upstream with a cache or with the leaves again.

backward(dout, cache) where forward returns (out, cache); backward(dout, *leaves), in any order that the names tell;
backward(*leaves) as the gradient of a scalar loss. A rate is passed as 1, a training flag as True.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnverify._errors import UsageError
from nnverify.conventions import _names
from nnverify.conventions._gradients import by_leaf
from nnverify.conventions._signature import (
    Role,
    Signature,
    arguments,
    describe,
    roles_by_name,
    signature,
    undecided,
)
from nnverify.conventions.convention import Call, Convention, title
from nnverify.subject import Pullback, Subject, copied


@dataclass(frozen=True)
class _Way:
    """How this pair is called: the backward's roles, and whether forward's result holds a cache."""

    roles: tuple[Role, ...]
    cached: bool


def recognises(call: Call) -> bool:
    return callable(call.target) and callable(call.backward) and call.declared.derivative is None


def subject(call: Call) -> Subject:
    """Both functions on fresh copies for every call. Raises UsageError where the call cannot be told."""
    name = call.name or title(call.target)
    forward, flags = _with_flags(call)
    way = _way(call, forward, name)
    order = call.named.grads if isinstance(call.named.grads, tuple | list) else None

    def run(*values: Any) -> tuple[Any, Pullback]:
        output, cache = _split(forward(*values), way.cached)
        taken = [copied(value) for value in values]

        def pullback(dout: Any) -> dict[str, Any]:
            whole = not any(role.kind == "upstream" for role in way.roles)
            given = arguments(way.roles, upstream=dout, leaves=taken, cache=cache, output=output)
            found = by_leaf(call.backward(*given), call.leaves, name, order)
            return {leaf: dout * np.asarray(part) for leaf, part in found.items()} if whole else found

        return output, pullback

    words = describe(way.roles, [leaf.name for leaf in call.leaves])
    return Subject(
        name,
        call.leaves,
        run,
        lambda *values: _split(forward(*values), way.cached)[0],
        f"{'cache' if way.cached else 'leaves'}: backward({words})",
        flags,
    )


def _split(returned: Any, cached: bool) -> tuple[Any, Any]:
    """(output, cache); a forward that returns several caches keeps them as a tuple."""
    if not cached:
        return returned, None
    output, *rest = returned
    return output, rest[0] if len(rest) == 1 else tuple(rest)


def _with_flags(call: Call) -> tuple[Callable[..., Any], tuple[str, ...]]:
    """The forward with its training flag set: test mode would hide dropout and batch statistics."""
    found = signature(call.target)
    flag = next((name for name in (*found.names, *found.keywords) if name in _names.TRAINING), None) if found else None
    if flag is None or flag in {leaf.name for leaf in call.leaves}:
        return call.target, ()
    return lambda *values: call.target(*values, **{flag: True}), (f"forward is called with {flag}=True",)


def _way(call: Call, forward: Callable[..., Any], where: str) -> _Way:
    returned = _try(forward, call, where)
    found = signature(call.backward)
    cached = {"cache": True, "leaves": False}.get(call.convention or "")
    if found is None:
        return _Way(_by_leaves(call), bool(cached))
    pair = isinstance(returned, tuple | list) and len(returned) >= 2
    if cached and not pair:
        raise UsageError(
            what=f"forward returned {type(returned).__name__}, not (output, cache)",
            where=where,
            fix="return the cache beside the output, or leave convention='cache' out",
        )
    candidates = _candidates(call, found, returned if pair else None)
    chosen = [way for way in candidates if cached is None or way.cached is cached]
    if len(chosen) != 1:
        raise _undecided(call, found, candidates, returned, where)
    return chosen[0]


def _try(forward: Callable[..., Any], call: Call, where: str) -> Any:
    try:
        return forward(*(copied(leaf.value) for leaf in call.leaves))
    except Exception as error:
        shapes = ", ".join(f"{leaf.name} {np.shape(leaf.value)}" for leaf in call.leaves)
        raise UsageError(
            what=f"forward raised {type(error).__name__}: {error}",
            where=where,
            fix=f"call forward once by hand with leaves of these shapes: {shapes}",
        ) from error


def _candidates(call: Call, found: Signature, pair: Sequence[Any] | None) -> list[_Way]:
    """The ways that fit: one by the parameters' names where they have known ones, else all that positions allow."""
    known = _known_names(call)
    for cached in (True, False) if pair else (False,):
        roles = roles_by_name(found, known, cached=cached)
        if roles and any(role.kind == "cache" for role in roles) is cached:
            return [_Way(roles, cached)]
    return _by_position(call, found, pair)


def _known_names(call: Call) -> dict[str, int]:
    """Every name a leaf goes by: the caller's, and the forward's parameter in its place."""
    places = {leaf.name: place for place, leaf in enumerate(call.leaves)}
    found = signature(call.target)
    if found:
        places = {name: place for place, name in enumerate(found.names[: len(call.leaves)])} | places
    return places


def _by_position(call: Call, found: Signature, pair: Sequence[Any] | None) -> list[_Way]:
    ways = []
    leaves = len(call.leaves)
    if found.required == 1 + leaves or (found.variadic and found.required <= 1 + leaves) or _fits(found, 1 + leaves):
        ways.append(_Way(_by_leaves(call), False))
    if pair is not None and found.required == len(pair):
        rest = len(pair) - 1
        parts = (Role("cache"),) if rest == 1 else tuple(Role("part", place) for place in range(rest))
        cache_way = _Way((Role("upstream"), *parts), True)
        # What is no array is no second output: then only the cache makes sense.
        ways = [cache_way] if _no_output(pair[1:]) else [*ways, cache_way]
    if found.required == leaves and not ways:
        ways.append(_Way(tuple(Role("leaf", place) for place in range(leaves)), False))
    return ways


def _fits(found: Signature, count: int) -> bool:
    return found.required <= count <= len(found.names)


def _by_leaves(call: Call) -> tuple[Role, ...]:
    return (Role("upstream"), *(Role("leaf", place) for place in range(len(call.leaves))))


def _no_output(parts: Sequence[Any]) -> bool:
    """Whether any part is something else than an array of real numbers."""
    return any(
        isinstance(part, tuple | list | dict | None) or np.asarray(part).dtype.kind not in "fiub" for part in parts
    )


def _undecided(call: Call, found: Signature, ways: Sequence[_Way], returned: Any, where: str) -> UsageError:
    names = [leaf.name for leaf in call.leaves]
    candidates = [f"backward({describe(way.roles, names)})" for way in ways]
    if ways:
        return undecided(where, found, candidates, "say which: convention='cache' or convention='leaves'")
    got = (
        f"forward returned a tuple of {len(returned)}" if isinstance(returned, tuple) else "forward returned one output"
    )
    leaves = ", ".join(names)
    return undecided(
        where, found, (), f"take (dout, {leaves}) or (dout, cache), or wrap it: lambda dout, {leaves}: … ({got})"
    )


PAIR = Convention("pair", "forward(*leaves), backward(dout, cache) or backward(dout, *leaves)", recognises, subject)
