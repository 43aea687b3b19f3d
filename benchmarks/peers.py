"""The same network in PyTorch, JAX and autograd: the backward pass alone, its forward being done.

A package is imported only when it is asked for. Everything runs on the CPU, with two threads where it can be told.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.layers import network

Call = Callable[[], Any]
Widths = tuple[int, ...]
THREADS = 2


def _arrays(widths: Widths, m: int, dtype: str) -> tuple[Any, ...]:
    X, W, b, _, _, Y = network(np.random.default_rng(0), widths, m, np.dtype(dtype).type)
    return X, W, b, Y


def torch_backward(widths: Widths, m: int, dtype: str) -> Call:
    import torch

    torch.set_num_threads(THREADS)
    X, W, b, Y = _arrays(widths, m, dtype)
    A, Y = torch.from_numpy(X), torch.from_numpy(Y)
    parameters = [
        (torch.from_numpy(w).requires_grad_(), torch.from_numpy(c).requires_grad_()) for w, c in zip(W, b, strict=True)
    ]
    for w, c in parameters:
        A = torch.tanh(w @ A + c)
    loss = ((A - Y) ** 2).sum() / m
    leaves = [leaf for pair in parameters for leaf in pair]
    return lambda: torch.autograd.grad(loss, leaves, retain_graph=True)


def torch_products(widths: Widths, m: int, dtype: str) -> Call:
    """The products that a backward pass cannot avoid, by PyTorch's own matrix product."""
    import torch

    torch.set_num_threads(THREADS)
    _, W, *_ = _arrays(widths, m, dtype)
    weights = [torch.from_numpy(w) for w in W]
    read = [torch.from_numpy(np.ones((n, m), dtype)) for n in widths[:-1]]
    error = [torch.from_numpy(np.ones((n, m), dtype)) for n in widths[1:]]
    dW = [torch.empty_like(w) for w in weights]
    down = [torch.empty_like(one) for one in read]

    def products() -> None:
        for at in reversed(range(len(weights))):
            torch.matmul(error[at], read[at].T, out=dW[at])
            if at:
                torch.matmul(weights[at].T, error[at], out=down[at])

    return products


def jax_backward(widths: Widths, m: int, dtype: str) -> Call:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    X, W, b, Y = (jax.tree.map(jnp.asarray, each) for each in _arrays(widths, m, dtype))

    def loss(W: Any, b: Any) -> Any:
        A = X
        for w, c in zip(W, b, strict=True):
            A = jnp.tanh(w @ A + c)
        return ((A - Y) ** 2).sum() / m

    value, pull = jax.vjp(loss, W, b)
    pull = jax.jit(pull)
    one = jnp.ones_like(value)
    return lambda: jax.block_until_ready(pull(one))


def autograd_backward(widths: Widths, m: int, dtype: str) -> Call:
    import autograd
    import autograd.numpy as anp

    X, W, b, Y = _arrays(widths, m, dtype)

    def loss(parameters: Any) -> Any:
        A = X
        for w, c in zip(*parameters, strict=True):
            A = anp.tanh(anp.dot(w, A) + c)
        return anp.sum((A - Y) ** 2) / m

    pull, value = autograd.make_vjp(loss)((W, b))
    return lambda: pull(np.ones_like(value))


BACKWARD: dict[str, tuple[str, Callable[[Widths, int, str], Call]]] = {
    "PyTorch": ("torch", torch_backward),
    "JAX": ("jax", jax_backward),
    "autograd": ("autograd", autograd_backward),
}
