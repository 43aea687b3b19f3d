"""Two functions: a forward, and a backward that takes the upstream with a cache or with the leaves again.

backward(dout, cache) where forward returns (out, cache); backward(dout, *leaves), in any order that the names tell;
backward(*leaves) as the finished gradient of a loss. A class with two static methods is such a pair.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from nnverify._errors import UsageError
from nnverify.conventions import _names
from nnverify.conventions._declared import no_loss
from nnverify.conventions._gradients import by_leaf
from nnverify.conventions._known import known
from nnverify.conventions._signature import Signature, describe, signature, undecided
from nnverify.conventions._trial import shape_of, upstream
from nnverify.conventions._way import Given, Way, chosen, refuse_slope, taken
from nnverify.conventions._ways import tiers
from nnverify.conventions.convention import Adapted, Call, Convention, title
from nnverify.subject import Pullback


def recognises(call: Call) -> bool:
    if call.backward is None:
        return isinstance(call.target, type) and all(_static(call.target, names) for names in _METHODS)
    return callable(call.target) and callable(call.backward)


_METHODS = (_names.FORWARD, _names.BACKWARD)


def _static(target: type, names: Sequence[str]) -> Any:
    """The first static or class method of one of these names."""
    found = (name for name in names if any(_is_static(vars(one).get(name)) for one in target.__mro__))
    return next((getattr(target, name) for name in found), None)


def _is_static(method: Any) -> bool:
    return isinstance(method, staticmethod | classmethod)


def subject(call: Call) -> Adapted:
    """Both functions on fresh copies for every call. Raises UsageError where the call cannot be told."""
    name = call.name or title(call.target)
    _needless(call, name)
    forward, backward = _both(call)
    taking, wanted = signature(forward), signature(backward)
    flags = _flags(taking, call)
    places = taken(call.names, taking, wanted)
    left = [leaf for place, leaf in enumerate(call.names) if place not in places]
    if left and call.declared.fused is None and call.declared.surrogate is None:
        raise no_loss(left[0], name)
    passed = _optional(taking, len(call.leaves))

    def apply(values: Sequence[Any]) -> Any:
        return _rows(forward(*(values[place] for place in places), **flags))

    def gradients(way: Way, values: Sequence[Any], returned: Any, dout: Any) -> dict[str, Any]:
        found = way.call(backward, Given(dout, values, returned, way.output(returned)))
        if passed and isinstance(found, tuple | list) and len(found) == passed:
            found = tuple(found[: len(values)])
        return by_leaf(found, call.leaves, name, call.order, terminal=way.terminal)

    returned = call.tried(lambda *values: apply(values))
    way = _way(call, wanted, taking, returned, lambda way: _works(call, way, apply, gradients))

    refuse_slope(way, call.leaves, way.output(returned), name)

    def run(*values: Any) -> tuple[Any, Pullback]:
        made = apply(values)
        return way.output(made), lambda dout: gradients(way, values, made, dout)

    return Adapted(
        name,
        call.leaves,
        run,
        lambda *values: way.output(apply(values)),
        f"{'cache' if way.cached else 'leaves'}: backward({describe(way.every, call.names)})",
        tuple(_notes(flags, way, returned)),
        terminal=way.terminal,
        target=call.names.index(left[0]) if left else None,
    )


def _rows(returned: Any) -> Any:
    """A list of lists of numbers is one array; anything else is as it was returned."""
    if not isinstance(returned, list) or not returned or not all(isinstance(row, list) for row in returned):
        return returned
    try:
        array = np.array(returned)
    except ValueError:  # rows of different lengths
        return returned
    return array if array.dtype.kind in "fiuc" else returned


def _needless(call: Call, name: str) -> None:
    """Refuses what was named, and is nowhere: it would be a slip that nobody notices."""
    strange = [one for one in call.order or () if one not in call.names]
    if strange:
        fix = f"choose from {', '.join(call.names)}"
        raise UsageError(what=f"grads= names {strange[0]!r}, which is no leaf", where=name, fix=fix)
    of_objects = [option for option in ("out", "dx", "params") if getattr(call.named, option) is not None]
    if of_objects:
        option = of_objects[0]
        what = f"{option}={getattr(call.named, option)!r} names what an object has, and two functions have not"
        raise UsageError(what=what, where=name, fix=f"leave {option} out, or pass the object")


def _optional(forward: Signature | None, leaves: int) -> int:
    """How many arguments forward takes, where it has defaults for some: backward may return gradients of all."""
    return len(forward.names) if forward and forward.required <= leaves < len(forward.names) else 0


def _both(call: Call) -> tuple[Callable[..., Any], Callable[..., Any]]:
    if call.backward is not None:
        return call.target, call.backward
    forward, backward = (_static(call.target, names) for names in _METHODS)
    return forward, backward


def _flags(forward: Signature | None, call: Call) -> dict[str, bool]:
    """Training flags are set: test mode would hide dropout and batch statistics."""
    return dict.fromkeys(sorted(_names.TRAINING & {*(forward.every if forward else ())} - {*call.names}), True)


def _notes(flags: dict[str, bool], way: Way, returned: Any) -> Iterator[str]:
    yield from (f"forward is called with {flag}=True" for flag in flags)
    if way.outputs is not None and way.outputs < len(returned) - sum(role.kind == "part" for role in way.every):
        first = "first" if way.outputs == 1 else f"first {way.outputs}"
        yield f"of what forward returns the {first} is the output that is checked"


def _works(call: Call, way: Way, apply: Callable[..., Any], gradients: Callable[..., Any]) -> bool:
    """Whether backward, called like this, returns a gradient of a leaf's shape."""
    values = call.values()
    returned = apply(values)
    output = way.output(returned)
    try:
        found = gradients(way, values, returned, upstream(output))
    except Exception:
        return False
    shapes = {leaf.name: shape for leaf in call.leaves if (shape := shape_of(leaf)) is not None}
    fit = [np.shape(part) == shapes[name] for name, part in found.items() if name in shapes]
    return any(fit) or not fit


def _way(
    call: Call, found: Signature | None, forward: Signature | None, returned: Any, works: Callable[[Way], bool]
) -> Way:
    facts = known(
        call.names,
        forward,
        returned,
        reduced=call.declared.reduction in ("mean", "sum"),
        targeted=len(taken(call.names, forward, found)) < len(call.leaves),
    )
    cached = {"cache": True, "leaves": False}.get(call.convention or "")
    if cached and len(facts.parts) < 2:
        raise UsageError(
            what=f"forward returned {type(returned).__name__}, not (output, cache)",
            where=call.name or title(call.target),
            fix="return the cache beside the output, or leave convention='cache' out",
        )
    nothing = found is not None and not found.every and not found.variadic
    ways = [
        [way for way in tier if cached is None or way.cached is cached]
        for tier in ([] if nothing else tiers(found, facts))
    ]
    return chosen([tier for tier in ways if tier], works, lambda fit: _undecided(call, found, fit, returned))


def _undecided(call: Call, found: Signature | None, ways: Sequence[Way], returned: Any) -> UsageError:
    where, names = call.name or title(call.target), call.names
    candidates = list(dict.fromkeys(f"backward({describe(way.every, names)})" for way in ways))
    if any(way.cached for way in ways) and not all(way.cached for way in ways):
        return undecided(where, found, candidates, "say which: convention='cache' or convention='leaves'")
    leaves = ", ".join(names)
    several = isinstance(returned, tuple)
    got = f"forward returned a tuple of {len(returned)}" if several else "forward returned one output"
    fix = f"take (dout, {leaves}) or (dout, cache), or wrap it: lambda dout, {leaves}: … ({got})"
    return undecided(where, found, candidates, fix)


PAIR = Convention("pair", "forward(*leaves), backward(dout, cache) or backward(dout, *leaves)", recognises, subject)
