"""Values that record what is done with them: the result's backward fills the leaves' grad.

``tensor=`` is the constructor. PyTorch and small engines work alike: the upstream is handed to ``backward`` where it
takes one, else the result is multiplied by it and summed by the engine's own operations. Engines of scalars get arrays
as arrays of their values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from nnverify._errors import UsageError
from nnverify.conventions._modules import parameters, with_values
from nnverify.conventions._recorded import Engine, gradient, numbers
from nnverify.conventions._trial import upstream
from nnverify.conventions.convention import Adapted, Call, Convention, title
from nnverify.subject import Leaf, Pullback
from nnverify.trees import Tree, grown


def recognises(call: Call) -> bool:
    return call.named.tensor is not None


def subject(call: Call) -> Adapted:
    """Inputs, and the parameters of a module that lists them, as leaves."""
    name = call.name or title(call.target)
    if call.named.tensor is None:
        fix = "pass the constructor of the engine's values: tensor=Tensor"
        raise UsageError(what=f"convention={call.convention!r} needs tensor=", where=name, fix=fix)
    own = parameters(call.target)
    leaves = (*call.leaves, *(Leaf(label, value) for label, value in own.items()))
    engine = _engine(Engine(call.named.tensor, name), call, list(own.values()))

    def run(*values: Any) -> tuple[Any, Pullback]:
        result, recorded = _applied(engine, call, values)

        def pullback(dout: Any) -> dict[str, Any]:
            engine.backward(result, dout)
            pairs = zip(leaves, recorded, strict=True)
            return {leaf.name: _gradient(one, leaf) for leaf, one in pairs if leaf.differentiable}

        return numbers(result), pullback

    notes = [f"found: {', '.join(own)}"] if own else []
    notes += ["the engine records scalars: arrays are handed over as arrays of its values"] if engine.scalar else []
    return Adapted(
        name,
        leaves,
        run,
        lambda *values: run(*values)[0],
        "values: backward fills grad",
        tuple(notes),
        stateful=True,
    )


def _engine(engine: Engine, call: Call, own: Sequence[Any]) -> Engine:
    """The engine as it takes arrays, as one value or value by value, and an upstream, as a value or a plain array."""
    values = [*call.values(), *own]
    try:
        taking = next(one for one in (engine, replace(engine, scalar=True)) if _runs(_applied, one, call, values))
    except StopIteration:
        raise call.raised(_error(engine, call, values)) from None
    bare = replace(taking, bare=True)
    return bare if not _runs(_returned, taking, call, values) and _runs(_returned, bare, call, values) else taking


def _runs(use: Callable[..., Any], engine: Engine, call: Call, values: Sequence[Any]) -> bool:
    try:
        use(engine, call, values)
    except UsageError:
        raise
    except Exception:
        return False
    return True


def _error(engine: Engine, call: Call, values: Sequence[Any]) -> Exception:
    """What the engine raises for whole arrays."""
    try:
        _applied(engine, call, values)
    except Exception as error:
        return error
    raise AssertionError("an engine that raised did not raise again")


def _returned(engine: Engine, call: Call, values: Sequence[Any]) -> None:
    """A forward and its backward, to see whether they run."""
    result, _ = _applied(engine, call, values)
    engine.backward(result, upstream(numbers(result)))


def _applied(engine: Engine, call: Call, values: Sequence[Any]) -> tuple[Any, list[Any]]:
    """The result, and everything that has recorded: one for each leaf."""
    inputs = len(call.leaves)
    recorded = [_recorded(engine, leaf, value) for leaf, value in zip(call.leaves, values[:inputs], strict=True)]
    function, extra = with_values(call.target, values[inputs:], engine.tensor)
    return function(*recorded), [*recorded, *extra]


def _recorded(engine: Engine, leaf: Leaf, value: Any) -> Any:
    if isinstance(leaf, Tree):
        pairs = zip(leaf.members.items(), _members(leaf, value), strict=True)
        return grown(value, {place: engine.made(one) for (place, member), one in pairs if member.differentiable})
    return engine.made(value) if leaf.differentiable else value


def _members(leaf: Tree, value: Any) -> list[Any]:
    found = []
    for place in leaf.members:
        one = value
        for key in place:
            one = one[key]
        found.append(one)
    return found


def _gradient(recorded: Any, leaf: Leaf) -> Any:
    if isinstance(leaf, Tree):
        pairs = zip(leaf.members.items(), _members(leaf, recorded), strict=True)
        return grown(leaf.value, {place: gradient(one, np.shape(member.value)) for (place, member), one in pairs})
    return gradient(recorded, np.shape(leaf.value))


VALUES = Convention("values", "values that record: tensor= makes one, backward() fills grad", recognises, subject)
