"""A loss fused with its activation: both share one gradient, p − target, times a count that is declared.

Backward is given it, or the target to compute it from.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nnverify._errors import UsageError
from nnverify.conventions._losses import FUSED, Loss
from nnverify.conventions._settled import moves
from nnverify.conventions._wrapped import noted, of_a_loss
from nnverify.conventions.convention import Adapted, Call, Declared
from nnverify.subject import Pullback


def fused(subject: Adapted, call: Call) -> Adapted:
    """Loss and activation share one gradient, p − target: backward is given it, or the target to compute it from."""
    entry = FUSED.get(call.declared.fused or "")
    if entry is None:
        raise UsageError(
            what=f"fused={call.declared.fused!r} is unknown",
            where=subject.name,
            fix=f"choose one of {', '.join(map(repr, FUSED))}",
        )
    note, place = f"declared: fused with its loss, {call.declared.fused}", _compared(subject)

    def loss(p: Any, values: Any) -> Any:
        target = _target(p) if place is None else _one_hot(values[place], p)
        return np.sum(entry.entries(p, target)) / _count(p, entry, call.declared)

    if subject.terminal:
        return of_a_loss(subject, loss, note)

    def run(*values: Any) -> tuple[Any, Pullback]:
        p, pullback = subject.run(*values)
        share = entry.factor * (p - _target(p)) / _count(p, entry, call.declared)
        return loss(p, values), lambda dout: pullback(dout * share)

    return noted(subject, note, run=run, forward=lambda *values: loss(subject.forward(*values), values))


def _count(p: Any, loss: Loss, what: Declared) -> int:
    """What the loss is divided by where it is declared to be a mean: over the entries, or over the samples."""
    if what.reduction is None or what.reduction == "sum" or not np.ndim(p):
        return 1
    return np.size(p) if what.reduction == "mean" and not loss.of_samples else np.shape(p)[what.batch_axis]


def _compared(subject: Adapted) -> int | None:
    """The place of the target: the leaf that forward does not take, or that does not move what it returns."""
    if not subject.terminal or subject.target is not None:
        return subject.target
    idle = [place for place, leaf in enumerate(subject.leaves) if not moves(leaf, subject)]
    if len(idle) == 1:
        return idle[0]
    raise UsageError(
        what="backward is given no upstream, and which leaf the loss compares with cannot be told",
        where=subject.name,
        fix="pass the target as a leaf that forward does not depend on",
    )


def _target(p: Any) -> Any:
    """A one-hot target for every row of probabilities, another class for each."""
    classes = np.shape(p)[-1]
    return np.eye(classes)[np.arange(np.size(p) // classes) % classes].reshape(np.shape(p))


def _one_hot(target: Any, p: Any) -> Any:
    """The target as it is, or the rows that labels stand for."""
    if np.shape(target) == np.shape(p) or np.asarray(target).dtype.kind == "f":
        return target
    return np.eye(np.shape(p)[-1])[np.asarray(target).reshape(-1)].reshape(np.shape(p))
