"""The parameters of a layer object.

A parameter is an array that a forward on other values leaves as it is, that moves the output, and that is nobody's
gradient. Where the gradients lie is found in _sources.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnverify._errors import UsageError
from nnverify.conventions import _names
from nnverify.conventions._layer import Layer, duplicate
from nnverify.conventions._reach import attributes
from nnverify.conventions._settled import nudged
from nnverify.conventions._slots import Path, Slot, aliases, fill, get, is_float, label, put, rewind, same, slots

Group = tuple[Path, ...]


@dataclass(frozen=True)
class Parameter:
    """One array: the name it is shown under, every path that leads to it, and its value."""

    name: str
    paths: Group
    value: Any


def elsewhere(values: Sequence[Any]) -> list[Any]:
    """Other values for the inputs, of the same sign and size, so that they lie in the forward's domain as well."""
    return [_other(value) for value in values]


def _other(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return type(value)(map(_other, value)) if not hasattr(value, "_fields") else value
    if isinstance(value, Mapping):
        return {key: _other(one) for key, one in value.items()}
    if not isinstance(value, np.ndarray | float | np.floating) or np.asarray(value).dtype.kind != "f":
        return value
    array = np.asarray(value)
    return (array * (0.6 + 0.05 * (np.arange(array.size).reshape(array.shape) % 7)) + 0.03125 * (array == 0))[()]


def prepared(target: Any, layer: Layer, values: Sequence[Any]) -> Any:
    """The object that every evaluation is a copy of, in float64 and with learning rates of 1.

    It is primed by one forward only if that is when parameters appear: otherwise that forward might leave state.
    """
    base, primed = duplicate(target, layer.where), duplicate(target, layer.where)
    layer.forward(primed, values)
    appeared = [group for group in groups(slots(primed)) if get(base, group[0]) is None]
    if appeared and moving(primed, layer, values, appeared):
        base = _rewound(primed, base, layer, values)
    for group in groups(slots(base)):
        _widen(base, group)
    for path, slot in slots(base).items():
        if _names.snake(slot.name) in _names.LEARNING_RATE and not isinstance(slot.value, np.ndarray):
            put(base, path, 1.0)
    for holder in [base, *attributes(base).values()]:
        for name, value in [*getattr(holder, "__dict__", {}).items()]:
            if name.endswith("dtype") and _is_low(value):
                setattr(holder, name, type(value)("float64") if isinstance(value, str | np.dtype) else np.float64)
    return base


def _is_low(value: Any) -> bool:
    """Whether an attribute says that the layer computes in less than double precision."""
    known = isinstance(value, type | str | np.dtype) and value is not float
    return known and value in (np.float32, np.float16, "float32", "float16", "f")


def _rewound(primed: Any, fresh: Any, layer: Layer, values: Sequence[Any]) -> Any:
    """The primed object as it was between making its parameters and using them."""
    twice = layer.forward(duplicate(primed, layer.where), values).owner
    for new in (True, False):
        made = duplicate(primed, layer.where)
        rewind(made, twice, fresh, new=new)
        if _output(made, layer, values, ()) is not None:
            return made
    return primed


def _widen(base: Any, paths: Group) -> None:
    """Float32 arrays become float64 under every name, so that the layer computes in float64 if it takes it."""
    value = get(base, paths[0])
    if isinstance(value, np.ndarray) and value.dtype != np.float64:
        wide = value.astype(np.float64)
        for path in paths:
            put(base, path, wide)


def groups(found: Mapping[Path, Slot]) -> list[Group]:
    """The float arrays among the slots, and lists of floats, each with all its names."""
    arrays = {path: slot for path, slot in found.items() if isinstance(slot.value, np.ndarray | list | tuple)}
    return [group for group in aliases(arrays) if is_float(found[group[0]].value)]


def moving(base: Any, layer: Layer, values: Sequence[Any], some: Sequence[Group]) -> list[Group]:
    """The slots that a forward on other values leaves as they are, and that move the output."""
    other = layer.forward(duplicate(base, layer.where), elsewhere(values)).owner
    still = [group for group in some if same(get(base, group[0]), get(other, group[0]))]
    here = _output(base, layer, values, None)
    if still and not same(here, _output(base, layer, values, None)):
        raise UsageError(
            what="two forwards on the same values gave different outputs, although random states were put back",
            where=layer.where,
            fix="let it draw from numpy.random, or from a generator that it keeps",
        )
    return [group for group in still if not same(_output(base, layer, values, group), here)]


def _output(base: Any, layer: Layer, values: Sequence[Any], moved: Group | None) -> Any:
    """The output as one vector, with a slot nudged; None where forward then no longer runs."""
    owner = duplicate(base, layer.where)
    if moved:
        fill(owner, moved, nudged(get(owner, moved[0])))
    try:
        output = layer.forward(owner, values).output
    except Exception:
        if moved is None:
            raise
        return None
    parts = output if isinstance(output, tuple | list) else (output,)
    return np.concatenate([np.asarray(part, dtype=np.float64).reshape(-1) for part in parts])


def named(found: Sequence[Group], base: Any, inputs: Sequence[str]) -> tuple[Parameter, ...]:
    """The slots under their last name where that is unique, else under their path."""
    short = [Slot(paths[0], None).name for paths in found]
    names = [
        name if [*short, *inputs].count(name) == 1 and paths[0][-1][0] != "item" else label(paths[0])
        for name, paths in zip(short, found, strict=True)
    ]
    names = [f"self.{name}" if name in inputs else name for name in names]
    return tuple(Parameter(name, paths, get(base, paths[0])) for name, paths in zip(names, found, strict=True))


def called(name: str, found: Mapping[Path, Slot], where: str) -> list[Group]:
    """The slots that the caller named: one, or those of a list or dictionary of that name."""
    every = aliases({path: slot for path, slot in found.items() if is_float(slot.value)})
    fits = [paths for paths in every if any(name in (label(path), str(path[-1][1])) for path in paths)]
    if len(fits) == 1:
        return fits
    below = [paths for paths in every if any(name in [str(key) for _, key in path[:-1]] for path in paths)]
    if below and not fits:
        return below
    known = ", ".join(label(paths[0]) for paths in every) or "none"
    trouble = "fits several arrays" if fits else "is no float array of the object"
    raise UsageError(what=f"params= names {name!r}, which {trouble}", where=where, fix=f"choose from {known}")
