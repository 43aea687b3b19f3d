"""Which rows of a long table the default run takes: one for every value of every key; the others are marked slow.

The choice is random and repeatable: another seed takes others, `pytest -m "slow or not slow"` takes all.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Hashable, Sequence
from typing import Any

import pytest

SEED = 0

Key = Callable[[Any], Hashable]


def chosen(rows: Sequence[Any], *keys: Key, each: int = 1, seed: int = SEED) -> list[Any]:
    """``each`` rows, or all there are, for every value that a key takes, in the order of the table."""
    rng, taken = random.Random(seed), set()
    for key in keys:
        values = [key(row) for row in rows]
        for value in dict.fromkeys(values):
            of_it = [number for number, own in enumerate(values) if own == value]
            missing = each - len(taken.intersection(of_it))
            rest = [number for number in of_it if number not in taken]
            taken.update(rng.sample(rest, min(max(missing, 0), len(rest))))
    return [rows[number] for number in sorted(taken)]


def sampled(rows: Sequence[Any], *keys: Key, each: int = 1, seed: int = SEED) -> list[Any]:
    """All rows as parameters: those not chosen are slow."""
    taken = {id(row) for row in chosen(rows, *keys, each=each, seed=seed)}
    return [row if id(row) in taken else pytest.param(row, marks=pytest.mark.slow) for row in rows]
