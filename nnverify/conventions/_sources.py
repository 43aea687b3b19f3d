"""Where backward leaves each gradient: returned, in a slot named for it, or in the step it takes itself.

One run of forward and backward shows it. A parameter without a gradient is an error that names it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np

from nnverify._errors import UsageError
from nnverify.conventions import _names
from nnverify.conventions._gradients import key_of
from nnverify.conventions._layer import Layer, duplicate
from nnverify.conventions._pairing import gradient_path
from nnverify.conventions._parameters import Parameter
from nnverify.conventions._signature import arguments
from nnverify.conventions._slots import Path, get, is_number, label, slots
from nnverify.conventions.convention import Call
from nnverify.draws import generator, signs
from nnverify.subject import Leaf, copied


@dataclass(frozen=True)
class Source:
    """The place of one gradient: in the object, in what backward returned, or in the step it took."""

    kind: str
    path: Path

    def read(self, owner: Any, returned: Any, before: Any) -> Any:
        """The gradient, None where there is nothing. ``before`` is the parameter as forward had it."""
        if self.kind == "step":
            return before - get(owner, self.path)
        return copied(get(returned if self.kind == "returned" else owner, self.path))

    def __str__(self) -> str:
        return {"step": "backward's own step, at rate 1", "returned": "returned"}.get(self.kind, label(self.path))


@dataclass(frozen=True)
class _Trial:
    """The object before and after one forward and backward."""

    before: Any
    after: Any
    returned: Any


def sources(call: Call, layer: Layer, base: Any, found: Sequence[Parameter]) -> dict[str, Source]:
    """The source of every gradient that is due. Raises UsageError for a leaf without one."""
    trial = _try(call, layer, base)
    inputs = [leaf for leaf in call.leaves if leaf.differentiable]
    grads = call.named.grads if isinstance(call.named.grads, Mapping) else {}
    given = {name: _named(trial, called, name, layer.where) for name, called in grads.items()}
    if call.named.dx and inputs:
        given[inputs[0].name] = _named(trial, call.named.dx, inputs[0].name, layer.where)
    returned = _returned(trial.returned, inputs, found, call)
    of_inputs = {leaf.name: _of_input(leaf, trial) for leaf in inputs if leaf.name not in (given | returned)}
    of_parameters = {one.name: _of_parameter(one, trial) for one in found if one.name not in given}
    chosen = of_inputs | returned | {name: one for name, one in of_parameters.items() if one} | given
    missing = [name for name in (*(leaf.name for leaf in inputs), *(one.name for one in found)) if not chosen.get(name)]
    if missing:
        raise _missing(missing, trial, layer)
    return {name: source for name, source in chosen.items() if source}


def _try(call: Call, layer: Layer, base: Any) -> _Trial:
    after = duplicate(base, layer.where)
    values = [leaf.value for leaf in call.leaves]
    output = layer.forward(after, values)
    before = duplicate(after, layer.where)
    returned = backward(layer, after, output, _upstream(output), values)
    return _Trial(before, after, returned)


def _upstream(output: Any) -> Any:
    rng = generator(0, "trial")
    if isinstance(output, tuple | list):
        return tuple(signs(np.shape(part), rng, 1.0, 2.0)[()] for part in output)
    return signs(np.shape(output), rng, 1.0, 2.0)[()]


def backward(layer: Layer, owner: Any, output: Any, dout: Any, values: Sequence[Any]) -> Any:
    """Call the object's backward with what its parameters ask for."""
    leaves = [copied(value) for value in values]
    given = arguments(layer.roles, upstream=dout, leaves=leaves, cache=None, output=output)
    with np.errstate(all="ignore"):
        return getattr(owner, layer.backward_name)(*given)


def _named(trial: _Trial, called: str, leaf: str, where: str) -> Source:
    """The slot that the caller named as the gradient of a leaf."""
    fits = [path for path in slots(trial.after) if called in (label(path), str(path[-1][1]))]
    if not fits:
        raise UsageError(
            what=f"the gradient of {leaf} is said to be {called!r}, and backward leaves no array of that name",
            where=where,
            fix=f"choose from {_left(trial) or 'what backward returns'}",
        )
    return Source("slot", fits[0])


def _left(trial: _Trial) -> str:
    """What backward has changed or made, in words."""
    return ", ".join(label(path) for path in _changed(trial))


def _changed(trial: _Trial) -> list[Path]:
    return [path for path, slot in slots(trial.after).items() if not _same(get(trial.before, path), slot.value)]


def _same(one: Any, two: Any) -> bool:
    return one is not None and np.shape(one) == np.shape(two) and np.array_equal(one, two, equal_nan=True)


def _returned(value: Any, inputs: Sequence[Leaf], found: Sequence[Parameter], call: Call) -> dict[str, Source]:
    """Gradients in what backward returned: a dict by name, a tuple in order, one array for the only input."""
    if value is None or (not inputs and not isinstance(value, Mapping | tuple | list)):
        return {}
    if isinstance(value, Mapping):
        names = [*(leaf.name for leaf in inputs), *(one.name for one in found)]
        keys = {name: key_of(name.rpartition(".")[2], value) for name in names}
        return {name: Source("returned", (("key", key),)) for name, key in keys.items() if key is not None}
    if isinstance(value, tuple | list):
        return _from_sequence(value, inputs, found, call)
    return {inputs[0].name: Source("returned", ())} if is_number(np.asarray(value)) else {}


def _from_sequence(
    value: Sequence[Any], inputs: Sequence[Leaf], found: Sequence[Parameter], call: Call
) -> dict[str, Source]:
    paths: list[Path] = [(("item", place),) for place in range(len(value))]
    if len(value) == 2 and isinstance(value[1], list | tuple):
        paths = [paths[0], *((("item", 1), ("item", place)) for place in range(len(value[1])))]
    names = [*(leaf.name for leaf in inputs), *(one.name for one in found)]
    if isinstance(call.named.grads, tuple | list):
        names = list(call.named.grads)
    shapes = {leaf.name: np.shape(leaf.value) for leaf in inputs} | {one.name: one.value.shape for one in found}
    if len(paths) == len(names) > len(inputs):
        names = _ordered(names, [np.shape(get(value, path)) for path in paths], shapes, len(inputs))
    return {name: Source("returned", path) for name, path in zip(names, paths, strict=False)}


def _ordered(
    names: Sequence[str], returned: Sequence[tuple[int, ...]], shapes: Mapping[str, tuple[int, ...]], inputs: int
) -> list[str]:
    """The parameters' order is not the caller's word: where shapes fit one other order only, that is it."""
    front, rest = list(names[:inputs]), list(names[inputs:])
    fits = [
        list(order) for order in permutations(rest) if [shapes.get(name) for name in order] == list(returned[inputs:])
    ]
    return front + (fits[0] if len(fits) == 1 else rest)


def _of_input(leaf: Leaf, trial: _Trial) -> Source | None:
    """An attribute named for the input's gradient; else one of the usual names, if backward set it."""
    named = gradient_path(trial.after, (("attribute", leaf.name),))
    if named is not None:
        return Source("slot", named)
    own = {path[0][1]: path for path in _changed(trial) if len(path) == 1}
    shaped = [
        name
        for name in _names.INPUT_GRADIENTS
        if name in own and np.shape(get(trial.after, own[name])) == np.shape(leaf.value)
    ]
    return Source("slot", own[shaped[0]]) if shaped else None


def _of_parameter(one: Parameter, trial: _Trial) -> Source | None:
    """A slot named for the parameter's gradient; else the step, where backward has moved the parameter."""
    named = next((path for own in one.paths if (path := gradient_path(trial.after, own))), None)
    if named is not None:
        return Source("slot", named)
    moved = not _same(get(trial.before, one.paths[0]), get(trial.after, one.paths[0]))
    return Source("step", one.paths[0]) if moved else None


def _missing(names: Sequence[str], trial: _Trial, layer: Layer) -> UsageError:
    left = _left(trial)
    return UsageError(
        what=f"no gradient was found for {', '.join(names)}, which the output depends on; {layer.backward_name} left "
        + (left or "nothing"),
        where=layer.where,
        fix=f"say where it is: grads={{{names[0]!r}: '…'}}; or list what to check: params=[…]",
    )
