"""A case as any checker takes it: NumPy functions of arrays, at the point that nnverify draws first.

Foreign conventions are unwrapped here by hand, so that the peers owe nothing to nnverify's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnverify.drawing import realise
from nnverify.leaves import specs


@dataclass(frozen=True)
class Problem:
    """values of all leaves in order; the places of those that are moved; and functions of all values.

    backward(dout, *values) returns one gradient for each place.
    """

    values: tuple[Any, ...]
    places: tuple[int, ...]
    forward: Callable[..., Any]
    backward: Callable[..., list[Any]]

    @property
    def moved(self) -> list[Any]:
        return [np.array(self.values[place]) for place in self.places]

    def with_moved(self, arrays: Any) -> list[Any]:
        """All values, some of them replaced."""
        found = list(self.values)
        for place, array in zip(self.places, arrays, strict=True):
            found[place] = array
        return found

    def plain(self, *arrays: Any) -> Any:
        return self.forward(*self.with_moved(arrays))

    def output(self, *arrays: Any) -> Any:
        return np.asarray(self.plain(*arrays), dtype=float)

    def gradients(self, dout: Any, *arrays: Any) -> list[Any]:
        return self.backward(dout, *self.with_moved(arrays))


def problem(target: tuple[Any, ...], leaves: Mapping[str, Any], options: Mapping[str, Any]) -> Problem:
    """The problem of one target: two functions, an engine's expression, or a class with a context."""
    complexes = {name: value for name, value in leaves.items() if np.iscomplexobj(value)}
    drawn = {one.name: one for one in realise(specs({**leaves, **dict.fromkeys(complexes, 0.0)}), 0, 0)}
    values = tuple(complexes.get(name, drawn[name].value) for name in leaves)
    places = tuple(i for i, name in enumerate(leaves) if drawn[name].differentiable)
    forward, backward = _functions(target, options)

    def gradients(dout: Any, *given: Any) -> list[Any]:
        found = backward(dout, *given)
        found = found if isinstance(found, tuple) else (found,)
        return [found[place] for place in places]

    return Problem(values, places, forward, gradients)


def _functions(target: tuple[Any, ...], options: Mapping[str, Any]) -> tuple[Callable[..., Any], Callable[..., Any]]:
    if "tensor" in options:
        return _engine(target[0], options["tensor"])
    if isinstance(target[0], type):
        return _context(target[0])
    if options.get("convention") == "cache":
        forward, backward = target
        return (lambda *given: forward(*given)[0]), (lambda dout, *given: backward(dout, forward(*given)[1]))
    return target


def _engine(function: Callable[..., Any], tensor: Callable[..., Any]) -> tuple[Callable[..., Any], Callable[..., Any]]:
    def backward(dout: Any, *given: Any) -> tuple[Any, ...]:
        recorded = [tensor(value) for value in given]
        function(*recorded).backward(np.asarray(dout))
        return tuple(one.grad for one in recorded)

    return (lambda *given: function(*map(tensor, given)).data), backward


def _context(target: Any) -> tuple[Callable[..., Any], Callable[..., Any]]:
    class Context:
        needs_input_grad = (True,) * 9

        def save_for_backward(self, *values: Any) -> None:
            self.saved_tensors = values

    def backward(dout: Any, *given: Any) -> Any:
        ctx = Context()
        target.forward(ctx, *given)
        return target.backward(ctx, dout)

    return (lambda *given: target.forward(Context(), *given)), backward
