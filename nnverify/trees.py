"""One argument with many leaves: a list or dictionary of arrays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nnverify.subject import Leaf

Place = tuple[Any, ...]


@dataclass(frozen=True)
class Tree(Leaf):
    """One argument with many leaves: the list or dictionary is the value, ``members`` are the leaves by their place."""

    members: Mapping[Place, Leaf] = field(default_factory=dict)


def grown(tree: Any, ends: Mapping[Place, Any]) -> Any:
    """A copy of nested lists and dictionaries with other things at some places."""
    if () in ends or not isinstance(tree, Mapping | list | tuple):
        return ends.get((), tree.copy() if isinstance(tree, np.ndarray) else tree)
    below = {
        key: grown(child, {place[1:]: end for place, end in ends.items() if place[0] == key})
        for key, child in children(tree)
    }
    if isinstance(tree, tuple):
        return type(tree)(*below.values()) if hasattr(tree, "_fields") else tuple(below.values())
    return list(below.values()) if isinstance(tree, list) else tree | below  # type: ignore[operator]


def children(tree: Any) -> Iterable[tuple[Any, Any]]:
    return tree.items() if isinstance(tree, Mapping) else enumerate(tree)
