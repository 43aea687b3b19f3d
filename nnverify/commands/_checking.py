"""One target of `nnverify check`, from its words to its verdict: what a worker does. Imported when a check runs."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path

from nnverify._errors import NnverifyError, NothingToCheck
from nnverify.api import check_gradients
from nnverify.commands._output import COULD_NOT_RUN, NOTHING, STATUS
from nnverify.commands._target import DECLARED, prepared
from nnverify.executing import Lost
from nnverify.results import fingerprint
from nnverify.targets import file_of
from nnverify.verdict import Finding, Outcome, Verdict

_TOLD = ("effort", "rtol", "kink", "seed")
_SEARCHED = 0.75  # of a check's budget, after which it tries nothing more and tells what it has
_OUTWARD = ("targets", "run", "format", "output", "color", "only_problems", "jobs", "dask", "resume")


@dataclass(frozen=True)
class Checked:
    """A target's verdict with the leaves that were guessed; or why there is none, and the exit status of that."""

    identifier: str
    verdict: Verdict | None
    guess: dict[str, str]
    error: str = ""
    refused: int = 0

    @property
    def status(self) -> int:
        return self.refused if self.verdict is None else STATUS[self.verdict.outcome.value]

    @property
    def settled(self) -> bool:
        """Whether another run could find nothing else."""
        return self.verdict is not None and all(one.check != "run" for one in self.verdict.findings)


@dataclass(frozen=True)
class Job:
    """A target and the options of all of them; ``folder`` is where relative paths start."""

    target: str
    folder: Path
    options: argparse.Namespace

    @property
    def told(self) -> argparse.Namespace:
        return argparse.Namespace(**vars(self.options), target=self.target)

    @property
    def mark(self) -> str:
        """The hash of what decides the verdict: the sources, the options, the arrays that are checked at."""
        told = {name: value for name, value in vars(self.options).items() if name not in _OUTWARD}
        file = file_of(self.target, self.folder)
        at = Path(self.options.at) if self.options.at else None
        data = at.read_bytes() if at and at.is_file() else b""
        return fingerprint([file] if file else [], self.target, sorted(told.items(), key=str), data)


def carry_out(job: Job) -> Checked:
    """Check one target; what cannot be run is said in its row."""
    try:
        found = prepared(job.told, job.folder)
        told = {name: getattr(job.options, name) for name in (*DECLARED, *_TOLD)}
        if job.options.budget is not None:
            told["budget"] = _SEARCHED * job.options.budget
        verdict = check_gradients(*found.objects, leaves=found.leaves, name=job.target.rpartition(":")[2], **told)
        return Checked(job.target, _chosen(verdict, job.options.param), found.guess)
    except NothingToCheck as error:
        return Checked(job.target, None, {}, str(error), NOTHING)
    except NnverifyError as error:
        return Checked(job.target, None, {}, str(error), COULD_NOT_RUN)


def _chosen(verdict: Verdict, pattern: str) -> Verdict:
    """The verdict on the leaves that the pattern selects."""
    own = tuple(
        one for one in verdict.findings if fnmatchcase(one.leaf, pattern) or fnmatchcase(f"d{one.leaf}", pattern)
    )
    if not own:
        known = ", ".join(verdict.by_leaf)
        raise NothingToCheck(
            what=f"--param {pattern!r} selects no leaf", where=verdict.subject, fix=f"choose from {known}"
        )
    return replace(verdict, findings=own)


def unfinished(job: Job, lost: Lost) -> Checked:
    """The row of a target whose check did not come to its end."""
    finding = Finding("run", "?", Outcome.INCONCLUSIVE, f"{job.target} was not finished: {lost.why}", lost.code)
    return Checked(job.target, Verdict(job.target, (finding,), job.options.seed), {})
