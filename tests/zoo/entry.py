"""One layer of the zoo: in whose style it is, its right and its wrong version, and what a user types to check it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nnverify.leaves import LeafSpec


@dataclass(frozen=True)
class Entry:
    """right, wrong make fresh arguments for check_gradients: a target, or a tuple of forward and backward.

    blamed   the leaves that the wrong version's verdict must name, and no others
    options  what the user must say beside the layer and its leaves
    wrongly  the same for the wrong version, where it is the option that makes it wrong
    """

    name: str
    style: str
    shape: str
    right: Callable[[], Any]
    wrong: Callable[[], Any]
    leaves: Mapping[str, Any]
    blamed: tuple[str, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    wrongly: Mapping[str, Any] | None = None

    @property
    def said(self) -> int:
        """How many options are needed; a leaf that must be declared constant counts as one."""
        return len(self.options) + sum(isinstance(one, LeafSpec) and not one.grad for one in self.leaves.values())


def drawn(*shape: int, seed: int = 0) -> Any:
    """Values of no special kind: normal, of both signs, no zeros."""
    return np.random.default_rng([seed, *shape]).standard_normal(shape)
