"""How true is each oracle's error bar? Its derivative at random points of every family against 300 digits.

Points, directions and upstreams are drawn as a check draws them, and every oracle runs as a check runs it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from benchmarks.accuracy import truth
from benchmarks.accuracy.family import Family, Leaves
from nnverify.draws import generator
from nnverify.numbers.run import NotAvailable
from nnverify.oracles.complex_step import complex_step
from nnverify.oracles.dual import dual
from nnverify.oracles.estimate import Estimate, Status
from nnverify.oracles.ladder import ladder
from nnverify.probe import Probe, along, direction, probe
from nnverify.reading import WANTED, read_segment
from nnverify.subject import Subject


@dataclass(frozen=True)
class Answer:
    """What an oracle said at one point, in units of the gradient's terms ‖B ⊙ u‖, and what it took."""

    error: float
    bar: float
    evaluations: int

    @property
    def missed(self) -> float:
        """The error in bars: above 1 the bar does not hold it."""
        return 0.0 if self.error == 0 else self.error / self.bar if self.bar > 0 else np.inf


@dataclass
class Case:
    """One point of a family in one precision, with what a check would draw for it; ``calls`` counts evaluations."""

    family: Family
    leaves: Leaves
    seed: int
    calls: int = 0

    @cached_property
    def subject(self) -> Subject:
        plain = self.family.subject(self.leaves)

        def counted(function: Callable[..., Any]) -> Callable[..., Any]:
            def call(*values: Any) -> Any:
                self.calls += 1
                return function(*values)

            return call

        return Subject(plain.name, plain.leaves, counted(plain.run), counted(plain.forward))

    @cached_property
    def probe(self) -> Probe:
        return probe(self.subject, 0, self.seed)

    @cached_property
    def u(self) -> Mapping[str, Any]:
        return {leaf.name: direction(self.subject, leaf, 0, self.seed) for leaf in self.subject.leaves}

    @cached_property
    def truth(self) -> Any:
        return truth.derivative(self.family, self.leaves, self.u, self.probe.upstream)

    @cached_property
    def size(self) -> float:
        return float(np.linalg.norm(np.concatenate([self._terms(name) for name in self.u])))

    def _terms(self, name: str) -> Any:
        return (np.asarray(self.probe.gradients[name], dtype=np.float64) * self.u[name]).reshape(-1)

    @property
    def fit(self) -> bool:
        """Whether there is something to measure: finite in this precision, and a gradient that is not zero."""
        with np.errstate(all="ignore"):
            return bool(np.all(np.isfinite(self.probe.output)) and np.isfinite(self.size) and self.size > 0)

    @cached_property
    def ladder(self) -> Estimate:
        line = along(self.subject, self.u, self.probe, summed=True)
        return ladder(line, self.probe.upstream, WANTED * self.size, narrowest=True)


def _told(case: Case, found: Estimate) -> Answer | None:
    """The estimate against the truth; None where it claims no derivative."""
    if found.status is not Status.SMOOTH or not np.isfinite(found.error[0]):
        return None
    error = truth.gap(float(found.value[0]), case.truth)
    return Answer(error / case.size, float(found.error[0]) / case.size, case.calls)


def _admitted(case: Case, witness: Estimate) -> Answer | None:
    """The witness, if the ladder agrees with it as checks demand; what the ladder takes is not counted."""
    answer, found = _told(case, witness), case.ladder
    gap = abs(float(witness.value[0] - found.value[0]))
    return answer if gap <= float(witness.error[0] + found.error[0]) else None


def _ladder(case: Case) -> Answer | None:
    return _told(case, case.ladder)


def _dual(case: Case) -> Answer | None:
    return _admitted(case, dual(case.subject, case.u, case.probe.upstream, seed=case.seed))


def _complex_step(case: Case) -> Answer | None:
    return _admitted(case, complex_step(case.subject, case.u, case.probe.upstream, seed=case.seed))


def _integral(case: Case) -> Answer | None:
    """Both sides of a right backward are equal in truth, so their gap is the error."""
    found = read_segment(case.subject, case.probe, case.u)
    gap = abs(found.backward - found.numerical)
    return Answer(gap / case.size, found.bar / case.size, case.calls) if np.isfinite(gap + found.bar) else None


Oracle = tuple[Callable[[Case], Answer | None], tuple[str, ...]]  # and the precisions that it is for
ORACLES: Mapping[str, Oracle] = {
    "ladder": (_ladder, ("float64", "float32", "float16")),
    "dual": (_dual, ("float64", "float32")),
    "complex step": (_complex_step, ("float64", "float32")),
    "integral": (_integral, ("float64", "float32", "float16")),
}
DTYPES = ("float64", "float32", "float16")


@dataclass(frozen=True)
class Bars:
    """One oracle in one precision over all its cases.

    answered  share of the cases in which it gave a finite bar; the rest is about these
    covered   share of the bars that hold the true error
    error, bar
              medians, relative to the gradient's terms;  ratio, the median of bar / error
    worst     the largest error in bars;  missed, how many bars do not hold it, by family
    evaluations
              median number of calls of the forward, those with a backward included
    """

    oracle: str
    dtype: str
    cases: int
    answered: float
    covered: float
    error: float
    bar: float
    ratio: float
    worst: float
    missed: Mapping[str, int]
    evaluations: float


def measure(dtype: str, points: Mapping[Family, int], oracles: Mapping[str, Oracle] = ORACLES) -> list[Bars]:
    """Every oracle that is for the precision, on so many points of each family."""
    asked = {name: answer for name, (answer, dtypes) in oracles.items() if dtype in dtypes}
    found: dict[str, list[tuple[str, Answer | None]]] = {name: [] for name in asked}
    for case in _cases(dtype, points):
        for name, answer in asked.items():
            found[name].append((case.family.name, _asked(answer, case)))
    return [_summary(name, dtype, answers) for name, answers in found.items()]


def _cases(dtype: str, points: Mapping[Family, int]) -> Iterator[Case]:
    for family, count in points.items():
        for seed in range(count):
            drawn = family.draw(generator(seed, family.name, "point"))
            one = Case(family, {name: np.asarray(value).astype(dtype)[()] for name, value in drawn.items()}, seed)
            if one.fit:
                yield one


def _asked(answer: Callable[[Case], Answer | None], case: Case) -> Answer | None:
    case.calls = 0
    try:
        with np.errstate(all="ignore"):
            return answer(case)
    except NotAvailable:
        return None


def _summary(oracle: str, dtype: str, found: Sequence[tuple[str, Answer | None]]) -> Bars:
    told = [(family, answer) for family, answer in found if answer is not None]
    answers = [answer for _, answer in told]
    missed = Counter(family for family, answer in told if answer.missed > 1)

    def median(values: Iterable[float]) -> float:
        return float(np.median(list(values) or [np.nan]))

    return Bars(
        oracle,
        dtype,
        cases=len(found),
        answered=len(told) / max(len(found), 1),
        covered=1 - missed.total() / max(len(told), 1),
        error=median(one.error for one in answers),
        bar=median(one.bar for one in answers),
        ratio=median(1 / one.missed if one.missed else np.inf for one in answers),
        worst=max((one.missed for one in answers), default=np.nan),
        missed=dict(missed.most_common()),
        evaluations=median(one.evaluations for one in answers),
    )
