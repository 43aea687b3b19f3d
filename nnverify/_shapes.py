"""Axis words: "m n" names the axes of an array, so that sizes can be drawn, bound and explained.

A word is a name, a whole number, or an indexed name: "n[l] n[l-1]" belongs to a list with one array per layer
l = 1 … ℓ, where n[0] is the size of the input and n[-1] that of the output. Values are no business of this file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nnverify._errors import UsageError

ANY = "..."
_WORD = re.compile(r"(?P<size>\d+)|(?P<name>[^\W\d]\w*)(\[(?P<layer>l(-1)?|0|-1)\])?")


@dataclass(frozen=True)
class Axis:
    """One axis word: a fixed size, or a name with the layer it is indexed by ("" for none)."""

    size: int | None
    name: str
    layer: str

    def key(self, layer: int, depth: int) -> str:
        """The name under which this axis' size is kept, in layer 1 … depth."""
        place = {"": None, "l": layer, "l-1": layer - 1, "0": 0, "-1": depth}[self.layer]
        return self.name if place is None else f"{self.name}[{place}]"


def parse(words: str, where: str) -> tuple[Axis, ...]:
    """The axes that ``words`` names; UsageError for a word that is none."""
    return tuple(_axis(word, words, where) for word in words.split())


def _axis(word: str, words: str, where: str) -> Axis:
    match = _WORD.fullmatch(word)
    if match is None:
        raise UsageError(
            what=f"axes={words!r} holds {word!r}, which is no axis word",
            where=where,
            fix="name each axis by a letter or a number, separated by spaces, such as 'm n'",
        )
    size = match["size"]
    return Axis(None if size is None else int(size), match["name"] or "", match["layer"] or "")


def spread(words: str, others: Sequence[str], where: str) -> str:
    """The words with "...", which stands for any number of axes, replaced by others. It may stand once."""
    found = words.split()
    if found.count(ANY) > 1:
        raise UsageError(
            what=f"axes={words!r} holds {ANY!r} twice", where=where, fix="name all axes but those in front"
        )
    return " ".join(one for word in found for one in (others if word == ANY else [word]))


def repeats(axes: tuple[Axis, ...]) -> bool:
    """Whether the axes belong to a list with one array per layer."""
    return any(axis.layer.startswith("l") for axis in axes)


def keys(axes: tuple[Axis, ...], depth: int = 1) -> list[str]:
    """The names of all sizes that the axes need, in order, each once."""
    layers = range(1, depth + 1) if repeats(axes) else (1,)
    found = [axis.key(layer, depth) for layer in layers for axis in axes if axis.size is None]
    return list(dict.fromkeys(found))


def shape(axes: tuple[Axis, ...], sizes: Mapping[str, int], layer: int = 1, depth: int = 1) -> tuple[int, ...]:
    """The shape that the axes have under the given sizes."""
    return tuple(sizes[axis.key(layer, depth)] if axis.size is None else axis.size for axis in axes)
