"""Which gradient is which in what the backward of an object returned: by key, by order, by shape."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from nnverify.conventions._alignment import aligned
from nnverify.conventions._gradients import due, key_of
from nnverify.conventions._parameters import Parameter
from nnverify.conventions._slots import Path, get, is_number
from nnverify.conventions._trial import shape_of
from nnverify.subject import Leaf
from nnverify.trees import Tree


def in_returned(
    value: Any, inputs: Sequence[Leaf], found: Sequence[Parameter], order: Sequence[str] | None, *, terminal: bool
) -> dict[str, Path]:
    """{leaf: path in what was returned}, for as many leaves as it holds."""
    if isinstance(value, Mapping):
        return _from_mapping(value, inputs, found)
    if order is not None and isinstance(value, tuple | list):
        return _in_order(order, found)
    if isinstance(value, tuple | list) and not is_number(value):
        return _from_sequence(value, inputs, found)
    if value is None or np.asarray(value).dtype.kind not in "fiu":
        return {}
    single = next((one for one in due(inputs, terminal=terminal) if len(one) == 1), [])
    if not inputs and len(found) == 1:
        return {found[0].name: ()}
    return {single[0].name: ()} if single else {}


def _from_mapping(value: Mapping[Any, Any], inputs: Sequence[Leaf], found: Sequence[Parameter]) -> dict[str, Path]:
    keys = {leaf.name: key_of(leaf.name, value) for leaf in inputs}
    of_inputs: dict[str, Path] = {name: (("key", key),) for name, key in keys.items() if key is not None}
    of_parameters = {one.name: path for one in found if (path := _of_parameter(one, value)) is not None}
    return of_inputs | of_parameters


def _of_parameter(one: Parameter, value: Mapping[Any, Any]) -> Path | None:
    """The same key, or one named for its gradient; of a list or dictionary of parameters, the same place in its own."""
    for path in one.paths:
        for start in reversed(range(len(path))):
            kind, name = path[start]
            key = key_of(str(name), value) if kind != "item" else None
            moved = (("key", key), *path[start + 1 :])
            if key is not None and get(value, moved) is not None:
                return moved
    return None


def _in_order(order: Sequence[str], found: Sequence[Parameter]) -> dict[str, Path]:
    """The leaves that the caller listed; a list of parameters stands for all that is in it."""
    named: dict[str, Path] = {name: (("item", place),) for place, name in enumerate(order)}
    for one in found:
        for start, (_, name) in enumerate(one.paths[0]):
            if one.name not in named and name in order:
                named[one.name] = (("item", order.index(str(name))), *one.paths[0][start + 1 :])
    return named


def _from_sequence(value: Sequence[Any], inputs: Sequence[Leaf], found: Sequence[Parameter]) -> dict[str, Path]:
    """Inputs in the caller's order, then parameters, whose order is that of the object unless shapes say otherwise."""
    named = {
        name: (("item", place), *path)
        for place, part in enumerate(value)
        if isinstance(part, Mapping)
        for name, path in _from_mapping(part, inputs, found).items()
    }
    if named:
        rest: list[Path] = [(("item", place),) for place, part in enumerate(value) if not isinstance(part, Mapping)]
        return dict(zip([leaf.name for leaf in inputs if leaf.name not in named], rest, strict=False)) | named
    if len(inputs) == 1 and isinstance(inputs[0], Tree) and len(value) == len(inputs[0].members):
        return {inputs[0].name: ()}
    paths = list(_arrays(value, ()))
    given = {leaf.name: shape_of(leaf) for leaf in inputs}
    own: dict[str, tuple[int, ...] | None] = {one.name: np.shape(one.value) for one in found}
    shapes = [np.shape(get(value, path)) for path in paths]
    if placed := _by_shape(given | own, shapes):
        return dict(zip(placed, paths, strict=True))
    for wanted in (given, given | own, own):
        if len(paths) == len(wanted) and (wanted is not given or not own or shapes == list(given.values())):
            fixed = len(given) if wanted is not own else 0
            return dict(zip(_ordered(list(wanted), wanted, shapes, fixed), paths, strict=True))
    beside = aligned(list(own.values()), shapes)
    if own and len(beside) == len(own) < len(paths) and not set(given.values()) & set(shapes):
        return {name: paths[beside[place]] for place, name in enumerate(own)}
    return dict(zip(given, paths, strict=False)) if len(paths) >= len(given) > 0 else {}


def _by_shape(wanted: Mapping[str, tuple[int, ...] | None], shapes: Sequence[tuple[int, ...]]) -> list[str]:
    """The names in the order of the shapes, (dW, dx) for x and W, where no two shapes are alike; else nothing."""
    names = {shape: name for name, shape in wanted.items()}
    alike = len(names) < len(wanted) or len(shapes) != len(wanted) or set(shapes) != set(names)
    return [] if alike else [names[shape] for shape in shapes]


def _arrays(value: Any, path: Path) -> Iterator[Path]:
    """Paths to everything in nested lists and tuples."""
    for place, child in enumerate(value):
        here = (*path, ("item", place))
        if isinstance(child, tuple | list):
            yield from _arrays(child, here)
        else:
            yield here


def _ordered(
    names: Sequence[str], wanted: Mapping[str, tuple[int, ...] | None], shapes: Sequence[tuple[int, ...]], fixed: int
) -> list[str]:
    """The names in the order of the shapes, the first ones as they are; all as they are where shapes do not fit."""
    front, rest = list(names[:fixed]), list(names[fixed:])
    found = []
    for shape in shapes[fixed:]:
        fits = [name for name in rest if wanted[name] == shape and name not in found]
        found += fits[:1]
    return front + (found if len(found) == len(rest) else rest)
