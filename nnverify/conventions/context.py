"""A class whose forward and backward share a context: forward(ctx, *leaves), backward(ctx, dout).

As torch.autograd.Function and many small engines have it, with static methods or with the instance itself as the
context. The context made here stores whatever is put on it.
"""

from __future__ import annotations

import inspect
from typing import Any

from nnverify._errors import UsageError
from nnverify.conventions import _names
from nnverify.conventions._gradients import by_leaf
from nnverify.conventions._signature import signature
from nnverify.conventions.convention import Call, Convention, title
from nnverify.subject import Pullback, Subject


class Context:
    """Keeps what forward saves for backward; any other attribute may be set on it as well."""

    def __init__(self, leaves: int) -> None:
        self.needs_input_grad = (True,) * leaves
        self.saved_tensors: tuple[Any, ...] = ()

    def save_for_backward(self, *values: Any) -> None:
        self.saved_tensors = self.saved_values = values

    def mark_non_differentiable(self, *_: Any) -> None:
        """Engines ask for it; there is nothing to do."""


def recognises(call: Call) -> bool:
    return isinstance(call.target, type) and call.backward is None and _static(call.target)


def _static(target: Any) -> bool:
    """Whether forward takes its context as an argument instead of being bound to an object."""
    forward = inspect.getattr_static(target, "forward", None)
    if not hasattr(target, "backward") or forward is None:
        return False
    found = signature(target.forward)
    first = found.names[0] if found and found.names else ""
    return isinstance(forward, staticmethod | classmethod) or first in _names.CONTEXT


def subject(call: Call) -> Subject:
    """A new context for every call. Raises UsageError where the class has no such pair."""
    name, target = call.name or title(call.target), call.target
    if not (hasattr(target, "forward") and hasattr(target, "backward")):
        raise UsageError(
            what="the class has no forward and backward",
            where=name,
            fix="give it forward(ctx, *leaves), backward(ctx, dout)",
        )

    def forward(*values: Any) -> Any:
        return target.forward(Context(len(values)), *values)

    def run(*values: Any) -> tuple[Any, Pullback]:
        context = Context(len(values))
        output = target.forward(context, *values)

        def pullback(dout: Any) -> dict[str, Any]:
            upstream = dout if isinstance(dout, tuple) else (dout,)
            return by_leaf(target.backward(context, *upstream), call.leaves, name)

        return output, pullback

    return Subject(name, call.leaves, run, forward, "context: forward(ctx, …), backward(ctx, dout)")


CONTEXT = Convention("context", "a class with forward(ctx, *leaves) and backward(ctx, dout)", recognises, subject)
