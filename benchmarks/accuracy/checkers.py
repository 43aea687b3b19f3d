"""nnverify and its peers, each asked in the way its users ask it: how suspicious is this gradient?

Every peer runs at its defaults, in float64, on NumPy's own forward and backward. Some give a verdict: then suspicion is
0 or infinity. Others return a number and leave its meaning to the user: resolution.py gives them the best threshold
that there is. A peer that is not installed is left out, and said to be.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.metadata
import io
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnverify import Outcome, check_gradients

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Task:
    """A layer at one point: forward(*leaves) -> output, backward(dout, *leaves) -> one gradient per leaf."""

    forward: Callable[..., Any]
    backward: Callable[..., Sequence[Array]]
    leaves: Mapping[str, Array]
    seed: int

    @property
    def values(self) -> list[Array]:
        return [value.copy() for value in self.leaves.values()]


@dataclass(frozen=True)
class Checker:
    """verdict: whether ``suspicion`` is a yes or no of the checker's own, 0 or infinity."""

    name: str
    package: str
    suspicion: Callable[[Task], float]
    verdict: bool = True

    @property
    def version(self) -> str:
        return importlib.metadata.version(self.package)


def _nnverify(task: Task) -> float:
    def backward(dout: Any, *values: Any) -> dict[str, Any]:
        return dict(zip(task.leaves, task.backward(dout, *values), strict=True))

    found = check_gradients(task.forward, backward, leaves=task.leaves, seed=task.seed)
    return np.inf if found.outcome is Outcome.FAIL else 0.0


def _refused(check: Callable[[], object]) -> float:
    """Infinity if the peer's assertion fails; what it prints and warns is not kept."""
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            check()
        except (AssertionError, RuntimeError, ValueError):
            return np.inf
    return 0.0


def _torch(fast: bool) -> Callable[[Task], float]:
    def suspicion(task: Task) -> float:
        import torch

        class Layer(torch.autograd.Function):
            @staticmethod
            def forward(ctx: Any, *values: Any) -> Any:
                ctx.save_for_backward(*values)
                return torch.as_tensor(np.asarray(task.forward(*(value.detach().numpy() for value in values))))

            @staticmethod
            def backward(ctx: Any, dout: Any) -> Any:
                values = [value.detach().numpy() for value in ctx.saved_tensors]
                return tuple(torch.as_tensor(np.array(one)) for one in task.backward(dout.numpy(), *values))

        torch.manual_seed(task.seed)
        leaves = tuple(torch.tensor(value, requires_grad=True) for value in task.values)
        return _refused(lambda: torch.autograd.gradcheck(Layer.apply, leaves, fast_mode=fast))

    return suspicion


def _jax(task: Task) -> float:
    import jax
    from jax.test_util import check_grads

    jax.config.update("jax_enable_x64", True)
    values = task.values
    shape = jax.ShapeDtypeStruct(np.shape(task.forward(*values)), np.float64)
    shapes = tuple(jax.ShapeDtypeStruct(value.shape, np.float64) for value in values)

    def on_numpy(function: Callable[..., Any], result: Any, *arguments: Any) -> Any:
        return jax.pure_callback(lambda *given: function(*map(np.asarray, given)), result, *arguments)

    @jax.custom_vjp
    def layer(*leaves: Any) -> Any:
        return on_numpy(lambda *given: np.asarray(task.forward(*given)), shape, *leaves)

    def run(*leaves: Any) -> Any:
        return layer(*leaves), leaves

    def back(leaves: Any, dout: Any) -> Any:
        return on_numpy(lambda *given: tuple(map(np.asarray, task.backward(*given))), shapes, dout, *leaves)

    layer.defvjp(run, back)
    # A custom backward has no forward mode and no second order: those two defaults do not apply.
    return _refused(lambda: check_grads(layer, tuple(values), order=1, modes=("rev",)))


def _autograd(task: Task) -> float:
    from autograd.extend import defvjp, primitive
    from autograd.test_util import check_grads

    layer = primitive(task.forward)
    values = task.values

    def vjp(place: int) -> Callable[..., Any]:
        return lambda out, *leaves: lambda dout: np.asarray(task.backward(dout, *leaves)[place])

    defvjp(layer, *(vjp(place) for place in range(len(values))))
    np.random.seed(task.seed)  # noqa: NPY002 it draws its direction from the global state
    return _refused(lambda: check_grads(layer, modes=["rev"], order=1)(*values))


def _as_loss(task: Task) -> tuple[Callable[[Array], float], Callable[[Array], Array], Array]:
    """The output, weighted at random, as one number of one vector, and its gradient."""
    values = task.values
    ends = np.cumsum([value.size for value in values])[:-1]
    weights = np.random.default_rng(task.seed).standard_normal(np.shape(task.forward(*values)))

    def leaves(x: Array) -> list[Array]:
        return [part.reshape(value.shape) for part, value in zip(np.split(x, ends), values, strict=True)]

    def gradient(x: Array) -> Array:
        return np.concatenate([np.ravel(one) for one in task.backward(weights, *leaves(x))])

    return (
        lambda x: float(np.sum(weights * task.forward(*leaves(x)))),
        gradient,
        np.concatenate(list(map(np.ravel, values))),
    )


def _scipy(task: Task) -> float:
    from scipy.optimize import check_grad

    loss, gradient, x = _as_loss(task)
    return float(check_grad(loss, gradient, x) / np.linalg.norm(gradient(x)))


def _numdifftools(task: Task) -> float:
    import numdifftools

    loss, gradient, x = _as_loss(task)
    right = gradient(x)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(np.linalg.norm(numdifftools.Gradient(loss)(x) - right) / np.linalg.norm(right))


CHECKERS = (
    Checker("nnverify", "nnverify", _nnverify),
    Checker("torch gradcheck", "torch", _torch(fast=False)),
    Checker("torch, fast mode", "torch", _torch(fast=True)),
    Checker("jax check_grads", "jax", _jax),
    Checker("autograd check_grads", "autograd", _autograd),
    Checker("scipy check_grad", "scipy", _scipy, verdict=False),
    Checker("numdifftools", "numdifftools", _numdifftools, verdict=False),
)


def available() -> Iterator[Checker]:
    for one in CHECKERS:
        with contextlib.suppress(ImportError):
            importlib.import_module(one.package)
            yield one
