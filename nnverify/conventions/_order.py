"""The order of the leaves: that in which they were given, or that of forward's parameters where it is they by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from nnverify.conventions._names import BACKWARD, FORWARD
from nnverify.conventions._signature import signature

Said = TypeVar("Said")


def in_order(leaves: Mapping[str, Said], target: Any, backward: Any) -> dict[str, Said]:
    """The leaves, those that are named like parameters of forward in the order of these.

    Whoever writes w=…, x=… for a forward(x, w) means what the names say.
    """
    found = signature(forward_of(target, backward))
    names = [] if found is None else [name for name in found.names if name in leaves]
    known = iter(names)
    return {name: leaves[name] for name in (next(known) if name in names else name for name in leaves)}


def forward_of(target: Any, backward: Any) -> Any:
    """What is called forward, as far as names tell: the function itself, or a method of an object with a backward."""
    if callable(backward) or not any(hasattr(target, name) for name in BACKWARD):
        return target
    return next((getattr(target, name) for name in FORWARD if hasattr(target, name)), target)
