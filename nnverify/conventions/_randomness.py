"""The world around the caller's functions, frozen: random states, and the state that functions keep in what they reach.

Every evaluation meets the same world, and the caller gets it back. The global states of numpy.random, random and,
where the caller has imported it, torch; and the generators that a function or an object reaches.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from nnverify.conventions._reach import reachable
from nnverify.conventions._state import State

_KINDS = (np.random.Generator, np.random.RandomState, random.Random)


class Randomness:
    """The state of all reachable generators, taken once; ``rewind`` goes back to it."""

    def __init__(self, *functions: Any) -> None:
        self._generators = generators(*functions)
        self._torch = getattr(sys.modules.get("torch"), "random", None)
        self._state = self._read()

    def _read(self) -> tuple[Any, ...]:
        bits = tuple(_state(one) for one in self._generators)
        engine = self._torch.get_rng_state().numpy().tobytes() if self._torch else None
        return np.random.get_state(legacy=False), random.getstate(), bits, engine  # noqa: NPY002

    def moved(self) -> bool:
        """Whether anything was drawn since the state was taken."""
        world, python, bits, engine = self._read()
        before = self._state
        return (python, engine) != (before[1], before[3]) or not _equal((world, bits), (before[0], before[2]))

    def rewind(self) -> None:
        world, python, bits, engine = self._state
        np.random.set_state(world)  # noqa: NPY002
        random.setstate(python)
        for generator, state in zip(self._generators, bits, strict=True):
            _restore(generator, state)
        if self._torch:
            kept = self._torch.get_rng_state()
            kept.numpy()[...] = np.frombuffer(engine, dtype=np.uint8)
            self._torch.set_rng_state(kept)


class World:
    """Random states, and the state in reach of the functions."""

    def __init__(self, *functions: Any) -> None:
        self._randomness = Randomness(*functions)
        self._state = State(*functions)

    def moved(self) -> list[str]:
        """What has moved since: "random", "state"."""
        found = {"random": self._randomness.moved(), "state": self._state.moved()}
        return [name for name, moved in found.items() if moved]

    def rewind(self) -> None:
        self._state.rewind()
        self._randomness.rewind()


@contextmanager
def restored(*functions: Any) -> Iterator[World]:
    """The caller's world, unchanged whatever happens inside."""
    found = World(*functions)
    try:
        yield found
    finally:
        found.rewind()


def generators(*functions: Any) -> list[Any]:
    """Generators among what functions or objects refer to."""
    return [one for one in reachable(*functions) if isinstance(one, _KINDS)]


def drawn(one: Any, two: Any) -> bool:
    """Whether the generators in one object have moved on against those in its copy."""
    pairs = zip(generators(one), generators(two), strict=False)
    return any(not _equal(_state(here), _state(there)) for here, there in pairs)


def _equal(one: Any, two: Any) -> bool:
    if isinstance(one, np.ndarray):
        return np.array_equal(one, two)
    if isinstance(one, dict):
        return all(_equal(one[key], two[key]) for key in one)
    if isinstance(one, tuple) and any(isinstance(part, tuple | dict | np.ndarray) for part in one):
        return all(_equal(a, b) for a, b in zip(one, two, strict=True))
    return bool(one == two)


def _state(generator: Any) -> Any:
    if isinstance(generator, np.random.Generator):
        return generator.bit_generator.state
    return generator.get_state() if isinstance(generator, np.random.RandomState) else generator.getstate()


def _restore(generator: Any, state: Any) -> None:
    if isinstance(generator, np.random.Generator):
        generator.bit_generator.state = state
    elif isinstance(generator, np.random.RandomState):
        generator.set_state(state)
    else:
        generator.setstate(state)
