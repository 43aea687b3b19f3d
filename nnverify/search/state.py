"""State: the same object used a second time, after another shape and other values, gives the same gradients."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from nnverify._errors import UsageError, told
from nnverify.search.layer import Base
from nnverify.search.runs import Ran, differences, ran, upstream_of
from nnverify.subject import Subject, copied
from nnverify.verdict import Finding, Outcome
from nnverify.watch import Result

CHECK = "state"


def state(base: Base, seed: int) -> Iterator[Finding]:
    """A finding for each gradient that a use with other sizes leaves its mark on; nothing where nothing is kept.

    A forward whose output such a use changes keeps state by design, and is not judged.
    """
    subject = base.subject
    if subject.reused is None:
        return
    plain = ran(subject, _values(subject), seed)
    if plain is None or plain.raised or not plain.finite:
        return
    for other, words in _others(base):
        found = _reused(subject, [copied(leaf.value) for leaf in other.leaves], seed)
        if found is not None and np.array_equal(found.output, plain.output):
            kept = {
                name: part
                for name, part in plain.gradients.gradients.items()
                if found.raised or name in found.gradients.gradients
            }
            for leaf, message in differences(subject, Ran(plain.output, Result(kept), plain.eps), found):
                yield Finding(CHECK, leaf, Outcome.FAIL, f"{message} after a use {words}", "NV113")


def _others(base: Base) -> Iterator[tuple[Subject, str]]:
    """Subjects at other sizes: larger ones, then smaller ones."""
    first = base.layer.sizes(0)
    for words, size in (
        ("with larger arrays", {name: length + 2 for name, length in first.items()}),
        ("with smaller arrays", {name: max(1, length - 1) for name, length in first.items()}),
    ):
        try:
            other = base.layer.subject(base.layer.drawn(1, base.regime, size), base.options) if first else None
        except UsageError:
            continue
        if other is not None and _alike(base.subject, other):
            yield other, words


def _alike(subject: Subject, other: Subject) -> bool:
    """Whether the other subject has the same leaves, and can be run by itself."""
    alone = ran(other, _values(other), 0)
    return [leaf.name for leaf in other.leaves] == [leaf.name for leaf in subject.leaves] and not (
        alone is None or alone.raised
    )


def _values(subject: Subject) -> list[Any]:
    return [copied(leaf.value) for leaf in subject.leaves]


def _reused(subject: Subject, others: Sequence[Any], seed: int) -> Ran | None:
    """The second use; None where its forward raises."""
    outputs: list[Any] = []

    def upstream(output: Any) -> Any:
        outputs.append(output)
        return upstream_of(subject, output, seed)

    assert subject.reused is not None
    try:
        output, gradients = subject.reused(others, upstream, _values(subject))
    except Exception as error:
        if len(outputs) < 2:
            return None
        output, failed = outputs[1], Result({}, told(error))
        return Ran(subject.flatten(output), failed, 0.0)
    kept = Result({name: copied(part) for name, part in gradients.items()})
    return Ran(subject.flatten(output), kept, float(np.max(subject.spacing(output), initial=0.0)))
