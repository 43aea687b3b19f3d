"""What the caller says of a leaf, and the leaves drawn from it.

Axis words, a shape, an array (or anything like one), a function of a generator, or leaf(…) for what needs more:
a domain, an index array, a constant. Dictionaries, None and truth values are handed through as constants.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnverify import _shapes
from nnverify._errors import UsageError
from nnverify.draws import generator, sizes
from nnverify.subject import Leaf

Draw = Callable[[np.random.Generator], Any]


@dataclass(frozen=True)
class LeafSpec:
    """A leaf before it is drawn. Exactly one of axes, shape, value and draw is set."""

    axes: str | None = None
    shape: tuple[int, ...] | None = None
    value: Any = None
    draw: Draw | None = None
    low: float | None = None
    high: float | None = None
    dtype: Any = None
    integers_below: str | int | None = None
    grad: bool = True

    @property
    def given(self) -> bool:
        """Whether the caller chose the values."""
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
    grad            False for a constant: backward returns nothing for it
    """
    spec = _spec("leaf(…)", what)
    grad = grad and integers_below is None
    return LeafSpec(spec.axes, spec.shape, spec.value, spec.draw, low, high, dtype, integers_below, grad and spec.grad)


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
    if what is None or isinstance(what, bool | Mapping):
        return LeafSpec(value=what, grad=False)
    if callable(what) and not hasattr(what, "__array__"):
        return LeafSpec(draw=what)
    return _array(name, what)


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
        raise UsageError(
            what="it is complex, and complex leaves are not supported yet",
            where=f"leaf {name!r}",
            fix="pass real and imaginary part as two leaves",
        )
    if kind not in "fiub":
        raise UsageError(
            what=f"{type(what).__name__} holds no numbers (dtype {array.dtype})",
            where=f"leaf {name!r}",
            fix="pass axis words such as 'm n', a shape such as (8, 4), or an array of numbers",
        )
    return LeafSpec(value=what if isinstance(what, np.ndarray | int) else array[()], grad=kind == "f")


def realise(found: Mapping[str, LeafSpec], number: int, seed: int, regime: str = "normal") -> tuple[Leaf, ...]:
    """Leaves for draw ``number``: sizes bound by the shapes that are given, else drawn; values drawn in a regime."""
    rng = generator(seed, "leaves", number)
    axes = {name: _shapes.parse(spec.axes, f"leaf {name!r}") for name, spec in found.items() if spec.axes is not None}
    names = list(dict.fromkeys(key for one in axes.values() for key in _shapes.keys(one)))
    size = sizes(names, number, rng)
    shapes = {name: _shapes.shape(one, size) for name, one in axes.items()}
    return tuple(
        Leaf(
            name,
            _value(name, spec, shapes.get(name, spec.shape), size, generator(seed, name, number), regime),
            spec.grad,
        )
        for name, spec in found.items()
    )


# Where values are drawn when nothing is said: forwards with a smaller domain than all numbers get the next one.
REGIMES: dict[str, tuple[float, float] | None] = {"normal": None, "positive": (0.5, 2.0), "unit": (0.1, 0.9)}


def _value(
    name: str,
    spec: LeafSpec,
    shape: tuple[int, ...] | None,
    size: Mapping[str, int],
    rng: np.random.Generator,
    regime: str,
) -> Any:
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
