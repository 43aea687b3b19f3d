"""What one run of forward and backward shows: which leaves owe a gradient, and how the gradients are shaped.

A leaf without a gradient is no leaf if it is a setting, a target, data, or does not move the output; each is said in
a note. Any other stays one, and its missing gradient is a finding. Nothing is compared with a numerical value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from nnverify._compare import identical
from nnverify._errors import NnverifyError
from nnverify.conventions._gradients import counts, needless
from nnverify.conventions._trial import upstream
from nnverify.conventions.convention import Adapted
from nnverify.subject import Leaf, Pullback, copied


def settled(subject: Adapted, ran: tuple[Any, Pullback], order: Sequence[str] | None) -> Adapted:
    """The subject without the leaves that owe no gradient, and gradients in their leaves' shapes where that is safe.

    ran  its output and pullback at the point, not used before
    """
    output, pullback = ran
    try:
        found = pullback(upstream(output))
    except NnverifyError:
        raise
    except Exception:  # whatever backward raises, the check says it
        return subject
    missing = [leaf for leaf in subject.targets() if found.get(leaf.name) is None]
    notes = {leaf.name: note for leaf in missing if (note := _needless(leaf, subject, output, order))}
    if len(notes) == len(subject.targets()):
        notes = {}
    leaves = tuple(replace(leaf, differentiable=False) if leaf.name in notes else leaf for leaf in subject.leaves)
    counted = [f"{leaf.name} holds integers: {_COUNTED}" for leaf in leaves if counts(leaf, found.get(leaf.name))]
    counted += _stepping(output)
    extreme = subject.terminal and _guarded(subject, output, found)
    subject = replace(subject, leaves=leaves, notes=(*subject.notes, *_grouped(notes), *counted), extreme=extreme)
    return _shaped(subject, found)


_COUNTED = "the gradient that backward returns for it is not checked; pass it as floats to have it checked"
_STEPS = {"b": "booleans", "i": "integers", "u": "integers"}
_SLIGHTLY = 1e-5
_EXTREME = 1e5  # probabilities are kept 1e-7 from 0 or less; values that are no probabilities end up there


def _stepping(output: Any) -> list[str]:
    """A note where forward returns what moves in steps only."""
    kind = output.dtype.kind if isinstance(output, np.ndarray) else ""
    return [f"forward returns {_STEPS[kind]}: what moves in steps has a gradient of zero"] if kind in _STEPS else []


def _guarded(subject: Adapted, output: Any, found: Mapping[str, Any]) -> bool:
    """Whether a loss is flat where its gradient is beyond measure: clipped, so that log and quotient are finite."""
    size = _EXTREME * (1 + float(np.max(np.abs(subject.flatten(output)), initial=0.0)))
    values, some = [copied(leaf.value) for leaf in subject.leaves], False
    for place, leaf in enumerate(subject.leaves):
        part = found.get(leaf.name) if leaf.differentiable else None
        if part is None or np.shape(part) != np.shape(leaf.value) or not np.all(np.isfinite(part)):
            continue
        beyond = np.abs(part) > size
        values[place] = (leaf.value + beyond * _SLIGHTLY * (nudged(leaf.value) - leaf.value))[()]
        some = some or bool(np.any(beyond))
    return some and np.array_equal(subject.flatten(subject.forward(*values)), subject.flatten(output))


def _needless(leaf: Leaf, subject: Adapted, output: Any, order: Sequence[str] | None) -> str | None:
    """Why a leaf without a gradient owes none; None where it does."""
    if order is not None and leaf.name not in order:
        return "grads= names no gradient of it"
    if needless(leaf, subject.leaves, terminal=subject.terminal):
        return "backward returns no gradient of it"
    return None if moves(leaf, subject, output) else "the output does not depend on it"


def moves(leaf: Leaf, subject: Adapted, output: Any = None) -> bool:
    """Whether the output depends on the leaf; at the subject's point it is ``output``, if that is known."""
    values = [copied(one.value) for one in subject.leaves]
    output = subject.forward(*values) if output is None else output
    place = [one.name for one in subject.leaves].index(leaf.name)
    values[place] = nudged(values[place])
    try:
        moved = subject.forward(*values)
    except Exception:  # a forward that no longer runs does depend on it
        return True
    return not identical(subject.flatten(moved), subject.flatten(output))


def nudged(value: Any) -> Any:
    """Every entry moved a little, up and down in turn."""
    array = np.asarray(value, dtype=np.float64)
    turns = np.where(np.arange(array.size).reshape(array.shape) % 2, 1.0, -0.75)
    return (array + 0.125 * (np.abs(array) + 1) * turns)[()]


def _grouped(notes: Mapping[str, str]) -> list[str]:
    reasons = dict.fromkeys(notes.values())
    return [
        f"{', '.join(name for name, one in notes.items() if one == why)}: taken as constant, {why}" for why in reasons
    ]


def _shaped(subject: Adapted, found: Mapping[str, Any]) -> Adapted:
    """Gradients that broadcast onto their leaf entry by entry, as (p,) onto (1, p), are given its shape."""
    shapes = {leaf.name: np.shape(leaf.value) for leaf in subject.targets()}
    loose = {name for name, shape in shapes.items() if found.get(name) is not None and _loose(found[name], shape)}
    if not loose:
        return subject
    listed = ", ".join(f"d{name} {np.shape(found[name])} is read as {shapes[name]}" for name in sorted(loose))
    return replace(
        subject, run=_reshaping(subject.run, shapes), notes=(*subject.notes, f"{listed}: broadcasting makes them one")
    )


def _reshaping(run: Callable[..., tuple[Any, Pullback]], shapes: Mapping[str, tuple[int, ...]]) -> Callable[..., Any]:
    def shaped(*values: Any) -> tuple[Any, Pullback]:
        output, pullback = run(*values)
        return output, lambda dout: {name: _onto(part, shapes.get(name)) for name, part in pullback(dout).items()}

    return shaped


def _onto(part: Any, shape: tuple[int, ...] | None) -> Any:
    return part if part is None or shape is None or not _loose(part, shape) else np.reshape(part, shape)


def _loose(part: Any, shape: tuple[int, ...]) -> bool:
    """Whether W - lr * dW would be right although the shapes differ: the same entries, with ones in front."""
    own = np.shape(part)
    return own != shape and (1,) * (len(shape) - len(own)) + own == shape
