"""Faults that can be put into any backward: changes of one gradient, or of the upstream that it is made from.

A fault knows arrays only. Where it changes nothing, as a transpose of a vector does, it does not apply.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Fault:
    """One fault in words, and the change it makes; ``upstream`` says to what."""

    name: str
    change: Callable[[Array], Array]
    upstream: bool = False

    def __call__(self, array: Any) -> Any:
        """The changed array, of the same type; as it was where the fault does not apply."""
        given = np.asarray(array)
        if given.dtype.kind != "f" or not given.size:
            return array
        made = np.asarray(self.change(given)).astype(given.dtype, copy=False)
        return made[()] if isinstance(array, np.generic | float) else made

    def applies(self, array: Any) -> bool:
        """Whether the change shows."""
        before, after = np.asarray(array), np.asarray(self(array))
        return before.shape != after.shape or not np.array_equal(before, after, equal_nan=before.dtype.kind == "f")


def _only(array: Array, chosen: slice) -> Array:
    """Zero outside some places along the first axis; as it is where there is but one."""
    if array.ndim == 0 or len(array) < 2:
        return array
    made = np.zeros_like(array)
    made[chosen] = array[chosen]
    return made


def _one_off(array: Array) -> Array:
    made = array.copy()
    place = int(np.argmax(np.abs(array)))
    made.reshape(-1)[place] *= 1.01
    return made


def _over_rows(array: Array) -> Array:
    return np.broadcast_to(array.mean(axis=0), array.shape) if array.ndim else array


FAULTS = (
    Fault("sign", lambda g: -g),
    Fault("doubled", lambda g: 2 * g),
    Fault("transposed", lambda g: g.T),
    Fault("reordered", lambda g: g.reshape(g.shape[::-1]).T),
    Fault("off by one", lambda g: np.roll(g, 1, 0) if g.ndim else g),
    Fault("reversed", lambda g: g[::-1] if g.ndim else g),
    Fault("zero", lambda g: 0 * g),
    Fault("one entry 1 % off", _one_off),
    Fault("rows averaged", _over_rows),
    Fault("averaged over the batch", lambda d: d / len(d) if d.ndim else d, upstream=True),
    Fault("upstream ignored", np.ones_like, upstream=True),
    Fault("upstream averaged", lambda d: np.full_like(d, d.mean()), upstream=True),
    Fault("upstream's sign", np.sign, upstream=True),
    Fault("first sample only", lambda d: _only(d, slice(0, 1)), upstream=True),
    Fault("last sample left out", lambda d: _only(d, slice(0, -1)), upstream=True),
)
