"""An object with other numbers in its parameters, as a program would have to set them."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from nnverify._errors import UsageError
from nnverify.conventions._slots import fill, slots
from nnverify.search.layer import Layer


def with_parameters(layer: Layer, values: Mapping[str, Any]) -> Layer:
    """The layer whose object holds these values, by the names that reports give them. Raises UsageError for others."""
    if not values:
        return layer
    made = copy.deepcopy(layer.forward)
    found = {slot.label: path for path, slot in slots(made).items()}
    if missing := [name for name in values if name not in found]:
        raise UsageError(
            what=f"{', '.join(missing)} is no array of the object", where=layer.where, fix="look at its attributes"
        )
    for name, value in values.items():
        fill(made, (found[name],), value)
    return replace(layer, forward=made)
