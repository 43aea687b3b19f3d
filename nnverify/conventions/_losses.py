"""Losses that a backward may contain without the forward computing them, each with p − target as its gradient.

p is what forward returns. Where backward goes on through the activation (a sigmoid, a softmax) it is the gradient by
what the activation was given; for the half squared error it is that by p itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


def softmax_cross_entropy(p: Any, target: Any) -> Any:
    """−t log p, entry by entry                     summed by the caller"""
    return -target * np.log(p)


def sigmoid_cross_entropy(p: Any, target: Any) -> Any:
    """−t log p − (1 − t) log(1 − p)"""
    return -target * np.log(p) - (1 - target) * np.log1p(-p)


def half_squared_error(p: Any, target: Any) -> Any:
    """½ (p − t)²"""
    return (p - target) ** 2 / 2


def squared_error(p: Any, target: Any) -> Any:
    """(p − t)²"""
    return (p - target) ** 2


@dataclass(frozen=True)
class Loss:
    """The loss entry by entry, its gradient in units of p − target, and whether its mean is one over samples."""

    entries: Callable[[Any, Any], Any]
    factor: float = 1.0
    of_samples: bool = False


FUSED: dict[str, Loss] = {
    "softmax cross-entropy": Loss(softmax_cross_entropy, of_samples=True),
    "sigmoid cross-entropy": Loss(sigmoid_cross_entropy),
    "half squared error": Loss(half_squared_error),
    "squared error": Loss(squared_error, 2.0),
}
