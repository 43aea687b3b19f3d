"""Every combination of the keyword arguments that the caller listed, at the base's leaves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nnverify.search.keywords import combinations
from nnverify.search.layer import Base, Point


def points(base: Base) -> Iterator[Point]:
    """All but that of the base."""
    for options in combinations(base.layer.chosen.keywords):
        if options != base.options:
            yield Point("options", shown(options), base.leaves, {}, options)


def shown(options: Mapping[str, Any]) -> str:
    """axis=0, keepdims=True; or that all were left out."""
    return ", ".join(f"{name}={value!r}" for name, value in options.items()) or "all options are left out"
