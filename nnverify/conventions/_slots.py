"""The numbers inside an object: where they are, what they hold, and how to put others in their place.

A slot is reached through attributes, dictionaries, lists and tuples. Nothing here knows which slots matter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

_DEEPEST = 6
_MOST = 20_000  # places looked at; beyond, the object is a data set and no layer
_CLOSED = (type, FunctionType, MethodType, BuiltinFunctionType, ModuleType, str, bytes, int, float, np.generic)
_OPAQUE = (*_CLOSED, np.ndarray, np.random.Generator, np.random.RandomState)

Step = tuple[str, Any]
Path = tuple[Step, ...]


@dataclass(frozen=True)
class Slot:
    """One float array, or one bare float, and the path to it."""

    path: Path
    value: Any

    @property
    def name(self) -> str:
        """The last name on the path: an attribute or a key."""
        return next((str(key) for kind, key in reversed(self.path) if kind != "item"), "")

    @property
    def label(self) -> str:
        return label(self.path)


def label(path: Path) -> str:
    """The path as one would write it: layers[0].W, params['W']."""
    form = {"attribute": ".{}", "key": "[{!r}]", "item": "[{}]"}
    return "".join(form[kind].format(key) for kind, key in path).removeprefix(".")


def slots(owner: Any) -> dict[Path, Slot]:
    """All float arrays and bare floats below the object, in the order in which they are met."""
    return {path: Slot(path, value) for path, value in _walk(owner, (), {id(owner)}) if is_number(value)}


def is_number(value: Any) -> bool:
    """A float array or a bare float; integers count and label, and have no gradient."""
    return value.dtype.kind == "f" if isinstance(value, np.ndarray) else isinstance(value, float | np.floating)


def _walk(owner: Any, path: Path, seen: set[int]) -> Iterator[tuple[Path, Any]]:
    for step, child in _children(owner):
        here = (*path, step)
        yield here, child
        if len(here) < _DEEPEST and len(seen) < _MOST and not isinstance(child, _OPAQUE) and id(child) not in seen:
            seen.add(id(child))
            yield from _walk(child, here, seen)


def _children(owner: Any) -> Iterator[tuple[Step, Any]]:
    if isinstance(owner, Mapping):
        yield from ((("key", key), child) for key, child in owner.items())
    elif isinstance(owner, list | tuple):
        yield from ((("item", place), child) for place, child in enumerate(owner))
    else:
        yield from ((("attribute", name), child) for name, child in _attributes(owner).items())


def _attributes(owner: Any) -> dict[str, Any]:
    """Instance attributes, slotted ones included."""
    slotted = [name for kind in type(owner).__mro__ for name in _declared(kind)]
    found = {name: getattr(owner, name) for name in slotted if hasattr(owner, name)}
    return found | getattr(owner, "__dict__", {})


def _declared(kind: type) -> tuple[str, ...]:
    found = kind.__dict__.get("__slots__", ())
    return (found,) if isinstance(found, str) else tuple(found)


def get(owner: Any, path: Path) -> Any:
    """What is at the path; None where there is nothing."""
    for kind, key in path:
        try:
            owner = getattr(owner, key) if kind == "attribute" else owner[key]
        except (AttributeError, KeyError, IndexError, TypeError):
            return None
    return owner


def put(owner: Any, path: Path, value: Any) -> None:
    """Replace what is at the path; tuples on the way are rebuilt."""
    *front, (kind, key) = path
    holder = get(owner, tuple(front))
    if isinstance(holder, tuple):
        put(owner, tuple(front), (*holder[:key], value, *holder[key + 1 :]))
    elif kind == "attribute":
        setattr(holder, key, value)
    else:
        holder[key] = value


def aliases(found: Mapping[Path, Slot]) -> list[tuple[Path, ...]]:
    """The paths, with those that lead to the same array together."""
    groups: dict[Any, list[Path]] = {}
    for path, slot in found.items():
        key = id(slot.value) if isinstance(slot.value, np.ndarray) else path
        groups.setdefault(key, []).append(path)
    return [tuple(group) for group in groups.values()]


def rewind(primed: Any, fresh: Any) -> None:
    """Cut lists that have grown back to their length in ``fresh``; lists that are new there stay as they are."""
    seen: set[int] = set()

    def visit(one: Any, two: Any) -> None:
        if isinstance(one, _OPAQUE) or id(one) in seen or type(one) is not type(two):
            return
        seen.add(id(one))
        if isinstance(one, list) and two is not None:
            del one[len(two) :]
        others = dict(_children(two))
        for step, child in list(_children(one)):
            if step in others:
                visit(child, others[step])

    visit(primed, fresh)
