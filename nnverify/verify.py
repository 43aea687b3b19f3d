"""The pipeline for one subject: checks, then where a gradient is wrong, then the verdict."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from nnverify.checks.gradient import gradient
from nnverify.localisation import locate, step_evidence
from nnverify.probe import Probe
from nnverify.subject import Leaf, Subject
from nnverify.verdict import Finding, Outcome, Verdict, place


def verify(subject: Subject, *, seed: int = 0, rtol: float = 0.0) -> Verdict:
    """Every finding about the subject. Raises UsageError where the forward or the backward cannot be run."""
    answer = gradient(subject, seed, rtol)
    evaluations = answer.evaluations
    findings = []
    for leaf, finding in zip(subject.targets(), answer.findings, strict=True):
        if finding.outcome is Outcome.FAIL and finding.code is None:
            finding, cost = _placed(subject, leaf, finding, answer.probe, seed)
            evaluations += cost
        findings.append(finding)
    return Verdict(
        subject.name,
        tuple(findings),
        seed,
        evaluations,
        _shapes(subject, answer.probe),
        subject.convention,
        subject.notes,
    )


def _placed(subject: Subject, leaf: Leaf, finding: Finding, one: Probe, seed: int) -> tuple[Finding, int]:
    """The finding about a wrong gradient with its worst entry; as it was where no single entry stands out."""
    found = locate(subject, leaf, one, seed)
    if not found.wrong:
        return finding, found.evaluations
    worst = found.wrong[0]
    sides = f"backward {worst.backward:+.6g}, numerical {worst.numerical:+.6g} ± {worst.bar:.1g}"
    at = f" at {place(worst.index)}" if worst.index else ""
    if finding.ratio is None:
        message = f"d{leaf.name} differs in {found}, most{at}: {sides}"
    else:
        message = f"d{leaf.name} is {finding.ratio:.4g} x the numerical gradient in {found}, most{at}: {sides}"
    placed = replace(
        finding,
        message=message.replace(", most:", ":"),
        index=worst.index,
        backward=worst.backward,
        numerical=worst.numerical,
        bar=worst.bar,
        evidence=step_evidence(subject, leaf, one, worst),
    )
    return placed, found.evaluations


def _shapes(subject: Subject, one: Probe) -> str:
    leaves = ", ".join(f"{leaf.name} {_shape(leaf.value)}" for leaf in subject.leaves)
    return f"{leaves} -> {one.output_shape}"


def _shape(value: Any) -> str:
    return str(np.shape(value)) if isinstance(value, np.ndarray | np.generic | float | int) else type(value).__name__
