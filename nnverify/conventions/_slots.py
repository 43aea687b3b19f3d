"""The numbers inside an object: where they are, what they hold, and how to put others in their place.

A slot is reached through attributes, dictionaries, lists and tuples. Nothing here knows which slots matter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from nnverify._compare import identical
from nnverify.conventions._reach import attributes

_DEEPEST = 6
_MOST = 20_000  # places looked at; beyond, the object is a data set and no layer
_CLOSED = (type, FunctionType, MethodType, BuiltinFunctionType, ModuleType, str, bytes, int, float, np.generic)
_OPAQUE = (*_CLOSED, np.ndarray, np.random.Generator, np.random.RandomState)

Step = tuple[str, Any]
Path = tuple[Step, ...]


@dataclass(frozen=True)
class Slot:
    """One array, one bare number, or one list of numbers, and the path to it."""

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
    """All numbers below the object, in the order in which they are met."""
    return {path: Slot(path, value) for path, value in _walk(owner, (), {id(owner)}) if is_number(value)}


def is_number(value: Any) -> bool:
    """An array of real numbers, a bare number, or lists of floats in an array's place; truth values are none."""
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "fiu"
    if isinstance(value, float | int | np.floating | np.integer):
        return not isinstance(value, bool)
    return _is_list(value)


def is_float(value: Any) -> bool:
    """A number that can be a parameter as it stands: floats, whereas integers count and label."""
    return (
        value.dtype.kind == "f"
        if isinstance(value, np.ndarray)
        else isinstance(value, float | np.floating | list | tuple)
    )


def _is_list(value: Any) -> bool:
    """Floats in a list, or in equally long lists in a list."""
    if not isinstance(value, list | tuple) or not value:
        return False
    if isinstance(value[0], list | tuple):
        sizes = {len(one) if isinstance(one, list | tuple) else -1 for one in value}
        return len(sizes) == 1 and all(map(_is_list, value))
    return all(isinstance(one, float) for one in value)


def _walk(owner: Any, path: Path, seen: set[int]) -> Iterator[tuple[Path, Any]]:
    for step, child in _children(owner):
        here = (*path, step)
        yield here, child
        if len(here) >= _DEEPEST or len(seen) >= _MOST or isinstance(child, _OPAQUE) or id(child) in seen:
            continue
        if not _is_list(child):
            seen.add(id(child))
            yield from _walk(child, here, seen)


def _children(owner: Any) -> Iterator[tuple[Step, Any]]:
    if isinstance(owner, Mapping):
        yield from ((("key", key), child) for key, child in owner.items())
    elif isinstance(owner, list | tuple):
        yield from ((("item", place), child) for place, child in enumerate(owner))
    else:
        yield from ((("attribute", name), child) for name, child in attributes(owner).items())


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


def fill(owner: Any, paths: tuple[Path, ...], value: Any) -> None:
    """Give a slot other numbers under all its names: an array in place, so that every other holder sees them."""
    old = get(owner, paths[0])
    if isinstance(old, np.ndarray) and old.flags.writeable:
        old[...] = value
        return
    made = np.asarray(value).tolist() if isinstance(old, list | tuple | float) else value
    for path in paths:
        put(owner, path, made)


def aliases(found: Mapping[Path, Slot]) -> list[tuple[Path, ...]]:
    """The paths, with those that lead to the same array together."""
    groups: dict[Any, list[Path]] = {}
    for path, slot in found.items():
        key = id(slot.value) if isinstance(slot.value, np.ndarray | list | tuple) else path
        groups.setdefault(key, []).append(path)
    return [tuple(group) for group in groups.values()]


def same(one: Any, two: Any) -> bool:
    """Whether two slots hold the same numbers; what is not there is never the same."""
    if one is None or two is None or np.shape(one) != np.shape(two):
        return False
    return identical(np.asarray(one), np.asarray(two))


def rewind(primed: Any, twice: Any, fresh: Any, *, new: bool) -> None:
    """Undo what a first forward has moved, and keep what it has made: that is why it was run.

    What grows from the first forward to the second, lists and counters, has grown as much in the first; numbers and
    lists that were there before it are put back. ``new``: growing lists that it has made were empty.
    """
    seen: set[int] = set()

    def visit(one: Any, two: Any, path: Path) -> None:
        if isinstance(one, _OPAQUE) or id(one) in seen or type(one) is not type(two):
            return
        seen.add(id(one))
        if isinstance(one, list | dict) and len(two) > len(one):
            before = get(fresh, path)
            grown = len(two) - len(one) if not new else len(one) - len(before if type(before) is type(one) else ())
            _shorten(one, grown)
        others = dict(_children(two))
        for step, child in list(_children(one)):
            here = (*path, step)
            if is_number(child):
                _put_back(primed, here, child, others.get(step), get(fresh, here))
            else:
                visit(child, others.get(step), here)

    visit(primed, twice, ())


def _shorten(one: Any, grown: int) -> None:
    for _ in range(max(0, min(grown, len(one)))):
        one.pop() if isinstance(one, list) else one.popitem()


def _put_back(owner: Any, path: Path, now: Any, later: Any, before: Any) -> None:
    if isinstance(now, int) and isinstance(later, int) and now != later:
        put(owner, path, now - (later - now))
    elif isinstance(now, np.ndarray) and np.shape(before) == now.shape and is_number(before) and not same(now, before):
        now[...] = before
