"""One function of the leaves that returns its own gradients: (output, pullback), or (loss, gradients).

Closures, jax.vjp, autograd's make_vjp and callback styles return a pullback; losses of whole networks often return
their gradients at once.
"""

from __future__ import annotations

from typing import Any

from nnverify._errors import UsageError
from nnverify.conventions._gradients import by_leaf
from nnverify.conventions._results import result
from nnverify.conventions._signature import slope_flag
from nnverify.conventions.convention import Adapted, Call, Convention, title
from nnverify.subject import Pullback


def recognises(call: Call) -> bool:
    return call.backward is None and callable(call.target)


def subject(call: Call) -> Adapted:
    """The function as it stands. Raises UsageError where what it returns holds no gradients."""
    name = call.name or title(call.target)
    if flag := slope_flag(call.target):
        raise UsageError(
            what=f"{flag}=True makes it its own derivative, of the input or of the output",
            where=name,
            fix="say which: derivative='input' or derivative='output'",
        )

    def run(*values: Any) -> tuple[Any, Pullback]:
        found = result(call.target(*values), name)

        def pullback(dout: Any) -> dict[str, Any]:
            returned = found.gradients if found.pullback is None else found.pullback(dout)
            return by_leaf(returned, call.leaves, name, call.order, terminal=found.pullback is None)

        return found.output, pullback

    finished = result(call.tried(call.target), name).pullback is None
    return Adapted(
        name, call.leaves, run, lambda *values: run(*values)[0], f"function: {_looks(finished)}", terminal=finished
    )


def _looks(finished: bool) -> str:
    return "(loss, gradients)" if finished else "(output, pullback)"


FUNCTION = Convention("function", "f(*leaves) -> (output, pullback) or (loss, gradients)", recognises, subject)
