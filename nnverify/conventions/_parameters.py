"""The parameters of a layer object.

A parameter is a float array that a forward on other values leaves as it is, that moves the output, and that is
nobody's gradient. Where the gradients lie is found in _sources.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnverify._errors import UsageError
from nnverify.conventions import _names
from nnverify.conventions._layer import Layer, duplicate
from nnverify.conventions._pairing import is_somebodys_gradient
from nnverify.conventions._slots import Path, aliases, get, label, put, rewind, slots


@dataclass(frozen=True)
class Parameter:
    """One array: the name it is shown under, every path that leads to it, and its value."""

    name: str
    paths: tuple[Path, ...]
    value: Any


def elsewhere(values: Sequence[Any]) -> list[Any]:
    """Other values for the inputs, of the same sign and size, so that they lie in the forward's domain as well."""
    return [_other(value) for value in values]


def _other(value: Any) -> Any:
    array = np.asarray(value)
    if array.dtype.kind != "f":
        return value
    return (array * (0.6 + 0.05 * (np.arange(array.size).reshape(array.shape) % 7)) + 0.03125 * (array == 0))[()]


def prepared(target: Any, layer: Layer, values: Sequence[Any], others: Sequence[Any]) -> Any:
    """The object that every evaluation is a copy of, in float64 and with learning rates of 1.

    It is primed by one forward only if that is when parameters appear: otherwise that forward might leave state.
    """
    base, primed = duplicate(target, layer.where), duplicate(target, layer.where)
    layer.forward(primed, values)
    appeared = [paths for paths in aliases(slots(primed)) if get(base, paths[0]) is None]
    if appeared and moving(primed, layer, values, others, appeared):
        rewind(primed, base)
        base = primed
    for paths in aliases(slots(base)):
        _widen(base, paths)
    for path, slot in slots(base).items():
        if slot.name in _names.LEARNING_RATE and not isinstance(slot.value, np.ndarray):
            put(base, path, 1.0)
    return base


def _widen(base: Any, paths: Sequence[Path]) -> None:
    """Float32 arrays become float64 under every name, so that the layer computes in float64 if it takes it."""
    value = get(base, paths[0])
    if isinstance(value, np.ndarray) and value.dtype != np.float64:
        wide = value.astype(np.float64)
        for path in paths:
            put(base, path, wide)


def moving(
    base: Any, layer: Layer, values: Sequence[Any], others: Sequence[Any], groups: Sequence[tuple[Path, ...]]
) -> list[tuple[Path, ...]]:
    """The arrays that a forward on other values leaves as they are, and that move the output."""
    other = duplicate(base, layer.where)
    layer.forward(other, others)
    still = [paths for paths in groups if _same(get(base, paths[0]), get(other, paths[0]))]
    here = _output(base, layer, values, None)
    return [paths for paths in still if not _same(_output(base, layer, values, paths[0]), here)]


def _same(one: Any, two: Any) -> bool:
    return np.shape(one) == np.shape(two) and np.array_equal(np.asarray(one), np.asarray(two), equal_nan=True)


def _output(base: Any, layer: Layer, values: Sequence[Any], moved: Path | None) -> Any:
    owner = duplicate(base, layer.where)
    if moved is not None:
        value = get(owner, moved)
        value += 0.125 * (np.abs(value) + 1) * np.where(np.arange(value.size).reshape(value.shape) % 2, 1.0, -0.75)
    output = layer.forward(owner, values)
    parts = output if isinstance(output, tuple | list) else (output,)
    return np.concatenate([np.asarray(part, dtype=np.float64).reshape(-1) for part in parts])


def parameters(
    base: Any, layer: Layer, values: Sequence[Any], others: Sequence[Any], named: Sequence[str] | None
) -> tuple[Parameter, ...]:
    """The parameters found by looking, or those that the caller named."""
    found = slots(base)
    groups = [paths for paths in aliases(found) if isinstance(found[paths[0]].value, np.ndarray)]
    if named is not None:
        chosen = [_called(name, groups, layer.where) for name in named]
    else:
        free = [paths for paths in groups if not any(is_somebodys_gradient(found[path], found) for path in paths)]
        chosen = moving(base, layer, values, others, free)
    short = [found[paths[0]].name for paths in chosen]
    names = [
        name if short.count(name) == 1 and paths[0][-1][0] != "item" else label(paths[0])
        for name, paths in zip(short, chosen, strict=True)
    ]
    return tuple(Parameter(name, paths, get(base, paths[0])) for name, paths in zip(names, chosen, strict=True))


def _called(name: str, groups: Sequence[tuple[Path, ...]], where: str) -> tuple[Path, ...]:
    fits = [paths for paths in groups if any(name in (label(path), str(path[-1][1])) for path in paths)]
    if len(fits) == 1:
        return fits[0]
    known = ", ".join(label(paths[0]) for paths in groups) or "none"
    trouble = "fits several arrays" if fits else "is no float array of the object"
    raise UsageError(what=f"params= names {name!r}, which {trouble}", where=where, fix=f"choose from {known}")
