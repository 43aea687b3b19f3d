"""Mistakes that can be made in any backward: one wrapper each, with the cause to be named and a harmless twin."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.diagnosis.layers import Array, Backward, Layer
from tests.diagnosis.mutant import Mutant

Change = Callable[[Array, Array], Array]  # the gradient (or the upstream) and the first leaf -> the changed one


@dataclass(frozen=True)
class Operator:
    """A change of one leaf's gradient, or of the upstream that it is made from.

    ranks  the numbers of axes of the leaves it is applied to
    """

    name: str
    codes: tuple[str, ...]
    wrong: Change
    twin: Change
    upstream: bool = False
    ranks: tuple[int, ...] = (0, 1, 2, 3, 4)
    samples: bool = False


def _first(dout: Array, _: Array) -> Array:
    mask = np.zeros_like(dout)
    mask[0] = 1
    return dout * mask


def _but_last(dout: Array, _: Array) -> Array:
    mask = np.ones_like(dout)
    mask[-1] = 0
    return dout * mask


def _same(g: Array, _: Array) -> Array:
    return g + 0


OPERATORS = (
    Operator("sign", ("NV101",), lambda g, x: -g, lambda g, x: 0 - (0 - g)),
    Operator("doubled", ("NV104",), lambda g, x: 2 * g, lambda g, x: 2 * g / 2),
    Operator("a third", ("NV104",), lambda g, x: g / 3, lambda g, x: g / 3 * 3),
    Operator("over the batch", ("NV103",), lambda g, x: g / len(x), lambda g, x: g / len(x) * len(x), samples=True),
    Operator("times the batch", ("NV103",), lambda g, x: g * len(x), lambda g, x: g * len(x) / len(x), samples=True),
    Operator("transposed", ("NV102",), lambda g, x: g.T, lambda g, x: g.T.T, ranks=(2,)),
    Operator("F order", ("NV118",), lambda g, x: g.reshape(g.shape[::-1]).T, _same, ranks=(2,)),
    Operator("rolled", ("NV120", "NV116"), lambda g, x: np.roll(g, 1, 0), lambda g, x: np.roll(g, len(g), 0), ranks=(1, 2, 3)),
    Operator("reversed", ("NV121", "NV116"), lambda g, x: g[::-1].copy(), lambda g, x: g[::-1][::-1], ranks=(1, 2, 3)),
    Operator("zero", ("NV122",), lambda g, x: 0 * g, _same),
    Operator("plus one", ("NV109",), lambda g, x: g + 1, lambda g, x: g + 0),
    Operator("clipped", ("NV109",), lambda g, x: np.clip(g, -0.01, 0.01), lambda g, x: np.clip(g, -1e9, 1e9)),
    Operator("normed", ("NV109",), lambda g, x: g / np.linalg.norm(g), _same, ranks=(1, 2, 3)),
    Operator("averaged over rows", ("NV105", "NV116"), lambda g, x: 0 * g + g.mean(axis=0), _same, ranks=(2, 3)),
    Operator("upstream ignored", ("NV109",), lambda d, x: np.ones_like(d), _same, upstream=True),
    Operator("upstream averaged", ("NV109",), lambda d, x: np.full_like(d, d.mean()), _same, upstream=True, samples=True),
    Operator("upstream summed", ("NV109",), lambda d, x: np.full_like(d, d.sum()), _same, upstream=True, samples=True),
    Operator("upstream's sign", ("NV109",), lambda d, x: np.sign(d), _same, upstream=True),
    Operator("upstream masked by itself", ("NV109",), lambda d, x: d * (d > 0), _same, upstream=True, samples=True),
    Operator("first sample only", ("NV119",), _first, _same, upstream=True, samples=True),
    Operator("last sample left out", ("NV119",), _but_last, _same, upstream=True, samples=True),
    Operator("samples reversed", ("NV116",), lambda d, x: d[::-1], lambda d, x: d[::-1][::-1], upstream=True, samples=True),
    Operator("samples shifted", ("NV120", "NV116"), lambda d, x: np.roll(d, 1, 0), _same, upstream=True, samples=True),
)  # fmt: skip

_RIPPLE = 1 + 0.1 * np.sin(np.arange(400))

# Mistakes that no cause of the table explains, most of them two at once: naming any would mislead.
NAMELESS = (
    Operator("a ripple", (), lambda g, x: g * _RIPPLE[: g.size].reshape(g.shape), _same, ranks=(1, 2, 3, 4)),
    Operator("squared and added", (), lambda g, x: g + g * np.abs(g), _same, ranks=(1, 2, 3, 4)),
    Operator("one entry off", (), lambda g, x: g * np.where(np.abs(g) == np.abs(g).max(), 1.5, 1), _same, ranks=(1, 2)),
    Operator("shifted, other sign", (), lambda g, x: -np.roll(g, 1, 0), _same, ranks=(2, 3)),
    Operator("half reversed", (), lambda g, x: (g + g[::-1]) / 2, _same, ranks=(1, 2)),
    Operator("a little of the leaf's own", (), lambda g, x: g * (1 + 0.01 * np.tanh(x.mean())), _same, ranks=(1, 2)),
    Operator("upstream rippled", (), lambda d, x: d * _RIPPLE[: d.size].reshape(d.shape), _same, upstream=True, samples=True),
)  # fmt: skip


def _backward(layer: Layer, leaf: str, change: Change, upstream: bool) -> Backward:
    def of_gradient(dout: Array, *leaves: Array) -> dict[str, Any]:
        right = layer.backward(dout, *leaves)
        return right | {leaf: change(right[leaf], leaves[0])}

    def of_upstream(dout: Array, *leaves: Array) -> dict[str, Any]:
        right = layer.backward(dout, *leaves)
        return right | {leaf: layer.backward(change(dout, leaves[0]), *leaves)[leaf]}

    return of_upstream if upstream else of_gradient


def _ranks(layer: Layer) -> Iterator[tuple[str, int]]:
    """Leaves that receive a gradient, with their number of axes."""
    for name, what in layer.leaves.items():
        if isinstance(what, str):
            yield name, len(what.split())
        elif isinstance(what, tuple):
            yield name, len(what)
        elif isinstance(what, np.ndarray) and what.dtype.kind == "f":
            yield name, what.ndim


def applied(layers: tuple[Layer, ...], operators: tuple[Operator, ...] = OPERATORS) -> Iterator[Mutant]:
    """Every operator on one leaf of every layer that it fits: over the operators, the leaves take turns."""
    for layer in layers:
        ranks = list(_ranks(layer))
        for number, operator in enumerate(operators):
            fitting = [name for name, rank in ranks if rank in operator.ranks]
            if not fitting or (operator.samples and layer.name not in SAMPLED):
                continue
            leaf = fitting[number % len(fitting)]
            wrong, twin = (
                _backward(layer, leaf, change, operator.upstream) for change in (operator.wrong, operator.twin)
            )
            name = f"{layer.name}: d{leaf} {operator.name}"
            yield Mutant(name, layer, leaf, wrong, twin, operator.codes + SAME_NUMBERS.get(name, ()))


# Layers with samples along the first axis of the first leaf and of the output, which no entry of the output mixes.
SAMPLED = (
    "dense", "tanh dense", "sigmoid dense", "relu dense", "softmax", "log softmax", "scale and shift", "unit rows",
    "residual", "layer norm", "rnn step", "rnn", "mlp", "gelu", "conv2d",
)  # fmt: skip

# Where another mistake gives the same numbers, it is as right to name that. A softmax does not change when all its
# inputs move together, so its gradient for a constant upstream is zero, and so is the mean of dK over the keys; the
# mean of a batch-normalised dx is zero, too.
SAME_NUMBERS = {
    "softmax: dz upstream ignored": ("NV122",),
    "softmax: dz upstream averaged": ("NV122",),
    "softmax: dz upstream summed": ("NV122",),
    "batch norm: dx averaged over rows": ("NV122",),
    "attention: dK averaged over rows": ("NV122",),
}
