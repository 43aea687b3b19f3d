"""One look at a subject: a random upstream, the gradients it brings, and directions to move the leaves in.

A probe knows both sides of ⟨B(w), u⟩ = ⟨w, J u⟩ and judges neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import lgamma
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnverify._compare import norm
from nnverify._errors import NnverifyError, UsageError, told
from nnverify.draws import generator, signs
from nnverify.oracles.line import Line, Reshaped
from nnverify.subject import Leaf, Subject, copied, like

Array = NDArray[np.float64]
Entries = NDArray[np.intp]

_BITS = 12  # 40 more in the finest steps, and 1 where x + u has a larger exponent than both
_PART = 2**14  # entries at once: many arrays of that size are small
_ENTRY, _ULPS = 1e-12, 8.0
_ENOUGH = 2**16  # entries, for a median
_CHANCE = 4.0  # times the density around the median: more is no chance,
_LUCK = 1e-3  # nor is what comes about so seldom; a single entry may
_RARE = 0.0625  # of the median: what is not far below it is no chance, either
SMALLEST = 2.0**-1000  # an entry below it cannot be moved in steps of its own size: it counts as zero
_DECADE = 20  # powers of two that the entries of one group may span downward


@dataclass(frozen=True)
class Probe:
    """Upstream w, one entry per output, and what the pullback returned for it, by leaf, unchanged.

    spacing   of the outputs' floats, relative to them; of the leaves' where it is coarser, since they are moved in it
    raised    what the pullback raised instead, in words
    """

    number: int
    output: Array
    spacing: Array
    output_shape: str
    upstream: Array
    gradients: Mapping[str, Any]
    raised: str | None = None

    def gradient(self, leaf: Leaf) -> Array:
        """The gradient of a leaf as float64, shaped as it was returned."""
        return np.asarray(self.gradients[leaf.name], dtype=np.float64)

    def rounding(self, leaf: Leaf) -> float:
        """What one entry of it may be off, relative to it: a few units in the last place as it was returned."""
        dtype = np.asarray(self.gradients[leaf.name]).dtype
        return max(_ENTRY, _ULPS * float(np.finfo(dtype).eps)) if dtype.kind == "f" else _ENTRY


def probe(subject: Subject, number: int, seed: int, *, outputs: NDArray[np.bool_] | None = None) -> Probe:
    """Draw upstream ``number``, zero outside ``outputs``, and run forward and backward once with it, on copies."""
    output, pullback = subject.at_point()
    vector, spacing = subject.flatten(output), subject.spacing(output, _coarsest(subject))
    upstream = signs(vector.shape, generator(seed, subject.name, "upstream", number), 1.0)
    upstream[len(upstream) - subject.unit_outputs :] = 1.0
    upstream = upstream if outputs is None else np.where(outputs, upstream, 0.0)
    try:
        gradients = pullback(like(upstream.copy(), output))
    except NnverifyError:
        raise
    except Exception as error:
        return Probe(number, vector, spacing, _shape(output), upstream, {}, told(error))
    if not isinstance(gradients, Mapping):
        raise UsageError(
            what=f"backward returned {type(gradients).__name__}, not a gradient for each leaf",
            where=subject.name,
            fix="return a dict from leaf name to gradient",
        )
    return Probe(number, vector, spacing, _shape(output), upstream, gradients)


def _coarsest(subject: Subject) -> float:
    """The coarsest spacing of the floats that are moved, relative to them."""
    kinds = {np.asarray(leaf.value).dtype for leaf in subject.targets()}
    return max((float(np.finfo(kind).eps) for kind in kinds if kind.kind == "f"), default=0.0)


def _shape(output: Any) -> str:
    if isinstance(output, tuple | list):
        return ", ".join(_shape(part) for part in output)
    return "scalar" if np.ndim(output) == 0 else str(np.shape(output))


def magnitudes(leaf: Leaf) -> list[Entries]:
    """The entries of a leaf in groups of similar size, the main one first: zeros and the largest.

    Moved by the size of the largest, an entry a million times smaller would be somewhere else altogether.
    """
    value = np.asarray(leaf.value, dtype=np.float64).reshape(-1)
    known = np.isfinite(value)
    finite = np.arange(len(value)) if np.all(known) else np.flatnonzero(known)
    value = value if len(finite) == len(value) else value[finite]
    largest = max(np.max(value, initial=0.0), -np.min(value, initial=0.0))
    top = int(np.frexp(largest)[1]) if largest >= SMALLEST else 0
    small = _between(value, SMALLEST, float(np.ldexp(1.0, top - _DECADE)))
    depth = (top - np.frexp(value[small])[1]) // _DECADE
    depth[_by_chance(value, largest, depth)] = 0
    if not np.any(depth):
        return [finite] if len(finite) else []
    main = np.ones(len(value), dtype=bool)
    main[small[depth > 0]] = False
    return [finite[main], *(finite[small[depth == level]] for level in np.unique(depth[depth > 0]))]


def _between(value: Array, least: float, limit: float) -> Entries:
    """Where the magnitude is from ``least`` to below ``limit``."""
    found = [np.zeros(0, dtype=np.intp)]
    for start in range(0, len(value), _PART):
        size = np.abs(value[start : start + _PART])
        found.append(start + np.flatnonzero((size >= least) & (size < limit)))
    return np.concatenate(found)


def _by_chance(value: Array, largest: float, depth: Entries) -> NDArray[np.bool_]:
    """Which of the entries in lower groups are there only because there are so many that some are next to zero."""
    lower = np.zeros(len(depth), dtype=bool)
    if len(depth):
        share, total = largest / _typical(value), int(np.count_nonzero(value))
        for level in np.unique(depth):
            below = depth >= level
            lower |= below & _few(int(np.count_nonzero(below)), np.ldexp(share, -_DECADE * int(level)), total)
    return lower


def few_enough(small: NDArray[np.bool_], bound: float, sizes: Array) -> bool:
    """Whether chance explains how few of many sizes are below a bound: they are no denser there than elsewhere."""
    count = int(np.count_nonzero(small))
    return count == 0 or _few(count, bound / _typical(sizes), int(np.count_nonzero(sizes)))


def _typical(values: Array) -> float:
    """The median size of what is not zero; of many, that of every so many."""
    for some in (values[:: 1 + len(values) // _ENOUGH], values):
        sizes = np.abs(some[np.abs(some) >= SMALLEST])
        if len(sizes):
            return float(np.median(sizes))
    return SMALLEST


def _few(count: int, share: float, total: int) -> bool:
    expected = total * share
    likely = count * np.log(max(expected, SMALLEST)) - lgamma(count + 1) >= np.log(_LUCK)  # Poisson
    return bool(share <= _RARE and (likely or count <= _CHANCE * expected))


def direction(subject: Subject, leaf: Leaf, number: int, seed: int, group: Entries | None = None) -> Array:
    """A perturbation of a group of one leaf's entries, shaped like the leaf and 0 elsewhere.

    Random signs, magnitudes half to whole of the group's own size; the main group where none is given.
    """
    value = np.asarray(leaf.value, dtype=np.float64)
    entries = next(iter(magnitudes(leaf)), np.zeros(0, dtype=np.intp)) if group is None else group
    part = entries if len(entries) < value.size else slice(None)
    del entries
    u = signs((value.size,), generator(seed, subject.name, leaf.name, number), 0.5)
    u *= _size(value.reshape(-1)[part])
    if not isinstance(part, slice):
        kept, u = u[part], np.zeros(value.size)
        u[part] = kept
    return exact_steps(value, u.reshape(value.shape), in_place=True)


def _size(values: Array) -> float:
    """The root mean square; 1 for zeros."""
    size = norm(values) / max(1.0, float(np.sqrt(values.size)))
    return size if size >= SMALLEST else 1.0


def exact_steps(x: Array, u: Array, *, in_place: bool = False) -> Array:
    """u with few enough bits for x + u·2⁻ᵏ to be exact to the last bit of the step, k up to 40.

    Else the last bits of u are cut off at every step, always to the same side: an error no noise level shows. What
    moves at all keeps moving, if only by the last of these bits.
    """
    made = u if in_place else np.empty(np.shape(u))
    flat, values, steps = made.reshape(-1), np.reshape(x, -1), np.reshape(u, -1)
    for start in range(0, len(flat), _PART):
        part = slice(start, start + _PART)
        flat[part] = _exact(values[part], steps[part])
    return made


def _exact(x: Array, u: Array) -> Array:
    size = np.where(np.isfinite(x), np.maximum(np.abs(x), np.abs(u)), 0.0)
    _, exponent = np.frexp(size)
    bits = np.rint(np.ldexp(u, _BITS - exponent))
    return np.ldexp(np.where(bits == 0, np.sign(u), bits), exponent - _BITS)


def along(subject: Subject, u: Mapping[str, Array], *probes: Probe, summed: bool = False) -> Line:
    """The subject's outputs, as one vector, on the line through its point, where they are the first probe's.

    summed  only their sums with the probes' upstreams are asked for, and kept
    """
    one = probes[0]

    def value(t: float) -> Array:
        found = subject.flatten(subject.forward(*shifted(subject, u, t)))
        if found.shape != one.output.shape:
            raise Reshaped(f"{len(found)} outputs, and {len(one.output)} at the point")
        return found

    return Line(value, one.output, one.spacing, [other.upstream for other in probes] if summed else ())


def shifted(subject: Subject, u: Mapping[str, Array], t: float) -> list[Any]:
    """The leaves' values at x + t·u, each in its own precision."""
    return [_shifted(leaf, u.get(leaf.name), t) for leaf in subject.leaves]


def _shifted(leaf: Leaf, step: Array | None, t: float) -> Any:
    if step is None:
        return copied(leaf.value)
    value, moved = np.asarray(leaf.value), np.multiply(step, t, out=np.empty(np.shape(step)))
    wide = value.dtype.itemsize > moved.dtype.itemsize
    return np.add(value, moved, out=None if wide else moved).astype(value.dtype, copy=False)[()]
