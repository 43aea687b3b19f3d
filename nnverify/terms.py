"""The backward's side of a reading: its terms Bⱼuⱼ, their sum, and what its own rounding may have done to that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnverify._compare import norm
from nnverify.probe import Probe
from nnverify.subject import Leaf

Array = NDArray[np.float64]

# Roundings that an entry of a gradient may be off: relative to itself where they average out over the entries, and
# to the sum of all where they do not.
_SCATTERED, _SHARED = 8.0, 0.25


@dataclass(frozen=True)
class Terms:
    """B_j u_j of every entry of a leaf that moves: their sum, the sum of their sizes, and the norm."""

    sum: float
    most: float
    size: float


def terms_of(gradients: Mapping[str, Any], u: Mapping[str, Array]) -> dict[str, Terms]:
    found: dict[str, Terms] = {}
    for name, step in u.items():
        term = np.asarray(np.asarray(gradients[name], dtype=np.float64) * step)
        total, size = float(np.sum(term)), norm(term)
        found[name] = Terms(total, float(np.sum(np.abs(term, out=term))), size)
    return found


def rounding(gradients: Mapping[str, Any], terms: Mapping[str, Terms]) -> float:
    """What the backward's own arithmetic may be off, in the precision of what it returned."""
    bars = [
        float(np.finfo(_float(gradients[name])).eps) * (_SCATTERED * term.size + _SHARED * term.most)
        for name, term in terms.items()
    ]
    return norm(bars)


def coarsest(one: Probe) -> float:
    """The coarsest spacing of outputs and gradients."""
    return max(
        float(np.max(one.spacing, initial=0.0)), *(float(np.finfo(_float(g)).eps) for g in one.gradients.values())
    )


def _float(gradient: Any) -> np.dtype[Any]:
    dtype = np.asarray(gradient).dtype
    return dtype if dtype.kind == "f" else np.dtype(np.float64)


def leaf_terms(one: Probe, leaf: Leaf, u: Array) -> Array:
    """|B_j u_j| of every entry: what each contributes to the reading."""
    terms = np.asarray(one.gradient(leaf) * u).reshape(-1)
    return np.abs(terms, out=terms)
