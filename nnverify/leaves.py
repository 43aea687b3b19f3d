"""What the caller says of a leaf, before anything is drawn.

Axis words, a shape, an array (or anything like one), a function of a generator, or leaf(…) for what needs more:
a domain, an index array, a constant. A list or dictionary of these is one argument with many leaves; any other
dictionary, None and truth values are handed through as constants.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nnverify import _shapes
from nnverify._errors import UsageError
from nnverify.trees import Place, children

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

    Raises UsageError for ends between which no number lies, and for what is no size, no type or no leaf.
    """
    _between(low, high)
    _counted(integers_below)
    _typed(dtype)
    spec = _spec("leaf(…)", what) if grad else _constant("leaf(…)", what)
    grad = grad and integers_below is None
    return LeafSpec(spec.axes, spec.shape, spec.value, spec.draw, low, high, dtype, integers_below, grad and spec.grad)


def _between(low: Any, high: Any) -> None:
    ends = {name: end for name, end in (("low", low), ("high", high)) if end is not None}
    wrong = [f"{name}={end!r}" for name, end in ends.items() if not _is_finite(end)]
    if wrong:
        raise UsageError(
            what=f"{wrong[0]} is no finite number", where="leaf(…)", fix="say where values lie: low=0, high=1"
        )
    if len(ends) == 2 and not low < high:
        fix = "name the smaller end first, and pass the array itself where there is but one value"
        raise UsageError(what=f"no number lies between low={low!r} and high={high!r}", where="leaf(…)", fix=fix)


def _is_finite(end: Any) -> bool:
    return isinstance(end, int | float | np.integer | np.floating) and bool(np.isfinite(end))


def _counted(below: Any) -> None:
    if not (below is None or isinstance(below, str) or (_is_size(below) and below > 0)):
        fix = "give a whole number above 0, or the name of an axis"
        raise UsageError(what=f"integers_below={below!r} leaves no number to draw", where="leaf(…)", fix=fix)


def _typed(dtype: Any) -> None:
    try:
        np.dtype(dtype)
    except TypeError as error:
        what = f"dtype={dtype!r} is no type of arrays"
        raise UsageError(what=what, where="leaf(…)", fix="name one of NumPy's: dtype=np.float32") from error


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
        _shapes.parse(_shapes.spread(what, (), f"leaf {name!r}"), f"leaf {name!r}")
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


def label(place: Place) -> str:
    """['W'][0], as one would write it."""
    return "".join(f"[{key!r}]" for key in place)
