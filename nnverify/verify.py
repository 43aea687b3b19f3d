"""The pipeline for one subject: check, escalate what is open, locate what is wrong, and add it all up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from nnverify._session import SESSION
from nnverify.checks.additive import additive
from nnverify.checks.conditioned import conditioned
from nnverify.checks.entries import entries
from nnverify.checks.gradient import Answer, gradient
from nnverify.checks.linear import linear
from nnverify.checks.mirrored import mirrored
from nnverify.checks.precise import precise
from nnverify.checks.pure import pure
from nnverify.checks.repeatable import repeatable
from nnverify.checks.samples import samples
from nnverify.checks.steep import steep
from nnverify.checks.vanishing import vanishing
from nnverify.checks.witnesses import settled
from nnverify.contract import call
from nnverify.diagnosis.diagnose import diagnosed
from nnverify.localisation import locate, step_curve, step_evidence
from nnverify.moving import irrelevant, moved
from nnverify.probe import Probe, probe
from nnverify.reading import Demand
from nnverify.subject import Leaf, Subject
from nnverify.verdict import Details, Finding, Outcome, Verdict, place, sides, times

ELSEWHERE = "seen at another point"
_CONTRACT = (linear, pure, repeatable, samples, precise)
_EPS = float(np.finfo(np.float64).eps)
_TRACE = 1e-5  # a relative gap that the ε of a logarithm or a root leaves, and hardly any other mistake
# Reasons for which looking at single entries may help: kink, noise, domain edge, jump.
_ENTRYWISE = ("NV201", "NV202", "NV206", "NV209")
_LITTLE = 1e-2  # a resolution that a witness without steps can better
# Reasons for which such a witness may help: noise, domain edge, witnesses that disagree.
_STEPLESS = ("NV202", "NV206", "NV208")


def verify(subject: Subject, demand: Demand, small: Subject | None = None) -> Verdict:
    """Every finding about the subject. Raises UsageError where the forward or the backward cannot be run.

    small  the same at a smaller point: the contract is asked of it first
    """
    subject, small = _spoiled(subject), small and _spoiled(small)
    answer = gradient(subject, demand.seed, demand.rtol)
    found = {finding.leaf: finding for finding in answer.findings}
    found |= _entrywise(subject, found, answer, demand)
    found |= _witnessed(subject, found, answer, demand)
    found |= _steep(subject, found, answer, demand)
    found |= _excused(subject, found, answer, demand)
    vacuous = [name for name, finding in found.items() if finding.code == "NV205" and demand.contract]
    found |= _elsewhere(subject, vacuous, demand)
    leaves = {leaf.name: leaf for leaf in subject.targets()}
    placed = tuple(
        _placed(subject, leaves[name], finding, answer.probe, demand.seed) for name, finding in found.items()
    )
    placed = diagnosed(subject, placed, demand.seed) if demand.contract else placed
    shapes = f"{_shapes(subject)} -> {answer.probe.output_shape}"
    kept = _contract(subject, answer, demand.seed, small) if demand.contract else ()
    findings = (*placed, *kept)
    return Verdict(subject.name, findings, demand.seed, answer.evaluations, shapes, subject.convention, subject.notes)


def _spoiled(subject: Subject) -> Subject:
    return subject if SESSION.fault is None else SESSION.fault(subject)


def _contract(subject: Subject, answer: Answer, seed: int, small: Subject | None) -> tuple[Finding, ...]:
    """What a backward pass promises beside the right numbers; only what was broken, or is worth a remark.

    Where nothing is at a smaller point, nothing is here, if forward returns the same again.
    """
    one, two = answer.probes
    if one.raised or not np.all(np.isfinite(one.output)):
        return ()
    repeats = small is not None and np.array_equal(one.output, two.output)
    if small is not None and repeats and not _broken(small, (probe(small, 0, seed), probe(small, 1, seed)), seed):
        return ()
    return _broken(subject, answer.probes, seed)


def _broken(subject: Subject, probes: tuple[Probe, Probe], seed: int) -> tuple[Finding, ...]:
    calls = call(subject, *probes, seed)
    return tuple(finding for check in _CONTRACT for finding in check(subject, calls))


def _steep(subject: Subject, found: Mapping[str, Finding], answer: Answer, demand: Demand) -> dict[str, Finding]:
    """Findings for leaves whose gradient is not finite, where the slope is to blame for it."""
    odd = [
        leaf for leaf in subject.targets() if found[leaf.name].code == "NV304" and found[leaf.name].index is not None
    ]
    excused = {leaf.name: steep(subject, leaf, answer.probe, demand.seed) for leaf in odd}
    return {name: finding for name, finding in excused.items() if finding is not None}


def _excused(subject: Subject, found: Mapping[str, Finding], answer: Answer, demand: Demand) -> dict[str, Finding]:
    """Findings for leaves about to be called wrong where no gradient is right, or for what may be rounding."""
    wrong = [leaf for leaf in subject.targets() if _is_wrong(found[leaf.name])]
    excused = {leaf.name: _excuse(subject, leaf, found[leaf.name], answer.probe, demand.seed) for leaf in wrong}
    return {name: finding for name, finding in excused.items() if finding is not None}


def _excuse(subject: Subject, leaf: Leaf, finding: Finding, one: Probe, seed: int) -> Finding | None:
    lost = vanishing(subject, leaf, finding, one, seed)
    if lost or finding.code:
        return lost
    return (
        additive(subject, leaf, one, seed) or mirrored(subject, leaf, one, seed) or conditioned(subject, finding, one)
    )


def _is_wrong(finding: Finding) -> bool:
    """Whether a value differs; what is missing, malformed or not finite is beyond excuse."""
    return finding.outcome is Outcome.FAIL and finding.code in (None, "NV117")


def _entrywise(subject: Subject, found: Mapping[str, Finding], answer: Answer, demand: Demand) -> dict[str, Finding]:
    """Findings from single entries, for the leaves that no line through the whole could judge.

    The noise of floats with few digits is the same in every entry: there is nothing to be found by looking closer.
    """
    coarse = float(np.max(answer.probe.spacing, initial=0.0)) > _EPS
    leaves = [leaf for leaf in subject.targets() if found[leaf.name].code in _ENTRYWISE]
    leaves = [leaf for leaf in leaves if not (coarse and found[leaf.name].code == "NV202")]
    if not leaves or answer.probe.raised:
        return {}
    return entries(subject, leaves, answer.probes, demand)


def _witnessed(subject: Subject, found: Mapping[str, Finding], answer: Answer, demand: Demand) -> dict[str, Finding]:
    """Findings from witnesses that need no steps, for the leaves that are still open for lack of a fine ladder."""
    leaves = [leaf for leaf in subject.targets() if _is_open(found[leaf.name])]
    if not leaves or answer.probe.raised:
        return {}
    probes = [*answer.probes, *(probe(subject, number, demand.seed) for number in (2, 3))]
    return settled(subject, leaves, probes, demand)


def _is_open(finding: Finding) -> bool:
    """Whether a finding is open for lack of a fine ladder, or a PASS that has seen little."""
    passed = finding.outcome is Outcome.PASS and finding.resolution is not None
    return finding.code in _STEPLESS or (passed and _LITTLE < (finding.resolution or 0.0) < np.inf)


def _elsewhere(subject: Subject, vacuous: Sequence[str], demand: Demand) -> dict[str, Finding]:
    """Findings for leaves whose gradient is zero or all rounding here: from points where it is not, if any."""
    found: dict[str, Finding] = {}
    for other in moved(subject, demand.seed) if vacuous else ():
        judged = {one.leaf: one for one in gradient(other, demand.seed, demand.rtol).findings}
        telling = {name: judged[name] for name in vacuous if judged[name].outcome is not Outcome.INCONCLUSIVE}
        found = {name: _moved(one) for name, one in telling.items()} | found
        if set(vacuous) <= set(found):
            return found
    leaves = {leaf.name: leaf for leaf in subject.targets()}
    for name in set(vacuous) - set(found):
        if irrelevant(subject, leaves[name], demand.seed):
            message = f"d{name} is zero, and the output does not depend on {name}, however far that is moved"
            found[name] = Finding("gradient", name, Outcome.PASS, message)
    return found


def _moved(finding: Finding) -> Finding:
    return replace(
        finding, message=f"{finding.message}; {ELSEWHERE}, the gradient at this one being zero or all rounding"
    )


def _placed(subject: Subject, leaf: Leaf, finding: Finding, one: Probe, seed: int) -> Finding:
    """The finding about a wrong gradient with its worst entry; as it was where no single entry stands out."""
    if finding.outcome is not Outcome.FAIL or finding.code is not None:
        return finding
    found = locate(subject, leaf, one, seed)
    if not found.wrong:
        return finding
    worst = found.wrong[0]
    both = _sides(worst.backward, worst.numerical, worst.bar)
    most = f", most at {place(worst.index)}" if worst.index else ""
    if finding.ratio is None:
        message = f"d{leaf.name} differs in {found}{most}: {both}"
    else:
        message = f"d{leaf.name} is {times(finding.ratio)} x the numerical gradient in {found}{most}: {both}"
    curve = step_curve(subject, leaf, one, worst)
    return replace(
        finding,
        message=message,
        index=worst.index,
        backward=worst.backward,
        numerical=worst.numerical,
        bar=worst.bar,
        evidence=step_evidence(curve),
        details=Details(np.shape(leaf.value), found.by_gap, curve),
    )


def _sides(backward: float, numerical: float, bar: float) -> str:
    """Both values; and what a gap is that is but a trace of them."""
    both = sides(backward, numerical, bar)
    part = abs(backward - numerical) / abs(numerical) if numerical else np.inf
    if not part < _TRACE:
        return both
    allowed = 10.0 ** np.ceil(np.log10(10 * part))
    return f"{both}. That is {part:.0e} of it, as an ε leaves that one side lacks: rtol={allowed:.0e} lets it pass"


def _shapes(subject: Subject) -> str:
    return ", ".join(f"{leaf.name} {_shape(leaf.value)}" for leaf in subject.leaves)


def _shape(value: Any) -> str:
    return str(np.shape(value)) if isinstance(value, np.ndarray | np.generic | float | int) else type(value).__name__
