"""An engine of recording values: making them, reading their numbers and gradients, and starting its backward."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnverify._errors import UsageError
from nnverify.conventions import _names
from nnverify.conventions._signature import signature

_SEEDS = frozenset({"gradient", "grad", "grad_tensor", "seed_grad"})
_FIELDS = ("data", "value", "_data", "array", "val", "item")
_PLAIN = (np.ndarray, float, int, np.generic)


@dataclass(frozen=True)
class Engine:
    """The constructor of values.

    scalar  it takes single numbers
    bare    backward takes its upstream as a plain array, not as a value
    """

    tensor: Callable[[Any], Any]
    where: str
    scalar: bool = False
    bare: bool = False

    def made(self, value: Any) -> Any:
        """A value of the engine; an array of values where it takes single numbers."""
        if not self.scalar or np.ndim(value) == 0:
            return self._one(value)
        made = np.empty(np.shape(value), dtype=object)
        for index in np.ndindex(made.shape):
            made[index] = self._one(float(value[index]))
        return made

    def _one(self, value: Any) -> Any:
        """Engines of arrays may refuse a bare number."""
        try:
            return self.tensor(value)
        except TypeError:
            return self.tensor(np.asarray(value))

    def backward(self, result: Any, dout: Any) -> None:
        """Start the engine's backward with an upstream."""
        pairs = list(_pairs(result, dout))
        if len(pairs) == 1 and self._takes_upstream(pairs[0][0]):
            pairs[0][0].backward(pairs[0][1] if self.bare else self._seed(pairs[0][1]))
            return
        total = None
        for one, weight in pairs:
            self._takes_upstream(one)
            term = one * self._seed(weight)
            term = term.sum() if np.ndim(weight) and hasattr(term, "sum") else term
            total = term if total is None else total + term
        assert total is not None
        total.backward()

    def _takes_upstream(self, result: Any) -> bool:
        if not callable(getattr(result, "backward", None)):
            raise UsageError(
                what=f"the result, a {type(result).__name__}, has no backward",
                where=self.where,
                fix="return the engine's own value, or drop tensor=",
            )
        found = signature(result.backward)
        return bool(found and found.names and (found.names[0] in _SEEDS or _names.like_upstream(found.names[0])))

    def _seed(self, dout: Any) -> Any:
        """The upstream as the engine's value; where the engine can, one that records nothing."""
        made = self._one(dout)
        return made.detach() if hasattr(made, "detach") else made


def _pairs(result: Any, dout: Any) -> Any:
    """Every value of the result with its upstream."""
    if isinstance(result, tuple | list):
        for one, part in zip(result, dout, strict=True):
            yield from _pairs(one, part)
    elif isinstance(result, np.ndarray) and result.dtype == object:
        yield from zip(result.reshape(-1), np.reshape(dout, -1), strict=True)
    else:
        yield result, dout


def numbers(value: Any) -> Any:
    """The numbers in a recorded value, as NumPy has them; tuples part by part."""
    if isinstance(value, tuple | list):
        return tuple(numbers(part) for part in value)
    if isinstance(value, np.ndarray) and value.dtype == object:
        return np.array([numbers(one) for one in value.reshape(-1)], dtype=np.float64).reshape(value.shape)
    while not isinstance(value, _PLAIN):
        value = _inner(value)
    return np.array(value, dtype=np.float64 if np.asarray(value).dtype.kind != "f" else None)[()]


def _inner(value: Any) -> Any:
    if hasattr(value, "detach"):
        return value.detach().cpu().numpy()
    for field in _FIELDS:
        inner = getattr(value, field, None)
        if inner is not None and not callable(inner) and not isinstance(inner, memoryview):
            return inner
    if callable(getattr(value, "numpy", None)):
        return value.numpy()
    raise UsageError(
        what=f"{type(value).__name__} shows no numbers (no data, value or numpy())",
        where="tensor=",
        fix="give the engine's values an attribute data",
    )


def gradient(one: Any, shape: tuple[int, ...]) -> Any:
    """What has arrived at a value; a bare 0 means nothing, whatever the shape. None where there is no gradient."""
    if isinstance(one, np.ndarray) and one.dtype == object:
        parts = [gradient(entry, ()) for entry in one.reshape(-1)]
        return None if any(part is None for part in parts) else np.array(parts, dtype=np.float64).reshape(one.shape)
    fields = (getattr(one, field, None) for field in _names.GRADIENT_FIELDS)
    found = next((value for value in fields if value is not None and not callable(value)), None)
    if found is None:
        return None
    plain = numbers(found)
    return np.zeros(shape)[()] if np.ndim(plain) == 0 and plain == 0 else plain
