"""Which slot holds the gradient of which: by the names that public code uses, side by side or across two stores."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from nnverify.conventions._names import GRADIENT_FIELDS, GRADIENT_OF, GRADIENT_STORES, VALUE_FIELDS
from nnverify.conventions._slots import Path, Slot, get


def gradient_path(owner: Any, path: Path) -> Path | None:
    """Where the gradient of the slot at ``path`` lies in ``owner``; None where nothing is named for it."""
    return next((found for found in candidates(path) if found != path and _is_gradient(get(owner, found))), None)


def _is_gradient(value: Any) -> bool:
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "fiu"
    return isinstance(value, float | int | np.number) and not isinstance(value, bool)


def candidates(path: Path) -> Iterator[Path]:
    """The paths under which the gradient of ``path`` is looked for, likeliest first."""
    *front, (kind, last) = path
    parent = tuple(front)
    if kind != "item":
        yield from (_sibling(parent, kind, name) for name in _variants(str(last)))
        if last in VALUE_FIELDS:
            yield from (_sibling(parent, kind, name) for name in GRADIENT_FIELDS)
    yield from _across_stores(path)
    if kind != "item":
        for store in sorted(GRADIENT_STORES):
            holder = _sibling(parent, "attribute", store)
            yield from (_sibling(holder, "key", name) for name in (*_variants(str(last)), last))


def _sibling(parent: Path, kind: str, name: Any) -> Path:
    return (*parent, (kind, name))


def _variants(name: str) -> list[str]:
    """What the gradient of NAME may be called; for names with an underscore in front, also behind it."""
    bare = name.lstrip("_")
    found = [pattern.format(name) for pattern in GRADIENT_OF]
    return found if bare == name else [*found, *(f"_{pattern.format(bare)}" for pattern in GRADIENT_OF)]


def _across_stores(path: Path) -> Iterator[Path]:
    """The same place, or the same key with a d, in a store named for the gradients of this one."""
    for place, (kind, name) in enumerate(path[:-1]):
        if kind == "item":
            continue
        for store in (*_variants(str(name)), *sorted(GRADIENT_STORES)):
            moved = (*path[:place], (kind, store), *path[place + 1 :])
            yield moved
            last_kind, last = moved[-1]
            if last_kind == "key":
                yield from (_sibling(moved[:-1], "key", variant) for variant in _variants(str(last)))


def is_somebodys_gradient(slot: Slot, found: dict[Path, Slot]) -> bool:
    """Whether the slot is named for another one, or lies in a store of gradients: then it is no parameter."""
    if any(str(key) in GRADIENT_STORES for kind, key in slot.path if kind != "item"):
        return True
    return any(slot.path in set(candidates(other)) for other in found if other != slot.path)
