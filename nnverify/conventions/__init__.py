"""Foreign conventions, each turned into a Subject once, at the edge; one file and one table row each.

Recognition looks at what is callable and at names, never at whether a gradient is right. The first row that
recognises a call takes it; ``convention=`` names a row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from nnverify._errors import NnverifyError, UsageError
from nnverify.conventions._declared import declared
from nnverify.conventions._randomness import Randomness
from nnverify.conventions.context import CONTEXT
from nnverify.conventions.convention import Call, Convention, title
from nnverify.conventions.derivative import DERIVATIVE
from nnverify.conventions.function import FUNCTION
from nnverify.conventions.object import OBJECT
from nnverify.conventions.pair import PAIR
from nnverify.conventions.values import VALUES
from nnverify.subject import Pullback, Subject, copied

CONVENTIONS: tuple[Convention, ...] = (VALUES, DERIVATIVE, CONTEXT, OBJECT, PAIR, FUNCTION)

# What people call the styles after the course or library they know them from.
_ALIASES = {"cache": "pair", "leaves": "pair", "cs231n": "pair", "nnfs": "object", "torch": "values"}


def subject_of(call: Call) -> Subject:
    """The subject of a call, with everything that was declared, its randomness frozen.

    Raises UsageError for a call that no row recognises, and whatever the row raises for what it cannot tell.
    """
    row = _row(call)
    try:
        return _frozen(declared(row.subject(call), call.declared), call)
    except NnverifyError:
        raise
    except Exception as error:
        shapes = ", ".join(f"{leaf.name} {np.shape(leaf.value)}" for leaf in call.leaves)
        raise UsageError(
            what=f"running it raised {type(error).__name__}: {error}",
            where=call.name or title(call.target),
            fix=f"call forward and backward once by hand with leaves of these shapes: {shapes}",
        ) from error


def _row(call: Call) -> Convention:
    names = {row.name: row for row in CONVENTIONS}
    if call.convention is not None:
        name = _ALIASES.get(call.convention, call.convention)
        if name not in names:
            raise UsageError(
                what=f"convention={call.convention!r} is unknown",
                where=call.name or title(call.target),
                fix=f"choose from {', '.join(sorted({*names, *_ALIASES}))}",
            )
        return names[name]
    found = next((row for row in CONVENTIONS if row.recognises(call)), None)
    if found is None:
        raise UsageError(
            what=f"no convention fits {_shown(call.target)}"
            + (f" with {_shown(call.backward)}" if call.backward else ""),
            where=call.name or "check_gradients",
            fix="pass one of: " + "; ".join(row.looks for row in CONVENTIONS),
        )
    return found


def _shown(value: Any) -> str:
    return f"the {type(value).__name__} {value!r:.40}"


def _frozen(subject: Subject, call: Call) -> Subject:
    """The subject, every forward of which meets the same random state, if forward draws at all."""
    randomness = Randomness(call.target, call.backward)
    subject.at_point()
    if not randomness.moved():
        return subject
    randomness.rewind()

    def fresh(function: Callable[..., Any]) -> Callable[..., Any]:
        def call_again(*values: Any) -> Any:
            randomness.rewind()
            return function(*values)

        return call_again

    note = "forward draws random numbers: the generator was put back before each call"
    return replace(subject, run=fresh(subject.run), forward=fresh(subject.forward), notes=(*subject.notes, note))


__all__ = ["CONVENTIONS", "Call", "Convention", "Pullback", "copied", "subject_of"]
