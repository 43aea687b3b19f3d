"""What a backward returned, given to the leaves: by name, by order, or because only one is due."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from nnverify._errors import UsageError
from nnverify.conventions import _names
from nnverify.conventions._alignment import aligned
from nnverify.subject import Leaf
from nnverify.trees import Place, Tree


def by_leaf(
    returned: Any, leaves: Sequence[Leaf], where: str, order: Sequence[str] | None = None, *, terminal: bool = False
) -> dict[str, Any]:
    """{leaf: gradient} for what a backward returned; {} for None.

    A dict is read by leaf name or by "d" + name, a tuple or list in leaf order (with or without the constants), a
    single array belongs to the only leaf that is due. A list or dictionary of leaves gets one of gradients. Leaves
    without a gradient are left out: that is a finding, not an error; integers that got one are kept, to be said in a
    note. Raises UsageError for what cannot be told apart.
    """
    if returned is None:
        return {}
    if isinstance(returned, Mapping):
        counted = {
            leaf.name: part for leaf in leaves if counts(leaf, part := returned.get(key_of(leaf.name, returned)))
        }
        return counted | _from_mapping(returned, [leaf for leaf in leaves if leaf.differentiable], where)
    parts = list(returned) if isinstance(returned, tuple | list) else [returned]
    if order is not None:
        return _in_order(parts, order, where)
    if len(parts) > 1 and not _numbers(returned) and not any(isinstance(leaf, Tree) for leaf in leaves):
        parts, named = _sorted(parts, [leaf for leaf in leaves if leaf.differentiable])
        if named:
            rest = [leaf for leaf in leaves if leaf.name not in named]
            return named | by_leaf(tuple(parts) if len(parts) != 1 else parts[0], rest, where, terminal=terminal)
        returned = tuple(parts)
    return _in_turn(returned, parts, leaves, where, terminal=terminal)


def _in_turn(
    returned: Any, parts: Sequence[Any], leaves: Sequence[Leaf], where: str, *, terminal: bool
) -> dict[str, Any]:
    """One gradient after the other, for the leaves that are due. Raises UsageError for what cannot be told apart."""
    if terminal and len(parts) > 1 and (found := _by_shape(parts, leaves)):
        return found
    if isinstance(returned, tuple | list) and len(parts) == len(leaves):
        pairs = zip(leaves, parts, strict=True)
        return {leaf.name: part for leaf, part in pairs if leaf.differentiable or counts(leaf, part)}
    chosen = next((found for found in due(leaves, terminal=terminal) if _fits(found, parts, returned)), None)
    if chosen is None:
        raise _unclear(parts, leaves, where)
    whole = [returned] if len(chosen) == 1 and len(parts) != 1 else parts
    return {leaf.name: part for leaf, part in zip(chosen, whole, strict=True)}


def counts(leaf: Leaf, part: Any) -> bool:
    """Whether integers got a gradient that says something: they may be meant as numbers, and are no leaf."""
    value = np.asarray(leaf.value) if isinstance(leaf.value, np.ndarray) else None
    if value is None or value.dtype.kind not in "iu" or not isinstance(part, np.ndarray | float):
        return False
    return np.shape(part) == value.shape and np.asarray(part).dtype.kind == "f" and bool(np.any(part))


def _by_shape(parts: Sequence[Any], leaves: Sequence[Leaf]) -> dict[str, Any]:
    """Gradients of a loss with its data left out, or with a last state behind them: those whose shapes fit, in order.

    Nothing where the shapes fit as they stand, or where a leaf that needs one would be left without.
    """
    targets = [leaf for leaf in leaves if leaf.differentiable]
    if any(isinstance(leaf, Tree) for leaf in targets):
        return {}
    wanted, given = [np.shape(leaf.value) for leaf in targets], [np.shape(part) for part in parts]
    pairs = aligned(wanted, given)
    left = [leaf for place, leaf in enumerate(targets) if place not in pairs]
    if (not left and len(parts) == len(pairs)) or any(not needless(leaf, leaves, terminal=True) for leaf in left):
        return {}
    return {targets[place].name: parts[partner] for place, partner in pairs.items()}


def _sorted(parts: Sequence[Any], targets: Sequence[Leaf]) -> tuple[list[Any], dict[str, Any]]:
    """(dx, {"W": dW, "b": db}) and (dx, [dW, db]): what is nested is laid out, in order or by name."""
    plain: list[Any] = []
    named: dict[str, Any] = {}
    for part in parts:
        if isinstance(part, Mapping):
            keys = {leaf.name: key_of(leaf.name, part) for leaf in targets}
            named |= {name: part[key] for name, key in keys.items() if key is not None}
        else:
            plain += part if isinstance(part, tuple | list) and not _numbers(part) else [part]
    return plain, named


def _fits(found: Sequence[Leaf], parts: Sequence[Any], returned: Any) -> bool:
    """Whether there is one gradient for each; a single list of leaves, or of numbers, takes all of them."""
    if len(found) == len(parts):
        return True
    one = found[0]
    return len(found) == 1 and (isinstance(one, Tree) or (_numbers(returned) and len(parts) == len(one.value)))


def _numbers(returned: Any) -> bool:
    """A list of numbers, or of lists of them, in an array's place."""
    while isinstance(returned, list) and returned:
        returned = returned[0]
    return isinstance(returned, float)


def due(leaves: Sequence[Leaf], *, terminal: bool) -> Iterator[list[Leaf]]:
    """The leaves that gradients may belong to: all that have one; then without those that need none, by their names.

    ``terminal``: the backward starts from a loss; then its data and its target need none either.
    """
    found = [leaf for leaf in leaves if leaf.differentiable]
    yield found
    for needless in (_is_setting, _is_target, *((_is_loss_target, _is_data) if terminal else ())):
        kept = [leaf for leaf in found if not needless(leaf, leaves)]
        if kept and len(kept) < len(found):
            found = kept
            yield found


def needless(leaf: Leaf, leaves: Sequence[Leaf], *, terminal: bool) -> bool:
    """Whether a leaf that got no gradient is a setting, a target or data, and no parameter that was forgotten."""
    asked = (_is_setting, _is_target, *((_is_loss_target, _is_data) if terminal else ()))
    return any(is_one(leaf, leaves) for is_one in asked)


def _is_setting(leaf: Leaf, _: Sequence[Leaf]) -> bool:
    number = np.ndim(leaf.value) == 0 and not isinstance(leaf.value, np.ndarray)
    name = member(leaf.name)
    return (name in _names.SETTINGS and number) or name.startswith(_names.RUNNING)


def member(name: str) -> str:
    """The last key of a leaf that lies in a dictionary: W of params['W']."""
    return name.rpartition("['")[2].removesuffix("']")


def _is_target(leaf: Leaf, leaves: Sequence[Leaf]) -> bool:
    beside = any(one.name in _names.PREDICTIONS for one in leaves if one.name != leaf.name)
    return leaf.name in _names.TARGETS or (leaf.name in _names.TARGETS_OF_LOSSES and beside)


def _is_loss_target(leaf: Leaf, leaves: Sequence[Leaf]) -> bool:
    return leaf.name in _names.TARGETS_OF_LOSSES and len(leaves) > 1


def _is_data(leaf: Leaf, leaves: Sequence[Leaf]) -> bool:
    return leaf.name in _names.DATA and len(leaves) > 1


def _from_mapping(returned: Mapping[Any, Any], targets: Sequence[Leaf], where: str) -> dict[str, Any]:
    keys = {leaf.name: key_of(leaf.name, returned) for leaf in targets}
    found = {name: returned[key] for name, key in keys.items() if key is not None}
    # A dictionary of parameters, and its gradients among the others: each member finds its own.
    found |= {leaf.name: returned for leaf in targets if isinstance(leaf, Tree) and keys[leaf.name] is None}
    if not found and len(returned):
        names, leaves = ", ".join(map(repr, returned)), ", ".join(leaf.name for leaf in targets)
        raise UsageError(
            what=f"backward returned gradients called {names}, the leaves are {leaves}",
            where=where,
            fix=f"call the gradient of {targets[0].name} {targets[0].name!r} or 'd{targets[0].name}'",
        )
    return found


def key_of(name: str, store: Mapping[Any, Any]) -> Any:
    """The key under which a store of gradients holds that of ``name``; None without one."""
    candidates = [pattern.format(name) for pattern in _names.GRADIENT_OF]
    return next((key for key in (*candidates, name) if key in store), None)


def at_place(found: Any, place: Place) -> Any:
    """The gradient of the array at this place, in what was found for the whole list or dictionary; None without."""
    for key in place:
        if isinstance(found, Mapping):
            found = found.get(key_of(key, found) if isinstance(key, str) else key)
        elif isinstance(found, tuple | list | np.ndarray) and isinstance(key, int) and key < len(found):
            found = found[key]
        else:
            return None
    return found


def _in_order(parts: Sequence[Any], order: Sequence[str], where: str) -> dict[str, Any]:
    if len(parts) != len(order):
        raise UsageError(
            what=f"backward returned {len(parts)} gradients, grads= names {len(order)}",
            where=where,
            fix="name every gradient that backward returns, in its order",
        )
    return dict(zip(order, parts, strict=True))


def _unclear(parts: Sequence[Any], leaves: Sequence[Leaf], where: str) -> UsageError:
    targets = [leaf.name for leaf in leaves if leaf.differentiable]
    if not parts:
        what = f"backward returned no gradient, and those of {', '.join(targets)} are due"
        return UsageError(what=what, where=where, fix="return one for each, in this order or by name")
    listed = "', '".join(targets[: len(parts)])
    got = "one array" if len(parts) == 1 else f"{len(parts)} gradients"
    return UsageError(
        what=f"backward returned {got}, and gradients of {', '.join(targets)} are due",
        where=where,
        fix=f"say whose they are, grads=['{listed}'], or what is constant: {targets[-1]}=leaf(…, grad=False)",
    )
