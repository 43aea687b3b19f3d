"""Arguments that are lists or dictionaries of arrays: to the rows one leaf, to the checks one leaf for each array."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from nnverify.conventions._gradients import at_place
from nnverify.conventions.convention import Adapted
from nnverify.subject import Leaf, Pullback
from nnverify.trees import Tree, grown


def unpacked(subject: Adapted) -> Adapted:
    """The subject with every array in a list or dictionary as a leaf of its own."""
    if not any(isinstance(leaf, Tree) for leaf in subject.leaves):
        return subject

    def run(*values: Any) -> tuple[Any, Pullback]:
        output, pullback = subject.run(*packed(subject.leaves, values))
        return output, lambda dout: dict(_gradients(subject.leaves, pullback(dout)))

    flat = tuple(one for leaf in subject.leaves for one in members(leaf))
    target = subject.target
    if target is not None:
        target = sum(len(members(leaf)) for leaf in subject.leaves[:target])
    forward = subject.forward
    return replace(
        subject, leaves=flat, run=run, forward=lambda *values: forward(*packed(subject.leaves, values)), target=target
    )


def members(leaf: Leaf) -> tuple[Leaf, ...]:
    return tuple(leaf.members.values()) if isinstance(leaf, Tree) else (leaf,)


def packed(leaves: Sequence[Leaf], values: Sequence[Any]) -> Iterator[Any]:
    """The arguments as forward takes them, from one value for each array."""
    rest = iter(values)
    for leaf in leaves:
        if isinstance(leaf, Tree):
            yield grown(leaf.value, {place: next(rest) for place in leaf.members})
        else:
            yield next(rest)


def _gradients(leaves: Sequence[Leaf], found: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for leaf in leaves:
        if isinstance(leaf, Tree):
            yield from ((one.name, at_place(found.get(leaf.name), place)) for place, one in leaf.members.items())
        else:
            yield leaf.name, found.get(leaf.name)
