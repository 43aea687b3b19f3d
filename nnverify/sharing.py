"""The further points of one check, here or on an executor: in order, each from the same world, whoever does it.

What the points share is sent once as bytes, so that a closure or an object of the caller's travels where pickle alone
could not take it, and fails here where nothing can.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from functools import partial
from typing import Any, TypeVar

import numpy as np

from nnverify.executing import spread
from nnverify.workers import given, packed, unpacked

Shared = TypeVar("Shared")
Piece = TypeVar("Piece")


def in_order(
    task: Callable[[Shared, Piece], Any], shared: Shared, pieces: Sequence[Piece], executor: Any, where: str
) -> Generator[Any]:
    """task(shared, piece) for each piece, or executing.Lost where it did not come back."""
    if not pieces:
        return
    world = (random.getstate(), np.random.get_state(legacy=False))  # noqa: NPY002
    sent = packed((shared, world), executor, where)
    with closing(spread(partial(_done, task, sent), pieces, given(executor, where))) as found:
        yield from _sorted(found)


def _done(task: Callable[[Any, Any], Any], sent: Any, piece: Any) -> Any:
    """Runs where the piece is done. The caller's random states are put back by who took them."""
    shared, (python, numpy) = unpacked(sent)
    random.setstate(python)
    np.random.set_state(numpy)  # noqa: NPY002
    with np.errstate(all="ignore"):
        return task(shared, piece)


def _sorted(found: Generator[tuple[int, Any]]) -> Generator[Any]:
    """Results by number; one that came early waits."""
    early: dict[int, Any] = {}
    wanted = 0
    for number, result in found:
        early[number] = result
        while wanted in early:
            yield early.pop(wanted)
            wanted += 1
