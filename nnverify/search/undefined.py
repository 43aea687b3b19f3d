"""Has a gradient a value at a special point at all?

Points that the search has made special may be those at which a right formula has none: a singular matrix has no
inverse, though it has a determinant, and where the function jumps there is no slope. What the arithmetic refuses there,
or answers with NaN, is no mistake. An index out of range, or a shape that does not fit, is one anywhere.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nnverify.oracles.estimate import Status
from nnverify.probe import Probe, direction, probe
from nnverify.reading import read
from nnverify.subject import Leaf, Subject
from nnverify.verdict import Finding, Outcome, Verdict

SPECIAL = ("values", "switches", "mixtures")  # the dimensions whose points are special in their values alone
_REFUSED = ("LinAlgError", "ZeroDivisionError", "FloatingPointError", "OverflowError")


def undefined(subject: Subject, verdict: Verdict, seed: int) -> Verdict:
    """The verdict with failures left open for which the point has no gradient."""
    one = probe(subject, 0, seed)
    leaves = {leaf.name: leaf for leaf in subject.targets()}
    findings = (_judged(subject, leaves[bad.leaf], bad, one, seed) for bad in verdict.findings)
    return replace(verdict, findings=tuple(findings))


def _judged(subject: Subject, leaf: Leaf, bad: Finding, one: Probe, seed: int) -> Finding:
    if bad.outcome is not Outcome.FAIL:
        return bad
    if one.raised:
        refused = one.raised.partition(":")[0] in _REFUSED
        return _opened(bad, "NV206", "the arithmetic has no answer at this point") if refused else bad
    if bad.code == "NV304" and _jumps(subject, leaf, one, seed):
        return _opened(bad, "NV209", "the function jumps at this point")
    return bad


def _jumps(subject: Subject, leaf: Leaf, one: Probe, seed: int) -> bool:
    """Whether the function jumps along a random direction through all of the leaf."""
    nothing = replace(one, gradients={leaf.name: np.zeros(np.shape(leaf.value))})
    return read(subject, nothing, {leaf.name: direction(subject, leaf, 0, seed)}).status is Status.JUMP


def _opened(finding: Finding, code: str, why: str) -> Finding:
    return replace(finding, outcome=Outcome.INCONCLUSIVE, code=code, message=f"{finding.message}: {why}")
