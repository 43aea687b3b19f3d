"""How far is the tuned backward pass from what the machine can do, and how does it do beside others?

The limit is the time of the matrix products that no pass can avoid: dW = δAᵀ of every layer, and Wᵀδ of all but the
first. Products and pass take turns in the same run, on the same shapes. Each of the others is judged against its own
matrix product, with the same threads.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

from benchmarks import peers
from benchmarks.layers import LAYERS, network
from benchmarks.timing import in_turn, peak, share
from reference import delta, tuned

WIDE, BATCH = (512, 512, 512, 512), 512
TUTORIALS = {"3-4-1, one sample": ((3, 4, 1), 1), "3-4-1, batch of 7": ((3, 4, 1), 7)}
FLOORS = {"limit": 0.85, "PyTorch": 3.0, "index": 500, "jacobian": 50}


def _backward(widths: tuple[int, ...], m: int, dtype: str) -> tuple[Callable[[], Any], Callable[[], Any]]:
    """The tuned pass, and the products that it cannot avoid, on the same δ."""
    X, W, b, f, df, Y = network(np.random.default_rng(0), widths, m, np.dtype(dtype).type)
    A, Z = delta.forward(X, W, b, f)
    into, spare = tuned.workspace(W, b, A), tuned.workspace(W, b, A)
    tuned.gradients(into, W, A, Z, df, Y)

    def products() -> None:
        for at in reversed(range(len(W))):
            np.matmul(into.δ[at], A[at].T, out=spare.dW[at])
            if at:
                np.matmul(W[at].T, into.δ[at], out=spare.δ[at - 1])

    return lambda: tuned.gradients(into, W, A, Z, df, Y), products


def _figure(benchmark: Any, figure: str, value: float, floor: float) -> None:
    benchmark.extra_info |= {"figure": figure, "value": value, "floor": floor}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_share_of_the_matrix_product_limit(benchmark: Any, dtype: str, full: bool) -> None:
    """Four widths of 512, batch 512."""
    run, products = _backward(WIDE, BATCH, dtype)
    rounds = (100 if full else 15) if benchmark.enabled else 1
    words = f"tuned backward, widths 512, batch 512, {dtype}: share of the matrix product limit"
    benchmark.group = "tuned backward pass"
    _figure(benchmark, words, share(products, run, rounds=rounds), FLOORS["limit"])
    benchmark(run)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.skipif(find_spec("torch") is None, reason="PyTorch is not installed: pip install 'nnverify[bench]'")
def test_share_of_the_limit_beside_pytorch(benchmark: Any, dtype: str, full: bool) -> None:
    """Ours by ours, theirs by theirs: at least as close, so the quotient of the two shares is at least 1.

    The two take no turns: the threads of the one go on spinning for a while, and whatever the other does next pays.
    """
    run, products = _backward(WIDE, BATCH, dtype)
    theirs, their_products = peers.torch_backward(WIDE, BATCH, dtype), peers.torch_products(WIDE, BATCH, dtype)
    rounds = (100 if full else 15) if benchmark.enabled else 1
    one, other = (share(*pair, rounds=rounds) for pair in ((products, run), (their_products, theirs)))
    benchmark.group = "PyTorch's backward pass"
    benchmark.extra_info |= {"our share": one, "PyTorch's share": other}
    words = f"our share of our limit / PyTorch's share of its limit, widths 512, batch 512, {dtype}"
    _figure(benchmark, words, one / other, 1.0)
    benchmark(theirs)


@pytest.mark.parametrize("size", TUTORIALS)
@pytest.mark.skipif(find_spec("torch") is None, reason="PyTorch is not installed: pip install 'nnverify[bench]'")
def test_networks_of_the_tutorials_beside_pytorch(benchmark: Any, size: str) -> None:
    """Where a pass takes microseconds, what surrounds the arithmetic decides."""
    run, _ = _backward(*TUTORIALS[size], "float64")
    theirs = peers.torch_backward(*TUTORIALS[size], "float64")
    benchmark.group = "networks of the tutorials"
    rounds = 300 if benchmark.enabled else 1
    _figure(benchmark, f"PyTorch / tuned backward, {size}", 1 / share(run, theirs, rounds=rounds), FLOORS["PyTorch"])
    benchmark(run)


@pytest.mark.parametrize("form", ["index", "jacobian"])
@pytest.mark.parametrize("layer", [one for one in LAYERS if one.largest], ids=lambda one: one.name)
def test_what_vectorizing_is_worth(benchmark: Any, layer: Any, form: str, full: bool) -> None:
    """m=128 and widths 64; for the Jacobian form the largest size at which its arrays fit in 2 GiB."""
    if benchmark.enabled and not full:
        pytest.skip("takes minutes: --full")
    sizes = (layer.largest[-1] if form == "jacobian" else layer.largest[0]) if benchmark.enabled else layer.base
    slow, fast = layer.call(form, sizes, "float64"), layer.call("vector", sizes, "float64")
    times = in_turn([slow, *[fast] * 20], rounds=3 if benchmark.enabled else 1)
    benchmark.group = "what vectorizing is worth"
    words = " ".join(f"{name}={value}" for name, value in sizes.items())
    if form == "jacobian" and benchmark.enabled:
        words += f", Jacobians {peak(slow) / 2**30:.2f} GiB"
    _figure(benchmark, f"{layer.name}: {form} / vectorized, {words}", float(times[0] / times[1:].min()), FLOORS[form])
    benchmark(fast)


NETWORKS = {
    "3-4-1, batch 7": ((3, 4, 1), 7),
    "64-64-64, batch 64": ((64,) * 3, 64),
    "512 x 4, batch 512": (WIDE, BATCH),
}
OURS = "nnverify's reference, tuned"


@pytest.mark.parametrize("peer", [OURS, *peers.BACKWARD])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", NETWORKS)
def test_backward_pass_beside_others(benchmark: Any, size: str, dtype: str, peer: str, full: bool) -> None:
    """The backward pass alone, the forward being done: gradients of all weights and biases."""
    if dtype == "float32" and not full:
        pytest.skip("as float64: --full")
    widths, m = NETWORKS[size]
    if peer != OURS:
        package, make = peers.BACKWARD[peer]
        pytest.importorskip(package, reason=f"{peer} is not installed: pip install 'nnverify[bench]'")
        run = make(widths, m, dtype)
    else:
        run, _ = _backward(widths, m, dtype)
    benchmark.group = f"backward pass, {size}, {dtype}"
    benchmark.extra_info["by"] = peer
    benchmark(run)
