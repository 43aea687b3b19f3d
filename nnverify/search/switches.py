"""Both sides of each switch that the forward shows, and the switch itself.

Exactly, through the comparisons that a forward makes on dual numbers: where two compared values move apart at a known
rate, they meet at a known place. Where it does not take such numbers, by halving intervals in which the slope changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from nnverify.draws import generator, signs
from nnverify.numbers.arrays import numbers
from nnverify.numbers.dual import Dual
from nnverify.numbers.run import NotAvailable, Run, attempt, running
from nnverify.search.layer import Base, Point
from nnverify.search.values import CODE, allowed, descriptions
from nnverify.subject import Leaf, Subject, copied

Array = np.ndarray[Any, Any]

_ENTRIES = 2  # of each leaf that are moved
_SWITCHES = 4  # of each entry that are tried
_FARTHEST = 1e4
_OPERATIONS = 20_000
_ROUNDS = 4  # of Newton's method, where the compared values are no linear functions of the entry
_SIDES = {"at": 0.0, "just above": 2.0**-7, "just below": -(2.0**-7), "far above": 1.5, "far below": -1.5}
_GRID = np.sinh(np.linspace(-6.5, 6.5, 79))  # to ±300, denser near 0
_HALVINGS = 34
_STAYS = 0.25  # part of the change in slope that is left in a very short interval: all at a kink, nothing elsewhere


def points(base: Base) -> Iterator[Point]:
    """An entry of each leaf at, just beside and far beside each switch."""
    said = descriptions(base.layer.found)
    for leaf in base.subject.targets():
        found = dict.fromkeys(place for entry in _entries(leaf) for place in switches(base.subject, leaf, entry))
        for switch in list(found)[:_SWITCHES]:
            for side, far in _SIDES.items():
                value = np.asarray(leaf.value, dtype=np.float64).copy()
                value.reshape(-1)[0] = switch + far * max(abs(switch), 0.5)
                if allowed(value, leaf, said.get(leaf.name)):
                    special = f"an entry of {leaf.name} is {side} {switch:g}, where forward switches"
                    values = {leaf.name: value.astype(np.asarray(leaf.value).dtype)[()]}
                    yield Point("switches", special, base.leaves, values, base.options, CODE)


def _entries(leaf: Leaf) -> range:
    return range(min(_ENTRIES, np.size(leaf.value)))


def switches(subject: Subject, leaf: Leaf, entry: int) -> list[float]:
    """The values of one entry at which forward switches, nearest to its own first."""
    here = float(np.asarray(leaf.value, dtype=np.float64).reshape(-1)[entry])
    try:
        found = _recorded(subject, leaf, entry, here)
    except NotAvailable:
        found = _bisected(subject, leaf, entry)
    near = [_round(place) for place in found if np.isfinite(place) and abs(place) <= _FARTHEST]
    return sorted(dict.fromkeys(near), key=lambda place: abs(place - here))[:_SWITCHES]


def _round(place: float) -> float:
    """The short decimal that is as good as equal: thresholds are written by people."""
    short = round(place, 6)
    return short if abs(place - short) <= 1e-9 * max(abs(place), 1.0) else place


class _Recorder(Run):
    """Keeps how far along the direction every comparison turns."""

    def __init__(self) -> None:
        super().__init__(_OPERATIONS)
        self.turns: list[float] = []

    def near(self, gap: float, moving: float, size: float) -> None:
        super().near(gap, moving, size)
        if moving and np.isfinite(moving):
            self.turns.append(-gap / moving)


def _recorded(subject: Subject, leaf: Leaf, entry: int, here: float) -> list[float]:
    """By Newton's method from the entry's own value; comparisons that do not depend on it never turn."""
    return [_met(subject, leaf, entry, here + turn) for turn in _turns(subject, leaf, entry, here)]


def _met(subject: Subject, leaf: Leaf, entry: int, place: float) -> float:
    """Where the two values meet that nearly meet here."""
    for _ in range(_ROUNDS):
        turns = _turns(subject, leaf, entry, place) if abs(place) <= _FARTHEST else []
        if not turns or not turns[0]:
            break
        place += turns[0]
    return place


def _turns(subject: Subject, leaf: Leaf, entry: int, place: float) -> list[float]:
    """How far from here the comparisons turn, the nearest first; 0 where one ties."""
    run = _Recorder()
    with running(run), np.errstate(all="ignore"):
        leaves = [_duals(one, entry, place) if one is leaf else copied(one.value) for one in subject.leaves]
        attempt("forward", subject.forward, *leaves)
    turns = [*run.turns, *([0.0] if run.ties else [])]
    return sorted(dict.fromkeys(turns), key=abs)[:_SWITCHES]


def _duals(leaf: Leaf, entry: int, place: float) -> Any:
    value = np.asarray(leaf.value, dtype=np.float64)
    made = [Dual(one, 0.0) for one in value.ravel().tolist()]
    made[entry] = Dual(place, 1.0)
    return numbers(made, value.shape)[()]


def _bisected(subject: Subject, leaf: Leaf, entry: int) -> list[float]:
    """Where the slope of a weighted sum of the outputs changes at once."""
    value = np.asarray(leaf.value, dtype=np.float64)
    size = subject.flatten(subject.at_point()[0]).size
    weights = signs((size,), generator(0, subject.name, "switches"), 1.0)

    def f(place: float) -> float:
        moved = value.copy()
        moved.reshape(-1)[entry] = place
        values = [moved[()] if one is leaf else copied(one.value) for one in subject.leaves]
        try:
            return float(weights @ subject.flatten(subject.forward(*values)))
        except Exception:
            return np.nan

    slopes = np.diff([f(place) for place in _GRID]) / np.diff(_GRID)
    changes = np.nan_to_num(np.abs(np.diff(slopes)))
    likely = np.argsort(-changes)[: 2 * _SWITCHES]
    return [place for i in likely if (place := _halved(f, float(_GRID[i]), float(_GRID[i + 2]))) is not None]


def _halved(f: Callable[[float], float], low: float, high: float) -> float | None:
    """The place in the interval where the slope changes at once; None where the change fades away."""
    first = _bend(f, low, high)
    for _ in range(_HALVINGS):
        quarter, middle = (high - low) / 4, (low + high) / 2
        thirds = [(low, middle), (low + quarter, high - quarter), (middle, high)]
        low, high = max(thirds, key=lambda span: _bend(f, *span))
        if not _bend(f, low, high) > _STAYS * first:
            return None
    return (low + high) / 2


def _bend(f: Callable[[float], float], low: float, high: float) -> float:
    """How much the slope changes in the middle of the interval."""
    middle = (low + high) / 2
    return abs(f(high) - 2 * f(middle) + f(low)) / (high - middle)
