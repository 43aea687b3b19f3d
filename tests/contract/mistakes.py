"""Promises broken, each as a change to any right layer; and twins that look alike and keep them.

Every entry makes what a user would pass to check_gradients from a layer: two functions, or an object.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.contract.layers import Layer

Passed = tuple[Any, ...]


@dataclass(frozen=True)
class Mistake:
    """``fits``: whether it makes sense for the layer. ``codes``: one of these is the finding."""

    name: str
    wrong: Callable[[Layer], Passed]
    twin: Callable[[Layer], Passed]
    codes: tuple[str, ...]
    fits: Callable[[Layer], bool] = lambda layer: True


def _copies(values: Any) -> tuple[Any, ...]:
    return tuple(np.array(value) for value in values)


def _with(layer: Layer, backward: Callable[..., Any]) -> Passed:
    return layer.forward, backward


def upstream_cleared(layer: Layer) -> Passed:
    def backward(dout: Any, *leaves: Any) -> Any:
        found = layer.backward(np.array(dout), *leaves)
        dout[...] = 0
        return found

    return _with(layer, backward)


def own_copy_cleared(layer: Layer) -> Passed:
    def backward(dout: Any, *leaves: Any) -> Any:
        own = np.array(dout)
        found = layer.backward(own, *leaves)
        own[...] = 0
        return found

    return _with(layer, lambda dout, *leaves: _copies(backward(dout, *leaves)))


def leaf_overwritten(layer: Layer) -> Passed:
    def backward(dout: Any, *leaves: Any) -> Any:
        found = _copies(layer.backward(dout, *leaves))
        leaves[-1][...] *= 2
        return found

    return _with(layer, backward)


def leaf_copied(layer: Layer) -> Passed:
    def backward(dout: Any, *leaves: Any) -> Any:
        own = _copies(leaves)
        found = _copies(layer.backward(dout, *own))
        own[-1][...] *= 2
        return found

    return _with(layer, backward)


def forward_overwrites(layer: Layer) -> Passed:
    def forward(*leaves: Any) -> Any:
        own = _copies(leaves)
        out = layer.forward(*own)
        leaves[0][...] = 0
        return out, own

    return forward, lambda dout, cache: layer.backward(dout, *cache)


def forward_keeps(layer: Layer) -> Passed:
    def forward(*leaves: Any) -> Any:
        return layer.forward(*leaves), _copies(leaves)

    return forward, lambda dout, cache: layer.backward(dout, *cache)


def returned_in_leaf(layer: Layer) -> Passed:
    def backward(dout: Any, *leaves: Any) -> Any:
        first, *rest = _copies(layer.backward(dout, *leaves))
        leaves[0][...] = first
        return (leaves[0], *rest)

    return _with(layer, backward)


def workspace(layer: Layer) -> Passed:
    buffers = {name: np.zeros(shape) for name, shape in layer.leaves.items()}

    def backward(dout: Any, *leaves: Any) -> Any:
        for buffer, found in zip(buffers.values(), layer.backward(dout, *leaves), strict=True):
            buffer += found
        return tuple(buffers.values())

    return _with(layer, backward)


def cleared_workspace(layer: Layer) -> Passed:
    buffers = {name: np.zeros(shape) for name, shape in layer.leaves.items()}

    def backward(dout: Any, *leaves: Any) -> Any:
        for buffer, found in zip(buffers.values(), layer.backward(dout, *leaves), strict=True):
            buffer[...] = found
        return _copies(buffers.values())

    return _with(layer, backward)


def buffer_returned(layer: Layer) -> Passed:
    buffers = {name: np.zeros(shape) for name, shape in layer.leaves.items()}

    def backward(dout: Any, *leaves: Any) -> Any:
        for buffer, found in zip(buffers.values(), layer.backward(dout, *leaves), strict=True):
            buffer[...] = found
        return tuple(buffers.values())

    return _with(layer, backward)


def last_call(layer: Layer) -> Passed:
    last: dict[str, Any] = {}

    def forward(*leaves: Any) -> Any:
        last["leaves"] = _copies(leaves)
        return layer.forward(*leaves), "unused"

    return forward, lambda dout, cache: layer.backward(dout, *last["leaves"])


def own_call(layer: Layer) -> Passed:
    kept: list[Any] = []

    def forward(*leaves: Any) -> Any:
        kept.append(_copies(leaves))
        return layer.forward(*leaves), {"call": len(kept) - 1, "leaves": kept[-1]}

    return forward, lambda dout, cache: layer.backward(dout, *cache["leaves"])


def eaten_cache(layer: Layer) -> Passed:
    def forward(*leaves: Any) -> Any:
        return layer.forward(*leaves), list(_copies(leaves))

    def backward(dout: Any, cache: Any) -> Any:
        found = _copies(layer.backward(dout, *cache))
        cache[0] *= 0.5
        return found

    return forward, backward


def kept_cache(layer: Layer) -> Passed:
    def forward(*leaves: Any) -> Any:
        return layer.forward(*leaves), list(_copies(leaves))

    def backward(dout: Any, cache: Any) -> Any:
        own = _copies(cache)
        found = _copies(layer.backward(dout, *own))
        own[0][...] *= 0.5
        return found

    return forward, backward


def clipped(layer: Layer) -> Passed:
    return _with(layer, lambda dout, *leaves: layer.backward(np.clip(dout, -1.5, 1.5), *leaves))


def clipped_far(layer: Layer) -> Passed:
    return _with(layer, lambda dout, *leaves: layer.backward(np.clip(dout, -50, 50), *leaves))


def clipped_wide(layer: Layer) -> Passed:
    return _with(layer, lambda dout, *leaves: layer.backward(np.clip(dout, -1e300, 1e300), *leaves))


def offset(layer: Layer) -> Passed:
    return _with(layer, lambda dout, *leaves: tuple(one + 1e-14 for one in layer.backward(dout, *leaves)))


def no_offset(layer: Layer) -> Passed:
    return _with(layer, lambda dout, *leaves: tuple(one + 0.0 for one in layer.backward(dout, *leaves)))


def noisy(layer: Layer) -> Passed:
    def backward(dout: Any, *leaves: Any) -> Any:
        return tuple(one * (1 + np.random.rand() / 10) for one in layer.backward(dout, *leaves))  # noqa: NPY002

    return _with(layer, backward)


def seeded(layer: Layer) -> Passed:
    def backward(dout: Any, *leaves: Any) -> Any:
        return tuple(one * (1 + 0 * np.random.rand()) for one in layer.backward(dout, *leaves))  # noqa: NPY002

    return _with(layer, backward)


def leaking(layer: Layer) -> Passed:
    """Other samples hear of each sample, far below what a difference of the forward could show."""

    def backward(dout: Any, *leaves: Any) -> Any:
        first, *rest = layer.backward(dout, *leaves)
        return (first + 1e-10 * first.sum(axis=0), *rest)

    return _with(layer, backward)


class _Object:
    """A layer as an object; its leaves are all inputs."""

    def __init__(self, layer: Layer) -> None:
        self.layer, self.kept, self.total = layer, None, None

    def forward(self, *inputs: Any) -> Any:
        self.inputs = inputs
        return self.layer.forward(*inputs)

    def backward(self, dout: Any) -> Any:
        return self.layer.backward(dout, *self.inputs)


class FirstInputs(_Object):
    """Keeps what the first backward saw."""

    def backward(self, dout: Any) -> Any:
        if self.kept is None:
            self.kept = _copies(self.inputs)
        return self.layer.backward(dout, *self.kept)


class LastInputs(_Object):
    def backward(self, dout: Any) -> Any:
        self.kept = _copies(self.inputs)
        return self.layer.backward(dout, *self.kept)


class AddsUp(_Object):
    """Returns the sum of all gradients so far."""

    def backward(self, dout: Any) -> Any:
        found = _copies(self.layer.backward(dout, *self.inputs))
        self.total = found if self.total is None else tuple(a + b for a, b in zip(self.total, found, strict=True))
        return self.total


class Counts(_Object):
    def backward(self, dout: Any) -> Any:
        self.total = 1 if self.total is None else self.total + 1
        return self.layer.backward(dout, *self.inputs)


def _arrays_out(layer: Layer) -> bool:
    return layer.name != "squared error"


def _depends(layer: Layer) -> bool:
    """Whether the gradient depends on the point, so that one of another point is wrong."""
    return layer.name not in ("dropout", "embedding")


def _first_matters(layer: Layer) -> bool:
    return _depends(layer) and layer.name not in ("relu", "max pool")  # halving the input changes no sign


MISTAKES = (
    Mistake("upstream cleared", upstream_cleared, own_copy_cleared, ("NV114",), _arrays_out),
    Mistake("leaf overwritten by backward", leaf_overwritten, leaf_copied, ("NV114",)),
    Mistake("leaf overwritten by forward", forward_overwrites, forward_keeps, ("NV114",)),
    Mistake("gradient in the leaf's memory", returned_in_leaf, leaf_copied, ("NV114", "NV305")),
    Mistake("workspace never cleared", workspace, cleared_workspace, ("NV109", "NV112", "NV307", "NV305")),
    Mistake("workspace returned", buffer_returned, cleared_workspace, ("NV305",)),
    Mistake("cache of the last call", last_call, own_call, ("NV113",), _first_matters),
    Mistake("cache eaten", eaten_cache, kept_cache, ("NV307", "NV114"), _first_matters),
    Mistake("upstream clipped", clipped, clipped_wide, ("NV109",)),
    Mistake("upstream clipped far off", clipped_far, clipped_wide, ("NV109",)),
    Mistake("offset below resolution", offset, no_offset, ("NV109",)),
    Mistake("random backward", noisy, seeded, ("NV307",)),
    Mistake("samples mixed below resolution", leaking, no_offset, ("NV116",), lambda layer: layer.apart),
    Mistake("first inputs kept", lambda layer: (FirstInputs(layer),), lambda layer: (LastInputs(layer),), ("NV113",),
            _first_matters),
    Mistake("gradients of all uses", lambda layer: (AddsUp(layer),), lambda layer: (Counts(layer),), ("NV113",)),
)  # fmt: skip
