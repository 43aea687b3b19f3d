"""Special values: zeros, ties, constants, signs, whole numbers, tiny and huge, ones, and equal leaves.

Each pattern is made from the generic values of the base, so that only one thing is special at a time. A pattern that
would leave a declared domain, or the sign that all given values have, is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np

from nnverify.leaves import LeafSpec, label
from nnverify.search.layer import Base, Point
from nnverify.search.structure import keeps
from nnverify.subject import Leaf

Array = np.ndarray[Any, Any]

CODE = "NV117"


def _some(count: int, number: float) -> Callable[[Array], Array | None]:
    """The first entries replaced: in C order, so that two of them share a row."""

    def made(value: Array) -> Array | None:
        if value.size <= count:
            return None
        changed = value.copy()
        changed.reshape(-1)[:count] = number
        return changed

    return made


def _all(number: float) -> Callable[[Array], Array | None]:
    return lambda value: np.full_like(value, number) if value.size else None


def _row(number: float | None) -> Callable[[Array], Array | None]:
    """The first row replaced, by a number or by its own first entry."""

    def made(value: Array) -> Array | None:
        if value.ndim < 2 or value.shape[-1] < 2 or value.size == value.shape[-1]:
            return None
        changed = value.copy()
        row = changed.reshape(-1)[: value.shape[-1]]
        row[:] = row[0] if number is None else number
        return changed

    return made


def _tied(axis: int, take: Callable[[Array, int], Array], give: Callable[[Array, int], Array]) -> Any:
    """Along an axis, the entries that ``give`` names replaced by those that ``take`` names."""

    def made(value: Array) -> Array | None:
        if value.ndim < -axis or value.ndim == 0 or value.shape[axis] < 2:
            return None
        changed = value.copy()
        source = np.take_along_axis(value, np.expand_dims(take(value, axis), axis), axis)
        np.put_along_axis(changed, np.expand_dims(give(value, axis), axis), source, axis)
        return changed

    return made


def _first(value: Array, axis: int) -> Array:
    return np.zeros(np.delete(value.shape, axis), dtype=np.intp)


def _second(value: Array, axis: int) -> Array:
    return _first(value, axis) + 1


def _sorted(sign: int) -> Callable[[Array], Array | None]:
    return lambda value: np.sort(value.reshape(-1))[::sign].reshape(value.shape) if value.size > 1 else None


def _whole(value: Array) -> Array:
    return np.sign(value) * np.ceil(np.abs(2 * value))


def _spread(value: Array) -> Array | None:
    """Magnitudes from a thousandth to a thousand."""
    if value.size < 2:
        return None
    decades = np.linspace(-3, 3, value.size).reshape(value.shape)
    return np.sign(value) * 10.0**decades


# What is special, in words that take the leaf's name, and the values made from generic ones.
PATTERNS: dict[str, Callable[[Array], Array | None]] = {
    "{} holds a zero": _some(1, 0.0),
    "{} holds two zeros": _some(2, 0.0),
    "{} is zero": _all(0.0),
    "{} holds a one": _some(1, 1.0),
    "{} is one everywhere": _all(1.0),
    "{} is negative everywhere": lambda value: -np.abs(value),
    "{} is positive everywhere": lambda value: np.abs(value),
    "{} holds equal neighbours": _tied(-1, _first, _second),
    "{} holds a row of zeros": _row(0.0),
    "{} holds a row of equal entries": _row(None),
    "{} holds equal rows": _tied(-2, _first, _second),
    "{} has its largest value twice": _tied(-1, lambda v, a: np.argmax(v, a), lambda v, a: np.argmin(v, a)),
    "{} has its smallest value twice": _tied(-1, lambda v, a: np.argmin(v, a), lambda v, a: np.argmax(v, a)),
    "{} has its largest value twice in a column": _tied(-2, lambda v, a: np.argmax(v, a), lambda v, a: np.argmin(v, a)),
    "{} is minus one half everywhere": _all(-0.5),
    "{} holds whole numbers": _whole,
    "{} ascends": _sorted(1),
    "{} descends": _sorted(-1),
    "{} spans six decades": _spread,
    "{} is small (a thousandth)": lambda value: value * 1e-3,
    "{} is tiny (a millionth)": lambda value: value * 1e-6,
    "{} is large (30 times)": lambda value: value * 30.0,
    "{} is huge (1e3 times)": lambda value: value * 1e3,
    "{} is huge (1e6 times)": lambda value: value * 1e6,
}
# These make every entry special, and each may lie on a kink that must be looked at: judged up to so many entries.
_EVERYWHERE = {
    "{} is zero": 64,
    "{} is one everywhere": 12,
    "{} is minus one half everywhere": 12,
    "{} holds whole numbers": 24,
}
_TOGETHER = ("{} is zero", "{} is one everywhere", "{} is negative everywhere", "{} is huge (1e3 times)")
_ONLY_TOGETHER = ("{} is huge (1e6 times)",)
# What breaks most formulas. Not what is huge: there many a backward overflows that is right elsewhere.
_QUICK = (
    "{} holds a zero",
    "{} is zero",
    "{} has its largest value twice",
    "{} holds whole numbers",
)


def quick(base: Base) -> Iterator[Point]:
    """The likely ones among the points; those with many kinks, too."""
    return _points(base, _QUICK, dear=True)


def points(base: Base) -> Iterator[Point]:
    """Every pattern in every leaf, then in all leaves at once, then two leaves equal."""
    return _points(base, PATTERNS, dear=False)


def _points(base: Base, patterns: Collection[str], *, dear: bool) -> Iterator[Point]:
    said = {name: _drawn_in(spec, base.regime) for name, spec in descriptions(base.layer.found).items()}
    leaves = [leaf for leaf in base.subject.targets() if np.size(leaf.value)]
    for words, pattern in ((words, PATTERNS[words]) for words in patterns):
        made = {leaf.name: found for leaf in leaves if (found := _made(pattern, leaf, said)) is not None}
        crowded = {name for name, value in made.items() if np.size(value) > _EVERYWHERE.get(words, np.inf)}
        made = made if dear else {name: value for name, value in made.items() if name not in crowded}
        if words not in _ONLY_TOGETHER or len(made) == 1:
            for name, value in made.items():
                yield replace(_point(base, words.format(name), {name: value}), dear=name in crowded)
        if words in (*_TOGETHER, *_ONLY_TOGETHER) and len(made) > 1:
            yield replace(_point(base, words.format("every leaf"), made), dear=bool(crowded))
    for one, two in combinations(leaves, 2):
        if np.shape(one.value) == np.shape(two.value) and one.value is not None:
            value = np.asarray(one.value)
            if allowed(value, two, said.get(two.name)):
                yield _point(base, f"{two.name} equals {one.name}", {two.name: value.copy()[()]})


# What values drawn in a regime are taken to be: positive numbers, probabilities.
_DOMAINS = {"positive": (0.0, None), "unit": (0.0, 1.0)}


def _drawn_in(spec: LeafSpec, regime: str) -> LeafSpec:
    """The description with the domain that forward has shown, where the caller has said none."""
    if regime not in _DOMAINS or spec.given or spec.draw is not None or (spec.low, spec.high) != (None, None):
        return spec
    low, high = _DOMAINS[regime]
    return replace(spec, low=low, high=high)


def _point(base: Base, special: str, values: Mapping[str, Any]) -> Point:
    return Point("values", special, base.leaves, values, base.options, CODE)


def _made(pattern: Any, leaf: Leaf, said: Mapping[str, LeafSpec]) -> Any:
    """The values of one pattern; None where it does not apply, or changes nothing."""
    value = np.asarray(leaf.value)
    found = pattern(value)
    if found is None or np.array_equal(found, value) or not allowed(found, leaf, said.get(leaf.name)):
        return None
    return np.asarray(found, dtype=value.dtype)[()]


def allowed(value: Array, leaf: Leaf, spec: LeafSpec | None) -> bool:
    """Whether the values lie where the caller said, or where all that were given lie, and keep their structure."""
    if spec is None:
        return True
    if spec.low is not None or spec.high is not None:
        low = -np.inf if spec.low is None else spec.low
        high = np.inf if spec.high is None else spec.high
        return bool(np.all((value > low) & (value < high)))
    if spec.given or spec.draw is not None:
        given = np.asarray(leaf.value)
        if given.shape == value.shape and not keeps(given, value):
            return False
        if given.size and np.all((given > 0) & (given < 1)):  # probabilities
            return bool(np.all((value > 0) & (value < 1)))
        return bool(not np.all(given >= 0) or np.all(value >= 0))
    return True


def descriptions(found: Mapping[str, LeafSpec]) -> dict[str, LeafSpec]:
    """What was said of every leaf, those inside lists and dictionaries by their own names."""
    inner = {f"{name}{label(place)}": part for name, spec in found.items() for place, part in spec.parts.items()}
    return {name: spec for name, spec in found.items() if not spec.parts} | inner
