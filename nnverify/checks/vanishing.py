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
from nnverify.subject import Leaf, Subject
from nnverify.terms import coarsest
from nnverify.verdict import Finding, Outcome
from nnverify.witness import asked, by_dual

Array = NDArray[np.float64]

CHECK = "gradient"
_ROUNDINGS = 32.0  # of the gradient elsewhere, entry by entry: what is less has cancelled
_AMPLE = 4.0  # times the room along one direction: for all others with entries of the same sizes
_DECADE = 20  # powers of two that the gradients of one group may span
_DIRECTIONS = 2


def vanishing(subject: Subject, leaf: Leaf, finding: Finding, one: Probe, seed: int) -> Finding | None:
    """INCONCLUSIVE where all that the leaf's gradient differs by has cancelled; None where dual numbers cannot tell.

    finding  that of the gradient, whose difference must have, too: dual numbers may be too coarse to see it
    """
    gradient, natural = one.gradients[leaf.name], _natural(subject, leaf, one, seed)
    if natural is None:
        return None
    room, unseen = _ROUNDINGS * coarsest(one) * natural, norm(one.upstream * one.spacing * one.output)
    groups = list(_groups(leaf, natural))
    rooms = (norm(room * direction(subject, leaf, 0, seed, group)) for group in groups)
    if finding.index is None and _gap(finding) > unseen + _AMPLE * norm(list(rooms)):
        return None
    for group in groups:
        for number in range(_DIRECTIONS):
            u = direction(subject, leaf, number, seed, group)
            found = asked(by_dual, subject, {leaf.name: u}, one, seed)
            if found is None or found.status is not Status.SMOOTH:
                return None
            claimed = float(np.sum(np.asarray(gradient, np.float64) * u))
            if not abs(claimed - found.value[0]) <= norm(room * u) + unseen + found.error[0]:
                return None
    message = (
        f"d{leaf.name} could not be judged: it differs by no more than a rounding of what it is at other points, as "
        "where terms cancel"
    )
    return Finding(CHECK, leaf.name, Outcome.INCONCLUSIVE, message, "NV205")


def _gap(finding: Finding) -> float:
    """By how much both sides differ for sure, along the direction that the finding is about; 0 if not known."""
    if finding.backward is None or finding.numerical is None or finding.bar is None:
        return 0.0
    gap = abs(finding.backward - finding.numerical) - finding.bar
    return gap if np.isfinite(gap) else 0.0


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
