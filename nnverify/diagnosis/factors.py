"""Which quantity is a factor equal to? Constants, sizes, products of sizes, and what the leaves hold: 2, 1/m, H·W, 1-p.

A name holds only where it is right at every scene; where several are, all are said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import sqrt
from typing import Any

import numpy as np

from nnverify.diagnosis.copies import named_sizes
from nnverify.diagnosis.scene import Scene

_EXACT = 1e-7  # relative: rounding of both sides; factors that sizes make are further apart
_CONSTANTS = {"2": 2.0, "1/2": 0.5, "3": 3.0, "1/3": 1 / 3, "4": 4.0, "1/4": 0.25}


@dataclass(frozen=True)
class Name:
    """A quantity in words; ``kind`` says what it is made of: constant, size or value; ``rank`` how simple it is."""

    words: str
    kind: str
    rank: int
    value: float
    sizes: tuple[str, ...] = ()


def same(one: float, two: float) -> bool:
    return bool(np.isfinite(one) and np.isfinite(two) and abs(one - two) <= _EXACT * max(abs(one), abs(two)))


def names(scenes: Sequence[Scene], numbers: Sequence[float | None]) -> list[Name]:
    """The simplest names that the numbers have in all scenes, one of each kind: these cannot be told apart."""
    known = [number for number in numbers if number is not None]
    if len(known) != len(scenes):
        return []
    held = [one for one in _candidates(scenes[0]) if same(one.value, known[0])]
    for scene, number in zip(scenes[1:], known[1:], strict=True):
        right = {one.words for one in _candidates(scene) if same(one.value, number)}
        held = [one for one in held if one.words in right]
    simple = [one for one in held if one.rank <= 1] or sorted(held, key=lambda one: one.rank)[:1]
    return list({one.kind: one for one in reversed(simple)}.values())[::-1]


def batch(scene: Scene) -> int | None:
    """The number of samples: the first axis of the output, or of the first leaf where the output has none."""
    first = [np.shape(leaf.value)[0] for leaf in scene.subject.leaves if np.ndim(leaf.value)]
    if scene.shape_out:
        return scene.shape_out[0] if scene.shape_out[0] in first else None
    return first[0] if first else None


def constant(numbers: Sequence[float | None]) -> bool:
    """Whether it is the same number everywhere."""
    return bool(numbers) and all(
        one is not None and numbers[0] is not None and same(one, numbers[0]) for one in numbers
    )


def _candidates(scene: Scene) -> Iterator[Name]:
    yield from (Name(words, "constant", 0, value) for words, value in _CONSTANTS.items())
    sizes = _sizes(scene)
    for words, size in sizes.items():
        yield from _of_size(words, float(size))
    for pair in combinations(sizes.items(), 2):
        words, product = "·".join(word for word, _ in pair), float(np.prod([value for _, value in pair]))
        both = tuple(word for word, _ in pair)
        yield Name(words, "size", 2, product, both)
        yield Name(f"1/({words})", "size", 2, 1 / product, both)
        (one, above), (two, below) = pair
        yield Name(f"{one}/{two}", "size", 3, above / below, both)
        yield Name(f"{two}/{one}", "size", 3, below / above, both)
    yield from _of_leaves(scene)


def _of_size(words: str, size: float) -> Iterator[Name]:
    own = (words,)
    yield Name(words, "size", 1, size, own)
    yield Name(f"1/{words}", "size", 1, 1 / size, own)
    yield Name(f"√{words}", "root", 2, sqrt(size), own)
    yield Name(f"1/√{words}", "root", 2, 1 / sqrt(size), own)
    yield Name(f"2·{words}", "size", 2, 2 * size, own)
    yield Name(f"2/{words}", "size", 2, 2 / size, own)
    yield Name(f"{words}/2", "size", 2, size / 2, own)
    if size > 1:
        yield Name(f"{words}/({words}-1)", "count", 2, size / (size - 1), own)
        yield Name(f"({words}-1)/{words}", "count", 2, (size - 1) / size, own)


def _sizes(scene: Scene) -> dict[str, int]:
    """One name for each axis that changes by itself: of two that are always alike the first stands for both."""
    every = {word: size for word, size in named_sizes(scene.subject).items() if size > 1}
    every |= {f"output.shape[{axis}]": size for axis, size in enumerate(scene.shape_out) if size > 1}
    total = {"output.size": int(scene.output.size)} if len(scene.shape_out) > 1 else {}
    own = {f"{scene.name}.size": int(scene.value.size)} if scene.value.ndim > 1 else {}
    return every | total | own


def _of_leaves(scene: Scene) -> Iterator[Name]:
    """What single numbers among the leaves make: p, 1/p, 1-p, 1/(1-p); and the value that a mask holds."""
    for leaf in scene.subject.leaves:
        value: Any = leaf.value
        if not isinstance(value, np.ndarray | np.generic | int | float) or isinstance(value, bool):
            continue
        held = np.unique(np.asarray(value, dtype=np.float64))
        held = held[held != 0]
        if len(held) != 1 or (np.size(value) > 1 and leaf.differentiable):
            continue
        word, number = leaf.name if np.size(value) == 1 else f"max({leaf.name})", float(held[0])
        simple = {word: number, f"1/{word}": 1 / number, f"(1-{word})": 1 - number}
        if number != 1:
            simple |= {f"1/(1-{word})": 1 / (1 - number), f"{word}/(1-{word})": number / (1 - number)}
        others = {f"2·{word}": 2 * number, f"{word}²": number**2, f"1/{word}²": 1 / number**2}
        others[f"√{word}"] = sqrt(abs(number))
        for rank, made in ((1, simple), (2, others)):
            yield from (Name(words, "value", rank, one) for words, one in made.items() if one not in (0.0, 1.0))
