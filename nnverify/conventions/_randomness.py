"""Randomness frozen: every evaluation of a random forward meets the same state, and the caller's state comes back.

The global states of numpy.random and random, and the generators that a function reaches by its closure, its
globals or its own object.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FunctionType, MethodType
from typing import Any

import numpy as np


class Randomness:
    """The state of all reachable generators, taken once; ``rewind`` goes back to it."""

    def __init__(self, *functions: Any) -> None:
        self._generators = list({id(one): one for function in functions for one in _generators(function)}.values())
        self._state = self._read()

    def _read(self) -> tuple[Any, ...]:
        bits = tuple(_state(one) for one in self._generators)
        return np.random.get_state(legacy=False), random.getstate(), bits  # noqa: NPY002

    def moved(self) -> bool:
        """Whether anything was drawn since the state was taken."""
        return not _equal(self._read(), self._state)

    def rewind(self) -> None:
        world, python, bits = self._state
        np.random.set_state(world)  # noqa: NPY002
        random.setstate(python)
        for generator, state in zip(self._generators, bits, strict=True):
            _restore(generator, state)


@contextmanager
def restored(*functions: Any) -> Iterator[Randomness]:
    """The caller's random states, unchanged whatever happens inside."""
    found = Randomness(*functions)
    try:
        yield found
    finally:
        found.rewind()


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


_KINDS = (np.random.Generator, np.random.RandomState, random.Random)


def _generators(function: Any, depth: int = 3) -> Iterator[Any]:
    """Generators among what a function or an object refers to."""
    if isinstance(function, _KINDS):
        yield function
    elif depth:
        for value in _references(function):
            yield from _generators(value, depth - 1)


def _references(function: Any) -> Iterator[Any]:
    if isinstance(function, MethodType):
        yield from (function.__self__, function.__func__)
    elif isinstance(function, FunctionType):
        yield from _of_function(function)
    elif isinstance(function, dict):
        yield from function.values()
    elif isinstance(function, list | tuple):
        yield from function
    elif not isinstance(function, type | np.ndarray) and hasattr(function, "__dict__"):
        yield from vars(function).values()


def _of_function(function: Callable[..., Any]) -> Iterator[Any]:
    code = function.__code__
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # a name that is not bound yet
            continue
    yield from (function.__globals__[name] for name in code.co_names if name in function.__globals__)
    yield from function.__defaults__ or ()
