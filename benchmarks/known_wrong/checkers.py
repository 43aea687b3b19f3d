"""Everybody's checker, as its manual has it: each takes a problem and says whether it passes.

A package that is not installed is left out. Tolerances are the packages' own defaults; where there are none, the
usual relative 1e-5.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np

from benchmarks.known_wrong.problem import Problem

RTOL = 1e-5
Checker = Callable[[Problem], bool]


def _upstream(problem: Problem) -> Any:
    if any(np.iscomplexobj(array) for array in problem.moved):
        raise TypeError("this checker is for real numbers")
    return np.random.default_rng(0).standard_normal(np.shape(problem.output(*problem.moved)))


def textbook(problem: Problem) -> bool:
    """Central differences with step 1e-5, entry by entry, under a random upstream."""
    dout, arrays = _upstream(problem), problem.moved
    found = problem.gradients(dout.copy()[()], *(array.copy() for array in arrays))
    return all(_close(one, _central(problem, dout, place)) for place, one in enumerate(found))


def _central(problem: Problem, dout: Any, place: int) -> Any:
    numerical = np.zeros_like(problem.moved[place])
    for index in np.ndindex(numerical.shape):
        sides = []
        for step in (1e-5, -1e-5):
            arrays = problem.moved
            arrays[place][index] += step
            sides.append(np.sum(dout * problem.output(*arrays)))
        numerical[index] = (sides[0] - sides[1]) / 2e-5
    return numerical


def _close(backward: Any, numerical: Any) -> bool:
    return bool(np.allclose(np.asarray(backward, dtype=float), numerical, rtol=RTOL, atol=1e-8))


def _flat(problem: Problem) -> tuple[Any, Callable[[Any], float], Callable[[Any], Any]]:
    """The point, the loss and its gradient as functions of one vector."""
    dout, start = _upstream(problem), problem.moved
    ends = np.cumsum([array.size for array in start])[:-1]

    def arrays(x: Any) -> list[Any]:
        parts = np.split(np.array(x, dtype=float), ends)
        return [part.reshape(array.shape) for part, array in zip(parts, start, strict=True)]

    def slope(x: Any) -> Any:
        found = problem.gradients(dout.copy()[()], *arrays(x))
        return np.concatenate(
            [np.broadcast_to(one, array.shape).ravel() for one, array in zip(found, start, strict=True)]
        )

    point = np.concatenate([array.ravel() for array in start])
    return point, lambda x: float(np.sum(dout * problem.output(*arrays(x)))), slope


def scipy_check_grad(problem: Problem) -> bool:
    from scipy.optimize import check_grad

    point, loss, slope = _flat(problem)
    return bool(check_grad(loss, slope, point) <= RTOL * max(1.0, float(np.linalg.norm(slope(point)))))


def numdifftools_gradient(problem: Problem) -> bool:
    import numdifftools

    point, loss, slope = _flat(problem)
    return _close(slope(point), numdifftools.Gradient(loss)(point))


def torch_gradcheck(problem: Problem) -> bool:
    import torch

    class Wrapped(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, *tensors: Any) -> Any:
            ctx.save_for_backward(*tensors)
            return torch.as_tensor(np.asarray(problem.plain(*(one.detach().numpy() for one in tensors))))

        @staticmethod
        def backward(ctx: Any, dout: Any) -> Any:
            found = problem.gradients(dout.numpy(), *(one.detach().numpy() for one in ctx.saved_tensors))
            return tuple(torch.as_tensor(np.array(one)) for one in found)

    tensors = [torch.tensor(array, requires_grad=True) for array in problem.moved]
    return bool(torch.autograd.gradcheck(Wrapped.apply, tensors, raise_exception=False))


def jax_check_grads(problem: Problem) -> bool:
    import jax
    from jax.test_util import check_grads

    jax.config.update("jax_enable_x64", True)
    _upstream(problem)
    shape = jax.ShapeDtypeStruct(problem.output(*problem.moved).shape, np.float64)
    inputs = tuple(jax.ShapeDtypeStruct(array.shape, np.float64) for array in problem.moved)

    def writable(arrays: Any) -> list[Any]:
        return [np.array(array) for array in arrays]

    @jax.custom_vjp
    def wrapped(*arrays: Any) -> Any:
        return jax.pure_callback(lambda *given: problem.output(*writable(given)), shape, *arrays)

    def forward(*arrays: Any) -> Any:
        return wrapped(*arrays), arrays

    def backward(arrays: Any, dout: Any) -> Any:
        def called(dout: Any, *given: Any) -> Any:
            found = problem.gradients(np.array(dout), *writable(given))
            return tuple(np.array(one, dtype=float) for one in found)

        return jax.pure_callback(called, inputs, dout, *arrays)

    wrapped.defvjp(forward, backward)
    check_grads(wrapped, tuple(problem.moved), order=1, modes=["rev"])
    return True


def autograd_check_grads(problem: Problem) -> bool:
    from autograd.extend import defvjp, primitive
    from autograd.test_util import check_grads

    _upstream(problem)
    wrapped = primitive(problem.output)

    def vjp(place: int) -> Callable[..., Any]:
        return lambda _, *arrays: lambda dout: np.asarray(problem.gradients(dout, *arrays)[place])

    defvjp(wrapped, *(vjp(place) for place in range(len(problem.places))))
    check_grads(wrapped, tuple(range(len(problem.places))), modes=["rev"], order=1)(*problem.moved)
    return True


_ALL: dict[str, tuple[str, Checker]] = {
    "textbook": ("numpy", textbook),
    "scipy check_grad": ("scipy", scipy_check_grad),
    "numdifftools": ("numdifftools", numdifftools_gradient),
    "torch gradcheck": ("torch", torch_gradcheck),
    "jax check_grads": ("jax", jax_check_grads),
    "autograd check_grads": ("autograd", autograd_check_grads),
}


def peers() -> tuple[dict[str, Checker], list[str]]:
    """The checkers that can be run here, and the packages that are not installed."""
    there = {name: checker for name, (package, checker) in _ALL.items() if find_spec(package)}
    return there, [package for package, _ in _ALL.values() if not find_spec(package)]


def judged(checker: Checker, made: Callable[[], Problem]) -> str:
    """ "pass", "fail", or "raised" where the checker or what it called raised; an AssertionError is a "fail"."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return "pass" if checker(made()) else "fail"
        except AssertionError:
            return "fail"
        except Exception:  # whatever a package makes of the caller's functions: it has not accepted them
            return "raised"
