"""Which methods of an object are its forward and backward, and what each of them takes."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from nnverify._errors import UsageError
from nnverify.conventions import _names
from nnverify.conventions._known import known
from nnverify.conventions._layer import Done, Layer, _nothing, duplicate, outputs
from nnverify.conventions._pairing import variants
from nnverify.conventions._reach import attributes
from nnverify.conventions._results import result
from nnverify.conventions._signature import Signature, describe, signature, undecided
from nnverify.conventions._slots import is_number, same
from nnverify.conventions._trial import shape_of, upstream
from nnverify.conventions._way import Way, chosen, refuse_slope, taken
from nnverify.conventions._ways import tiers
from nnverify.conventions.convention import Call


def layer(call: Call) -> Layer:
    """The methods of the object, by name and by what they take. Raises UsageError where there is no forward."""
    backward = _backward(call)
    forward = _forward(call, backward)
    if forward is None:
        raise UsageError(
            what=f"{type(call.target).__name__} has no method known as a forward",
            where=call.name,
            fix="pass the two methods themselves: check_gradients(layer.run, layer.derive, …)",
        )
    found = signature(getattr(call.target, forward))
    places = taken(call.names, found, signature(getattr(call.target, backward)) if backward else None)
    fed = _fed(call, found)
    return Layer(
        forward,
        backward,
        () if fed else places,
        _flags(found, call),
        call.named.out,
        call.name,
        fed,
        calm=call.world.rewind if call.world else _nothing,
    )


def _backward(call: Call) -> str | None:
    if callable(call.backward):
        return str(call.backward.__name__)
    return next((name for name in _names.BACKWARD if callable(getattr(call.target, name, None))), None)


def _forward(call: Call, backward: str | None) -> str | None:
    """The method that was passed; else one that is called a forward and takes as many leaves; else one that takes all
    leaves by their names, by their number, or at all."""
    if call.method is not None:
        return call.method
    names = _names.FORWARD if backward else _names.ALONE
    found = {name: signature(getattr(call.target, name)) for name in names if _is_method(call.target, name)}
    found.pop(str(backward), None)
    leaves = set(call.names)
    asked: Sequence[Callable[[str, Signature], bool]] = (
        lambda name, one: "forward" in name and _demanded(one) <= len(leaves) <= len(one.names),
        lambda _, one: leaves <= set(one.every),
        lambda _, one: bool(leaves & set(one.names)) or one.required <= len(leaves),
    )
    fits = (name for fit in asked for name, one in found.items() if one is not None and fit(name, one))
    return next(fits, next(iter(found), None))


def _demanded(found: Signature) -> int:
    """How many leaves a forward must be given; its training flag is none."""
    return sum(name not in _names.TRAINING for name in found.names[: found.required])


def _is_method(target: Any, name: str) -> bool:
    """Whether it is a method, and no function or object that the instance holds under that name."""
    held = name in attributes(target) or isinstance(inspect.getattr_static(target, name, None), property)
    return callable(getattr(target, name, None)) and not held


def _flags(found: Signature | None, call: Call) -> dict[str, bool]:
    """Training flags are set: test mode would hide dropout and batch statistics."""
    names = {*found.every} if found else set()
    return dict.fromkeys(sorted((names & _names.TRAINING) - {*call.names}), True)


def _fed(call: Call, found: Signature | None) -> tuple[str, ...]:
    """The leaves, where forward takes none and the object has attributes of their names."""
    if found is None or found.names or found.variadic:
        return ()
    missing = [name for name in call.names if not hasattr(call.target, name)]
    if missing:
        raise UsageError(
            what=f"forward takes no arguments, and the object has no attribute {', '.join(missing)} to put them in",
            where=call.name,
            fix="name the leaves after the attributes that forward reads",
        )
    return tuple(call.names)


def with_way(call: Call, used: Layer, base: Any) -> Layer:
    """The layer with the way in which its backward is called. Raises UsageError where that cannot be told."""
    done = used.forward(duplicate(base, call.name), call.values())
    if used.backward_name is None:
        return replace(used, finished=result(done.returned, call.name).pullback is None)
    fed_upstream = _fed_upstream(used, base, done)
    method = getattr(call.target, used.backward_name)
    extra = [name for name in outputs(done.owner, done.left) if done.returned is not None]
    facts = known(
        call.names,
        signature(getattr(call.target, used.forward_name)),
        done.returned if done.returned is not done.owner else None,
        extra,
        reduced=call.declared.reduction in ("mean", "sum"),
        targeted=not used.fed and len(used.places) < len(call.leaves),
    )
    wanted = signature(method)
    way = chosen(
        tiers(wanted, facts),
        lambda way: _works(call, replace(used, way=way, fed_upstream=fed_upstream), base),
        lambda fit: _undecided(call, wanted, fit),
    )
    if fed_upstream is None and not call.named.params:
        refuse_slope(way, call.leaves, way.output(done.output), call.name)
    if fed_upstream is None and way.terminal and not call.named.out:
        _refuse_handed_on(call, base, done)
    return replace(used, way=way, fed_upstream=fed_upstream)


def _refuse_handed_on(call: Call, base: Any, done: Done) -> None:
    """Raise UsageError where forward returns a leaf as it is: the loss that backward begins at is another number."""
    held = [leaf.value for leaf in call.targets]
    if not any(same(done.output, value) for value in held):
        return
    before = attributes(base)
    moved = [
        name for name, value in attributes(done.owner).items()
        if is_number(value) and not same(value, before.get(name)) and not any(same(value, one) for one in held)
    ]  # fmt: skip
    raise UsageError(
        what="forward hands on what it was given, and backward takes no upstream: what it is the gradient of is "
        "another number",
        where=call.name,
        fix=f"name the attribute that holds the loss: out={' or out='.join(map(repr, moved)) or repr('…')}",
    )


def _fed_upstream(used: Layer, base: Any, done: Done) -> str | None:
    """The attribute for the upstream that a backward without parameters reads: it was there before the forward."""
    wanted = signature(getattr(base, str(used.backward_name)))
    if wanted is None or wanted.every or wanted.variadic:
        return None
    names = [name for output in outputs(done.owner, done.left) for name in variants(output)]
    return next((name for name in names if name in attributes(base)), None)


def _works(call: Call, used: Layer, base: Any) -> bool:
    """Whether backward, called like this, runs; an array that it returns is shaped like an input."""
    values = call.values()
    done = used.forward(duplicate(base, call.name), values)
    try:
        returned = used.backward(done, upstream(done.output), values)
    except Exception:  # another way may run; if none does, the check says what was raised
        return False
    sizes = {np.size(leaf.value) if shape_of(leaf) is not None else -1 for leaf in call.targets}
    return not isinstance(returned, np.ndarray) or not sizes or returned.size in sizes


def _undecided(call: Call, wanted: Signature | None, ways: Sequence[Way]) -> UsageError:
    candidates = list(dict.fromkeys(f"backward({describe(way.every, call.names)})" for way in ways))
    fix = "wrap it: check_gradients(layer.forward, lambda dout, …: layer.backward(…), …)"
    return undecided(call.name, wanted, candidates, fix)
