"""The pipeline for one subject: checks, and the verdict they add up to."""

from __future__ import annotations

from nnverify.checks.gradient import gradient
from nnverify.subject import Subject
from nnverify.verdict import Verdict


def verify(subject: Subject, *, seed: int = 0) -> Verdict:
    """Every finding about the subject. Raises UsageError where the forward or the backward cannot be run."""
    answer = gradient(subject, seed)
    return Verdict(subject.name, answer.findings, seed, answer.evaluations)
