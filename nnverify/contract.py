"""The calls that the contract checks share: ten forwards and eight backwards beside those of the probes, at most.

What they returned, what they did to their arguments, and what shares memory with what. Nothing is judged here.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnverify.draws import generator
from nnverify.probe import Probe
from nnverify.subject import Subject, copied, like
from nnverify.tolerance import Tolerance, differ, tolerance
from nnverify.watch import Result, Watch, kept, overlap

Array = NDArray[np.float64]

FACTOR = -(2.0**10)  # exact in every arithmetic, and beyond what gradients are clipped at


@dataclass(frozen=True)
class Calls:
    """Everything the contract's calls have shown.

    first, second   the probes: upstreams w and w′ with their gradients
    outputs         of forward at the point, call by call
    scaled          the gradients for FACTOR·w
    again           the same pullback, called a second time, with w′
    zero            the gradients for no upstream
    mixed           the leaves whose gradient for w + w′ is the sum of those for each, another forward having run
                    between forward and pullback
    plain           the same without that forward; called only where the mixed ones do not add up
    erratic         the leaves whose gradient for w is another one when all is called again; likewise
    reused          output and gradients for w of what was used before at another point; None where nothing is kept
    alone           the data's gradient for w on the first sample only, where the samples do not meet in forward
    changed         "X by forward", "dout by backward", …: arguments that are not as they were
    shared          pairs of names whose arrays share memory
    returned_again  gradients whose memory the next call has returned once more
    """

    first: Probe
    second: Probe
    outputs: tuple[Array, ...]
    scaled: Result
    again: Result
    zero: Result
    mixed: frozenset[str]
    plain: frozenset[str] | None
    erratic: frozenset[str]
    reused: tuple[Array, Result] | None
    alone: Result | None
    changed: tuple[str, ...]
    shared: tuple[tuple[str, str], ...]
    returned_again: tuple[str, ...]
    tolerance: Tolerance


def call(subject: Subject, first: Probe, second: Probe, seed: int) -> Calls:
    """Make the calls. Raises what forward raises; a pullback that raises is recorded."""
    twice = _twice(subject, first, second)
    allowed = tolerance(subject, first, second)
    mixed = _mixed(subject, first, second, seed, allowed)
    adds = mixed.adds == {leaf.name for leaf in subject.targets()}
    return Calls(
        first,
        second,
        (first.output, second.output, twice.output, mixed.output),
        twice.scaled,
        twice.following,
        _plain(subject, np.zeros_like(first.upstream)).without_zeros(),
        mixed.adds,
        None if adds else _adding(subject, first, second, _plain(subject, first.upstream + second.upstream), allowed),
        frozenset() if adds else _erratic(subject, first, allowed),
        _reused(subject, first, seed),
        _alone(subject, first, seed),
        tuple(dict.fromkeys((*twice.changed, *mixed.changed))),
        twice.shared,
        twice.returned_again,
        allowed,
    )


@dataclass(frozen=True)
class _Twice:
    """One forward whose pullback was called twice: what is kept of it, the arrays that were called with being large."""

    output: Array
    scaled: Result
    following: Result
    shared: tuple[tuple[str, str], ...]
    returned_again: tuple[str, ...]
    changed: tuple[str, ...]


def _twice(subject: Subject, first: Probe, second: Probe) -> _Twice:
    watch = Watch(subject)
    output, pullback = watch.forward()
    given = watch.backward(pullback, output, FACTOR * first.upstream)
    shared, scaled = tuple(watch.shared(given)), given.kept(first.gradients, FACTOR)
    following = watch.backward(pullback, output, second.upstream)
    again = [name for name, part in given.gradients.items() if overlap(part, following.gradients.get(name))]
    del given  # large, and from here on nobody's
    return _Twice(
        kept(subject.flatten(output), first.output),
        scaled,
        following.kept(second.gradients),
        shared,
        tuple(again),
        tuple(dict.fromkeys(watch.changed)),
    )


@dataclass(frozen=True)
class _Mixed:
    """One forward, another one elsewhere, and then the pullback of the first for both upstreams."""

    output: Array
    adds: frozenset[str]
    changed: tuple[str, ...]


def _mixed(subject: Subject, first: Probe, second: Probe, seed: int, allowed: Tolerance) -> _Mixed:
    watch = Watch(subject)
    output, pullback = watch.forward()
    with suppress(Exception):  # other values may lie outside forward's domain
        subject.run(*elsewhere(subject, seed))
    result = watch.backward(pullback, output, first.upstream + second.upstream)
    adds = _adding(subject, first, second, result, allowed)
    return _Mixed(kept(subject.flatten(output), first.output), adds, tuple(watch.changed))


def _plain(subject: Subject, upstream: Array) -> Result:
    """The gradients for an upstream, after a forward of its own."""
    watch = Watch(subject)
    output, pullback = watch.forward()
    return watch.backward(pullback, output, upstream)


def _erratic(subject: Subject, first: Probe, allowed: Tolerance) -> frozenset[str]:
    """The leaves whose gradient for the same upstream is another one after the same forward."""
    before, again = Result(first.gradients), _plain(subject, first.upstream)
    pairs = {leaf.name: (before.gradient(leaf.name), again.gradient(leaf.name)) for leaf in subject.targets()}
    return frozenset(
        name
        for name, (one, two) in pairs.items()
        if one is not None and two is not None and differ(two, one, within=allowed.again, nothing=allowed.nothing)
    )


def _adding(subject: Subject, first: Probe, second: Probe, found: Result, allowed: Tolerance) -> frozenset[str]:
    """The leaves whose gradient for the sum of two upstreams is the sum of those for each, or that have none."""
    added = (leaf.name for leaf in subject.targets() if _adds_up(leaf.name, first, second, found, allowed))
    return frozenset(added)


def _adds_up(leaf: str, first: Probe, second: Probe, found: Result, allowed: Tolerance) -> bool:
    one, two = (Result(probe.gradients).gradient(leaf) for probe in (first, second))
    both = found.gradient(leaf)
    if one is None or two is None or both is None:
        return True
    return not differ(both, one + two, one, two, within=allowed.added, nothing=allowed.nothing)


def elsewhere(subject: Subject, seed: int) -> list[Any]:
    """Other values for the floats, of the same sign, so that forward's domain is not left."""
    rng = generator(seed, subject.name, "elsewhere")
    return [
        (np.asarray(leaf.value) * rng.uniform(0.5, 1.0, np.shape(leaf.value))).astype(np.asarray(leaf.value).dtype)[()]
        if leaf.differentiable
        else copied(leaf.value)
        for leaf in subject.leaves
    ]


def _reused(subject: Subject, first: Probe, seed: int) -> tuple[Array, Result] | None:
    """A second use of the same object; None where there is none, or where it raises."""
    if subject.reused is None:
        return None

    def upstream(output: Any) -> Any:
        return like(first.upstream.copy(), output)

    try:
        output, gradients = subject.reused(elsewhere(subject, seed), upstream, _values(subject))
        return subject.flatten(output), Result(dict(gradients)).kept()
    except Exception:
        return None


def _values(subject: Subject) -> list[Any]:
    return [copied(leaf.value) for leaf in subject.leaves]


def _alone(subject: Subject, first: Probe, seed: int) -> Result | None:
    """The gradients for the upstream of the first sample, if that sample's output hears nothing of the others."""
    output, pullback = Watch(subject).forward()
    samples = _samples(subject, output)
    if samples is None:
        return None
    if _heard(subject, output, seed):
        return None
    dout = first.upstream.reshape(np.shape(output)).copy()
    dout[1:] = 0.0
    found = Watch(subject).backward(pullback, output, dout.reshape(-1))
    name = subject.leaves[0].name
    return Result({one: part for one, part in found.gradients.items() if one == name}, found.raised)


def _heard(subject: Subject, output: Array, seed: int) -> bool:
    """Whether the first sample's output changes with the others; what cannot be asked counts as yes."""
    here, other = np.asarray(subject.leaves[0].value)[1:], elsewhere(subject, seed)[0][1:]
    for samples in (other, 2 * here - other):  # a maximum is not heard where it falls, nor a minimum where it rises
        moved = _values(subject)
        moved[0][1:] = np.where(samples == 0, 1, samples)
        try:
            if not np.array_equal(np.asarray(subject.forward(*moved))[0], output[0]):
                return True
        except Exception:
            return True
    return False


def _samples(subject: Subject, output: Any) -> int | None:
    """How many samples stand along the first axis of the first leaf and of the output; None where none do."""
    data = subject.leaves[0]
    if not isinstance(output, np.ndarray) or not isinstance(data.value, np.ndarray):
        return None
    shapes = (data.value.shape, output.shape)
    if subject.unit_outputs or not data.differentiable or not all(shapes):
        return None
    return shapes[0][0] if shapes[0][0] == shapes[1][0] > 1 else None
