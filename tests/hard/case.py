"""The records of the hard corpora: a case whose gradient is right, a mistake in it, and a forward in trouble.

Records only; the tables beside this module fill them, and the tests judge.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Case:
    """A forward with a right backward(dout, *leaves), at a point where checkers go wrong.

    leaves   name to array, or to a function of a generator: then every seed is another point
    options  of check_gradients
    open     the codes of INCONCLUSIVE that are true of this case; none: it must PASS
    """

    family: str
    name: str
    forward: Callable[..., Any]
    backward: Callable[..., Any]
    leaves: Mapping[str, Any]
    options: Mapping[str, Any] = field(default_factory=dict)
    open: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.family}: {self.name}"

    def at(self, seed: int) -> dict[str, Any]:
        """The leaves of one seed."""
        rng = np.random.default_rng([seed, len(self.name)])
        return {name: value(rng) if callable(value) else value for name, value in self.leaves.items()}


@dataclass(frozen=True)
class Mistake:
    """One thing wrong in the backward of a case.

    kink   whether it is wrong at a kink only, where no resolution is defined: it must always be seen
    """

    name: str
    case: Case
    backward: Callable[..., Any]
    kink: bool = False

    def __str__(self) -> str:
        return f"{self.case}: {self.name}"


@dataclass(frozen=True)
class Trouble:
    """A forward that no backward can be checked against.

    names  a pattern: what the verdict, INCONCLUSIVE, or the error must say
    """

    name: str
    forward: Callable[..., Any]
    backward: Callable[..., Any]
    leaves: Mapping[str, Any]
    names: str

    def __str__(self) -> str:
        return self.name


def normal(*shape: int, scale: float = 1.0) -> Callable[[np.random.Generator], Any]:
    """Standard normal values, times scale."""
    return lambda rng: scale * rng.standard_normal(shape)


def between(low: float, high: float, *shape: int) -> Callable[[np.random.Generator], Any]:
    """Uniform values."""
    return lambda rng: rng.uniform(low, high, shape)


def around(value: Any, spread: float = 1.0) -> Callable[[np.random.Generator], Any]:
    """A value with a normal deviation."""
    return lambda rng: np.asarray(value) + spread * rng.standard_normal(np.shape(value))


def scaled_by(right: Callable[..., Any], factor: float, leaf: int = 0) -> Callable[..., Any]:
    """The right backward with the gradient of one leaf, by number, off by a factor."""

    def backward(*given: Any) -> Any:
        found = right(*given)
        if not isinstance(found, tuple):
            return found * factor
        return tuple(part * factor if place == leaf else part for place, part in enumerate(found))

    return backward


def changed_at(right: Callable[..., Any], index: Any, factor: float) -> Callable[..., Any]:
    """The right backward of a single leaf with some entries, by index, off by a factor."""

    def backward(*given: Any) -> Any:
        found = np.array(right(*given))
        found[index] = found[index] * factor
        return found

    return backward
