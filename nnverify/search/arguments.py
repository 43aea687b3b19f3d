"""What only engines and contexts are told: that two arguments are one value; and which leaves need no gradient.

An engine that counts its operands by identity loses one of two. A backward that skips work for what nobody wants may
skip too much.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np

from nnverify._errors import UsageError
from nnverify.leaves import LeafSpec
from nnverify.search.layer import Base, Layer, finite
from nnverify.verdict import Finding, Outcome
from nnverify.verify import verify

CHECK = "arguments"


def arguments(base: Base, seed: int) -> Iterator[Finding]:
    """A finding for each gradient that is wrong where two arguments are one, or where others need none."""
    if base.subject.convention.startswith("values"):
        yield from _one_value(base, seed)
    if base.subject.convention.startswith("context"):
        yield from _only_one(base, seed)


def _one_value(base: Base, seed: int) -> Iterator[Finding]:
    layer, places = base.layer, list(base.layer.found)
    for one, two in combinations(base.leaves, 2):
        if one.name not in places or two.name not in places or not _alike(one.value, two.value):
            continue
        first, second = places.index(one.name), places.index(two.name)
        found = {name: spec for name, spec in layer.found.items() if name != two.name}
        words = f"where {one.name} and {two.name} are one value"
        yield from _wrong(replace(layer, forward=_merged(layer.forward, first, second), found=found), seed, words)


def _merged(forward: Any, first: int, second: int) -> Any:
    """forward with the argument at one place given at the other, too."""

    def merged(*given: Any) -> Any:
        return forward(*given[:second], given[first], *given[second:])

    return merged


def _alike(one: Any, two: Any) -> bool:
    floats = [isinstance(value, np.ndarray) and value.dtype.kind == "f" for value in (one, two)]
    return all(floats) and np.shape(one) == np.shape(two)


def _only_one(base: Base, seed: int) -> Iterator[Finding]:
    names = [leaf.name for leaf in base.leaves if leaf.differentiable and leaf.name in base.layer.found]
    for name in names if len(names) > 1 else ():
        found: Mapping[str, LeafSpec] = {
            other: spec if other == name else replace(spec, grad=False) for other, spec in base.layer.found.items()
        }
        yield from _wrong(replace(base.layer, found=found), seed, f"where only {name} needs a gradient")


def _wrong(layer: Layer, seed: int, words: str) -> Iterator[Finding]:
    """The failures of a layer; nothing where it cannot be run."""
    try:
        subject = layer.subject(layer.drawn(0, "normal"))
        verdict = verify(subject, replace(layer.demand, seed=seed)) if finite(subject) else None
    except UsageError:
        return
    for finding in () if verdict is None else verdict.findings:
        if finding.outcome is Outcome.FAIL:
            yield replace(finding, message=f"{finding.message}; found {words}")
