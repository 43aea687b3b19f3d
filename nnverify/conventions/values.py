"""Values that record what is done with them: the result's backward fills the leaves' grad.

``tensor=`` is the constructor. PyTorch and small engines work alike: the upstream is handed to ``backward`` where it
takes one, else the result is multiplied by it and summed by the engine's own operations.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from nnverify._errors import UsageError
from nnverify.conventions import _names
from nnverify.conventions._signature import signature
from nnverify.conventions.convention import Call, Convention, title
from nnverify.subject import Leaf, Pullback, Subject

_SEEDS = _names.UPSTREAM | {"gradient", "grad", "grad_tensor", "seed_grad"}


def recognises(call: Call) -> bool:
    return call.named.tensor is not None


def subject(call: Call) -> Subject:
    """Inputs, and the parameters of a module that lists them, as leaves."""
    name, tensor = call.name or title(call.target), call.named.tensor
    assert tensor is not None
    module = call.target if hasattr(call.target, "named_parameters") else None
    own = _parameters(module)
    leaves = (*call.leaves, *(Leaf(label, value) for label, value in own.items()))
    inputs = len(call.leaves)

    def apply(values: Sequence[Any]) -> tuple[Any, list[Any]]:
        recorded = [
            tensor(value) if leaf.differentiable else value for leaf, value in zip(call.leaves, values, strict=False)
        ]
        function, extra = _with(module, values[inputs:], tensor) if module is not None else (call.target, [])
        return function(*recorded), [*recorded, *extra]

    def run(*values: Any) -> tuple[Any, Pullback]:
        result, recorded = apply(values)

        def pullback(dout: Any) -> dict[str, Any]:
            _backward(result, dout, tensor, name)
            return {
                leaf.name: None if (grad := getattr(one, "grad", None)) is None else plain(grad)
                for leaf, one in zip(leaves, recorded, strict=True)
                if leaf.differentiable
            }

        return plain(result), pullback

    notes = (f"found: {', '.join(own)}",) if own else ()
    return Subject(name, leaves, run, lambda *values: plain(apply(values)[0]), "values: backward fills grad", notes)


def plain(value: Any) -> Any:
    """The numbers in a recorded value, as NumPy has them; tuples part by part."""
    if isinstance(value, tuple | list):
        return tuple(plain(part) for part in value)
    while not isinstance(value, np.ndarray | float | int | np.generic):
        value = _inner(value)
    return np.array(value, dtype=np.float64)[()]


def _inner(value: Any) -> Any:
    if hasattr(value, "detach"):
        return value.detach().cpu().numpy()
    for field in ("data", "value", "_data", "array", "val"):
        inner = getattr(value, field, None)
        if inner is not None and not callable(inner) and not isinstance(inner, memoryview):
            return inner
    if callable(getattr(value, "numpy", None)):
        return value.numpy()
    raise UsageError(
        what=f"{type(value).__name__} shows no numbers (no data, value or numpy())",
        where="tensor=",
        fix="give the engine's values an attribute data",
    )


def _backward(result: Any, dout: Any, tensor: Callable[[Any], Any], where: str) -> None:
    """Start the engine's backward with an upstream."""
    parts = result if isinstance(result, tuple | list) else (result,)
    douts = dout if isinstance(result, tuple | list) else (dout,)
    if len(parts) == 1 and _takes_upstream(parts[0], where):
        parts[0].backward(_seed(tensor, douts[0]))
        return
    total = None
    for part, weight in zip(parts, douts, strict=True):
        term = part * _seed(tensor, weight)
        term = term.sum() if np.ndim(weight) and hasattr(term, "sum") else term
        total = term if total is None else total + term
    assert total is not None
    total.backward()


def _takes_upstream(result: Any, where: str) -> bool:
    if not callable(getattr(result, "backward", None)):
        raise UsageError(
            what=f"the result, a {type(result).__name__}, has no backward",
            where=where,
            fix="return the engine's own value, or drop tensor=",
        )
    found = signature(result.backward)
    return bool(found and found.names and found.names[0] in _SEEDS)


def _seed(tensor: Callable[[Any], Any], dout: Any) -> Any:
    """The upstream as the engine's value; where the engine can, one that records nothing."""
    made = tensor(dout)
    return made.detach() if hasattr(made, "detach") else made


def _parameters(module: Any) -> dict[str, Any]:
    """{name: value} of a module that lists its parameters."""
    return {} if module is None else {name: plain(one) for name, one in module.named_parameters()}


def _with(module: Any, values: Sequence[Any], tensor: Callable[[Any], Any]) -> tuple[Any, list[Any]]:
    """A copy of the module with these values as its parameters."""
    own = copy.deepcopy(module)
    parameters = [one for _, one in own.named_parameters()]
    for one, value in zip(parameters, values, strict=True):
        one.data, one.grad = tensor(value).data, None
    return own, parameters


VALUES = Convention("values", "values that record: tensor= makes one, backward() fills grad", recognises, subject)
