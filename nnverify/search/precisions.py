"""Other precisions of the floats: float32 beside float64, and what was declared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from nnverify.drawing import in_precision
from nnverify.search.layer import Base, Point


def points(base: Base, dtypes: Sequence[Any]) -> Iterator[Point]:
    """The base in every precision but its own."""
    own = np.dtype(base.layer.chosen.dtype or np.float64)
    for dtype in dict.fromkeys(np.dtype(one) for one in dtypes):
        if dtype != own:
            leaves = in_precision(base.leaves, dtype)
            yield Point("precisions", f"the leaves are {dtype}", leaves, {}, base.options, "NV132", dtype)


def standard(base: Base) -> Iterator[Point]:
    return points(base, base.layer.chosen.dtypes)


def thorough(base: Base) -> Iterator[Point]:
    return points(base, base.layer.chosen.dtypes or (np.float64, np.float32))
