"""Findings about wrong gradients, with their cause where one explains every entry, else with where they differ.

A cause must hold at the caller's own point and at copies of the problem at other sizes and values; the simplest is
named, and what cannot be told apart is said together. The smallest problem comes first: what no cause explains there
is not measured elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import chain, islice

import numpy as np

from nnverify._errors import NnverifyError
from nnverify.diagnosis.cause import Cause, Guess, Held, Named
from nnverify.diagnosis.copies import copies
from nnverify.diagnosis.masked import masked
from nnverify.diagnosis.sample import Sample, sample
from nnverify.diagnosis.scene import Point, Scene, point, scene
from nnverify.diagnosis.table import CAUSES
from nnverify.diagnosis.where import where
from nnverify.subject import Subject
from nnverify.verdict import Finding, Outcome

_COPIES = 2
_SMALL = 48  # entries: of a larger leaf the copies come first
_SHAPES = "NV301"
_FIX_STILL = "return zeros; or, if backward stands for another function, name that: surrogate=…"
_ODD_FUNCTIONS = (NnverifyError, ValueError, ArithmeticError)


def diagnosed(subject: Subject, findings: Sequence[Finding], seed: int) -> tuple[Finding, ...]:
    """The findings, those about wrong gradients with their causes."""
    right = [one.leaf for one in findings if one.outcome is Outcome.PASS]
    look = _Look(subject, seed, right)
    with np.errstate(all="ignore"):
        return tuple(_with_cause(look, one) for one in findings)


def _with_cause(look: _Look, finding: Finding) -> Finding:
    if finding.outcome is not Outcome.FAIL or finding.code not in (None, _SHAPES, "NV304"):
        return finding
    if finding.code == "NV304":
        return masked(look.subject, finding, look.seed)
    scenes = look.scenes(finding.leaf)
    first = next(scenes, None)
    named = None if first is None else _explained(first, _Later(scenes))
    if named and first:
        return replace(finding, code=named.code, cause=f"{named.cause}{_seen(look, first)}", fix=named.fix)
    if finding.code is None and first is None and look.still(finding.leaf):
        cause = f"forward does not move with {finding.leaf} here, unless it jumps"
        return replace(finding, cause=cause, fix=_FIX_STILL)
    if finding.code is not None or not first:
        return finding
    return replace(finding, cause=f"{where(first, look.right)}{_seen(look, first)}")


def _seen(look: _Look, first: Scene) -> str:
    """At which sizes, where the caller's own are too large: then the numbers of the sentence are not theirs."""
    if first.subject is look.subject:
        return ""
    arrays = [leaf for leaf in first.subject.leaves if isinstance(leaf.value, np.ndarray)]
    return f"; seen at {', '.join(f'{leaf.name} {leaf.value.shape}' for leaf in arrays)}"


class _Look:
    """The points at which a subject is looked at, each measured once for all its leaves, and only when asked for."""

    def __init__(self, subject: Subject, seed: int, right: Sequence[str]) -> None:
        self.subject, self.seed, self.right = subject, seed, right
        self._points: dict[int, Point] = {}

    @cached_property
    def own(self) -> Point | None:
        return point(self.subject, self.seed)

    @cached_property
    def samples(self) -> list[Sample]:
        """Copies at which the leaves that are right here are right, too: else the layer does not take such sizes."""
        made = filter(None, (sample(other, self.seed) for other in copies(self.subject, self.seed)))
        return list(islice((one for one in made if one.agrees(self.right)), _COPIES))

    def still(self, leaf: str) -> bool:
        """Whether forward's slope by the leaf is zero at the caller's own point, and the backward's is not."""
        made = None if self.own is None else scene(self.own, leaf)
        return made is not None and not np.any(made.jacobian()) and bool(np.any(made.claimed))

    def scenes(self, leaf: str) -> Iterator[Scene]:
        """Those at which the leaf's gradient is seen finely, and is wrong."""
        size = next(np.size(one.value) for one in self.subject.leaves if one.name == leaf)
        points = (self._here(), self._there(leaf)) if size <= _SMALL else (self._there(leaf), self._here())
        for one in chain(*points):
            made = scene(one, leaf)
            if made is not None and _measured(made):
                yield made

    def _here(self) -> Iterator[Point]:
        yield from filter(None, [self.own])

    def _there(self, leaf: str) -> Iterator[Point]:
        """The copies at which the leaf's gradient may be wrong."""
        for number, one in enumerate(self.samples):
            if one.differs(leaf):
                found = self._points.get(number) or point(one.subject, self.seed)
                if found is not None:
                    self._points[number] = found
                    yield found


class _Later:
    """Scenes after the first, made when the first of them is asked for."""

    def __init__(self, scenes: Iterator[Scene]) -> None:
        self._scenes = scenes

    @cached_property
    def all(self) -> list[Scene]:
        return list(self._scenes)


def _measured(one: Scene) -> bool:
    try:
        return one.usable() and one.wrong()
    except (NnverifyError, ValueError):
        return False


def _explained(first: Scene, later: _Later) -> Named | None:
    """The simplest cause that holds in all scenes; of equally simple ones all, in one sentence."""
    found: dict[int, list[Named]] = {}
    for cause in CAUSES:
        if found and cause.rank > min(found):
            break
        named = _held(cause, first, later)
        if named is not None:
            found.setdefault(cause.rank, []).append(named)
    return _together(found[min(found)]) if found else None


def _together(named: Sequence[Named]) -> Named:
    first, *others = named
    if not others:
        return first
    return replace(first, cause="looks like one of these: " + "; or ".join(one.cause for one in named))


def _held(cause: Cause, first: Scene, later: _Later) -> Named | None:
    """The first variant of a cause that explains every entry in every scene."""
    for guess in _guesses(cause, first):
        if not _meets(first, guess):
            continue
        again = [_again(cause, guess, other) for other in later.all]
        if all(one is not None for one in again):
            numbers = [guess.number, *(one.number for one in again if one is not None)]
            named = cause.words(Held(guess.key, [first, *later.all], numbers))
            if named is not None:
                return named
    return None


def _again(cause: Cause, guess: Guess, other: Scene) -> Guess | None:
    """The same variant in another scene, if it holds there."""
    return next((one for one in _guesses(cause, other) if one.key == guess.key and _meets(other, one)), None)


def _guesses(cause: Cause, one: Scene) -> Iterator[Guess]:
    try:
        yield from cause.guesses(one)
    except _ODD_FUNCTIONS:
        return


def _meets(one: Scene, guess: Guess) -> bool:
    try:
        rows = guess.rows()
    except _ODD_FUNCTIONS:
        return False
    given = one.claimed if guess.given is None else guess.given
    return bool(np.all(np.isfinite(rows))) and one.meets(given, rows, guess.gain)
