"""An elementwise function and its derivative: f and f′, of the input or of the output.

Whether f′ takes the input or the output cannot be seen from outside, and public code mixes both in one table: it is
declared, derivative="input" or "output".
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nnverify._errors import UsageError
from nnverify.conventions._gradients import by_leaf
from nnverify.conventions.convention import Call, Convention, title
from nnverify.subject import Pullback, Subject

_OF = ("input", "output")


def recognises(call: Call) -> bool:
    return call.declared.derivative is not None


def subject(call: Call) -> Subject:
    """The pullback dout ⊙ f′(…). Raises UsageError where there is no derivative, or it is of neither."""
    name, of = call.name or title(call.target), call.declared.derivative
    if of not in _OF or not callable(call.backward):
        raise UsageError(
            what=f"derivative={of!r} with backward={call.backward!r}",
            where=name,
            fix="pass f and its derivative, and derivative='input' or derivative='output'",
        )

    def run(*values: Any) -> tuple[Any, Pullback]:
        output = call.target(*values)

        def pullback(dout: Any) -> dict[str, Any]:
            slope = call.backward(*values) if of == "input" else call.backward(np.copy(output)[()])
            found = by_leaf(slope, call.leaves, name)
            return {leaf: dout * np.asarray(part) for leaf, part in found.items() if part is not None}

        return output, pullback

    return Subject(name, call.leaves, run, call.target, f"derivative of the {of}")


DERIVATIVE = Convention("derivative", "f and f′, with derivative='input' or 'output'", recognises, subject)
