"""The networks that are timed: the same data for every form, and the sizes that are swept.

A layer's calls return all the gradients by its parameters (for the dense layer also that by its input). Sizes are
m samples, n features or units, and the depth of the network; a sweep varies one of them and keeps the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import ModuleType
from typing import Any

import numpy as np

from reference import activations, batch, delta, dense, neuron, two_layer

FORMS = ("index", "jacobian", "vector")
Sizes = Mapping[str, int]
Call = Callable[[], Any]


@dataclass(frozen=True)
class Layer:
    """One derivation: its module, the gradients that a call computes, how its arguments are drawn, and its sizes.

    base, quick, full   sizes; ``quick`` and ``full`` are the sweeps through ``base``
    largest             where the figures are judged, and which no sweep goes to: test_limit.py
    """

    name: str
    module: ModuleType
    gradients: tuple[str, ...]
    arguments: Callable[[np.random.Generator, Sizes, type], tuple[Any, ...]]
    base: Sizes
    quick: Mapping[str, tuple[int, ...]]
    full: Mapping[str, tuple[int, ...]]
    largest: tuple[Sizes, ...] = ()

    def call(self, form: str, sizes: Sizes, dtype: str) -> Call:
        """All the gradients by one form, or the loss."""
        arguments = self.arguments(np.random.default_rng(0), sizes, np.dtype(dtype).type)
        if form == "forward":
            return lambda: self.module.loss(*arguments)
        gradients = [getattr(self.module, f"{name}_{form}") for name in self.gradients]
        return lambda: [gradient(*arguments) for gradient in gradients]

    def sweep(self, *, full: bool) -> list[Sizes]:
        """Every size of the sweeps, each once."""
        varied = self.full if full else self.quick
        sizes = [dict(self.base) | {name: value} for name, values in varied.items() for value in values]
        return [dict(each) for each in dict.fromkeys(tuple(one.items()) for one in sizes)]


def _neuron(rng: np.random.Generator, sizes: Sizes, kind: type) -> tuple[Any, ...]:
    return kind(rng.standard_normal(sizes["n"])), kind(rng.standard_normal(sizes["n"])), kind(0.5), kind(1.0)


def _batch(rng: np.random.Generator, sizes: Sizes, kind: type) -> tuple[Any, ...]:
    m, n = sizes["m"], sizes["n"]
    return kind(rng.standard_normal((m, n))), kind(rng.standard_normal(n)), kind(0.5), kind(rng.standard_normal(m))


def _dense(rng: np.random.Generator, sizes: Sizes, kind: type) -> tuple[Any, ...]:
    m, n = sizes["m"], sizes["n"]
    return tuple(kind(rng.standard_normal(shape)) for shape in ((m, n), (n, n), (1, n), (m, n)))


def _two_layer(rng: np.random.Generator, sizes: Sizes, kind: type) -> tuple[Any, ...]:
    X, W, b, f, df, Y = network(rng, (sizes["n"],) * 3, sizes["m"], kind)
    return X, W[0], b[0], f[0], df[0], W[1], b[1], f[1], df[1], Y


def _deep(rng: np.random.Generator, sizes: Sizes, kind: type) -> tuple[Any, ...]:
    return network(rng, (sizes["n"],) * (sizes["depth"] + 1), sizes["m"], kind)


def network(rng: np.random.Generator, widths: tuple[int, ...], m: int, kind: type) -> tuple[Any, ...]:
    """X, W, b, f, df, Y of a network with tanh in every layer; samples are columns."""
    W = tuple(kind(rng.standard_normal((p, n)) / np.sqrt(n)) for n, p in pairwise(widths))
    b = tuple(kind(rng.standard_normal((p, 1))) for p in widths[1:])
    X, Y = kind(rng.standard_normal((widths[0], m))), kind(rng.standard_normal((widths[-1], m)))
    return X, W, b, (activations.tanh,) * len(W), (activations.dtanh,) * len(W), Y


# The index form of the two layers sums over paths, n³ or more of them for each sample: widths of 64 take hours.
# The Jacobians of the dense layer have up to (m·n)² entries: at m=160, n=64 they take 2 GiB, all temporaries counted.
LAYERS = (
    Layer(
        "neuron", neuron, ("dw", "db"), _neuron,
        base={"n": 16}, quick={"n": (4, 16, 64)}, full={"n": (4, 16, 64, 256)},
    ),
    Layer(
        "batch", batch, ("dw", "db"), _batch,
        base={"m": 32, "n": 8},
        quick={"m": (8, 32, 128), "n": (2, 8, 32)},
        full={"m": (8, 32, 128, 512), "n": (2, 8, 32, 128)},
    ),
    Layer(
        "dense layer", dense, ("dW", "db", "dX"), _dense,
        base={"m": 16, "n": 8},
        quick={"m": (4, 16, 64), "n": (4, 8, 16)},
        full={"m": (4, 16, 64, 128), "n": (4, 8, 16, 32)},
        largest=({"m": 128, "n": 64}, {"m": 160, "n": 64}),
    ),
    Layer(
        "two layers", two_layer, ("dW1", "db1", "dW2", "db2"), _two_layer,
        base={"m": 16, "n": 8},
        quick={"m": (4, 16, 64), "n": (4, 8, 16)},
        full={"m": (4, 16, 64, 128), "n": (2, 4, 8, 16)},
    ),
    Layer(
        "deep network", delta, ("dW", "db"), _deep,
        base={"m": 8, "n": 4, "depth": 3},
        quick={"m": (4, 8, 16), "n": (2, 4, 8), "depth": (1, 2, 3)},
        full={"m": (4, 8, 16, 32), "n": (2, 4, 8, 12), "depth": (1, 2, 3, 4)},
        largest=({"m": 128, "n": 64, "depth": 2},),
    ),
)  # fmt: skip
