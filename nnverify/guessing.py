"""Leaves for a forward whose shapes nobody has told: the first of the usual shapes that it takes.

A convenience of the command line, never of check_gradients; what was guessed is printed and can be overruled.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from nnverify._errors import UsageError
from nnverify.conventions import Call, subject_of
from nnverify.conventions._names import FORWARD, TRAINING
from nnverify.conventions._order import forward_of
from nnverify.conventions._signature import Signature, signature
from nnverify.conventions._slots import slots
from nnverify.drawing import realise, spread
from nnverify.leaves import leaf, specs

# Axis words that forwards with so many arguments usually take; "n below K" is an index array.
_USUAL: dict[int, tuple[tuple[str, ...], ...]] = {
    1: (("m n",), ("m",), ("",), ("m c 7 6",), ("m 5 n",)),
    2: (
        ("m n", "n p"),
        ("m n", "m n"),
        ("m n", "n"),
        ("m n", "m below n"),
        ("n", "n"),
        ("m c 7 6", "q c 3 3"),
        ("", ""),
    ),
    3: (("m n", "n p", "p"), ("m n", "n", "n"), ("m n", "m n", "m n"), ("n", "n", ""), ("m c 7 6", "q c 3 3", "q")),
    4: (("m n", "n p", "p", "m p"), ("m n", "n p", "p p", "p"), ("m n", "n", "n", "m n")),
    5: (("m n", "m p", "n p", "p p", "p"), ("m n", "n p", "p", "p q", "q")),
}
_BATCH = 4  # samples, for objects whose own arrays tell the other sizes
_SIZES = (5, 3, 6, 2)  # for constructors: different, so that a missing transpose shows


def parsed(words: str) -> Any:
    """One leaf as the command line writes it: "8,4" a shape, "m n" axis words, "m below V" an index array.

    "m n from 0 to 1" says where the values lie. A single size is written with a comma: "8,".
    """
    axes, _, limit = words.partition(" below ")
    if limit:
        return leaf(_extent(axes), integers_below=int(limit) if limit.isdecimal() else limit.strip())
    axes, _, span = words.partition(" from ")
    if span:
        low, _, high = span.partition(" to ")
        return leaf(_extent(axes), low=_number(low, words), high=_number(high, words))
    if {"below", "from"} & {*words.split()}:
        fix = "write 'm below 10', 'm below n' or 'm n from 0 to 1'"
        raise UsageError(what=f"{words!r} does not say below or from what", where="--leaf", fix=fix)
    return _extent(words)


def _extent(words: str) -> Any:
    """A shape, or axis words as they are."""
    sizes = [part.strip() for part in words.split(",") if part.strip()]
    whole = all(part.isdecimal() for part in sizes)
    if "," in words and not whole:
        raise UsageError(what=f"{words!r} is no shape", where="--leaf", fix="write whole numbers: X=8,4")
    return tuple(map(int, sizes)) if whole else words


def _number(text: str, words: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UsageError(
            what=f"{text!r} is no number", where=f"--leaf {words!r}", fix="write 'm n from 0 to 1'"
        ) from None


@dataclass(frozen=True)
class Made:
    """An object, and the constructor's arguments as one would type them; None where it was not made."""

    made: Any
    init: str | None


def instance(target: Any) -> Made:
    """A class made with different whole numbers for what its constructor asks; anything else as it is."""
    if not isinstance(target, type) or _static(target):
        return Made(target, None)
    found = signature(target)
    count = found.required if found else 0
    for sizes in product(_SIZES, repeat=min(count, 4)):
        if len(set(sizes)) < len(sizes):
            continue
        try:
            return Made(target(*sizes), ", ".join(map(str, sizes)))
        except Exception:
            continue
    raise UsageError(
        what=f"{target.__name__} cannot be made with {count} whole numbers",
        where=target.__name__,
        fix="give the constructor's arguments: --init '3, 5'",
    )


def _static(target: type) -> bool:
    return any(isinstance(vars(target).get(name), staticmethod | classmethod) for name in FORWARD)


def guessed(target: Any, backward: Any) -> dict[str, str]:
    """{leaf: words} that the forward takes. Raises UsageError where nothing usual fits, or whatever the shapes are."""
    names, troubles = argument_names(target, backward), []
    for words in _candidates(target, len(names)):
        chosen = dict(zip(names, words, strict=True))
        trouble = _trouble(target, backward, chosen)
        if trouble is None:
            return chosen
        troubles.append(trouble)
    if troubles and 1 in (len({one.what for one in troubles}), len({one.fix for one in troubles})):
        raise troubles[0]  # whatever the shapes
    example = " ".join(f"--leaf {name}=8,4" for name in names) or "--leaf X=8,4"
    first = f"; with the first of them {troubles[0].what}" if troubles else ""
    raise UsageError(
        what=f"no usual shapes fit its arguments {', '.join(names) or '(unknown)'}{first}",
        where=getattr(target, "__name__", type(target).__name__),
        fix=f"say them: {example}",
    )


def argument_names(target: Any, backward: Any) -> list[str]:
    """The names of what forward takes, without flags and contexts."""
    found = signature(forward_of(target, backward))
    if found is None:
        return ["x"]
    names = [name for name in found.names[: _needed(found)] if name not in TRAINING]
    return names[1:] if names and names[0] in ("ctx", "context") else names


def _needed(found: Signature) -> int:
    return max(found.required, min(1, len(found.names)))


def _candidates(target: Any, count: int) -> Iterator[Sequence[str]]:
    """Shapes from the sizes of the object's own arrays, then the usual ones."""
    own = sorted({size for slot in slots(target).values() for size in np.shape(slot.value)}) if count == 1 else []
    yield from ([f"{_BATCH},{size}"] for size in own)
    yield from ([f"{size},{_BATCH}"] for size in own)
    yield from _USUAL.get(count, ())
    yield from ([f"{_BATCH},{size}"] for size in _SIZES if count == 1)


def _trouble(target: Any, backward: Any, chosen: Mapping[str, str]) -> UsageError | None:
    """What is in the way of leaves like these."""
    try:
        leaves = realise(spread(specs({name: parsed(words) for name, words in chosen.items()}), ()), 0, 0)
        subject = subject_of(Call(target, backward, leaves))
        finite = bool(np.all(np.isfinite(subject.flatten(subject.at_point()[0]))))
    except UsageError as error:
        return error
    return None if finite else UsageError(what="forward is not finite", where=subject.name, fix="give its leaves")
