"""What the caller says of a leaf, and the leaves drawn from it.

Axis words, a shape, an array (or anything like one), a function of a generator, or leaf(…) for what needs more:
a domain, an index array, a constant. A list or dictionary of these is one argument with many leaves; any other
dictionary, None and truth values are handed through as constants.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from nnverify import _shapes
from nnverify._errors import UsageError
from nnverify.draws import generator, sizes
from nnverify.subject import Leaf
from nnverify.trees import Place, Tree, children, grown

Draw = Callable[[np.random.Generator], Any]


@dataclass(frozen=True)
class LeafSpec:
    """A leaf before it is drawn. At most one of axes, shape, draw and parts is set; else it is the value.

    parts   for a list or dictionary: what was said of each place in it; the rest of it is in ``value``
    """

    axes: str | None = None
    shape: tuple[int, ...] | None = None
    value: Any = None
    draw: Draw | None = None
    low: float | None = None
    high: float | None = None
    dtype: Any = None
    integers_below: str | int | None = None
    grad: bool = True
    parts: Mapping[Place, LeafSpec] = field(default_factory=dict)

    @property
    def given(self) -> bool:
        """Whether the caller chose the values."""
        if self.parts:
            return all(part.given for part in self.parts.values())
        return self.axes is None and self.shape is None and self.draw is None


def leaf(
    what: Any,
    /,
    *,
    low: float | None = None,
    high: float | None = None,
    dtype: Any = None,
    integers_below: str | int | None = None,
    grad: bool = True,
) -> LeafSpec:
    """A leaf that needs more than its axes.

    what            axis words, a shape, an array, or a function of a numpy.random.Generator
    low, high       where drawn values must lie; the ends themselves are not drawn
    dtype           of the array that forward gets
    integers_below  whole numbers from 0 up to this size, or the size of this axis: an index array, no gradient
    grad            False for a constant: backward returns nothing for it; then anything else may be passed, too
    """
    spec = _spec("leaf(…)", what) if grad else _constant("leaf(…)", what)
    grad = grad and integers_below is None
    return LeafSpec(spec.axes, spec.shape, spec.value, spec.draw, low, high, dtype, integers_below, grad and spec.grad)


def _constant(name: str, what: Any) -> LeafSpec:
    if isinstance(what, str | tuple | np.ndarray) or callable(what):
        return _spec(name, what)
    return LeafSpec(value=what, grad=False)


def specs(leaves: Mapping[str, Any]) -> dict[str, LeafSpec]:
    """What the caller said of each leaf. Raises UsageError for what cannot be a leaf."""
    return {name: _spec(name, what) for name, what in leaves.items()}


def _spec(name: str, what: Any) -> LeafSpec:
    if isinstance(what, LeafSpec):
        return what
    if isinstance(what, str):
        _shapes.parse(what, f"leaf {name!r}")
        return LeafSpec(axes=what)
    if isinstance(what, tuple) and all(_is_size(part) for part in what):
        return LeafSpec(shape=_checked(name, what))
    if found := _parts(name, what):
        return LeafSpec(value=what, grad=any(part.grad for part in found.values()), parts=found)
    if what is None or isinstance(what, bool | Mapping) or (isinstance(what, list | tuple) and _holds_options(what)):
        return LeafSpec(value=what, grad=False)
    if callable(what) and not hasattr(what, "__array__"):
        return LeafSpec(draw=what)
    return _array(name, what)


def _parts(name: str, what: Any) -> dict[Place, LeafSpec]:
    """What is said of the places in a list or dictionary; nothing for one that is an array, or options alone.

    Arrays and leaf(…) are leaves each, and so are shapes where a list holds nothing else, and floats where a
    dictionary holds only arrays beside them: {"eps": 1e-5, "mode": "train"} are options.
    """
    found = dict(_ends(what))
    kinds = {_kind(end) for end in found.values()}
    wanted = {"leaf", "array"} | ({"float"} if kinds <= {"leaf", "array", "float"} and kinds != {"float"} else set())
    wanted |= {"shape"} if kinds == {"shape"} and not isinstance(what, Mapping) else set()
    found = {place: end for place, end in found.items() if _kind(end) in wanted}
    return {place: _spec(f"{name}{label(place)}", end) for place, end in found.items()}


def _holds_options(what: Any) -> bool:
    return any(isinstance(one, Mapping) for one in what)


def _ends(what: Any) -> Iterator[tuple[Place, Any]]:
    """All places in nested lists, tuples and dictionaries; a shape is one."""
    if not isinstance(what, Mapping | list | tuple):
        return
    for key, child in children(what):
        below = [] if _kind(child) == "shape" else list(_ends(child))
        yield from (((key, *place), end) for place, end in below) if below else (((key,), child),)


def _kind(end: Any) -> str:
    if isinstance(end, tuple) and all(_is_size(part) for part in end):
        return "shape"
    kinds: dict[str, Any] = {"leaf": LeafSpec, "array": np.ndarray, "float": float | np.floating}
    return next((name for name, kind in kinds.items() if isinstance(end, kind)), "other")


def _is_size(part: Any) -> bool:
    return isinstance(part, int | np.integer) and not isinstance(part, bool)


def _checked(name: str, shape: Sequence[int]) -> tuple[int, ...]:
    if any(size < 0 for size in shape):
        raise UsageError(
            what=f"the shape {tuple(shape)} has a negative size", where=f"leaf {name!r}", fix="count up from 0"
        )
    return tuple(int(size) for size in shape)


def _array(name: str, what: Any) -> LeafSpec:
    try:
        array = np.asarray(what)
    except Exception as error:
        raise UsageError(
            what=f"{type(what).__name__} is no array: {error}", where=f"leaf {name!r}", fix="pass a NumPy array"
        ) from error
    kind = array.dtype.kind
    if kind == "c":
        what, fix = "it is complex, and complex leaves are not supported yet", "pass real and imaginary part as two"
        raise UsageError(what=what, where=f"leaf {name!r}", fix=fix)
    if kind not in "fiub":
        raise UsageError(
            what=f"{type(what).__name__} holds no numbers (dtype {array.dtype})",
            where=f"leaf {name!r}",
            fix="pass axis words such as 'm n', a shape such as (8, 4), an array of numbers, or leaf(…, grad=False)",
        )
    # Whole numbers in a list are labels or sizes, for a forward that wants a list.
    kept = isinstance(what, np.ndarray | int) or (isinstance(what, list) and kind in "iub")
    return LeafSpec(value=what if kept else array[()], grad=kind == "f")


def realise(found: Mapping[str, LeafSpec], number: int, seed: int, regime: str = "normal") -> tuple[Leaf, ...]:
    """Leaves for draw ``number``: sizes bound by the shapes that are given, else drawn; values drawn in a regime."""
    every = [one for spec in found.values() for one in (spec.parts.values() if spec.parts else [spec])]
    axes = [_shapes.parse(spec.axes, "leaf") for spec in every if spec.axes is not None]
    names = list(dict.fromkeys(key for one in axes for key in _shapes.keys(one)))
    size = sizes(names, number, generator(seed, "leaves", number))

    def value(name: str, spec: LeafSpec) -> Any:
        return _value(name, spec, size, generator(seed, name, number), regime)

    return tuple(_leaf(name, spec, value) for name, spec in found.items())


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
    return value if array is None or array.dtype.kind != "f" else array.astype(dtype or np.float64)[()]


def label(place: Place) -> str:
    """['W'][0], as one would write it."""
    return "".join(f"[{key!r}]" for key in place)


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
        value = rng.integers(0, _below(name, spec.integers_below, size), shape)
    else:
        value = _reals(spec, shape, rng, regime)
    return value if spec.dtype is None else np.asarray(value).astype(spec.dtype)


def _below(name: str, limit: str | int, size: Mapping[str, int]) -> int:
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
