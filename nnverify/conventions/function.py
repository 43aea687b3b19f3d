"""One function of the leaves that returns its own gradients: (output, pullback), or (loss, gradients).

Closures, jax.vjp, autograd's make_vjp and callback styles return a pullback; losses of whole networks often return
their gradients at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from nnverify._errors import UsageError
from nnverify.conventions._gradients import by_leaf
from nnverify.conventions.convention import Call, Convention, title
from nnverify.subject import Pullback, Subject


def recognises(call: Call) -> bool:
    return call.backward is None and callable(call.target)


def subject(call: Call) -> Subject:
    """The function as it stands. Raises UsageError where what it returns holds no gradients."""
    name = call.name or title(call.target)
    order = call.named.grads if isinstance(call.named.grads, tuple | list) else None

    def run(*values: Any) -> tuple[Any, Pullback]:
        output, second = _parts(call.target(*values), name)
        if callable(second):
            return output, lambda dout: by_leaf(second(dout), call.leaves, name, order)
        return output, lambda dout: _scaled(by_leaf(second, call.leaves, name, order), dout)

    return Subject(name, call.leaves, run, lambda *values: _parts(call.target(*values), name)[0], "function")


def _parts(returned: Any, where: str) -> tuple[Any, Any]:
    """(output, pullback) or (loss, gradients), the pullback in either place."""
    if not isinstance(returned, tuple | list) or len(returned) < 2:
        raise UsageError(
            what=f"it returned {_kind(returned)}, and no backward was given",
            where=where,
            fix="pass the backward as second argument, or return (output, pullback) or (loss, gradients)",
        )
    first, *rest = returned
    second = rest[0] if len(rest) == 1 else tuple(rest)
    if callable(first) and not callable(second) and not hasattr(first, "__array__"):
        return second, first
    if callable(second) or np.size(first) == 1:
        return first, second
    raise UsageError(
        what=f"it returned {_kind(first)} of shape {np.shape(first)} and {_kind(second)}: only a scalar loss can come "
        "with finished gradients",
        where=where,
        fix="return (output, pullback) where pullback(dout) gives the gradients, or sum the loss",
    )


def _kind(value: Any) -> str:
    return "one array" if isinstance(value, np.ndarray) else f"a {type(value).__name__}"


def _scaled(gradients: Mapping[str, Any], dout: Any) -> dict[str, Any]:
    """Finished gradients are those of the loss itself; under the upstream dout they are dout times as large."""
    factor = float(np.sum(dout))
    return {name: None if part is None else factor * np.asarray(part) for name, part in gradients.items()}


FUNCTION = Convention("function", "f(*leaves) -> (output, pullback) or (loss, gradients)", recognises, subject)
