"""An object with a forward and a backward: gradients returned, left on the object, or taken as a step.

Parameters are found by looking and shown in the notes. Every evaluation starts from a deep copy, so that nothing
one call leaves behind can reach the next; the caller's object is never run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

import numpy as np

from nnverify._errors import UsageError
from nnverify.conventions import _names
from nnverify.conventions._layer import Done, Layer, _nothing, duplicate
from nnverify.conventions._methods import layer, with_way
from nnverify.conventions._optimizers import steadied
from nnverify.conventions._parameters import Parameter, prepared
from nnverify.conventions._randomness import drawn
from nnverify.conventions._reach import reachable
from nnverify.conventions._search import search
from nnverify.conventions._signature import describe, signature
from nnverify.conventions._slots import fill, get
from nnverify.conventions._sources import Source, Trial, sources, tried
from nnverify.conventions._steps import at_rate_one
from nnverify.conventions.convention import Adapted, Call, Convention, title
from nnverify.subject import Leaf, Pullback

_FUNCTIONS = (FunctionType, BuiltinFunctionType, partial, np.ufunc)


def recognises(call: Call) -> bool:
    target, own = call.target, getattr(call.target, "__self__", None)
    if isinstance(target, type):
        return call.backward is None and _has(target, _names.BACKWARD) and _has(target, _names.FORWARD[:-1], bound=True)
    if call.backward is not None:
        return own is not None and own is getattr(call.backward, "__self__", None) and not isinstance(own, type)
    if isinstance(target, MethodType):
        return not isinstance(own, type)
    if isinstance(target, _FUNCTIONS) or hasattr(target, "__wrapped__"):
        return False
    return _has(target, _names.FORWARD if _has(target, _names.BACKWARD) else _names.ALONE)


def _has(target: Any, names: Sequence[str], *, bound: bool = False) -> bool:
    """Whether there is a method of one of these names, and, for a class, not a static one."""
    found = next((name for name in names if callable(getattr(target, name, None))), None)
    if found is None or not bound:
        return found is not None
    return isinstance(next(vars(one)[found] for one in target.__mro__ if found in vars(one)), FunctionType)


def subject(call: Call) -> Adapted:
    """Inputs and parameters as leaves. Raises UsageError for a parameter whose gradient cannot be found."""
    if isinstance(call.target, FunctionType):
        fix = "pass the object or its bound methods, or leave convention='object' out"
        raise UsageError(what="a function is no object with methods", where=call.name or title(call.target), fix=fix)
    method = call.target.__name__ if isinstance(call.target, MethodType) else None
    call = replace(call, target=_instance(call), method=method)
    used = layer(call)
    base = call.tried(lambda *values: prepared(call.target, used, values))
    steady = steadied(base, call.name)
    used = with_way(call, used, base)
    try:
        trial = tried(call, used, base)
    except UsageError:
        raise
    except Exception:  # the check runs it again, and says what backward raised
        return _subject(call, used, base, (), {})
    found = search(call, used, base, trial)
    where = sources(call, used, trial, found)
    if any(one.kind == "step" for one in where.values()):
        base = at_rate_one(call, used, base, [one.path for one in where.values() if one.kind == "step"], known=steady)
    _emptied(base, where)
    made = _subject(call, used, base, found, where)
    return replace(made, notes=(*made.notes, *_further(base, trial, steady=steady)))


def _instance(call: Call) -> Any:
    """The object: itself, the owner of a bound method, or a class that is made without arguments."""
    if not isinstance(call.target, type):
        return call.target.__self__ if isinstance(call.target, MethodType) else call.target
    try:
        return call.target()
    except Exception as error:
        raise UsageError(
            what=f"{call.target.__name__}() raised {type(error).__name__}: {error}",
            where=call.name,
            fix=f"pass an object of the class: check_gradients({call.target.__name__}(…), …)",
        ) from error


def _emptied(base: Any, where: Mapping[str, Source]) -> None:
    """Gradients that accumulate start from zero."""
    for source in where.values():
        for path in (source.path, *source.others) if source.kind == "slot" else ():
            if isinstance(get(base, path), np.ndarray):
                fill(base, (path,), 0.0)


def _zeroed(owner: Any) -> None:
    """Call the method that a user of the object calls between two uses, if there is one."""
    method = next((getattr(owner, name) for name in _names.ZERO if callable(getattr(owner, name, None))), None)
    found = signature(method) if method else None
    if method and found and found.takes(0) and not found.demanded:
        method()


def _subject(call: Call, used: Layer, base: Any, found: Sequence[Parameter], where: Mapping[str, Source]) -> Adapted:
    used, inputs = replace(used, calm=_nothing), len(call.leaves)
    use = _Use(used, base, found, where, inputs)
    constant = {leaf.name for leaf in call.leaves if found and leaf.differentiable and leaf.name not in where}
    leaves = [replace(leaf, differentiable=False) if leaf.name in constant else leaf for leaf in call.leaves]
    return Adapted(
        call.name,
        (*leaves, *(Leaf(one.name, np.asarray(one.value, dtype=np.float64)[()]) for one in found)),
        use.run,
        lambda *values: use.done(values).output,
        _words(call, used),
        tuple(_notes(used, found, where, constant)),
        terminal=used.terminal,
        stateful=True,
        reused=use.reused,
        target=next((place for place in range(inputs) if not used.fed and place not in used.places), None),
    )


@dataclass(frozen=True)
class _Use:
    """Copies of the object, run with other inputs and parameters; the first ``inputs`` values are inputs."""

    layer: Layer
    base: Any
    found: Sequence[Parameter]
    where: Mapping[str, Source]
    inputs: int

    def done(self, values: Sequence[Any], owner: Any = None) -> Done:
        """A forward, on a fresh copy where no owner is given."""
        owner = duplicate(self.base, self.layer.where) if owner is None else owner
        for one, value in zip(self.found, values[self.inputs :], strict=True):
            fill(owner, one.paths, value)
        return self.layer.forward(owner, values[: self.inputs])

    def read(self, made: Done, dout: Any, values: Sequence[Any]) -> dict[str, Any]:
        """Backward, and the gradients from wherever it leaves them."""
        returned = self.layer.backward(made, dout, values[: self.inputs])
        before = dict(zip((one.name for one in self.found), values[self.inputs :], strict=True))
        return {name: source.read(made.owner, returned, before.get(name)) for name, source in self.where.items()}

    def run(self, *values: Any) -> tuple[Any, Pullback]:
        made = self.done(values)
        return made.output, lambda dout: self.read(made, dout, values)

    def reused(self, others: Sequence[Any], upstream: Callable[[Any], Any], values: Sequence[Any]) -> tuple[Any, Any]:
        """A second use of one copy. A step belongs to the optimizer, and what collects its inputs to all forwards."""
        made = self.done(others)
        self.read(made, upstream(made.output), others)
        _emptied(made.owner, self.where)
        _zeroed(made.owner)
        collected = _collected(made.owner)
        again = self.done(values, made.owner)
        gradients = self.read(again, upstream(again.output), values)
        if _collected(again.owner) > collected:
            return again.output, {}
        return again.output, {name: part for name, part in gradients.items() if self.where[name].kind != "step"}


def _collected(owner: Any) -> int:
    """How many things the lists inside hold."""
    return sum(len(one) for one in reachable(owner) if isinstance(one, list))


def _words(call: Call, used: Layer) -> str:
    taken = ", ".join(call.names[place] for place in used.places)
    back = f", {used.backward_name}({describe(used.way.every, call.names)})" if used.way else ""
    return f"object: {used.forward_name}({taken}){back}"


def _notes(
    used: Layer, found: Sequence[Parameter], where: Mapping[str, Source], constant: Sequence[str] | set[str]
) -> Iterator[str]:
    pairs = [f"{one.name} ↔ {where[one.name]}" for one in found if one.name in where]
    if pairs:
        yield f"found: {', '.join(pairs)}"
    if steps := [one.name for one in found if one.name in where and where[one.name].kind == "step"]:
        yield f"backward moves {', '.join(steps)} itself: at rate 1 the step is the gradient"
    if constant:
        yield f"{', '.join(sorted(constant))}: taken as constant, backward gives no gradient of it"
    yield from (f"{used.forward_name} is called with {name}=True" for name in used.flags)


def _further(base: Any, trial: Trial, *, steady: bool) -> Iterator[str]:
    if steady:
        yield "the optimizers inside were replaced by plain gradient descent at rate 1"
    if drawn(base, trial.after):
        yield "forward draws random numbers: the generator was put back before each call"


OBJECT = Convention("object", "an object with forward and backward methods", recognises, subject)
