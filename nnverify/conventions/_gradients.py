"""What a backward returned, given to the leaves: by name, by order, or because there is only one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nnverify._errors import UsageError
from nnverify.conventions._names import GRADIENT_OF
from nnverify.subject import Leaf


def by_leaf(returned: Any, leaves: Sequence[Leaf], where: str, order: Sequence[str] | None = None) -> dict[str, Any]:
    """{leaf: gradient} for what a backward returned.

    A dict is read by leaf name or by "d" + name, a tuple or list in leaf order (with or without the constants), a
    single array belongs to the only leaf. Leaves without a gradient are left out: that is a finding, not an error.
    Raises UsageError for what cannot be told apart.
    """
    targets = [leaf.name for leaf in leaves if leaf.differentiable]
    if returned is None:
        return {}
    if isinstance(returned, Mapping):
        return _from_mapping(returned, targets, where)
    if order is not None or isinstance(returned, tuple | list):
        return _from_sequence(returned, [leaf.name for leaf in leaves], targets, where, order)
    if len(targets) == 1:
        return {targets[0]: returned}
    raise UsageError(
        what=f"backward returned one array, and gradients of {_listed(targets)} are due",
        where=where,
        fix=f"return a tuple or a dict; or say what is constant: {targets[-1]}=leaf({targets[-1]}, grad=False)",
    )


def _from_mapping(returned: Mapping[Any, Any], targets: Sequence[str], where: str) -> dict[str, Any]:
    found = {name: returned[key] for name in targets if (key := key_of(name, returned)) is not None}
    if not found and len(returned):
        names = ", ".join(map(repr, returned))
        raise UsageError(
            what=f"backward returned gradients called {names}, the leaves are {_listed(targets)}",
            where=where,
            fix=f"call the gradient of {targets[0]} {targets[0]!r} or 'd{targets[0]}'",
        )
    return found


def key_of(name: str, store: Mapping[Any, Any]) -> Any:
    """The key under which a store of gradients holds that of ``name``; None without one."""
    candidates = [pattern.format(name) for pattern in GRADIENT_OF]
    return next((key for key in (*candidates, name) if key in store), None)


def _from_sequence(
    returned: Any, names: Sequence[str], targets: Sequence[str], where: str, order: Sequence[str] | None
) -> dict[str, Any]:
    parts = list(returned) if isinstance(returned, tuple | list) else [returned]
    if order is not None:
        return _in_order(parts, order, where)
    if len(parts) == len(names):
        return {name: part for name, part in zip(names, parts, strict=True) if name in targets}
    if len(parts) <= len(targets):
        return dict(zip(targets, parts, strict=False))
    raise UsageError(
        what=f"backward returned {len(parts)} gradients for the leaves {_listed(targets)}",
        where=where,
        fix="return a dict from leaf name to gradient, or name the order: grads=('" + "', '".join(targets) + "')",
    )


def _in_order(parts: Sequence[Any], order: Sequence[str], where: str) -> dict[str, Any]:
    if len(parts) != len(order):
        raise UsageError(
            what=f"backward returned {len(parts)} gradients, grads= names {len(order)}",
            where=where,
            fix="name every gradient that backward returns, in its order",
        )
    return dict(zip(order, parts, strict=True))


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)
