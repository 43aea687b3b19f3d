"""A class whose forward and backward share a context: forward(ctx, *leaves), backward(ctx, dout).

As torch.autograd.Function and many small engines have it, with static methods or with the instance itself as the
context. The context made here stores whatever is put on it.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

from nnverify._errors import UsageError
from nnverify.conventions import _names
from nnverify.conventions._gradients import by_leaf
from nnverify.conventions._signature import signature
from nnverify.conventions.convention import Adapted, Call, Convention, title
from nnverify.subject import Pullback


class Context:
    """Keeps what forward saves for backward; any other attribute may be set on it as well."""

    def __init__(self, leaves: Sequence[bool]) -> None:
        self.needs_input_grad = tuple(leaves)
        self.saved_tensors: tuple[Any, ...] = ()
        self.saved_values: tuple[Any, ...] = ()

    def save_for_backward(self, *values: Any) -> None:
        self.saved_tensors = self.saved_values = values

    def mark_non_differentiable(self, *_: Any) -> None:
        """Engines ask for it; there is nothing to do."""

    def set_materialize_grads(self, *_: Any) -> None:
        """The same."""


def recognises(call: Call) -> bool:
    if not isinstance(call.target, type) or call.backward is not None:
        return False
    return _takes_context(call.target, len(call.leaves)) or _is_context(call.target)


def _takes_context(target: type, leaves: int) -> bool:
    """Whether forward is given its context as an argument."""
    forward = inspect.getattr_static(target, "forward", None)
    found = signature(forward.__func__ if isinstance(forward, staticmethod | classmethod) else forward)
    if forward is None or not hasattr(target, "backward") or not found or not found.names:
        return False
    return found.names[0] in _names.CONTEXT or (isinstance(forward, staticmethod) and found.required == leaves + 1)


def _is_context(target: type) -> bool:
    """Whether an instance is the context: it saves for backward, and its constructor is the engine's business."""
    return all(hasattr(target, name) for name in ("forward", "backward", "save_for_backward"))


def subject(call: Call) -> Adapted:
    """A new context for every call. Raises UsageError where the class has no such pair."""
    name, target = call.name or title(call.target), call.target
    if not (hasattr(target, "forward") and hasattr(target, "backward")):
        raise UsageError(
            what="the class has no forward and backward",
            where=name,
            fix="give it forward(ctx, *leaves), backward(ctx, dout)",
        )
    needed = [leaf.differentiable for leaf in call.leaves]
    static = _takes_context(target, len(call.leaves))

    def context() -> Any:
        return Context(needed) if static else _bare(target, needed)

    def run(*values: Any) -> tuple[Any, Pullback]:
        own = context()
        output = target.forward(own, *values)

        def pullback(dout: Any) -> dict[str, Any]:
            upstream = dout if isinstance(dout, tuple) else (dout,)
            return by_leaf(target.backward(own, *upstream), call.leaves, name, call.order)

        return output, pullback

    words = "forward(ctx, …), backward(ctx, dout)" if static else "the instance is the context"
    return Adapted(name, call.leaves, run, lambda *values: run(*values)[0], f"context: {words}")


def _bare(target: type, needed: Sequence[bool]) -> Any:
    """An instance that the engine's constructor, which wants the engine's values, has not seen."""
    own: Any = object.__new__(target)
    own.__dict__.update(needs_input_grad=tuple(needed), saved_tensors=[], parents=())
    return own


CONTEXT = Convention("context", "a class with forward(ctx, *leaves) and backward(ctx, dout)", recognises, subject)
