"""What was declared, put into the subject: a subject in, a subject out.

Each changes what is differentiated or what the backward is given, and says so in a note. The checks know nothing
of it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from nnverify._errors import UsageError
from nnverify.conventions.convention import Declared
from nnverify.subject import Pullback, Subject

Wrap = Callable[[Subject, Declared], Subject]


def declared(subject: Subject, what: Declared) -> Subject:
    """The subject with everything that was declared."""
    for wanted, wrap in (
        (what.surrogate is not None, _surrogate),
        (what.fused is not None, _fused),
        (what.terminal, _terminal),
        (what.reduction is not None, _reduction),
        (what.penalty is not None, _penalty),
    ):
        subject = wrap(subject, what) if wanted else subject
    return subject


def _noted(subject: Subject, note: str, **changes: Any) -> Subject:
    return replace(subject, notes=(*subject.notes, note), **changes)


def _surrogate(subject: Subject, what: Declared) -> Subject:
    """The derivative is that of another function; the backward belongs to the forward as it is."""
    surrogate = what.surrogate
    assert surrogate is not None

    def run(*values: Any) -> tuple[Any, Pullback]:
        return surrogate(*values), subject.run(*values)[1]

    return _noted(subject, "declared: the derivative is that of the surrogate", run=run, forward=surrogate)


def _terminal(subject: Subject, _: Declared) -> Subject:
    """The backward starts from the loss: its upstream is 1 whatever comes after."""

    def run(*values: Any) -> tuple[Any, Pullback]:
        output, pullback = subject.run(*values)
        return output, lambda dout: _times(pullback(np.ones_like(output)[()]), dout)

    return _noted(subject, "declared: backward starts from the loss and ignores its upstream", run=run)


def _times(gradients: Any, dout: Any) -> dict[str, Any]:
    factor = float(np.mean(dout))
    return {name: None if part is None else factor * np.asarray(part) for name, part in gradients.items()}


def _reduction(subject: Subject, what: Declared) -> Subject:
    if what.reduction == "batch mean":
        return _batch_mean(subject, what.batch_axis)
    reducers: dict[str, Callable[[Any], Any]] = {"mean": np.mean, "sum": np.sum}
    reduce = reducers.get(what.reduction or "")
    if reduce is None:
        raise UsageError(
            what=f"reduction={what.reduction!r} is unknown",
            where=subject.name,
            fix="choose 'mean' or 'sum' for a loss, or 'batch mean' for parameters",
        )

    def run(*values: Any) -> tuple[Any, Pullback]:
        output, pullback = subject.run(*values)
        share = np.ones_like(np.asarray(output, dtype=np.float64))
        return reduce(output), lambda dout: _times(pullback(share[()]), dout)

    note = f"declared: the loss is the {what.reduction} of the {'output entries'}"
    return _noted(subject, note, run=run, forward=lambda *values: reduce(subject.forward(*values)))


def _batch_mean(subject: Subject, axis: int) -> Subject:
    """Gradients of parameters, all leaves but the first, are divided by the number of samples."""
    data, *parameters = subject.leaves
    if np.ndim(data.value) <= axis or np.ndim(data.value) < -axis:
        raise UsageError(
            what=f"{data.name} of shape {np.shape(data.value)} has no axis {axis}",
            where=subject.name,
            fix="batch_axis= is the axis of the first leaf that counts the samples",
        )
    m = np.shape(data.value)[axis]
    names = {leaf.name for leaf in parameters}

    def run(*values: Any) -> tuple[Any, Pullback]:
        output, pullback = subject.run(*values)

        def summed(dout: Any) -> dict[str, Any]:
            found = pullback(dout)
            return {name: _scaled(part, m) if name in names else part for name, part in found.items()}

        return output, summed

    return _noted(subject, f"declared: gradients of {', '.join(sorted(names))} are a mean over {m} samples", run=run)


def _scaled(part: Any, factor: float) -> Any:
    return None if part is None else factor * np.asarray(part)


def _softmax_cross_entropy(p: Any, target: Any) -> Any:
    return -np.sum(target * np.log(p))


def _sigmoid_cross_entropy(p: Any, target: Any) -> Any:
    return -np.sum(target * np.log(p) + (1 - target) * np.log1p(-p))


_FUSED: dict[str, Callable[[Any, Any], Any]] = {
    "softmax cross-entropy": _softmax_cross_entropy,
    "sigmoid cross-entropy": _sigmoid_cross_entropy,
}


def _fused(subject: Subject, what: Declared) -> Subject:
    """Loss and activation share one gradient: the backward is given p − target, which is it already."""
    loss = _FUSED.get(what.fused or "")
    if loss is None:
        raise UsageError(
            what=f"fused={what.fused!r} is unknown",
            where=subject.name,
            fix=f"choose one of {', '.join(map(repr, _FUSED))}",
        )

    def run(*values: Any) -> tuple[Any, Pullback]:
        p, pullback = subject.run(*values)
        return loss(p, _target(p)), lambda dout: pullback(dout * (p - _target(p)))

    def forward(*values: Any) -> Any:
        p = subject.forward(*values)
        return loss(p, _target(p))

    return _noted(subject, f"declared: fused with its loss, {what.fused}", run=run, forward=forward)


def _target(p: Any) -> Any:
    """A one-hot target for every row of probabilities, another class for each."""
    classes = np.shape(p)[-1]
    return np.eye(classes)[np.arange(np.size(p) // classes) % classes].reshape(np.shape(p))


def _penalty(subject: Subject, what: Declared) -> Subject:
    """A term of the parameters that is added to the loss; its gradient is part of the backward."""
    penalty = what.penalty
    assert penalty is not None
    places = _places(penalty, subject)

    def term(values: Any) -> Any:
        return penalty(*(values[place] for place in places))

    def run(*values: Any) -> tuple[Any, Pullback]:
        output, pullback = subject.run(*values)
        outputs = output if isinstance(output, tuple) else (output,)
        single = not isinstance(output, tuple)
        return (*outputs, term(values)), lambda dout: pullback(dout[0] if single else dout[:-1])

    def forward(*values: Any) -> Any:
        output = subject.forward(*values)
        return (*(output if isinstance(output, tuple) else (output,)), term(values))

    return _noted(subject, "declared: a penalty is part of the loss", run=run, forward=forward, unit_outputs=1)


def _places(penalty: Callable[..., Any], subject: Subject) -> list[int]:
    """Where the penalty's parameters stand among the leaves, by name; all leaves in order where it takes *args."""
    names = [leaf.name for leaf in subject.leaves]
    parameters = inspect.signature(penalty).parameters.values()
    if any(one.kind is one.VAR_POSITIONAL for one in parameters):
        return list(range(len(names)))
    wanted = [one.name for one in parameters if one.default is one.empty]
    unknown = [name for name in wanted if name not in names]
    if unknown:
        raise UsageError(
            what=f"penalty takes {', '.join(unknown)}, the leaves are {', '.join(names)}",
            where=subject.name,
            fix="name its parameters after the leaves",
        )
    return [names.index(name) for name in wanted]
