"""Causes that show as a known term too much or too little: a regulariser, a target, another leaf."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from nnverify.diagnosis.cause import Cause, Guess, Held, Named
from nnverify.diagnosis.factors import batch, constant, names, same
from nnverify.diagnosis.scene import Array, Scene
from nnverify.verdict import times


def _terms(scene: Scene) -> dict[str, Array]:
    """Arrays shaped like the leaf that a term of its gradient may be proportional to."""
    name, value = scene.name, scene.value
    found: dict[str, Array] = {f"{name}": value, f"sign({name})": np.sign(value)}
    found |= {other: one for other, one in scene.values.items() if other != name and one.shape == value.shape}
    for other, constant_value in scene.constants().items():
        whole = np.asarray(constant_value)
        if whole.dtype.kind in "iu" and whole.shape == value.shape[:-1] and whole.size:
            found[f"one_hot({other})"] = (whole[..., None] == np.arange(value.shape[-1])).astype(np.float64)
    return found | {"1": np.ones_like(value)}


def _added(scene: Scene) -> Iterator[Guess]:
    """The numerical gradient and a multiple of one term. For losses: there a term is one array, not one per output."""
    if scene.output.size != 1 or scene.claimed.shape != scene.true.shape or scene.value.size < 2:
        return
    for words, term in _terms(scene).items():
        if np.any(term):
            number = _multiple(scene, term)
            rows = partial(_with_term, scene, term, number)
            yield Guess(("term", words), rows, gain=scene.value.size, number=number)


def _multiple(scene: Scene, term: Array) -> float:
    """Of the term in what is too much, per unit of upstream."""
    excess = (scene.claimed - scene.true) / scene.upstreams.reshape(-1, *(1 for _ in scene.leaf_shape))
    return float(np.mean(np.sum(excess * term, axis=tuple(range(1, excess.ndim)))) / np.sum(term**2))


def _with_term(scene: Scene, term: Array, number: float) -> Array:
    weights = scene.upstreams.reshape(-1, *(1 for _ in scene.leaf_shape))
    return scene.true + weights * number * term


def _added_words(held: Held) -> Named | None:
    words, numbers = held.key[1], held.numbers
    number = numbers[0] or 0.0
    scaled = _by_batch(held)
    named = names(held.scenes, [abs(one or 0.0) for one in numbers])
    if not (constant(numbers) or scaled or named):
        return None
    follows = named and named[0].kind == "size" and not constant(numbers)
    size = named[0].words if follows else times(abs(number))
    what = f"{size}·{words}" if words != "1" else size
    lacks = "lacks" if number < 0 else "has too much of"
    cause = f"{held.name} {lacks} {what}, and agrees in every entry but for that"
    if words in (held.scene.name, f"sign({held.scene.name})"):
        if scaled:
            return Named("NV107", f"{cause}: the regulariser's term is divided by the number of samples", _FIX_SCALED)
        return Named(
            "NV107", f"{cause}: the term of a regulariser", "add the regulariser's gradient as forward has it, once"
        )
    return Named(
        "NV122",
        f"{cause}: one term of the loss",
        f"add the term with {words}, with the sign and factor it has in forward",
    )


_FIX_SCALED = "divide only the data's gradient by the number of samples, not the regulariser's"


def _by_batch(held: Held) -> bool:
    """Whether the lacking multiple is a constant times 1 - 1/m, for several m."""
    samples: list[Any] = [batch(scene) for scene in held.scenes]
    if len(set(samples)) < 2 or None in samples or 1 in samples:
        return False
    whole = [(number or 0.0) / (1 - 1 / m) for number, m in zip(held.numbers, samples, strict=True)]
    return all(same(one, whole[0]) for one in whole)


TERMS = (Cause(4, _added, _added_words),)
