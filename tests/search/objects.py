"""Objects that keep something from one use to the next: workspaces, shapes, masks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.search.case import Layer, Wrong


class Square:
    """y = x² v, with room for a workspace."""

    def __init__(self) -> None:
        self.v = np.array([1.5, -0.5, 2.0])
        self.dv = np.zeros(3)

    def forward(self, x: Any) -> Any:
        self.x = x
        return x**2 * self.v

    def backward(self, dout: Any) -> Any:
        self.dv = (dout * self.x**2).sum(axis=0)
        return 2 * dout * self.x * self.v


class Grown(Square):
    """The workspace grows, and is not cleared: what a larger batch left in it is summed again."""

    def __init__(self) -> None:
        super().__init__()
        self.work = np.zeros((0, 3))

    def backward(self, dout: Any) -> Any:
        if len(dout) > len(self.work):
            self.work = np.zeros(dout.shape)
        self.work[: len(dout)] = dout * self.x**2
        dx = 2 * dout * self.x * self.v
        self.dv = self.work.sum(axis=0)
        return dx


class Remembered(Square):
    """The number of samples is that of the first use."""

    def __init__(self) -> None:
        super().__init__()
        self.samples: Any = None

    def backward(self, dout: Any) -> Any:
        self.samples = self.samples or len(dout)
        dx = super().backward(dout)
        self.dv = (dout * self.x**2)[: self.samples].sum(axis=0)
        return dx


class Averaged(Square):
    """Divides by the largest batch so far, and multiplies by this one."""

    largest = 0

    def backward(self, dout: Any) -> Any:
        self.largest = max(self.largest, len(dout))
        dx = super().backward(dout)
        self.dv = self.dv * (len(dout) / self.largest)
        return dx


class Dense:
    """tanh(x W), parameters of its own."""

    def __init__(self) -> None:
        self.W = np.array([[0.5, -1.0], [1.5, 0.25], [-0.75, 2.0]])
        self.dW = np.zeros((3, 2))

    def forward(self, x: Any) -> Any:
        self.x, self.y = x, np.tanh(x @ self.W)
        return self.y

    def backward(self, dout: Any) -> Any:
        G = dout * (1 - self.y**2)
        self.dW = self.x.T @ G
        return G @ self.W.T


def mistaken(change: Callable[[Any, Any], None]) -> Any:
    """A Dense whose backward is followed by a change of what it has found."""

    class Mistaken(Dense):
        def backward(self, dout: Any) -> Any:
            dx = super().backward(dout)
            change(self, dx)
            return dx

    return Mistaken


def _one_sample(layer: Any, dx: Any) -> None:
    if len(dx) == 1:
        layer.dW *= 3


def _zero_weight(layer: Any, dx: Any) -> None:
    layer.dW[layer.W == 0] = 0


def _zero_input(layer: Any, dx: Any) -> None:
    dx[layer.x == 0] = 0


SQUARE = Layer(
    "square with state",
    {"x": "m 3"},
    (
        Wrong("state", "a workspace that is not cleared", Grown),
        Wrong("state", "the first batch's size", Remembered),
        Wrong("state", "the largest batch so far is averaged over", Averaged),
    ),
    made=Square,
)
DENSE = Layer(
    "dense object",
    {"x": "m 3"},
    (
        Wrong("shape", "one sample", mistaken(_one_sample)),
        Wrong("value", "a weight of zero", mistaken(_zero_weight)),
        Wrong("value", "an input of zero", mistaken(_zero_input)),
    ),
    made=Dense,
)

LAYERS = (SQUARE, DENSE)
