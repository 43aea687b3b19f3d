"""The leaves that are drawn from what the caller said of them: sizes first, then values.

Nothing here looks at a function; where values may lie is said by the caller, or by a regime.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from nnverify import _shapes
from nnverify._errors import UsageError
from nnverify.draws import generator, sizes
from nnverify.leaves import LeafSpec, label
from nnverify.subject import Leaf
from nnverify.trees import Tree, grown


def axis_names(found: Mapping[str, LeafSpec]) -> list[str]:
    """The names of all sizes that the caller left open, in order, each once."""
    axes = [_shapes.parse(spec.axes, "leaf") for spec in every(found) if spec.axes is not None]
    return list(dict.fromkeys(key for one in axes for key in _shapes.keys(one)))


def every(found: Mapping[str, LeafSpec]) -> list[LeafSpec]:
    """Every description, those inside lists and dictionaries by themselves."""
    return [one for spec in found.values() for one in (spec.parts.values() if spec.parts else [spec])]


def spread(found: Mapping[str, LeafSpec], words: Sequence[str]) -> dict[str, LeafSpec]:
    """The descriptions with "..." replaced by axis words, the same in every leaf."""
    return {name: _spread(spec, words) for name, spec in found.items()}


def _spread(spec: LeafSpec, words: Sequence[str]) -> LeafSpec:
    parts = {place: _spread(one, words) for place, one in spec.parts.items()}
    axes = None if spec.axes is None else _shapes.spread(spec.axes, words, "leaf")
    return replace(spec, axes=axes, parts=parts)


def drawn_sizes(found: Mapping[str, LeafSpec], number: int, seed: int) -> dict[str, int]:
    """The size of every open axis in draw ``number``."""
    return sizes(axis_names(found), number, generator(seed, "leaves", number))


def realise(
    found: Mapping[str, LeafSpec], number: int, seed: int, regime: str = "normal", size: Mapping[str, int] | None = None
) -> tuple[Leaf, ...]:
    """Leaves for draw ``number``: sizes as given, else those of the draw; values drawn in a regime."""
    size = drawn_sizes(found, number, seed) if size is None else size

    def value(name: str, spec: LeafSpec) -> Any:
        try:
            return _value(name, spec, size, generator(seed, name, number), regime)
        except UsageError:
            raise
        except Exception as error:
            raise _undrawn(name, spec, error) from error

    return tuple(_leaf(name, spec, value) for name, spec in found.items())


def _undrawn(name: str, spec: LeafSpec, error: Exception) -> UsageError:
    """Why a leaf could not be made: its function raised, it is too large, or it has no such type."""
    who = "its function" if spec.draw is not None else "making it"
    fix = "pass a function of a numpy.random.Generator" if spec.draw is not None else "ask for less, or pass an array"
    return UsageError(what=f"{who} raised {type(error).__name__}: {error}", where=f"leaf {name!r}", fix=fix)


def _leaf(name: str, spec: LeafSpec, value: Callable[[str, LeafSpec], Any]) -> Leaf:
    if not spec.parts:
        return Leaf(name, value(name, spec), spec.grad)
    members = {path: _leaf(f"{name}{label(path)}", part, value) for path, part in spec.parts.items()}
    whole = grown(spec.value, {path: one.value for path, one in members.items()})
    return Tree(name, whole, spec.grad, members)


def in_precision(leaves: Sequence[Leaf], dtype: Any) -> tuple[Leaf, ...]:
    """The leaves with floats of one type, float64 where none is named."""
    return tuple(replace(one, value=_as_floats(one.value, dtype)) for one in leaves)


def _as_floats(value: Any, dtype: Any) -> Any:
    array = np.asarray(value) if isinstance(value, np.ndarray | np.generic | float) else None
    if array is None or array.dtype.kind != "f":
        return value
    shown = array.astype(dtype or np.float64, copy=False).view()
    shown.flags.writeable = False
    return shown[()]


# Where values are drawn when nothing is said: forwards with a smaller domain than all numbers get the next one.
REGIMES: dict[str, tuple[float, float] | None] = {"normal": None, "positive": (0.5, 2.0), "unit": (0.1, 0.9)}


def _value(name: str, spec: LeafSpec, size: Mapping[str, int], rng: np.random.Generator, regime: str) -> Any:
    shape = spec.shape
    if spec.axes is not None:
        shape = _shapes.shape(_shapes.parse(spec.axes, f"leaf {name!r}"), size)
    if spec.draw is not None:
        value = spec.draw(rng)
    elif shape is None:
        value = spec.value
    elif spec.integers_below is not None:
        value = rng.integers(0, below(name, spec.integers_below, size), shape)
    else:
        value = _reals(spec, shape, rng, regime)
    return value if spec.dtype is None else np.asarray(value).astype(spec.dtype)


def below(name: str, limit: str | int, size: Mapping[str, int]) -> int:
    if isinstance(limit, str) and limit not in size:
        raise UsageError(
            what=f"integers_below={limit!r} names no axis", where=f"leaf {name!r}", fix=f"name one of {', '.join(size)}"
        )
    return size[limit] if isinstance(limit, str) else limit


def _reals(spec: LeafSpec, shape: tuple[int, ...], rng: np.random.Generator, regime: str) -> Any:
    span = REGIMES[regime]
    if spec.low is None and spec.high is None:
        return rng.standard_normal(shape) if span is None else rng.uniform(*span, shape)
    low = spec.low if spec.low is not None else (spec.high or 0.0) - 2.0
    high = spec.high if spec.high is not None else low + 2.0
    margin = (high - low) / 16
    return rng.uniform(low + margin, high - margin, shape)
