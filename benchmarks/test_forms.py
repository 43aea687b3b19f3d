"""What is vectorizing worth, and how do the forms grow? Index, Jacobian and vectorized form on the same data."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from benchmarks.layers import FORMS, LAYERS, Layer, Sizes
from benchmarks.timing import peak


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each form of each layer at each size; in float32 only the base sizes unless all is asked for."""
    full = metafunc.config.getoption("--full", default=False)
    rows = [
        pytest.param(layer, sizes, dtype, form, id=f"{layer.name}-{_words(sizes)}-{dtype}-{form}")
        for layer in LAYERS
        for sizes in layer.sweep(full=full)
        for dtype in ("float64", "float32")
        for form in (*FORMS, "forward")
        if full or dtype == "float64" or sizes == layer.base
    ]
    metafunc.parametrize(("layer", "sizes", "dtype", "form"), rows)


def _words(sizes: Sizes) -> str:
    return " ".join(f"{name}={value}" for name, value in sizes.items())


def test_form(benchmark: Any, layer: Layer, sizes: Sizes, dtype: str, form: str) -> None:
    """One form, timed; where it is the vectorized one, also compared with the index form of a small size."""
    call = layer.call(form, sizes, dtype)
    benchmark.group = layer.name
    benchmark.extra_info |= {"layer": layer.name, "form": form, "dtype": dtype, "sizes": dict(sizes)}
    if benchmark.enabled:
        benchmark.extra_info["peak"] = peak(call)
    result = benchmark(call)
    if form in ("jacobian", "vector") and sizes == layer.base:
        _assert_same(result, layer.call("index", sizes, dtype)(), dtype)


def _assert_same(gradients: Any, others: Any, dtype: str) -> None:
    """A fast form that returns something else is worth nothing."""
    rtol = 1000 * float(np.finfo(dtype).eps)
    for gradient, other in zip(_flat(gradients), _flat(others), strict=True):
        np.testing.assert_allclose(gradient, other, rtol=rtol, atol=rtol)


def _flat(gradients: Any) -> list[Any]:
    return [part for one in gradients for part in (one if isinstance(one, tuple) else (one,))]
