"""One array in two leaves, and an output that is used twice: each use has a gradient of its own."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np

from nnverify.search.runs import Ran, differences, ran, upstream_of
from nnverify.subject import Subject, copied
from nnverify.verdict import Finding, Outcome
from nnverify.watch import Result

CHECK = "composition"


def composition(subject: Subject, seed: int) -> Iterator[Finding]:
    """A finding for each gradient that changes when two leaves are one array, or when an output is used twice."""
    yield from _shared(subject, seed)
    yield from _twice(subject, seed)


def _shared(subject: Subject, seed: int) -> Iterator[Finding]:
    for one, two in combinations(range(len(subject.leaves)), 2):
        names = subject.leaves[one].name, subject.leaves[two].name
        values = [copied(leaf.value) for leaf in subject.leaves]
        if not all(isinstance(values[place], np.ndarray) for place in (one, two)) or not _alike(
            values[one], values[two]
        ):
            continue
        values[two] = values[one].copy()
        plain = ran(subject, values, seed)
        values = [copied(value) for value in values]
        values[two] = values[one]
        found = ran(subject, values, seed)
        if plain is not None and found is not None and not plain.raised and plain.finite:
            yield from _findings(subject, plain, found, f"where {names[0]} and {names[1]} are the same array")


def _alike(one: Any, two: Any) -> bool:
    return bool(one.shape == two.shape and one.dtype == two.dtype and one.dtype.kind == "f")


def _twice(subject: Subject, seed: int) -> Iterator[Finding]:
    """The gradients of two uses, from one forward, against that of their sum. Objects may accumulate, functions not."""
    if subject.unit_outputs or subject.stateful:
        return
    values = [copied(leaf.value) for leaf in subject.leaves]
    both = ran(subject, [copied(value) for value in values], seed, lambda output: _sum(subject, output, seed))
    parts = _parts(subject, values, seed)
    if both is None or both.raised or parts is None:
        return
    added = {leaf.name: _added(parts, leaf.name) for leaf in subject.targets()}
    yield from _findings(subject, both, Ran(both.output, Result(added), both.eps), "where the output is used twice")


def _sum(subject: Subject, output: Any, seed: int) -> Any:
    one, two = (upstream_of(subject, output, seed + use) for use in range(2))
    if isinstance(one, tuple):
        return tuple(np.add(a, b)[()] for a, b in zip(one, two, strict=True))
    return np.add(one, two)[()]


def _parts(subject: Subject, values: Any, seed: int) -> list[Result] | None:
    output, pullback = subject.run(*values)
    try:
        found = [pullback(upstream_of(subject, output, seed + use)) for use in range(2)]
        return [Result({name: copied(part) for name, part in one.items()}) for one in found]
    except Exception:  # good for one backward only: the contract says so
        return None


def _added(parts: list[Result], leaf: str) -> Any:
    one, two = (part.gradient(leaf) for part in parts)
    return None if one is None or two is None else one + two


def _findings(subject: Subject, plain: Ran, found: Ran, words: str) -> Iterator[Finding]:
    for leaf, message in differences(subject, plain, found):
        yield Finding(CHECK, leaf, Outcome.FAIL, f"{message} {words}", "NV131")
