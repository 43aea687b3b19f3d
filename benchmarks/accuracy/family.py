"""A family: one function with its backward, written once for floats of any precision and for 300 digits.

``m`` is the module that has the functions: NumPy, jax.numpy, or truth.Digits. Constants are dyadic, so that they are
the same number in float16 and in 300 digits: then a rounded constant is not mistaken for an error of an oracle.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnverify.subject import Leaf, Pullback, Subject

Leaves = Mapping[str, Any]


@dataclass(frozen=True)
class Family:
    """forward(m, *leaves) -> output; backward(m, dout, *leaves) -> one gradient per leaf; draw(rng) -> leaves."""

    name: str
    forward: Callable[..., Any]
    backward: Callable[..., tuple[Any, ...]]
    draw: Callable[[np.random.Generator], Leaves]

    def subject(self, leaves: Leaves) -> Subject:
        """The family at one point, in the precision of the leaves."""
        names = list(leaves)

        def run(*values: Any) -> tuple[Any, Pullback]:
            return forward(*values), lambda dout: dict(zip(names, self.backward(np, dout, *values), strict=True))

        def forward(*values: Any) -> Any:
            return self.forward(np, *values)

        return Subject(self.name, tuple(Leaf(name, value) for name, value in leaves.items()), run, forward)


def scalar(name: str, f: Callable[..., Any], df: Callable[..., Any]) -> Family:
    """f and f′ of one number, at points of size 0.1, 1 and 3."""
    return Family(name, f, lambda m, dout, x: (dout * df(m, x),), _point)


def _point(rng: np.random.Generator) -> Leaves:
    return {"x": np.float64(rng.standard_normal() * rng.choice([0.1, 1.0, 3.0]))}


def normal(**shapes: tuple[int, ...]) -> Callable[[np.random.Generator], Leaves]:
    """Standard normal leaves of these shapes."""
    return lambda rng: {name: rng.standard_normal(shape) for name, shape in shapes.items()}
