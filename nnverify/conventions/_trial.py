"""What a backward is tried with, and judged by, before anything is checked: an upstream, and shapes."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnverify.draws import generator, signs
from nnverify.subject import Leaf
from nnverify.trees import Tree


def shape_of(leaf: Leaf) -> tuple[int, ...] | None:
    """None for a list or dictionary of leaves, which has none."""
    return None if isinstance(leaf, Tree) else np.shape(leaf.value)


def upstream(output: Any) -> Any:
    """Random and shaped like the output, part by part."""
    if isinstance(output, tuple | list):
        return tuple(upstream(part) for part in output)
    return signs(np.shape(output), generator(0, "trial"), 1.0)[()]
