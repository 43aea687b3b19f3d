"""Objects that list the recording values they own: modules with parameters, run with other numbers in these."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nnverify.conventions._recorded import numbers

_LISTS = ("named_parameters", "parameters", "params", "get_parameters")


def parameters(target: Any) -> dict[str, Any]:
    """{name: numbers} of what the object lists; nothing for a function or a class."""
    return {name: numbers(one) for name, one in _listed(target)}


def _listed(target: Any) -> list[tuple[str, Any]]:
    if isinstance(target, type) or hasattr(target, "__code__"):
        return []
    target = getattr(target, "__self__", target)
    way = next((name for name in _LISTS if hasattr(target, name)), None)
    if way is None:
        return []
    found = getattr(target, way)
    found = found() if callable(found) else found
    if isinstance(found, Mapping):
        return [(str(name), one) for name, one in found.items()]
    return [one if way == "named_parameters" else (f"{way}[{place}]", one) for place, one in enumerate(found)]


def with_values(target: Any, values: Sequence[Any], tensor: Callable[[Any], Any]) -> tuple[Any, list[Any]]:
    """What to call, and its parameters: a copy of the object with these numbers in them, and no gradient."""
    if not values:
        return target.apply if isinstance(target, type) and hasattr(target, "apply") else target, []
    method = getattr(target, "__name__", None) if hasattr(target, "__self__") else None
    own = copy.deepcopy(getattr(target, "__self__", target))
    own = own.double() if callable(getattr(own, "double", None)) else own
    found = [one for _, one in _listed(own)]
    for one, value in zip(found, values, strict=True):
        fresh = tensor(value)
        one.data = fresh.data
        if hasattr(one, "grad"):
            one.grad = getattr(fresh, "grad", None)
    return getattr(own, method) if method else own, found
