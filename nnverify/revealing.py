"""How much of a verdict is shown: all, a hint, or right and wrong alone. A teacher's tests must not solve the task."""

from __future__ import annotations

from dataclasses import replace

from nnverify.codes import CODES
from nnverify.verdict import Finding, Outcome, Verdict

_FACT = {Outcome.PASS: "agrees", Outcome.FAIL: "is wrong", Outcome.INCONCLUSIVE: "could not be judged"}


def revealed(verdict: Verdict, level: str) -> Verdict:
    """The verdict as ``level`` lets it be seen: "full", "hint" (the kind of mistake, no numbers) or "none"."""
    if level == "full":
        return verdict
    made = tuple(_bare(finding, hint=level == "hint") for finding in verdict.findings if not finding.remark)
    # Without their numbers, findings of different checks may read the same. A program would say where it fails.
    return replace(verdict, findings=tuple(dict.fromkeys(made)), program="")


def _bare(finding: Finding, *, hint: bool) -> Finding:
    message = f"d{finding.leaf} {_FACT[finding.outcome]}"
    if finding.outcome is Outcome.PASS:
        return Finding("gradient", finding.leaf, finding.outcome, message, resolution=finding.resolution)
    if not hint:
        return Finding("gradient", finding.leaf, finding.outcome, message)
    words = f": {CODES[finding.code]}" if finding.code else ""
    return Finding(finding.check, finding.leaf, finding.outcome, f"{message}{words}", finding.code)
