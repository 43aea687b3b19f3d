"""An elementwise function and its derivative: f and f′, of the input or of the output.

Whether f′ takes the input or the output cannot be seen from outside, and public code mixes both in one table: it is
declared, derivative="input" or "output".
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from nnverify._errors import UsageError
from nnverify.conventions import _names
from nnverify.conventions._gradients import by_leaf
from nnverify.conventions._signature import slope_flag
from nnverify.conventions.convention import Adapted, Call, Convention, title
from nnverify.subject import Pullback

_OF = ("input", "output")


def recognises(call: Call) -> bool:
    return call.declared.derivative is not None


def subject(call: Call) -> Adapted:
    """The finished gradients f′(…). Raises UsageError where there is no derivative, or it is of neither."""
    name, of = call.name or title(call.target), call.declared.derivative
    function, slope = _both(call)
    if of not in _OF or not (callable(function) and callable(slope)):
        raise UsageError(
            what=f"derivative={of!r} with backward={call.backward!r}",
            where=name,
            fix="pass f and its derivative, and derivative='input' or derivative='output'",
        )

    def run(*values: Any) -> tuple[Any, Pullback]:
        output = function(*values)

        def pullback(_: Any) -> dict[str, Any]:
            return by_leaf(slope(*values) if of == "input" else slope(np.copy(output)[()]), call.leaves, name)

        return output, pullback

    return Adapted(name, call.leaves, run, function, f"derivative of the {of}", terminal=True)


def _both(call: Call) -> tuple[Callable[..., Any], Any]:
    """The two functions, or the two methods of an object or class; or one function that is told which it shall be."""
    if callable(call.backward):
        return call.target, call.backward
    if flag := slope_flag(call.target):
        return call.target, partial(call.target, **{flag: True})
    found = [
        next((method for name in names if callable(method := getattr(call.target, name, None))), None)
        for names in (_names.FORWARD, _names.BACKWARD)
    ]
    return found[0] or call.target, found[1]


DERIVATIVE = Convention("derivative", "f and f′, with derivative='input' or 'output'", recognises, subject)
