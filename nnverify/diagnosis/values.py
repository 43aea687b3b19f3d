"""Causes that change every entry alike: the sign, a factor, nothing returned at all, another leaf's gradient."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from nnverify.diagnosis.cause import Cause, Guess, Held, Named
from nnverify.diagnosis.factors import Name, batch, constant, names
from nnverify.diagnosis.scene import Scene
from nnverify.diagnosis.structure import elementwise
from nnverify.subject import copied
from nnverify.verdict import times


def _sign(scene: Scene) -> Iterator[Guess]:
    yield Guess(("sign",), lambda: -scene.true)


def _sign_words(held: Held) -> Named:
    cause = f"{held.name} has the wrong sign: it is -1 x the numerical gradient in every entry"
    return Named("NV101", cause, "turn the sign of one factor: look for a difference taken the wrong way round")


def _zero(scene: Scene) -> Iterator[Guess]:
    yield Guess(("zero",), lambda: np.zeros_like(scene.true))


def _zero_words(held: Held) -> Named:
    cause = f"{held.name} is zero in every entry, and the numerical gradient is not: its term is never added"
    return Named("NV122", cause, "fill it in, or return the array that was filled in")


def _swapped(scene: Scene) -> Iterator[Guess]:
    for leaf in scene.subject.targets():
        if leaf.name != scene.name and np.shape(leaf.value) == scene.claimed.shape[1:]:
            yield _of_other(scene, leaf.name)


def _of_other(scene: Scene, name: str) -> Guess:
    return Guess(("swapped", name), lambda: np.tensordot(scene.upstreams, scene.jacobian(name), axes=1))


def _swapped_words(held: Held) -> Named:
    other = held.key[1]
    cause = f"what is returned as {held.name} is the gradient of {other}"
    return Named(
        "NV111", cause, f"return the gradients in the order of the leaves: {held.name} and d{other} are swapped"
    )


def _factor(scene: Scene) -> Iterator[Guess]:
    if scene.claimed.shape != scene.true.shape:
        return
    found = float(np.sum(scene.claimed * scene.true) / np.sum(scene.true**2))
    if found:
        yield Guess(("factor",), lambda: found * scene.true, gain=abs(found), number=found)


def _factor_words(held: Held) -> Named | None:
    found = names(held.scenes, held.numbers)
    number = held.numbers[0] or 0.0
    if not found:
        return _constant(held, times(number)) if constant(held.numbers) else None
    if found[0].value == 0.5 and found[0].kind == "constant" and _quadratic(held.scene):
        cause = f"{held.name} is half of the numerical gradient in every entry, and {held.scene.name} enters squared"
        return Named("NV127", cause, "add both contributions: the derivative of x·x is 2x, one for each use of x")
    code = _CODES[found[0].kind](held, found[0])
    said = " or ".join(_said(one) for one in found)
    like = "" if len(found) == 1 else "what looks like "
    cause = f"{held.name} is {like}{said} x the numerical gradient in every entry"
    if code == "NV103":
        cause += (
            f": {'averaged over the samples, and forward is not' if number < 1 else 'never averaged, and forward is'}"
        )
    return Named(code, cause, _FIXES[code].format(name=held.name, inverse=_inverse(found[0].words)))


def _inverse(words: str) -> str:
    return words.removeprefix("1/") if words.startswith("1/") else f"1/{words if words.isalnum() else f'({words})'}"


def _said(one: Name) -> str:
    return one.words if one.kind == "constant" else f"{one.words} (= {times(one.value)})"


def _constant(held: Held, number: str) -> Named:
    cause = f"{held.name} is {number} x the numerical gradient in every entry, at every size and value tried"
    code = _constant_code(held)
    return Named(code, cause, _FIXES[code].format(name=held.name, inverse=_inverse(number)))


def _count_code(held: Held, found: Name) -> str:
    """Mean against sum where the samples are among what is counted."""
    samples = [batch(scene) for scene in held.scenes]
    for words in found.sizes:
        sizes = [_size(scene, words) for scene in held.scenes]
        if sizes == samples and "/" not in found.words.removeprefix("1/").removeprefix("2/"):
            return "NV103"
    return "NV104"


def _size(scene: Scene, words: str) -> int | None:
    name, _, axis = words.partition(".shape[")
    shape = scene.shape_out if name == "output" else np.shape(scene.values.get(name, ()))
    if axis:
        return int(shape[int(axis.rstrip("]"))])
    samples = batch(scene)
    return samples if len(scene.shape_out) > 1 or scene.leaf_shape[:1] == (samples,) else None


def _quadratic(scene: Scene) -> bool:
    """Whether twice the leaf makes four times the output."""
    values = [
        2 * np.asarray(one.value) if one.name == scene.name else copied(one.value) for one in scene.subject.leaves
    ]
    double = scene.subject.flatten(scene.subject.forward(*values))
    return bool(np.allclose(double, 4 * scene.output, rtol=1e-9, atol=0.0))


def _rate_code(held: Held, _: Name) -> str:
    """A rate where a mask of zeros and one other value is among the constants; else a factor like any other."""
    values = [
        np.unique(value) for value in map(np.asarray, held.scene.constants().values()) if value.dtype.kind in "fb"
    ]
    return "NV126" if any(len(value) == 2 and value[0] == 0 for value in values) else "NV104"


def _constant_code(held: Held, _: Name | None = None) -> str:
    """A factor of what forward draws is a rate."""
    drawn = any("random" in note for note in held.scene.subject.notes)
    return "NV126" if drawn and elementwise(held.scene) else "NV104"


_CODES: dict[str, Callable[[Held, Name], str]] = {
    "constant": _constant_code,
    "root": lambda *_: "NV104",
    "count": lambda *_: "NV125",
    "value": _rate_code,
    "size": _count_code,
}
_FIXES = {
    "NV103": "make the mean or sum of backward that of forward: the count must appear in both or in neither",
    "NV104": "multiply {name} by {inverse}: look for a factor that only one of forward and backward has",
    "NV125": "use the same count in backward as in forward: n or n - 1",
    "NV126": "apply the rate as forward does, once: the mask already carries it, or it is never applied",
}

VALUES = (
    Cause(0, _sign, _sign_words),
    Cause(0, _zero, _zero_words),
    Cause(1, _swapped, _swapped_words),
    Cause(1, _factor, _factor_words),
)
