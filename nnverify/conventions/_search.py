"""The parameters of an object, found by looking at one run of it, or those that the caller named."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from nnverify.conventions._layer import Layer
from nnverify.conventions._pairing import gradient_paths
from nnverify.conventions._parameters import Group, Parameter, called, groups, moving, named
from nnverify.conventions._slots import aliases, get, put, slots
from nnverify.conventions._sources import Trial
from nnverify.conventions.convention import Call


def search(call: Call, layer: Layer, base: Any, trial: Trial) -> tuple[Parameter, ...]:
    """Float arrays; and bare numbers and whole ones that backward leaves a gradient of."""
    for group in _odd(base, trial):
        _as_float(base, group, get(trial.after, group[0]))
    found = slots(base)
    if call.named.params is not None:
        chosen = [group for name in call.named.params for group in called(name, found, layer.where)]
    else:
        odd = [group for group in _odd(base, trial) if not isinstance(get(base, group[0]), np.ndarray | list | tuple)]
        chosen = moving(base, layer, call.values(), [*groups(found), *odd])
    return named(chosen, base, call.names)


def _odd(base: Any, trial: Trial) -> Iterator[Group]:
    """Bare numbers and arrays of whole ones for which a gradient was written that is named for them."""
    found = slots(base)
    for group in aliases(found):
        value = found[group[0]].value
        if isinstance(value, list | tuple) or (isinstance(value, np.ndarray) and value.dtype.kind == "f"):
            continue
        paths = [path for own in group for path in gradient_paths(own, trial.known) if path in trial.changed]
        if any(np.shape(trial.known[path].value) == np.shape(value) for path in paths) or _stepped(group, trial):
            yield group


def _stepped(group: Group, trial: Trial) -> bool:
    """Whether backward has moved a bare number, as it moves the parameters beside it, or made an array of it."""
    value, after = get(trial.before, group[0]), get(trial.after, group[0])
    bare = isinstance(value, float) or (isinstance(value, int) and isinstance(after, float | np.ndarray))
    return bare and group[0] in trial.changed


def _as_float(base: Any, group: Group, after: Any) -> None:
    """In floats; a bare number that the step turns into an array was one for all of its entries."""
    value = get(base, group[0])
    wide = value.astype(np.float64) if isinstance(value, np.ndarray) else float(value)
    if not isinstance(value, np.ndarray) and isinstance(after, np.ndarray):
        wide = np.full(after.shape, wide)
    for path in group:
        put(base, path, wide)
