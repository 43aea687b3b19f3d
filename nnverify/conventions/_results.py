"""What a forward returned that brings its own gradients: (output, pullback), or (loss, gradients), in either order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnverify._errors import UsageError


@dataclass(frozen=True)
class Result:
    """The output, and its pullback; or the loss and its finished gradients."""

    output: Any
    pullback: Callable[[Any], Any] | None = None
    gradients: Any = None


def result(returned: Any, where: str) -> Result:
    """Raises UsageError where what was returned holds no gradients."""
    if not isinstance(returned, tuple | list) or len(returned) < 2:
        raise UsageError(
            what=f"it returned {_kind(returned)}, and no backward was given",
            where=where,
            fix="pass the backward as second argument, or return (output, pullback) or (loss, gradients)",
        )
    first, *rest = returned
    second = rest[0] if len(rest) == 1 else tuple(rest)
    for output, other in ((first, second), (second, first)):
        if callable(other) and not hasattr(other, "__array__") and not callable(output):
            return Result(output, pullback=other)
    # A scalar beside gradients is the loss, wherever it stands; two scalars are loss and gradient in this order.
    for output, other in ((first, second), (second, first), (returned[-1], tuple(returned[:-1]))):
        if _is_scalar(output) and (isinstance(other, Mapping) or not _is_scalar(other) or output is first):
            return Result(output, gradients=other)
    raise UsageError(
        what=f"it returned {_kind(first)} of shape {np.shape(first)} and {_kind(second)}: only a scalar loss can come "
        "with finished gradients",
        where=where,
        fix="return (output, pullback) where pullback(dout) gives the gradients, or sum the loss",
    )


def _is_scalar(value: Any) -> bool:
    return not isinstance(value, Mapping | list | tuple | None) and np.size(value) == 1


def _kind(value: Any) -> str:
    return "one array" if isinstance(value, np.ndarray) else f"a {type(value).__name__}"
