"""Optimizers inside a layer, replaced by plain gradient descent: then the step that backward takes is the gradient."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from nnverify.conventions import _names
from nnverify.conventions._layer import duplicate
from nnverify.conventions._reach import attributes, reachable
from nnverify.conventions._signature import signature

_WORDS = ("opt", "sgd", "descent", "adam", "rmsprop", "adagrad", "adadelta", "nesterov", "momentum")


def steadied(owner: Any, where: str) -> bool:
    """Whether the object holds optimizers; each now takes the gradient itself as its step."""
    found = [one for one in reachable(owner) if one is not owner and _is_optimizer(one)]
    for one in found:
        one.update = _descend_in_place if _works_in_place(one, where) else _descend
    return bool(found)


def _is_optimizer(one: Any) -> bool:
    """An object with update(value, gradient), a rate or a name that says so."""
    update = getattr(one, "update", None)
    if isinstance(one, Mapping | set | np.ndarray) or not callable(update) or not hasattr(one, "__dict__"):
        return False
    found, name = signature(update), type(one).__name__.lower()
    rated = bool((_names.LEARNING_RATE | {"eta", "alpha"}) & set(attributes(one)))
    return found is not None and found.takes(2) and (rated or any(word in name for word in _WORDS))


def _works_in_place(one: Any, where: str) -> bool:
    """Whether update writes the new value into the array it is given, and returns none."""
    try:
        return duplicate(one, where).update(np.ones(2), np.ones(2)) is None
    except Exception:  # it wants other arrays than these: taken as the common kind
        return False


def _descend(value: Any, gradient: Any, *_: Any) -> Any:
    return value - gradient


def _descend_in_place(value: Any, gradient: Any, *_: Any) -> None:
    value -= gradient
