"""Is there any reason to look closer at a point? Half a dozen evaluations, to be had at many points.

Backward must return finite gradients of the leaves' shapes, and lie roughly between the slopes on both sides: along a
random direction, and along that in which all entries move together, where ties stay ties. Where there is a kink, and
room to hide in, some more directions are tried. What lies outside is judged by the whole pipeline; small errors, and
those that hide in a kink all the same, are left to more effort.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from nnverify._errors import NnverifyError
from nnverify.draws import generator, signs
from nnverify.probe import Array, Probe, along, probe
from nnverify.subject import Leaf, Subject

_ROUGHLY = 3e-3  # of the gradient's typical term; special values break gradients by more
_MORE = 4  # directions at a kink
_STEP = {8: 2.0**-16, 4: 2.0**-7, 2: 2.0**-4}  # of the direction, by the bytes of the coarsest float


def suspicious(subject: Subject, seed: int) -> bool:
    """Whether backward raises, is malformed, or lies outside the slopes. Forward must be finite here."""
    try:
        one = probe(subject, 0, seed)
    except NnverifyError:
        return True
    leaves = [leaf for leaf in subject.targets() if np.size(leaf.value)]
    if one.raised or not all(_whole(leaf, one) for leaf in leaves):
        return True
    sizes = {leaf.name: np.full(np.shape(leaf.value), _size(leaf)) for leaf in leaves}
    rng = generator(seed, subject.name, "glance")
    apart = {name: signs(size.shape, rng, 0.5) * size for name, size in sizes.items()}
    first, together = (_seen(subject, leaves, one, u) for u in (apart, sizes))
    if first.outside or together.outside:
        return True
    return first.bent and any(_seen(subject, leaves, one, _turned(apart, bit)).outside for bit in range(_MORE))


def _turned(u: dict[str, Array], bit: int) -> dict[str, Array]:
    """Every other entry the other way, or every other two, four, …: any two near each other part in one of them."""
    return {name: step * (1 - 2.0 * (np.arange(step.size).reshape(step.shape) >> bit & 1)) for name, step in u.items()}


def _size(leaf: Leaf) -> float:
    """Of the entries, that they are moved by; 1 for zeros."""
    return float(np.mean(np.abs(np.asarray(leaf.value, dtype=np.float64)))) or 1.0


@dataclass(frozen=True)
class _Seen:
    """Whether ⟨B(w), u⟩ is none that the slopes on both sides leave room for, and whether that is more than a value."""

    outside: bool
    bent: bool


def _seen(subject: Subject, leaves: list[Leaf], one: Probe, u: dict[str, Array]) -> _Seen:
    """Along u, output by output."""
    terms = np.concatenate([(one.gradient(leaf) * u[leaf.name]).reshape(-1) for leaf in leaves] or [np.zeros(1)])
    line, step = along(subject, u, one), _step(leaves, one)
    slopes = np.array([one.upstream * (line(sign * step) - one.output) / (sign * step) for sign in (1.0, -1.0)])
    low, high = np.sum(np.min(slopes, axis=0)), np.sum(np.max(slopes, axis=0))
    rounding = float(np.abs(one.upstream * one.spacing) @ np.abs(one.output)) / step
    gap = max(low - np.sum(terms), np.sum(terms) - high)
    rough = _ROUGHLY * float(np.linalg.norm(terms)) + rounding
    return _Seen(outside=not gap <= rough, bent=bool(high - low > rough))


def _whole(leaf: Leaf, one: Probe) -> bool:
    found: Any = one.gradients.get(leaf.name)
    array = np.asarray(found)
    return (
        found is not None
        and array.dtype.kind in "fiub"
        and array.shape == np.shape(leaf.value)
        and bool(np.all(np.isfinite(array)))
    )


def _step(leaves: list[Leaf], one: Probe) -> float:
    sizes = [np.asarray(leaf.value).dtype.itemsize for leaf in leaves]
    coarse = 8 if np.all(one.spacing <= 2.0**-50) else 4 if np.all(one.spacing <= 2.0**-20) else 2
    return max(_STEP.get(size, _STEP[8]) for size in [*sizes, coarse])
