"""Findings about wrong gradients, with their cause where one explains every entry, else with where they differ.

The caller's own point comes first, then copies of the problem at other sizes and values. A cause must hold at all of
them; the simplest is named, and what cannot be told apart is said together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import islice

import numpy as np

from nnverify._errors import NnverifyError
from nnverify.diagnosis.cause import Cause, Guess, Held, Named
from nnverify.diagnosis.copies import copies
from nnverify.diagnosis.masked import masked
from nnverify.diagnosis.scene import Point, Scene, point, scene
from nnverify.diagnosis.table import CAUSES
from nnverify.diagnosis.where import where
from nnverify.subject import Subject
from nnverify.verdict import Finding, Outcome

_COPIES = 2
_SHAPES = "NV301"


def diagnosed(subject: Subject, findings: Sequence[Finding], seed: int) -> tuple[Finding, ...]:
    """The findings, those about wrong gradients with their causes."""
    look = _Look(subject, seed)
    right = [one.leaf for one in findings if one.outcome is Outcome.PASS]
    with np.errstate(all="ignore"):
        return tuple(_with_cause(look, one, right) for one in findings)


def _with_cause(look: _Look, finding: Finding, right: Sequence[str]) -> Finding:
    if finding.outcome is not Outcome.FAIL or finding.code not in (None, _SHAPES, "NV304"):
        return finding
    if finding.code == "NV304":
        return masked(look.subject, finding, look.seed)
    scenes = look.scenes(finding.leaf)
    named = _explained(scenes)
    if named:
        return replace(finding, code=named.code, cause=named.cause, fix=named.fix)
    if finding.code is None and scenes:
        return replace(finding, cause=where(scenes[0], right))
    return finding


class _Look:
    """The points at which a subject is looked at, measured once for all its leaves."""

    def __init__(self, subject: Subject, seed: int) -> None:
        self.subject, self.seed = subject, seed

    @cached_property
    def points(self) -> list[Point]:
        others = (point(other, self.seed) for other in copies(self.subject, self.seed))
        found = [point(self.subject, self.seed), *islice(filter(None, others), _COPIES)]
        return [one for one in found if one is not None]

    def scenes(self, leaf: str) -> list[Scene]:
        """Those at which the leaf's gradient is seen finely, and is wrong; the caller's own first."""
        found = [made for one in self.points if (made := scene(one, leaf)) is not None]
        return [one for one in found if _measured(one)]


def _measured(one: Scene) -> bool:
    try:
        return one.usable() and one.wrong()
    except (NnverifyError, ValueError):
        return False


def _explained(scenes: Sequence[Scene]) -> Named | None:
    """The simplest cause that holds in all scenes; of equally simple ones all, in one sentence."""
    if not scenes:
        return None
    found: dict[int, list[Named]] = {}
    for cause in CAUSES:
        if found and cause.rank > min(found):
            break
        named = _held(cause, scenes)
        if named is not None:
            found.setdefault(cause.rank, []).append(named)
    return _together(found[min(found)]) if found else None


def _together(named: Sequence[Named]) -> Named:
    first, *others = named
    if not others:
        return first
    return replace(first, cause="looks like one of these: " + "; or ".join(one.cause for one in named))


def _held(cause: Cause, scenes: Sequence[Scene]) -> Named | None:
    """The first variant of a cause that explains every entry in every scene."""
    for guess in _guesses(cause, scenes[0]):
        numbers = [guess.number] if _meets(scenes[0], guess) else []
        for other in scenes[1:] if numbers else ():
            again = next((one for one in _guesses(cause, other) if one.key == guess.key and _meets(other, one)), None)
            if again is None:
                break
            numbers.append(again.number)
        named = cause.words(Held(guess.key, scenes, numbers)) if len(numbers) == len(scenes) else None
        if named is not None:
            return named
    return None


def _guesses(cause: Cause, one: Scene) -> Iterator[Guess]:
    try:
        yield from cause.guesses(one)
    except (NnverifyError, ValueError, ArithmeticError):
        return


def _meets(one: Scene, guess: Guess) -> bool:
    try:
        rows = guess.rows()
    except (NnverifyError, ValueError, ArithmeticError):
        return False
    given = one.claimed if guess.given is None else guess.given
    return bool(np.all(np.isfinite(rows))) and one.meets(given, rows, guess.gain)
