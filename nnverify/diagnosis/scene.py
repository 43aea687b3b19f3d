"""A subject at one point with both sides in full: what the backward claims, and the forward's whole Jacobian.

Every upstream that is tried is a row. Where the backward is linear the rows are the single outputs, so each number of
the claimed Jacobian is seen by itself; where it is not, they are random upstreams.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnverify._compare import DIFFERS, excess
from nnverify.diagnosis.measure import Jacobian, measure
from nnverify.draws import generator, signs
from nnverify.probe import probe
from nnverify.subject import Leaf, Subject, copied, like

Array = NDArray[np.float64]

MOST = 160  # entries of a leaf, and outputs, up to which a Jacobian is measured in full
_RANDOM = 4  # upstreams where the backward is not linear
_ULPS = 4096.0  # roundings of a claimed gradient, relative to the largest entry of its row
_COARSE = 1e-4  # relative errors above this name nothing


@dataclass(frozen=True)
class Scene:
    """One leaf of a subject at one point.

    upstreams  one row for each, over the flat output
    claims     by leaf, what the backward returned: (row, *shape as returned)
    linear     whether the rows are the single outputs
    parts      the sizes of the outputs, one where forward returns one array
    """

    subject: Subject
    leaf: Leaf
    output: Array
    shape_out: tuple[int, ...]
    parts: tuple[int, ...]
    upstreams: Array
    claims: Mapping[str, Array]
    linear: bool
    seed: int
    eps: float
    known: dict[Any, Jacobian] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.leaf.name

    @property
    def claimed(self) -> Array:
        return self.claims[self.name]

    @property
    def value(self) -> Array:
        return self.values[self.name]

    @cached_property
    def values(self) -> dict[str, Array]:
        """The arrays among the leaves, constants included, as float64."""
        arrays = {one.name: one.value for one in self.subject.leaves if isinstance(one.value, _NUMBERS)}
        return {name: np.asarray(value, dtype=np.float64) for name, value in arrays.items()}

    def constants(self) -> dict[str, Any]:
        """The leaves that receive no gradient."""
        return {one.name: one.value for one in self.subject.leaves if not one.differentiable}

    def jacobian(self, name: str | None = None, values: Mapping[str, Any] = MappingProxyType({})) -> Array:
        """∂output/∂leaf, (output, *shape), at the point, or with some leaves at other values."""
        return self._measured(name or self.name, values).value

    def _measured(self, name: str, values: Mapping[str, Any]) -> Jacobian:
        key = (name, *((other, np.asarray(value).tobytes()) for other, value in sorted(values.items())))
        if key not in self.known:
            self.known[key] = measure(self.at(values), name, self.seed)
        return self.known[key]

    def at(self, values: Mapping[str, Any]) -> Subject:
        """The subject with some leaves at other values."""
        leaves = tuple(replace(one, value=values.get(one.name, one.value)) for one in self.subject.leaves)
        return replace(self.subject, leaves=leaves)

    @cached_property
    def J(self) -> Array:  # noqa: N802
        """The Jacobian with the axes of the output apart: (*output, *shape)."""
        return self.jacobian().reshape((*self.shape_out, *self.leaf_shape))

    @property
    def leaf_shape(self) -> tuple[int, ...]:
        return np.shape(self.leaf.value)

    @property
    def error(self) -> float:
        """How far any entry of the Jacobian may be off."""
        return self._measured(self.name, {}).error

    def rows(self, predicted: Array) -> Array:
        """The gradients that a predicted Jacobian, (output…, *shape), brings for the upstreams."""
        flat = predicted.reshape(self.output.size, *predicted.shape[len(self.shape_out) :])
        return np.tensordot(self.upstreams, flat, axes=1)

    @cached_property
    def true(self) -> Array:
        return self.rows(self.J)

    def usable(self) -> bool:
        """Whether both sides are finite, and seen finely enough to name anything."""
        size = float(np.max(np.abs(self.true), initial=0.0))
        seen = np.all(np.isfinite(self.claimed)) and np.all(np.isfinite(self.true))
        return bool(seen and self.error <= _COARSE * size and _ULPS * self.eps < 1e-2)

    def wrong(self) -> bool:
        return not self.meets(self.claimed, self.true)

    def meets(self, given: Array, rows: Array, gain: float = 1.0) -> bool:
        """Whether all entries agree within their bars."""
        if given.shape != rows.shape or not given.size:
            return False
        return bool(np.all(excess(given, rows, self.bar(given, rows, gain)) <= 1.0))

    def bar(self, given: Array, rows: Array, gain: float = 1.0) -> Array:
        """The bar on each entry: the Jacobian's own, and the rounding of a row's largest entry."""
        axes = tuple(range(1, given.ndim))
        size = np.max(np.maximum(np.abs(given), np.abs(rows)), axis=axes, keepdims=True, initial=0.0)
        weight = np.sum(np.abs(self.upstreams), axis=1).reshape(-1, *(1 for _ in axes))
        least = float(np.max(np.abs(self.upstreams))) * float(np.max(np.abs(self.jacobian()), initial=0.0))
        return DIFFERS * max(gain, 1.0) * self.error * weight + _ULPS * self.eps * np.maximum(size, 1e-3 * least)


_NUMBERS = (np.ndarray, np.generic, float, int)


@dataclass(frozen=True)
class Point:
    """A subject with what its backward claims there, for all leaves; Jacobians are kept as they are measured."""

    subject: Subject
    output: Array
    shape_out: tuple[int, ...]
    parts: tuple[int, ...]
    upstreams: Array
    claims: Mapping[str, Array]
    linear: bool
    seed: int
    known: dict[Any, Jacobian] = field(default_factory=dict)


def point(subject: Subject, seed: int) -> Point | None:
    """What the backward claims; None where there are too many outputs, or where it cannot be run."""
    try:
        output, _ = subject.at_point()
        vector = subject.flatten(output)
        if not 0 < vector.size <= MOST or not np.all(np.isfinite(vector)):
            return None
        upstreams, claims, linear = _claims(subject, vector.size, seed)
    except Exception:
        return None
    several = isinstance(output, tuple | list)
    parts = tuple(np.size(part) for part in output) if several else (vector.size,)
    shape_out = (vector.size,) if several else np.shape(output)
    return Point(subject, vector, shape_out, parts, upstreams, claims, linear, seed)


def scene(at: Point, leaf: str) -> Scene | None:
    """Both sides in full for one leaf; None where it has too many entries, or no gradient was returned."""
    own = next(one for one in at.subject.leaves if one.name == leaf)
    if leaf not in at.claims or not 0 < np.size(own.value) <= MOST:
        return None
    eps = max(float(np.max(at.subject.spacing(at.output))), _eps(at.subject, at.seed, leaf))
    return Scene(
        at.subject, own, at.output, at.shape_out, at.parts, at.upstreams, at.claims, at.linear, at.seed, eps, at.known
    )


def _eps(subject: Subject, seed: int, leaf: str) -> float:
    dtype = np.asarray(probe(subject, 0, seed).gradients[leaf]).dtype
    return float(np.finfo(dtype if dtype.kind == "f" else np.float64).eps)


def _claims(subject: Subject, outputs: int, seed: int) -> tuple[Array, dict[str, Array], bool]:
    """Upstreams, the gradients the backward returned for each, and whether the upstreams are the single outputs."""
    rng = generator(seed, subject.name, "diagnosis")
    drawn = signs((_RANDOM, outputs), rng, 1.0)
    if subject.unit_outputs:
        drawn[:, outputs - subject.unit_outputs :] = 1.0
        return drawn, _returned(subject, drawn), False
    single = _returned(subject, np.eye(outputs))
    mixed = _returned(subject, drawn)
    if all(_adds_up(drawn, single[name], mixed[name]) for name in single if name in mixed):
        return np.eye(outputs), single, True
    return drawn, mixed, False


def _adds_up(drawn: Array, single: Array, mixed: Array) -> bool:
    expected = np.tensordot(drawn, single, axes=1)
    size = np.tensordot(np.abs(drawn), np.abs(single), axes=1)
    near = np.abs(expected - mixed) <= 1e-6 * np.max(size, initial=0.0)
    return expected.shape == mixed.shape and bool(np.all(near | ~np.isfinite(mixed)))


def _returned(subject: Subject, upstreams: Array) -> dict[str, Array]:
    """By leaf, the gradients for each upstream, after a forward of its own."""
    found: dict[str, list[Any]] = {}
    for upstream in upstreams:
        output, pullback = subject.at_point()
        gradients = pullback(like(upstream.copy(), output))
        for name, gradient in gradients.items():
            if gradient is not None:
                found.setdefault(name, []).append(np.array(copied(gradient), dtype=np.float64))
    full = {name: parts for name, parts in found.items() if len(parts) == len(upstreams)}
    return {name: np.array(parts) for name, parts in full.items() if len({part.shape for part in parts}) == 1}
