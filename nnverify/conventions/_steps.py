"""Backwards that move the parameters themselves: at rate 1, and without momentum, the step is the gradient."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from nnverify._errors import UsageError
from nnverify.conventions import _names
from nnverify.conventions._layer import Layer, duplicate
from nnverify.conventions._slots import Path, get, label, put, slots
from nnverify.conventions._sources import tried
from nnverify.conventions.convention import Call

_CLOSE = 1e-6  # relative; momentum, adaptive rates and clipping are off by far more


def at_rate_one(call: Call, layer: Layer, base: Any, paths: Sequence[Path], *, known: bool) -> Any:
    """The object with its rate at 1. Raises UsageError where the step is not the gradient at any rate."""
    if not (known or _is_rated(layer, base)):
        base = _rated(call, layer, base, paths)
    once, twice = (_steps(call, layer, base, paths, factor) for factor in (1.0, 2.0))
    if not layer.terminal and not _proportional(once, twice):
        raise UsageError(
            what=f"backward moves {_listed(paths)} itself, and not in proportion to its upstream",
            where=layer.where,
            fix="give it plain gradient descent: no momentum, no adaptive rate, no clipping",
        )
    return base


def _is_rated(layer: Layer, base: Any) -> bool:
    """Whether the rate is an argument of backward, or has one of its own names in the object: then it is 1."""
    given = layer.way is not None and any(role.kind in ("rate", "optimizer") for role in layer.way.every)
    return given or any(slot.name in _names.LEARNING_RATE for slot in slots(base).values())


def _rated(call: Call, layer: Layer, base: Any, paths: Sequence[Path]) -> Any:
    """A bare float with a weaker name for a rate, if the step doubles with it; else the object as it is."""
    for rate in _rates(base):
        owners = [duplicate(base, layer.where) for _ in range(2)]
        for owner, value in zip(owners, (1.0, 2.0), strict=True):
            put(owner, rate, value)
        once, twice = (_steps(call, layer, owner, paths, 1.0) for owner in owners)
        if _proportional(once, twice):
            return owners[0]
    if hidden := _hidden(getattr(base, str(layer.backward_name), None)):
        raise UsageError(
            what=f"backward moves {_listed(paths)} itself, and {hidden} may be its rate",
            where=layer.where,
            fix="make the rate an argument of backward or an attribute learning_rate; it is then set to 1",
        )
    return base


def _hidden(method: Any) -> str:
    """What in the method's code looks like a rate: a constant below 1, or a global of that name."""
    code = getattr(method, "__code__", None)
    if code is None:
        return ""
    constants = [repr(one) for one in code.co_consts if isinstance(one, float) and 0 < one < 1]
    return ", ".join([*(name for name in code.co_names if name in _names.RATE), *constants])


def _rates(base: Any) -> Iterator[Path]:
    for path, slot in slots(base).items():
        if slot.name in _names.RATE and isinstance(slot.value, float) and get(base, path) is not None:
            yield path


def _steps(call: Call, layer: Layer, base: Any, paths: Sequence[Path], factor: float) -> list[Any]:
    trial = tried(call, layer, base, factor)
    return [np.asarray(get(trial.before, path)) - np.asarray(get(trial.after, path)) for path in paths]


def _proportional(once: Sequence[Any], twice: Sequence[Any]) -> bool:
    """Whether every step is twice as large the second time, up to the rounding of the parameter it was added to."""
    return all(
        np.allclose(two, 2 * one, rtol=_CLOSE, atol=_CLOSE * float(np.max(np.abs(one), initial=0.0)))
        for one, two in zip(once, twice, strict=True)
    )


def _listed(paths: Sequence[Path]) -> str:
    return ", ".join(label(path) for path in paths)
