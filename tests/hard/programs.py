"""Random compositions of elementary functions, differentiated by a tape: right gradients nobody wrote down.

A program is a list of steps; running it backwards is reverse mode. Values are drawn at random, special and scaled
points. At special points kinks come first and once: the chain rule does not hold for subgradients beyond that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tests.hard.elementary import OPS, Array, Op

POINTS = ("normal", "special", "scaled", "mixed", "close")
_HUGE = 1e30


@dataclass(frozen=True)
class Step:
    """values[-1] <- op(values[i] for i in places)."""

    op: str
    places: tuple[int, ...]


@dataclass(frozen=True)
class Program:
    leaves: Mapping[str, Array]
    steps: tuple[Step, ...]
    rules: Mapping[int, Callable[..., tuple[Any, ...]]] = field(default_factory=dict)

    def values(self, *leaves: Any) -> list[Array]:
        found = list(leaves)
        for step in self.steps:
            found.append(OPS[step.op].forward(*(found[place] for place in step.places)))
        return found

    def forward(self, *leaves: Any) -> Any:
        return self.values(*leaves)[-1]

    def backward(self, dout: Any, *leaves: Any) -> tuple[Any, ...]:
        """Reverse mode; ``rules`` replaces the pullback of single steps."""
        found = self.values(*leaves)
        gradients: list[Any] = [np.zeros(np.shape(value)) for value in found]
        gradients[-1] = gradients[-1] + dout
        for number in reversed(range(len(self.steps))):
            step, place = self.steps[number], len(leaves) + number
            pull = self.rules.get(number, OPS[step.op].pull)
            parts = pull(gradients[place], found[place], *(found[i] for i in step.places))
            for i, part in zip(step.places, parts, strict=True):
                gradients[i] = gradients[i] + part
        return tuple(gradients[: len(leaves)])

    def __str__(self) -> str:
        return "; ".join(f"{step.op}{step.places}" for step in self.steps)


def program(seed: int, point: str) -> Program:
    """A random program of 2 to 8 steps that is finite, with a finite gradient, at a random point of this kind."""
    rng = np.random.default_rng([seed, POINTS.index(point)])
    while True:
        made = _attempt(rng, point)
        if made is not None:
            return made


def _attempt(rng: np.random.Generator, point: str) -> Program | None:
    m, n = int(rng.integers(2, 5)), int(rng.integers(2, 6))
    shapes = [(m, n), (n,), (m, n), (n, m), ()][: rng.integers(1, 5)]
    leaves = {f"x{i}": drawn(rng, shape, point) for i, shape in enumerate(shapes)}
    values: list[Array] = list(leaves.values())
    steps: list[Step] = []
    with np.errstate(all="ignore"):
        for _ in range(rng.integers(2, 9)):
            step = _step(rng, values, kinks=point not in ("special", "close") or not steps)
            if step is not None:
                steps.append(step[0])
                values.append(step[1])
        made = _pruned(leaves, steps)
        return made if steps and _sound(made) else None


def _pruned(leaves: Mapping[str, Array], steps: Sequence[Step]) -> Program:
    """The program without what its result does not need: a dead step may be NaN times zero elsewhere."""
    first = len(leaves)
    alive = {first + len(steps) - 1}
    for place in reversed(range(first, first + len(steps))):
        alive |= set(steps[place - first].places) if place in alive else set()
    number = {place: i for i, place in enumerate(sorted(alive))}
    kept = [step for place, step in enumerate(steps, first) if place in alive]
    renumbered = tuple(Step(step.op, tuple(number[place] for place in step.places)) for step in kept)
    return Program({name: x for place, (name, x) in enumerate(leaves.items()) if place in alive}, renumbered)


def _sound(made: Program) -> bool:
    values = list(made.leaves.values())
    y = made.forward(*values)
    gradients = made.backward(np.ones(np.shape(y)), *values)
    return all(np.all(np.isfinite(g)) for g in gradients)


def _step(rng: np.random.Generator, values: list[Array], *, kinks: bool) -> tuple[Step, Array] | None:
    """A step that is finite here; the latest values are the likeliest arguments."""
    for _ in range(20):
        name = str(rng.choice(list(OPS)))
        op = OPS[name]
        if not op.smooth and not kinks:
            continue
        weights = np.arange(1.0, len(values) + 1) ** 3
        distinct = len(values) >= op.arity and name not in ("multiply", "matmul")
        places = tuple(map(int, rng.choice(len(values), op.arity, replace=not distinct, p=weights / weights.sum())))
        y = _tried(op, [values[i] for i in places])
        if y is not None:
            return Step(name, places), y
    return None


def _tried(op: Op, values: list[Array]) -> Array | None:
    try:
        y = op.forward(*values)
        parts = op.pull(np.ones(np.shape(y)), y, *values)
    except (ValueError, IndexError, TypeError):
        return None
    sized = np.size(y) <= 60 and np.ndim(y) <= 2
    shaped = all(np.shape(part) == np.shape(value) for part, value in zip(parts, values, strict=True))
    fine = all(np.all(np.abs(part) < _HUGE) for part in (y, *parts))
    return y if sized and shaped and fine else None


def drawn(rng: np.random.Generator, shape: tuple[int, ...], point: str) -> Array:
    """A leaf of one kind: normal; zeros, ones and ties; one random scale; all scales at once; 1e-9 from special."""
    normal = rng.standard_normal(shape)
    special = rng.choice([-1.0, -0.5, 0.0, 0.0, 0.5, 1.0, 1.0, 2.0], shape)
    made = {
        "normal": normal,
        "special": special,
        "scaled": normal * 10.0 ** rng.uniform(-12, 12),
        "mixed": normal * 10.0 ** rng.uniform(-12, 6, shape),
        "close": special + 1e-9 * normal,
    }
    return np.asarray(made[point])
