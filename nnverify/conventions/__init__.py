"""Foreign conventions, each turned into a Subject once, at the edge; one file and one table row each.

Recognition looks at what is callable, at names and at shapes, never at whether a gradient is right. The first row that
recognises a call takes it; ``convention=`` names a row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from types import FunctionType
from typing import Any, TypeVar

from nnverify._errors import NnverifyError, UsageError
from nnverify.conventions._declared import declared
from nnverify.conventions._randomness import World
from nnverify.conventions._settled import settled
from nnverify.conventions._trees import unpacked
from nnverify.conventions.context import CONTEXT
from nnverify.conventions.convention import Adapted, Call, Convention, title
from nnverify.conventions.derivative import DERIVATIVE
from nnverify.conventions.function import FUNCTION
from nnverify.conventions.object import OBJECT
from nnverify.conventions.pair import PAIR
from nnverify.conventions.values import VALUES
from nnverify.subject import Pullback, Subject, copied

Wrapped = TypeVar("Wrapped", bound=Subject)
Ran = tuple[Any, Pullback]

CONVENTIONS: tuple[Convention, ...] = (VALUES, DERIVATIVE, CONTEXT, OBJECT, PAIR, FUNCTION)

# What people call the styles after the course or library they know them from.
_ALIASES = {"cache": "pair", "leaves": "pair", "cs231n": "pair", "nnfs": "object", "torch": "values"}


def subject_of(call: Call) -> Subject:
    """The subject of a call, with everything that was declared, its randomness frozen.

    Raises UsageError for a call that no row recognises, and whatever the row raises for what it cannot tell.
    """
    world = call.world or World(call.target, call.backward)
    call = replace(call, name=call.name or title(call.target), world=world)
    try:
        frozen, ran = _frozen(_as_run(_row(call).subject(call), unpacked), world)
        return _targeted(_as_run(frozen, lambda one: declared(settled(one, ran or one.at_point(), call.order), call)))
    except NnverifyError:
        raise
    except Exception as error:
        raise call.raised(error) from error


def _as_run(subject: Adapted, wrap: Callable[[Adapted], Wrapped]) -> Wrapped:
    """The wrapped subject; a second use, which is not wrapped, is given up where the run was."""
    wrapped = wrap(subject)
    return wrapped if wrapped.run is subject.run else replace(wrapped, reused=None)


def _targeted(subject: Subject) -> Subject:
    if subject.targets():
        return subject
    raise UsageError(
        what=f"none of the leaves {', '.join(leaf.name for leaf in subject.leaves)} can receive a gradient",
        where=subject.name,
        fix="pass at least one leaf with floating-point values",
    )


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
            fix=_methods_of(call.target) or "pass one of: " + "; ".join(row.looks for row in CONVENTIONS),
        )
    return found


def _methods_of(target: Any) -> str:
    """What to do with an object whose methods have unknown names."""
    own = [name for name, one in vars(type(target)).items() if isinstance(one, FunctionType) and name[0] != "_"]
    if not own:
        return ""
    return f"it has {', '.join(own)}; pass the two that belong together: check_gradients(it.{own[0]}, it.…, …)"


def _shown(value: Any) -> str:
    return f"the {type(value).__name__} {value!r:.40}"


def _frozen(subject: Adapted, world: World) -> tuple[Adapted, Ran | None]:
    """The subject, every forward of which meets the same world: random states, and what the functions keep state in.

    And the run that showed it, where it is as good as any other.
    """
    world.rewind()
    ran = subject.at_point()
    moved = world.moved()
    if not moved:
        return subject, ran
    world.rewind()

    def fresh(function: Callable[..., Any]) -> Callable[..., Any]:
        def call_again(*values: Any) -> Any:
            world.rewind()
            return function(*values)

        return call_again

    notes = (*subject.notes, *(_NOTES[name] for name in moved))
    calm = replace(subject, run=fresh(subject.run), forward=fresh(subject.forward), notes=notes)
    if "state" not in moved:
        return calm, None
    return replace(calm, stateful=True, reused=subject.reused or _twice(subject.run)), None


def _twice(run: Callable[..., Any]) -> Callable[..., Any]:
    """A second use of functions that keep state, the world not having been put back."""

    def reused(others: Sequence[Any], upstream: Callable[[Any], Any], values: Sequence[Any]) -> tuple[Any, Any]:
        first, pullback = run(*others)
        pullback(upstream(first))
        output, pullback = run(*values)
        return output, pullback(upstream(output))

    return reused


_NOTES = {
    "random": "forward draws random numbers: the generator was put back before each call",
    "state": "the functions keep state between calls: it was put back before each forward",
}

__all__ = ["CONVENTIONS", "Call", "Convention", "Pullback", "copied", "subject_of"]
