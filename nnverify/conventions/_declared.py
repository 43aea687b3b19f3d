"""What was declared, put into the subject: a subject in, a subject out.

Each changes what is differentiated or what the backward is given, and says so in a note. The checks know nothing
of it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from nnverify._errors import UsageError
from nnverify.conventions._fused import fused
from nnverify.conventions._losses import FUSED
from nnverify.conventions._trees import members
from nnverify.conventions._wrapped import noted, of_a_loss, scaled
from nnverify.conventions.convention import Adapted, Call
from nnverify.subject import Pullback, Subject, copied


def declared(subject: Adapted, call: Call) -> Subject:
    """The subject with everything that was declared; finished gradients last of all become a pullback."""
    what = call.declared
    if subject.target is not None and what.fused is None and what.surrogate is None:
        raise no_loss(subject.leaves[subject.target].name, subject.name)
    for wanted, wrap in (
        (what.surrogate is not None, _surrogate),
        (what.fused is not None, fused),
        (what.reduction in ("mean", "sum") and what.fused is None, _reduced),
        (what.reduction == "batch mean" and not (what.fused and subject.terminal), _batch_mean),
        (what.terminal, _terminal),
        (True, _finished),
        (what.penalty is not None, _penalty),
    ):
        subject = wrap(subject, call) if wanted else subject
    return subject


def no_loss(name: str, where: str) -> UsageError:
    """For a leaf that forward does not take."""
    return UsageError(
        what=f"forward does not take {name}; where backward does, its gradients are of a loss that is computed nowhere",
        where=where,
        fix=f"leave {name} out, or say which loss: fused={' or fused='.join(map(repr, FUSED))}, or surrogate= a "
        "function of all leaves",
    )


def _surrogate(subject: Adapted, call: Call) -> Adapted:
    """The derivative is that of another function; the backward belongs to the forward as it is."""
    surrogate = call.declared.surrogate
    assert surrogate is not None

    def run(*values: Any) -> tuple[Any, Pullback]:
        return surrogate(*values), subject.run(*values)[1]

    return noted(subject, "declared: the derivative is that of the surrogate", run=run, forward=surrogate)


def _terminal(subject: Adapted, _: Call) -> Adapted:
    """The backward starts from the loss: its upstream is 1 whatever comes after."""
    output = subject.at_point()[0]
    if np.size(output) != 1:
        raise UsageError(
            what=f"terminal=True, but forward returns shape {np.shape(output)}, which is no loss",
            where=subject.name,
            fix="say what the loss is, reduction='mean' or reduction='sum'",
        )
    return of_a_loss(
        subject, lambda output, _: output, "declared: backward starts from the loss and ignores its upstream"
    )


def _reduced(subject: Adapted, call: Call) -> Adapted:
    """The loss is the mean or sum of what forward returns."""
    reduction = call.declared.reduction
    reduce = np.mean if reduction == "mean" else np.sum
    _refuse_other(subject, str(reduction))
    return of_a_loss(
        subject, lambda output, _: reduce(output), f"declared: the loss is the {reduction} of the output entries"
    )


def _refuse_other(subject: Adapted, reduction: str) -> None:
    """Raise UsageError where forward already returns the loss, and repeated samples show that it is the other one."""
    loss, twice = np.asarray(subject.at_point()[0]), _repeated(subject)
    if loss.size != 1 or twice is None or np.size(twice) != 1 or not np.any(loss):
        return
    behaves = {1.0: "mean", 2.0: "sum"}.get(round(float(np.sum(twice)) / float(np.sum(loss)), 9))
    if behaves not in (None, reduction):
        raise UsageError(
            what=f"reduction={reduction!r} is declared, but forward's loss is a {behaves}: with every sample repeated "
            f"it {'stays as it was' if behaves == 'mean' else 'doubles'}",
            where=subject.name,
            fix=f"declare reduction={behaves!r}, or change the loss",
        )


def _repeated(subject: Adapted) -> Any:
    """The output with every sample twice: along the first axis of the first leaf, in all leaves that have as many."""
    data = np.asarray(subject.leaves[0].value)
    if data.ndim == 0:
        return None
    values = [
        np.concatenate([leaf.value] * 2)
        if isinstance(leaf.value, np.ndarray) and leaf.value.shape[:1] == data.shape[:1]
        else copied(leaf.value)
        for leaf in subject.leaves
    ]
    try:
        return subject.forward(*values)
    except Exception:
        return None


def _batch_mean(subject: Adapted, call: Call) -> Adapted:
    """Gradients of parameters are divided by the number of samples: all leaves but the first, or all an object has."""
    axis, data = call.declared.batch_axis, subject.leaves[0]
    if not -np.ndim(data.value) <= axis < np.ndim(data.value):
        raise UsageError(
            what=f"{data.name} of shape {np.shape(data.value)} has no axis {axis}",
            where=subject.name,
            fix="batch_axis= is the axis of the first leaf that counts the samples",
        )
    m, given = np.shape(data.value)[axis], sum(len(members(leaf)) for leaf in call.leaves)
    others = subject.leaves[given if len(subject.leaves) > given else 1 :]
    names = [leaf.name for leaf in others if leaf.differentiable]

    def run(*values: Any) -> tuple[Any, Pullback]:
        output, pullback = subject.run(*values)

        def summed(dout: Any) -> dict[str, Any]:
            found = dict(pullback(dout))
            return found | scaled({name: found.get(name) for name in names}, m)

        return output, summed

    return noted(subject, f"declared: gradients of {', '.join(names)} are a mean over {m} samples", run=run)


def _finished(subject: Adapted, _: Call) -> Adapted:
    """Finished gradients of a scalar, or of a function of each entry: dout times as large under an upstream."""
    if not subject.terminal:
        return subject
    shape = np.shape(subject.at_point()[0])

    def times(gradients: Mapping[str, Any], dout: Any) -> dict[str, Any]:
        odd = [name for name, part in gradients.items() if part is not None and np.shape(part) != shape]
        if odd and np.size(dout) != 1:
            raise _no_scalar(subject, odd[0], np.shape(gradients[odd[0]]), shape)
        return scaled(gradients, dout if np.size(dout) != 1 else float(np.sum(dout)))

    def run(*values: Any) -> tuple[Any, Pullback]:
        output, pullback = subject.run(*values)
        return output, lambda dout: times(pullback(dout), dout)

    return replace(subject, run=run, terminal=False)


def _no_scalar(subject: Adapted, name: str, own: tuple[int, ...], shape: tuple[int, ...]) -> UsageError:
    return UsageError(
        what=f"backward takes no upstream and returns d{name} of shape {own} for an output of shape {shape}: only a "
        "scalar, or a function of each entry, has finished gradients",
        where=subject.name,
        fix="say what the loss is, reduction='mean' or reduction='sum'",
    )


def _penalty(subject: Adapted, call: Call) -> Adapted:
    """A term of the parameters that is added to the loss; its gradient is part of the backward."""
    penalty = call.declared.penalty
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

    return noted(subject, "declared: a penalty is part of the loss", run=run, forward=forward, unit_outputs=1)


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
