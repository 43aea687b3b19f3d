"""The state that functions keep in what they reach: objects, lists, dictionaries, arrays and names, put back in place.

In place, so that every name the caller has for a thing still means it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from types import CellType, FunctionType
from typing import Any

import numpy as np

from nnverify._compare import identical
from nnverify.conventions._reach import reachable, slots

_LARGEST = 2**20  # entries of an array; above it is data, which is read
_ALL = 2**22  # entries of all arrays, the smallest first
_ABSENT = object()


class State:
    """What is in reach, as it was. ``moved`` tells whether anything is otherwise, ``rewind`` puts it back."""

    def __init__(self, *roots: Any) -> None:
        found = list(reachable(*roots))
        self._holders = [(one, one.copy()) for one in map(_holder, found) if one is not None]
        self._slots = [slot for one in found for slot in _slotted(one)]
        self._arrays = [(one, one.copy()) for one in _together(filter(_is_kept, found))]
        functions = [one for one in found if isinstance(one, FunctionType)]
        self._cells = [pair for one in functions for pair in _cells(one)]
        self._names = [name for one in functions for name in _globals(one)]

    def moved(self) -> bool:
        return (
            any(cell.cell_contents is not value for cell, value in self._cells)
            or any(names.get(name, _ABSENT) is not value for names, name, value in self._names)
            or any(getattr(owner, name, _ABSENT) is not value for owner, name, value in self._slots)
            or any(_changed(holder, copy) for holder, copy in self._holders)
            or any(not identical(array, kept) for array, kept in self._arrays)
        )

    def rewind(self) -> None:
        for cell, value in self._cells:
            cell.cell_contents = value
        for names, name, value in self._names:
            _put_name(names, name, value)
        for owner, name, value in self._slots:
            _put_slot(owner, name, value)
        for holder, copy in self._holders:
            if _changed(holder, copy):
                _refill(holder, copy)
        for array, kept in self._arrays:
            if not identical(array, kept):
                array[...] = kept


def _cells(function: FunctionType) -> Iterator[tuple[CellType, Any]]:
    for cell in function.__closure__ or ():
        try:
            yield cell, cell.cell_contents
        except ValueError:  # a name that is not bound yet
            continue


def _globals(function: FunctionType) -> Iterator[tuple[dict[str, Any], str, Any]]:
    """The globals that it names, those that are not there yet as absent: it may be what makes them."""
    names = function.__globals__
    yield from ((names, name, names.get(name, _ABSENT)) for name in function.__code__.co_names)


def _put_name(names: dict[str, Any], name: str, value: Any) -> None:
    if value is _ABSENT:
        names.pop(name, None)
    else:
        names[name] = value


def _put_slot(owner: Any, name: str, value: Any) -> None:
    if value is not _ABSENT:
        setattr(owner, name, value)
    elif hasattr(owner, name):
        delattr(owner, name)


def _slotted(one: Any) -> Iterator[tuple[Any, str, Any]]:
    yield from ((one, name, getattr(one, name, _ABSENT)) for name in slots(one))


_HOLDERS = (list, dict, set, deque)


def _holder(one: Any) -> Any:
    """The container in which a thing keeps its state."""
    if isinstance(one, _HOLDERS):
        return one
    own = getattr(one, "__dict__", None)
    return own if isinstance(own, dict) else None


def _is_kept(one: Any) -> bool:
    return isinstance(one, np.ndarray) and one.flags.writeable and one.size <= _LARGEST and one.dtype.kind != "O"


def _together(arrays: Iterable[Any]) -> Iterator[Any]:
    """The smallest, as many as there is room for."""
    room = _ALL
    for one in sorted(arrays, key=lambda one: one.size):
        room -= one.size
        if room < 0:
            return
        yield one


def _changed(holder: Any, copy: Any) -> bool:
    if len(holder) != len(copy):
        return True
    if isinstance(holder, dict):
        return any(key not in holder or holder[key] is not value for key, value in copy.items())
    if isinstance(holder, set):
        return bool(holder != copy)
    return any(one is not other for one, other in zip(holder, copy, strict=True))


def _refill(holder: Any, copy: Any) -> None:
    holder.clear()
    (holder.update if isinstance(holder, dict | set) else holder.extend)(copy)
