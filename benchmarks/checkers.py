"""The same layer, tanh(XW + b), checked by everybody at their defaults; how often each ran the forward is counted.

Whoever checks NumPy functions gets NumPy functions with the derivation under test, and so does PyTorch, wrapped in a
function of its own; JAX gets it in JAX's; autograd, which has no functions with a backward pass, its own derivative.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Sizes = tuple[int, int, int]


@dataclass
class Layer:
    """m samples, n features, p outputs; the forward counts its calls."""

    sizes: Sizes
    calls: int = 0
    leaves: tuple[Any, ...] = field(init=False)
    dout: Any = field(init=False)

    def __post_init__(self) -> None:
        m, n, p = self.sizes
        rng = np.random.default_rng(0)
        shapes = ((m, n), (n, p), (p,), (m, p))
        X, W, b, self.dout = (rng.standard_normal(shape) for shape in shapes)
        self.leaves = X, W / np.sqrt(n), b

    def forward(self, X: Any, W: Any, b: Any) -> Any:
        self.calls += 1
        return np.tanh(X @ W + b)

    def backward(self, dout: Any, X: Any, W: Any, b: Any) -> tuple[Any, Any, Any]:
        δ = dout * (1 - np.tanh(X @ W + b) ** 2)
        return δ @ W.T, X.T @ δ, δ.sum(axis=0)

    def flat(self) -> tuple[Any, Callable[[Any], float], Callable[[Any], Any]]:
        """The point, and loss and gradient as functions of one vector."""
        ends = np.cumsum([leaf.size for leaf in self.leaves])[:-1]

        def parts(x: Any) -> list[Any]:
            return [part.reshape(leaf.shape) for part, leaf in zip(np.split(x, ends), self.leaves, strict=True)]

        def gradient(x: Any) -> Any:
            return np.concatenate([part.ravel() for part in self.backward(self.dout, *parts(x))])

        point = np.concatenate([leaf.ravel() for leaf in self.leaves])
        return point, lambda x: float(np.sum(self.dout * self.forward(*parts(x)))), gradient


def floor(layer: Layer) -> bool:
    """What no check can do without: a forward, a backward, and two more forwards."""
    layer.forward(*layer.leaves)
    dX, dW, db = layer.backward(layer.dout, *layer.leaves)
    u = [np.ones_like(leaf) for leaf in layer.leaves]
    sides = [layer.forward(*(leaf + h * v for leaf, v in zip(layer.leaves, u, strict=True))) for h in (1e-6, -1e-6)]
    numerical = np.sum(layer.dout * (sides[0] - sides[1])) / 2e-6
    return bool(abs(dX.sum() + dW.sum() + db.sum() - numerical) <= 1e-4 * (1 + abs(numerical)))


def ours(layer: Layer, effort: str = "standard") -> bool:
    """Two functions, and not the methods: an object of the caller's is copied for every call.

    State is put back after every call, a counter too; so the count is the verdict's, to which those that
    settle the calling convention and the contract come on top: about a dozen.
    """
    from nnverify import Outcome, check_gradients

    def forward(X: Any, W: Any, b: Any) -> Any:
        return np.tanh(X @ W + b)

    def backward(dout: Any, X: Any, W: Any, b: Any) -> Any:
        return layer.backward(dout, X, W, b)

    X, W, b = layer.leaves
    found = check_gradients(forward, backward, X=X, W=W, b=b, effort=effort)
    layer.calls += found.evaluations
    return found.outcome is Outcome.PASS


def ours_point(layer: Layer) -> bool:
    return ours(layer, "point")


def scipy_check_grad(layer: Layer) -> bool:
    from scipy.optimize import check_grad

    point, loss, gradient = layer.flat()
    return bool(check_grad(loss, gradient, point) <= 1e-4 * np.linalg.norm(gradient(point)))


def numdifftools_gradient(layer: Layer) -> bool:
    import numdifftools

    point, loss, gradient = layer.flat()
    return bool(np.allclose(numdifftools.Gradient(loss)(point), gradient(point), rtol=1e-5, atol=1e-8))


def _torch_function(layer: Layer) -> tuple[Any, list[Any]]:
    import torch

    class Dense(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, *leaves: Any) -> Any:
            ctx.save_for_backward(*leaves)
            return torch.from_numpy(layer.forward(*(leaf.detach().numpy() for leaf in leaves)))

        @staticmethod
        def backward(ctx: Any, dout: Any) -> Any:
            gradients = layer.backward(dout.numpy(), *(leaf.detach().numpy() for leaf in ctx.saved_tensors))
            return tuple(torch.from_numpy(gradient) for gradient in gradients)

    return Dense.apply, [torch.from_numpy(leaf).requires_grad_() for leaf in layer.leaves]


def torch_gradcheck(layer: Layer) -> bool:
    import torch

    return bool(torch.autograd.gradcheck(*_torch_function(layer)))


def torch_gradcheck_fast(layer: Layer) -> bool:
    import torch

    return bool(torch.autograd.gradcheck(*_torch_function(layer), fast_mode=True))


def jax_check_grads(layer: Layer) -> bool:
    """First order and reverse mode: a function with a backward pass of its own has no other."""
    import jax
    import jax.numpy as jnp
    from jax.test_util import check_grads

    jax.config.update("jax_enable_x64", True)

    @jax.custom_vjp
    def dense(X: Any, W: Any, b: Any) -> Any:
        layer.calls += 1
        return jnp.tanh(X @ W + b)

    def backward(kept: Any, dout: Any) -> Any:
        X, W, A = kept
        δ = dout * (1 - A**2)
        return δ @ W.T, X.T @ δ, δ.sum(0)

    def forward(X: Any, W: Any, b: Any) -> Any:
        A = dense(X, W, b)
        return A, (X, W, A)

    dense.defvjp(forward, backward)
    return _accepts(lambda: check_grads(dense, tuple(map(jnp.asarray, layer.leaves)), order=1, modes=["rev"]))


def autograd_check_grads(layer: Layer) -> bool:
    import autograd.numpy as anp
    from autograd.test_util import check_grads

    def dense(X: Any, W: Any, b: Any) -> Any:
        layer.calls += 1
        return anp.tanh(anp.dot(X, W) + b)

    return _accepts(lambda: check_grads(dense)(*layer.leaves))


def _accepts(check: Callable[[], Any]) -> bool:
    """Whether a check that asserts lets the gradient pass; along random directions a right one is accused at times."""
    try:
        check()
    except AssertionError:
        return False
    return True


@dataclass(frozen=True)
class Checker:
    """``most`` is the number of entries above which it would take minutes, or more memory than there is."""

    name: str
    run: Callable[[Layer], bool]
    package: str = "numpy"
    most: float = float("inf")


CHECKERS = (
    Checker("floor of any check", floor),
    Checker("nnverify", ours),
    Checker("nnverify, effort point", ours_point),
    Checker("torch gradcheck", torch_gradcheck, "torch", 3_000),
    Checker("torch gradcheck, fast", torch_gradcheck_fast, "torch"),
    Checker("jax check_grads", jax_check_grads, "jax"),
    Checker("autograd check_grads", autograd_check_grads, "autograd"),
    Checker("scipy check_grad", scipy_check_grad, "scipy", 10_000),
    Checker("numdifftools Gradient", numdifftools_gradient, "numdifftools", 1_000),
)
