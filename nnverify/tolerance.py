"""How far two gradients may be apart that ought to be the same: what rounding alone explains."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnverify.probe import Probe
from nnverify.subject import Subject
from nnverify.watch import Result

Array = NDArray[np.float64]

_DIGITS = 64.0  # square roots of a unit in the last place that the same sum, taken in another order, may be off
_ADDED = 1e-4  # of the largest entry, that the sum of two gradients may be off in the sum's stead
_CANCELLED = 64.0  # units in the last place of the terms of a gradient that has cancelled
_NOTHING = 4096.0  # units in the last place of the largest gradient: what cannot be told from zero


@dataclass(frozen=True)
class Tolerance:
    """What rounding alone explains: a part of a gradient's largest entry, and a size below which all is zero."""

    again: float
    added: float
    nothing: float


def tolerance(subject: Subject, first: Probe, second: Probe) -> Tolerance:
    """In the coarsest precision that an output or a gradient has."""
    found = [np.asarray(part) for one in (first, second) for part in one.gradients.values() if part is not None]
    floats = [part for part in found if part.dtype.kind == "f"]
    eps = max([*(float(np.finfo(part.dtype).eps) for part in floats), float(np.max(first.spacing, initial=0.0))])
    sizes = (Result(one.gradients).gradient(name) for one in (first, second) for name in one.gradients)
    largest = max((float(np.max(np.abs(size), initial=0.0)) for size in sizes if size is not None), default=0.0)
    again = _DIGITS * float(np.sqrt(eps))
    return Tolerance(again, max(again, _ADDED), eps * max(_NOTHING * largest, _CANCELLED * _natural(subject, first)))


def _natural(subject: Subject, first: Probe) -> float:
    """The size of the terms that a gradient is likely to be the sum of, however little of them is left."""
    reach = max((float(np.max(np.abs(leaf.value), initial=0.0)) for leaf in subject.targets()), default=0.0)
    size = float(np.max(np.abs(first.upstream * first.output), initial=0.0))
    return size / reach if reach > 0 and np.isfinite(size / reach) else 0.0


def differ(found: Array, wanted: Array, *others: Array, within: float, nothing: float = 0.0) -> bool:
    """Whether two gradients differ by more than a part of the largest entry of any, and by more than nothing."""
    if found.shape != wanted.shape:
        return True
    if np.array_equal(found, wanted):
        return False
    size = max(_largest(array) for array in (found, wanted, *others))
    return not _largest(found - wanted) <= within * size + nothing


def _largest(array: Array) -> float:
    """In size, without an array of sizes; NaN where one is."""
    return float(np.fmax(np.max(array, initial=0.0), -np.min(array, initial=0.0)))
