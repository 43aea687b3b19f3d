"""A layer object, run on copies: its methods, what they are called with, and the output they leave.

Which of its arrays are parameters, and where their gradients lie, is found in _parameters.py.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnverify._errors import UsageError
from nnverify.conventions import _names
from nnverify.conventions._signature import Role, Signature, roles_by_name, signature, undecided
from nnverify.conventions._slots import Path, slots
from nnverify.conventions.convention import Call
from nnverify.subject import copied


@dataclass(frozen=True)
class Layer:
    """How the object is used: the two methods, forward's flags, the roles of backward's parameters.

    out   the attribute with the output, where the caller named it
    """

    forward_name: str
    backward_name: str
    flags: dict[str, bool]
    roles: tuple[Role, ...]
    out: str | None
    where: str

    def forward(self, owner: Any, values: Sequence[Any]) -> Any:
        """The output, returned or left in an attribute."""
        method = getattr(owner, self.forward_name)
        before = {} if self.out else {path: id(slot.value) for path, slot in _own(owner)}
        with np.errstate(all="ignore"):
            returned = method(*map(copied, values), **self.flags)
        if self.out:
            return getattr(owner, self.out)
        return self._left(owner, before) if returned is None or returned is owner else returned

    def _left(self, owner: Any, before: dict[Path, int]) -> Any:
        fresh = [slot.name for path, slot in _own(owner) if before.get(path) != id(slot.value)]
        found = [name for name in _names.OUTPUT_ATTRIBUTES if name in fresh]
        if not found:
            raise UsageError(
                what=f"{self.forward_name} returned nothing, and left {', '.join(fresh) or 'no array'} behind",
                where=self.where,
                fix="name the attribute that holds the output: out='…'",
            )
        return getattr(owner, found[0])


def _own(owner: Any) -> list[tuple[Path, Any]]:
    return [(path, slot) for path, slot in slots(owner).items() if len(path) == 1]


def layer(call: Call, where: str) -> Layer:
    """The methods of the object, by name. Raises UsageError where there is none, or the call is unclear."""
    forward, backward = (_first(call.target, names) for names in (_names.FORWARD, _names.BACKWARD))
    if forward is None or backward is None:
        raise UsageError(
            what=f"{type(call.target).__name__} has no method known as a {'backward' if forward else 'forward'}",
            where=where,
            fix="pass the two methods themselves: check_gradients(layer.run, layer.derive, …)",
        )
    if callable(call.backward):
        forward, backward = call.target.__name__, call.backward.__name__
    flags = _flags(getattr(call.target, forward), call)
    return Layer(forward, backward, flags, _roles(call, forward, backward, where), call.named.out, where)


def _first(target: Any, names: Sequence[str]) -> str | None:
    return next((name for name in names if callable(getattr(target, name, None))), None)


def _flags(method: Callable[..., Any], call: Call) -> dict[str, bool]:
    """Training flags are set: test mode would hide dropout and batch statistics."""
    found = signature(method)
    named = {leaf.name for leaf in call.leaves}
    return {name: True for name in (*found.names, *found.keywords) if name in _names.TRAINING - named} if found else {}


def _roles(call: Call, forward: str, backward: str, where: str) -> tuple[Role, ...]:
    found = signature(getattr(call.target, backward))
    if found is None or (not found.names and found.variadic):
        return (Role("upstream"),)
    if not found.names:
        return ()
    known = {leaf.name: place for place, leaf in enumerate(call.leaves)}
    taken = signature(getattr(call.target, forward))
    if taken:
        known = {name: place for place, name in enumerate(taken.names[: len(call.leaves)])} | known
    roles = roles_by_name(found, known, cached=False)
    return roles if roles else _by_position(call, found, where)


def _by_position(call: Call, found: Signature, where: str) -> tuple[Role, ...]:
    """An unknown first name is the upstream; after it come rates and flags by name, or the leaves again."""
    rest = [_rest_role(name) for name in found.names[1 : max(found.required, 1)]]
    if all(rest):
        return (Role("upstream"), *(role for role in rest if role))
    if found.required == 1 + len(call.leaves):
        return (Role("upstream"), *(Role("leaf", place) for place in range(len(call.leaves))))
    raise undecided(where, found, (), "wrap it: check_gradients(layer.forward, lambda dout, …: layer.backward(…), …)")


def _rest_role(name: str) -> Role | None:
    kinds = {"rate": _names.RATE, "training": _names.TRAINING}
    return next((Role(kind) for kind, names in kinds.items() if name in names), None)


def duplicate(owner: Any, where: str) -> Any:
    """A deep copy. Raises UsageError for what cannot be copied."""
    try:
        return copy.deepcopy(owner)
    except Exception as error:
        raise UsageError(
            what=f"the object cannot be copied: {type(error).__name__}: {error}",
            where=where,
            fix="keep locks, files and generators out of it, or check a function that builds it",
        ) from error
