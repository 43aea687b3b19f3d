"""Is a difference at a special point no larger than rounding?

1 − tanh² far out is right, and keeps few digits. Its values next to the point show how few: a gap of that size is no
mistake in the formula. Nor is one that is nothing beside the gradient at a generic point: where all terms but their
rounding vanish, that rounding may follow the steps like a slope.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nnverify.oracles.line import Line
from nnverify.oracles.noise import noise
from nnverify.probe import Array, Probe, direction, probe, shifted
from nnverify.reading import read
from nnverify.subject import Subject, like
from nnverify.verdict import Finding, Outcome, Verdict

_SIGMAS = 10.0
_LEAST = 2.0**-4  # square roots of the spacing, a billionth in float64: what makes a point special shows more than that
_NOTHING = 2.0**-46  # of the gradient at a generic point: some units in its last place
_ALIKE = 7.0  # e-folds, a factor of a thousand


def excused(subject: Subject, verdict: Verdict, seed: int) -> Verdict:
    """The verdict with differences that the backward's rounding explains left open."""
    wrong = [one for one in verdict.findings if one.outcome is Outcome.FAIL and _gap(one) < 1]
    if not wrong:
        return verdict
    one = probe(subject, 0, seed)
    # The same rounding at all points around scatters nothing: differences of large parameters are such.
    least = _LEAST * float(np.sqrt(np.max(one.spacing, initial=0.0)))
    open_ones = [bad for bad in wrong if _gap(bad) <= max(least, _SIGMAS * _scatter(subject, bad, one, seed))]
    findings = (_opened(finding) if finding in open_ones else finding for finding in verdict.findings)
    return replace(verdict, findings=tuple(findings))


def negligible(subject: Subject, generic: Subject, verdict: Verdict, seed: int) -> Verdict:
    """The verdict with differences left open that are nothing beside the gradient at the generic point."""
    wrong = [one for one in verdict.findings if one.outcome is Outcome.FAIL and one.check == "gradient"]
    here, there = probe(subject, 0, seed), probe(generic, 0, seed)
    open_ones = [one for one in wrong if _is_nothing(subject, one.leaf, here, there, seed)]
    findings = (_opened(finding) if finding in open_ones else finding for finding in verdict.findings)
    return replace(verdict, findings=tuple(findings))


def _is_nothing(subject: Subject, name: str, here: Probe, there: Probe, seed: int) -> bool:
    """Along a random direction; an upstream alone is the measure where the generic gradient is zero, too."""
    leaf = next(leaf for leaf in subject.targets() if leaf.name == name)
    if not _numbers(here, name) or not _numbers(there, name) or np.shape(here.gradients[name]) != np.shape(leaf.value):
        return False
    u = direction(subject, leaf, 0, seed)
    found = read(subject, here, {name: u})
    largest = float(np.max(np.abs(there.gradient(leaf)), initial=0.0)) or float(np.max(np.abs(there.upstream)))
    return bool(abs(found.backward - found.numerical) <= _NOTHING * largest * float(np.sum(np.abs(u))))


def _numbers(one: Probe, name: str) -> bool:
    found = np.asarray(one.gradients.get(name))
    return found.dtype.kind in "fiub" and bool(np.all(np.isfinite(found)))


def _gap(finding: Finding) -> float:
    """Relative to the larger side; 1 and more where a sign or all of it is wrong, or nothing is known."""
    if (
        finding.backward is None
        or finding.numerical is None
        or not np.isfinite([finding.backward, finding.numerical]).all()
    ):
        return np.inf
    size = max(abs(finding.backward), abs(finding.numerical))
    return abs(finding.backward - finding.numerical) / size if size else 0.0


def _scatter(subject: Subject, finding: Finding, one: Probe, seed: int) -> float:
    """The noise of the gradient's terms along a line, relative to them: of the entry that differs, or of the worst."""
    leaf = next(leaf for leaf in subject.targets() if leaf.name == finding.leaf)
    u = direction(subject, leaf, 0, seed)

    def slopes(t: float) -> Array:
        output, pullback = subject.run(*shifted(subject, {leaf.name: u}, t))
        gradient = np.asarray(pullback(like(one.upstream.copy(), output))[leaf.name], dtype=np.float64)
        return (gradient * u).reshape(-1)

    line = Line(slopes)
    sizes, noises = np.abs(line(0.0)), noise(line)
    chosen = sizes > 0
    if finding.index is not None:
        chosen &= np.arange(u.size) == np.ravel_multi_index(finding.index, u.shape)
    else:  # a direction whose entries are not known: those that are of its size
        chosen &= np.abs(np.log(np.where(chosen, sizes, 1.0) / abs(finding.backward or 1.0))) < _ALIKE
    return float(np.max(noises[chosen] / sizes[chosen], initial=0.0))


def _opened(finding: Finding) -> Finding:
    message = f"{finding.message}: no more than rounding scatters here"
    return replace(finding, outcome=Outcome.INCONCLUSIVE, code="NV202", message=message)
