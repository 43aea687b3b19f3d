"""Where backward leaves each gradient: returned, in a slot named for it, or in the step it takes itself.

One run of forward and backward shows it. A parameter without a gradient is an error that names it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnverify._errors import UsageError
from nnverify.conventions._gradients import needless
from nnverify.conventions._layer import Layer, duplicate
from nnverify.conventions._names import INPUT_GRADIENTS
from nnverify.conventions._pairing import gradient_paths
from nnverify.conventions._parameters import Parameter
from nnverify.conventions._returned import in_returned
from nnverify.conventions._signature import signature
from nnverify.conventions._slots import Path, Slot, get, label, same, slots
from nnverify.conventions._trial import shape_of, upstream
from nnverify.conventions.convention import Call
from nnverify.subject import Leaf


@dataclass(frozen=True)
class Source:
    """The place of one gradient: in the object, in what backward returned, or in the step it took.

    others   further places, of an array that several layers share: the gradient is their sum
    """

    kind: str
    path: Path
    others: tuple[Path, ...] = ()

    def read(self, owner: Any, returned: Any, before: Any) -> Any:
        """The gradient, None where there is nothing. ``before`` is the parameter as forward had it."""
        if self.kind == "step":
            return before - np.asarray(get(owner, self.path))
        found = get(returned if self.kind == "returned" else owner, self.path)
        for path in self.others:
            found = found + np.asarray(get(owner, path))
        return found

    def __str__(self) -> str:
        words = {"step": "the step", "returned": "returned"}.get(self.kind, label(self.path))
        return " + ".join([words, *map(label, self.others)])


@dataclass(frozen=True)
class Trial:
    """The object before and after one backward, what that returned, and what it has changed in the object."""

    before: Any
    after: Any
    returned: Any
    known: Mapping[Path, Slot]
    changed: frozenset[Path]

    def is_gradient(self, path: Path) -> bool:
        """Whether backward wrote this slot; zeros may have been written as they are."""
        return path in self.changed or not np.any(self.known[path].value)


def tried(call: Call, layer: Layer, base: Any, factor: float = 1.0) -> Trial:
    """One forward and backward on a copy of the object, ``factor`` times a certain upstream."""
    values = call.values()
    done = layer.forward(duplicate(base, layer.where), values)
    before = duplicate(done.owner, layer.where)
    returned = layer.backward(done, times(factor, upstream(done.output)), values)
    known = slots(done.owner)
    changed = frozenset(path for path, slot in known.items() if not same(get(before, path), slot.value))
    return Trial(before, done.owner, returned, known, changed)


def times(factor: float, dout: Any) -> Any:
    return tuple(times(factor, part) for part in dout) if isinstance(dout, tuple) else factor * dout


def sources(call: Call, layer: Layer, trial: Trial, found: Sequence[Parameter]) -> dict[str, Source]:
    """The source of every gradient that is due. Raises UsageError for a leaf without one."""
    inputs = [leaf for leaf in call.leaves if leaf.differentiable]
    given = _given(call, layer, trial, inputs, found)
    returned = {
        name: Source("returned", path)
        for name, path in in_returned(trial.returned, inputs, found, call.order, terminal=layer.terminal).items()
    }
    rest = [leaf for leaf in inputs if leaf.name not in (given | returned)]
    alone = len(rest) == 1
    chosen = {leaf.name: _of_input(leaf, trial, _own(layer, leaf, call, trial), alone=alone) for leaf in rest}
    chosen |= returned
    keyed = returned if isinstance(trial.returned, Mapping) else {}
    chosen |= {one.name: own for one in found if one.name not in keyed and (own := _of_parameter(one, trial))} | given
    missing = [one.name for one in found if not chosen.get(one.name)]
    # The gradients of a whole network start from its loss: nobody asks for that of its data.
    network = layer.terminal and bool(found) and not missing
    missing += [
        leaf.name
        for leaf in inputs
        if not (chosen.get(leaf.name) or network or needless(leaf, call.leaves, terminal=layer.terminal))
    ]
    if missing:
        raise _missing(missing, trial, layer, inputs=missing[0] in call.names)
    return {name: source for name, source in chosen.items() if source}


def _given(
    call: Call, layer: Layer, trial: Trial, inputs: Sequence[Leaf], found: Sequence[Parameter]
) -> dict[str, Source]:
    """The slots that the caller named as gradients, in grads= and dx=."""
    named = dict(call.named.grads) if isinstance(call.named.grads, Mapping) else {}
    if call.named.dx and inputs:
        named[inputs[0].name] = call.named.dx
    known = {one.name for one in found} | {leaf.name for leaf in inputs}
    short = {one.paths[0][-1][1]: one.name for one in found}
    unknown = [name for name in named if name not in known and name not in short]
    if unknown:
        raise UsageError(
            what=f"grads= names {', '.join(map(repr, unknown))}, the leaves are {', '.join(sorted(known))}",
            where=layer.where,
            fix="name leaves of the call, or parameters of the object",
        )
    full = {name: name if name in known else short[name] for name in named}
    return {full[name]: _slot(trial, gradient, name, layer) for name, gradient in named.items()}


def _slot(trial: Trial, called: str, leaf: str, layer: Layer) -> Source:
    fits = [path for path in trial.known if called in (label(path), str(path[-1][1]))]
    if not fits:
        raise UsageError(
            what=f"the gradient of {leaf} is said to be {called!r}, and backward leaves no array of that name",
            where=layer.where,
            fix=f"choose from {_left(trial) or 'what backward returns'}",
        )
    return Source("slot", fits[0])


def _left(trial: Trial) -> str:
    """What backward has changed or made, in words."""
    return ", ".join(label(path) for path in trial.known if path in trial.changed)


def _own(layer: Layer, leaf: Leaf, call: Call, trial: Trial) -> list[str]:
    """The caller's name for a leaf, and forward's."""
    found = signature(getattr(trial.after, layer.forward_name))
    place = call.leaves.index(leaf)
    known = found.names if found else ()
    return [leaf.name, *known[place : place + 1]]


def _of_input(leaf: Leaf, trial: Trial, names: Sequence[str], *, alone: bool) -> Source | None:
    """An attribute named for the input's gradient; else, for the only one, a usual name that backward has set."""
    for name in dict.fromkeys(names):
        for path in gradient_paths((("attribute", name),), trial.known):
            if trial.is_gradient(path):
                return Source("slot", path)
    own = {path[0][1]: path for path in trial.changed if len(path) == 1}
    shaped = [
        own[name] for name in INPUT_GRADIENTS if name in own and np.shape(get(trial.after, own[name])) == shape_of(leaf)
    ]
    return Source("slot", shaped[0]) if shaped and alone else None


def _of_parameter(one: Parameter, trial: Trial) -> Source | None:
    """A slot named for the parameter's gradient, of its shape if there is one; else the step, where it has moved."""
    nearest: dict[Path, int] = {}
    for own in one.paths:
        fits = [path for path in gradient_paths(own, trial.known) if trial.is_gradient(path)]
        fits.sort(key=lambda path: np.shape(trial.known[path].value) != np.shape(one.value))
        nearest |= {path: len(own) for path in fits[:1] if path not in nearest}
    if nearest:
        return _shared(nearest, trial)
    moved = not same(get(trial.before, one.paths[0]), get(trial.after, one.paths[0]))
    return Source("step", one.paths[0]) if moved else None


def _shared(nearest: Mapping[Path, int], trial: Trial) -> Source:
    """An array with several names has the gradient of the outermost; of several of these, all that differ are parts."""
    outermost = [path for path, depth in nearest.items() if depth == min(nearest.values())]
    kept: list[Path] = []
    for path in outermost:
        if not any(trial.known[path].value is trial.known[other].value for other in kept):
            kept.append(path)
    return Source("slot", kept[0], tuple(kept[1:]))


def _missing(names: Sequence[str], trial: Trial, layer: Layer, *, inputs: bool) -> UsageError:
    left = _left(trial)
    return UsageError(
        what=f"no gradient was found for {', '.join(names)}, which the output depends on; "
        f"{layer.backward_name or layer.forward_name} left {left or 'nothing'}",
        where=layer.where,
        fix=f"say where it is: grads={{{names[0]!r}: '…'}}; or "
        + (f"that it is data: {names[0]}=leaf(…, grad=False)" if inputs else "list what to check: params=[…]"),
    )
