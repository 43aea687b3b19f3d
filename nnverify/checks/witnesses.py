"""Where the ladder leaves a gradient open, what do the witnesses say that need no steps?

Dual numbers that agree with the ladder as far as it can see decide, along two random directions for every order of
magnitude. Where they do not go through, equality by algebra on the whole branch is a proof. Neither accuses alone
what the ladder can judge, and an inequality of algebra says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from nnverify._compare import AGREES, DIFFERS, SEEN, excess, norm
from nnverify._errors import UsageError
from nnverify.claims import claimed, shaken
from nnverify.moving import moved
from nnverify.oracles.estimate import Estimate, Status
from nnverify.oracles.exact import State, exact
from nnverify.probe import Probe, direction, magnitudes, probe
from nnverify.reading import Demand, Reading, read
from nnverify.subject import Leaf, Subject
from nnverify.verdict import Finding, Outcome
from nnverify.witness import asked, by_dual

Array = NDArray[np.float64]

CHECK = "gradient"
_TOLD = 0.3  # of the derivative: a ladder coarser than this admits nobody
_OPERATIONS = 30_000  # of algebra


def settled(subject: Subject, leaves: Sequence[Leaf], probes: Sequence[Probe], demand: Demand) -> dict[str, Finding]:
    """Findings for those of the leaves that the witnesses decide."""
    found = {leaf.name: _by_dual(subject, leaf, probes, demand) for leaf in leaves}
    unheard = [leaf for leaf in leaves if found[leaf.name] is None and _seen_at_all(subject, leaf, probes, demand.seed)]
    proved = _proved(subject, [leaf.name for leaf in unheard], demand.seed) if unheard else {}
    return {name: finding for name, finding in found.items() if finding is not None} | proved


def _seen_at_all(subject: Subject, leaf: Leaf, probes: Sequence[Probe], seed: int) -> bool:
    """Whether the ladder agrees with the backward along some line, if only coarsely."""
    readings = [read(subject, one, u) for u, one in _directions(subject, leaf, probes, seed)]
    return any(reading.agrees and _sees(reading) for reading in readings)


def _by_dual(subject: Subject, leaf: Leaf, probes: Sequence[Probe], demand: Demand) -> Finding | None:
    pairs = []
    for u, one in _directions(subject, leaf, probes, demand.seed):
        found = asked(by_dual, subject, u, one, demand.seed)
        if found is None or found.status is not Status.SMOOTH:
            return None
        reading = read(subject, one, u, demand.rtol)
        pairs.append((reading if _agrees(reading, found) else shaken(subject, reading, demand.seed), found))
    if not pairs or not _admitted(subject, pairs, demand.seed):
        return None
    finding = _judged(leaf, [_by(reading, found) for reading, found in pairs])
    wrong = finding is not None and finding.outcome is Outcome.FAIL
    return None if wrong and _only_rounds(subject, pairs, demand.seed) else finding


def _only_rounds(subject: Subject, pairs: Sequence[tuple[Reading, Estimate]], seed: int) -> bool:
    """Whether the backward agrees with the dual as soon as it has as many digits.

    What cancels in float32, as p − 1 of a sure p, may be all rounding, and the same wherever one looks near the point.
    """
    fine = _in_float64(subject)
    if fine is None:
        return False
    try:
        found = [(replace(one, one=probe(fine, one.one.number, seed)), dual) for one, dual in pairs]
    except UsageError:  # a forward that takes no float64
        return False
    return all(not one.one.raised and _agrees(one, dual) for one, dual in found)


def _in_float64(subject: Subject) -> Subject | None:
    """The subject with the same values in float64; None where they are."""
    kinds = {np.asarray(leaf.value).dtype for leaf in subject.targets()}
    if all(kind.kind != "f" or kind.itemsize >= 8 for kind in kinds):
        return None
    leaves = (
        replace(leaf, value=np.asarray(leaf.value).astype(np.float64)[()]) if leaf.differentiable else leaf
        for leaf in subject.leaves
    )
    return replace(subject, leaves=tuple(leaves))


def _directions(
    subject: Subject, leaf: Leaf, probes: Sequence[Probe], seed: int
) -> Iterator[tuple[Mapping[str, Array], Probe]]:
    for group in magnitudes(leaf):
        for number, one in enumerate(probes):
            yield {leaf.name: direction(subject, leaf, number, seed, group)}, one


def _admitted(subject: Subject, pairs: Sequence[tuple[Reading, Estimate]], seed: int) -> bool:
    """Whether the dual is where the ladder sees it, here all over and, if only coarsely, finely somewhere else."""
    if not all(_agree(reading, found) for reading, found in pairs if np.isfinite(reading.bar)):
        return False
    return any(_sees(reading) for reading, _ in pairs) or any(_elsewhere(other, seed) for other in moved(subject, seed))


def _elsewhere(other: Subject, seed: int) -> bool:
    one = probe(other, 0, seed)
    u = {leaf.name: direction(other, leaf, 0, seed) for leaf in other.targets()}
    found = None if one.raised else asked(by_dual, other, u, one, seed)
    if found is None or found.status is not Status.SMOOTH:
        return False
    reading = read(other, one, u)
    return _sees(reading) and _agree(reading, found)


def _agrees(reading: Reading, found: Estimate) -> bool:
    """Whether the backward agrees with the dual, as far as its own rounding is known."""
    return bool(excess(claimed(reading), found.value[0], found.error[0] + reading.own) <= AGREES)


def _agree(reading: Reading, found: Estimate) -> bool:
    return bool(excess(found.value[0], reading.numerical, reading.bar + found.error[0]) <= AGREES)


def _sees(reading: Reading) -> bool:
    return reading.bar <= _TOLD * max(abs(reading.numerical), norm(list(reading.sizes.values())))


def _by(reading: Reading, found: Estimate) -> tuple[Reading, float, float]:
    """The reading, the dual's value, and the bar on the difference of the backward and that."""
    return reading, float(found.value[0]), float(found.error[0]) + reading.own


def _judged(leaf: Leaf, heard: Sequence[tuple[Reading, float, float]]) -> Finding | None:
    gaps = [float(excess(claimed(reading), value, bar)) for reading, value, bar in heard]
    fine = [SEEN * bar / (reading.sizes[leaf.name] or np.nan) for reading, _, bar in heard]
    seen = max(fine)
    reading, value, bar = heard[int(np.argmax(gaps))]
    sides = (claimed(reading), value, bar, seen)
    if sum(gap > DIFFERS for gap in gaps) >= 2:
        message = f"d{leaf.name} differs from the derivative by dual numbers"
        return Finding(CHECK, leaf.name, Outcome.FAIL, message, None, None, *sides)
    demanded = max(one.demanded(leaf.name) for one, _, _ in heard)
    if max(gaps) <= AGREES and seen <= demanded:
        message = f"d{leaf.name} agrees with dual numbers; a relative error above {seen:.1e} would have been seen"
        return Finding(CHECK, leaf.name, Outcome.PASS, message, None, None, *sides)
    return None


def _proved(subject: Subject, names: Sequence[str], seed: int) -> dict[str, Finding]:
    """PASS for the leaves whose gradient algebra proves, and which is not zero on the whole branch."""
    found = exact(subject, seed=seed, budget=_OPERATIONS)
    if found.state is not State.PROVED:
        return {}
    message = "d{} is proved by algebra for the whole branch that the point lies in"
    return {name: Finding(CHECK, name, Outcome.PASS, message.format(name)) for name in names if name not in found.zero}
