"""Is the difference nothing beside the gradient at other points, and so lost in what cancels at this one?

The backward of a sure softmax is p − 1: what it rounds p by is all of its gradient. Dual numbers, which keep every
digit of it, see a difference there that no arithmetic of these floats can avoid; nor any step of the leaf's own size,
where it moves no output by a digit.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from nnverify._compare import norm
from nnverify.moving import alike, shrunk
from nnverify.oracles.estimate import Status
from nnverify.probe import Entries, Probe, direction, magnitudes, probe
from nnverify.reading import read
from nnverify.subject import Leaf, Subject
from nnverify.terms import coarsest
from nnverify.verdict import Finding, Outcome
from nnverify.witness import asked, by_dual

Array = NDArray[np.float64]

CHECK = "gradient"
_ROUNDINGS = 32.0  # of the gradient elsewhere, entry by entry: what is less has cancelled
_DECADE = 20  # powers of two that the gradients of one group may span
_DIRECTIONS = 2


def vanishing(subject: Subject, leaf: Leaf, one: Probe, seed: int) -> Finding | None:
    """INCONCLUSIVE where all that the leaf's gradient differs by has cancelled; None where dual numbers cannot tell."""
    natural = _natural(subject, leaf, one, seed)
    if natural is None:
        return None
    room, unseen = _ROUNDINGS * coarsest(one) * natural, norm(one.upstream * one.spacing * one.output)
    for group in _groups(leaf, natural):
        for number in range(_DIRECTIONS):
            u = direction(subject, leaf, number, seed, group)
            if not _within(subject, one, {leaf.name: u}, norm((room * u).reshape(-1)) + unseen, seed):
                return None
    message = (
        f"d{leaf.name} could not be judged: it differs by no more than a rounding of what it is at other points, as "
        "where terms cancel"
    )
    return Finding(CHECK, leaf.name, Outcome.INCONCLUSIVE, message, "NV205")


def _within(subject: Subject, one: Probe, u: dict[str, Array], room: float, seed: int) -> bool:
    """Whether dual numbers see no larger difference along u; nor do finite ones, where these are too coarse to."""
    found = asked(by_dual, subject, u, one, seed)
    if found is None or found.status is not Status.SMOOTH:
        return False
    claimed = float(sum(np.sum(np.asarray(one.gradients[name], np.float64) * step) for name, step in u.items()))
    if not abs(claimed - found.value[0]) <= room + found.error[0]:
        return False
    if found.error[0] <= room:
        return True
    stepped = read(subject, one, u)
    return not abs(claimed - stepped.numerical) > room + stepped.bar


def _natural(subject: Subject, leaf: Leaf, one: Probe, seed: int) -> Array | None:
    """How large each entry of the gradient is at other points with entries of the same sizes; None if not known.

    The middle one of several points, drawn anew or nearer to zero: near a pole, or where the backward is all
    rounding, one may be out of all size.
    """
    known = [_typical(others, leaf, one, seed) for others in (alike(subject, seed), shrunk(subject, leaf))]
    sizes = [size for size in known if size is not None]
    return np.max(sizes, axis=0) if sizes else None


def _typical(others: Iterator[Subject], leaf: Leaf, one: Probe, seed: int) -> Array | None:
    found = (np.asarray(probe(other, one.number, seed).gradients.get(leaf.name)) for other in others)
    like = [one for one in found if one.shape == np.shape(leaf.value) and one.dtype.kind in "fiub"]
    known = [np.abs(one.astype(np.float64)) for one in like]
    return np.nan_to_num(np.median(known, axis=0), posinf=0.0) if known else None


def _groups(leaf: Leaf, natural: Array) -> Iterator[Entries]:
    """Entries of similar size, and similar gradient elsewhere."""
    depth = np.frexp(natural.reshape(-1))[1] // _DECADE
    for group in magnitudes(leaf):
        for level in np.unique(depth[group]):
            yield group[depth[group] == level]
