"""What is vectorizing worth? The three forms of the dense layer and of the deep network, on the same data."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from reference import activations, delta, dense

FORMS = ("index", "jacobian", "vector")
DENSE_SIZES = {"8x4 -> 3": (8, 4, 3), "32x8 -> 8": (32, 8, 8), "50x16 -> 16": (50, 16, 16)}
DEEP_SIZES = {"4x3-4-2": (4, (3, 4, 2)), "16x3-8-8-2": (16, (3, 8, 8, 2)), "32x8-16-16-4": (32, (8, 16, 16, 4))}


def _dense(form: str, size: str) -> Callable[[], Any]:
    m, n, p = DENSE_SIZES[size]
    rng = np.random.default_rng(0)
    leaves = rng.standard_normal((m, n)), rng.standard_normal((n, p)), rng.standard_normal((1, p))
    dout = rng.standard_normal((m, p))
    gradients = [getattr(dense, f"{name}_{form}") for name in ("dW", "db", "dX")]
    return lambda: [gradient(*leaves, dout) for gradient in gradients]


def _deep(form: str, size: str) -> Callable[[], Any]:
    m, widths = DEEP_SIZES[size]
    rng = np.random.default_rng(0)
    X, Y = rng.standard_normal((widths[0], m)), rng.standard_normal((widths[-1], m))
    W = tuple(rng.standard_normal((p, n)) for n, p in pairwise(widths))
    b = tuple(rng.standard_normal((p, 1)) for p in widths[1:])
    f, df = (activations.tanh,) * len(W), (activations.dtanh,) * len(W)
    gradient = getattr(delta, f"dW_{form}")
    return lambda: gradient(X, W, b, f, df, Y)


@pytest.mark.benchmark(group="dense")
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("size", DENSE_SIZES)
def test_dense_layer(benchmark: Any, form: str, size: str) -> None:
    """All three gradients of the dense layer with ReLU."""
    assert len(benchmark(_dense(form, size))) == 3


@pytest.mark.benchmark(group="deep")
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("size", DEEP_SIZES)
def test_deep_network(benchmark: Any, form: str, size: str) -> None:
    """The gradients of all weights, by the δ recursion."""
    assert len(benchmark(_deep(form, size))) == len(DEEP_SIZES[size][1]) - 1
