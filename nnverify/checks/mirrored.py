"""Is the gradient that of a symmetric matrix, whose mirrored entries move together?

A decomposition reads one half of its argument, or both as one: the gradient that is handed on is the symmetric one, and
what single entries would make of the other half is nobody's answer. Along symmetric directions it must agree.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnverify.probe import Probe, direction, exact_steps, probe
from nnverify.reading import read
from nnverify.subject import Leaf, Subject
from nnverify.verdict import Finding, Outcome

Array = NDArray[np.float64]

CHECK = "gradient"
_ROUNDINGS = 64.0  # of the largest entry, that the two halves may be apart
_DIRECTIONS = 2


def mirrored(subject: Subject, leaf: Leaf, one: Probe, seed: int) -> Finding | None:
    """INCONCLUSIVE where leaf and gradient are symmetric and agree along symmetric directions; else None."""
    value, gradient = np.asarray(leaf.value, dtype=np.float64), np.asarray(one.gradient(leaf))
    if not _symmetric(value, 0.0) or not _symmetric(gradient, _ROUNDINGS * one.rounding(leaf)):
        return None
    for number in range(_DIRECTIONS):
        u = direction(subject, leaf, number, seed)
        both = exact_steps(value, u + np.swapaxes(u, -1, -2))
        if not read(subject, probe(subject, number, seed), {leaf.name: both}).agrees:
            return None
    message = (
        f"d{leaf.name} could not be judged: {leaf.name} and d{leaf.name} are symmetric, and agree where mirrored "
        "entries move together; by themselves they do not"
    )
    return Finding(CHECK, leaf.name, Outcome.INCONCLUSIVE, message, "NV212")


def _symmetric(value: Array, room: float) -> bool:
    if value.ndim < 2 or not value.shape[-1] == value.shape[-2] > 1:
        return False
    return bool(
        np.max(np.abs(value - np.swapaxes(value, -1, -2)), initial=0.0) <= room * np.max(np.abs(value), initial=0.0)
    )
