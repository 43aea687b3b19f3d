"""An object with a forward and a backward: gradients returned, left on the object, or taken as a step.

Parameters are found by looking and shown in the notes. Every evaluation starts from a deep copy, so that nothing
one call leaves behind can reach the next; the caller's object is never run.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nnverify.conventions import _names
from nnverify.conventions._layer import Layer, duplicate, layer
from nnverify.conventions._parameters import Parameter, elsewhere, parameters, prepared
from nnverify.conventions._signature import describe
from nnverify.conventions._slots import get
from nnverify.conventions._sources import Source, backward, sources
from nnverify.conventions.convention import Call, Convention, title
from nnverify.subject import Leaf, Pullback, Subject


def recognises(call: Call) -> bool:
    if isinstance(call.target, type):
        return call.backward is None and _has_both(call.target)
    own = getattr(call.target, "__self__", None)
    if call.backward is not None:
        return own is not None and own is getattr(call.backward, "__self__", None) and not isinstance(own, type)
    return _has_both(call.target)


def _has_both(target: Any) -> bool:
    return all(
        any(callable(getattr(target, name, None)) for name in names) for names in (_names.FORWARD, _names.BACKWARD)
    )


def subject(call: Call) -> Subject:
    """Inputs and parameters as leaves. Raises UsageError for a parameter whose gradient cannot be found."""
    name = call.name or title(call.target)
    owner = _instance(call)
    call = Call(owner, call.backward, call.leaves, call.declared, call.named, call.convention, name)
    used = layer(call, name)
    values = [leaf.value for leaf in call.leaves]
    others = elsewhere(values)
    base = prepared(owner, used, values, others)
    found = parameters(base, used, values, others, call.named.params)
    where = sources(call, used, base, found)
    return _subject(call, used, base, found, where)


def _instance(call: Call) -> Any:
    """The object: itself, the owner of a bound method, or a class that is made without arguments."""
    if isinstance(call.target, type):
        return call.target()
    return getattr(call.target, "__self__", call.target) if callable(call.backward) else call.target


def _subject(call: Call, used: Layer, base: Any, found: Sequence[Parameter], where: dict[str, Source]) -> Subject:
    inputs = len(call.leaves)

    def fresh(values: Sequence[Any]) -> Any:
        owner = duplicate(base, used.where)
        for one, value in zip(found, values[inputs:], strict=True):
            get(owner, one.paths[0])[...] = value  # in place: every other name of the array sees it
        return owner

    def forward(*values: Any) -> Any:
        return used.forward(fresh(values), values[:inputs])

    def run(*values: Any) -> tuple[Any, Pullback]:
        owner = fresh(values)
        output = used.forward(owner, values[:inputs])

        def pullback(dout: Any) -> dict[str, Any]:
            returned = backward(used, owner, output, dout, values[:inputs])
            before = dict(zip((one.name for one in found), values[inputs:], strict=True))
            gradients = {name: source.read(owner, returned, before.get(name)) for name, source in where.items()}
            return gradients if used.roles else {name: dout * np.asarray(part) for name, part in gradients.items()}

        return output, pullback

    leaves = (*call.leaves, *(Leaf(one.name, one.value) for one in found))
    return Subject(call.name, leaves, run, forward, _words(call, used), _notes(used, found, where))


def _words(call: Call, used: Layer) -> str:
    names = [leaf.name for leaf in call.leaves]
    return f"object: {used.forward_name}({', '.join(names)}), {used.backward_name}({describe(used.roles, names)})"


def _notes(used: Layer, found: Sequence[Parameter], where: dict[str, Source]) -> tuple[str, ...]:
    pairs = [f"{one.name} ↔ {where[one.name]}" for one in found]
    flags = [f"{used.forward_name} is called with {name}=True" for name in used.flags]
    return (*([f"found: {', '.join(pairs)}"] if pairs else []), *flags)


OBJECT = Convention("object", "an object with forward and backward methods", recognises, subject)
