"""Gradient descent on the verified vectorized forms: w′ = w − λ∇L(w), b′ = b − λ∇L(b), and nothing else.

What is trained is an objective: from weights, bias and the samples of one step to the loss and its gradients. On which
samples is a schedule: it yields an array of sample numbers per step. Any objective goes with any schedule. The 1/m is
already in the gradients, m being the samples of the *step*, so λ means the same for every batch size. Samples are rows
of X, except for the network, where they are columns. The tutorial calls training on all samples at once "stochastic
gradient descent"; it is full-batch descent, and the stochastic kind draws its samples, as minibatches does.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from reference import activations, batch, delta, neuron
from reference.notation import Array, Map, Maps, Scalar

Parameter = Any  # an array or a number, or a tuple with one array per layer


@dataclass(frozen=True)
class Slope:
    """The loss of one step's samples, and its gradients by weights and bias, shaped like them."""

    loss: Scalar
    dweights: Parameter
    dbias: Parameter


@dataclass(frozen=True)
class Step:
    """Where a step starts: weights and bias before it, and the loss of its samples there."""

    weights: Parameter
    bias: Parameter
    loss: Scalar


@dataclass(frozen=True)
class Descent:
    """Where a training ends, and its history: one Step per update, so the first is where it started."""

    weights: Parameter
    bias: Parameter
    history: tuple[Step, ...]


@dataclass(frozen=True)
class Network:
    """Weights and bias of every layer."""

    weights: tuple[Array, ...]
    bias: tuple[Array, ...]


Objective = Callable[[Parameter, Parameter, Array], Slope]


def descend(objective: Objective, weights: Parameter, bias: Parameter, steps: Iterable[Array], *, λ: float) -> Descent:
    """One update for each array of sample numbers, λ times the gradient against it. Writes into no argument."""
    history = []
    for samples in steps:
        slope = objective(weights, bias, samples)
        history.append(Step(weights, bias, slope.loss))
        weights, bias = moved(weights, slope.dweights, λ), moved(bias, slope.dbias, λ)
    return Descent(weights, bias, tuple(history))


def moved(parameter: Parameter, gradient: Parameter, λ: float) -> Parameter:
    """parameter − λ·gradient, in every layer where there are layers"""
    if isinstance(parameter, tuple):
        return tuple(moved(*layer, λ) for layer in zip(parameter, gradient, strict=True))
    return parameter - λ * gradient


def one_at_a_time(m: int, *, epochs: int) -> Iterator[Array]:
    """Every sample by itself, in the order given, once per epoch."""
    for _ in range(epochs):
        yield from np.arange(m)[:, None]


def full_batch(m: int, *, steps: int) -> Iterator[Array]:
    """All samples at each step."""
    for _ in range(steps):
        yield np.arange(m)


def minibatches(m: int, *, size: int, epochs: int, rng: np.random.Generator) -> Iterator[Array]:
    """Random batches of a size, every sample once per epoch; the last batch of an epoch holds what is left."""
    for _ in range(epochs):
        order = rng.permutation(m)
        yield from (order[start : start + size] for start in range(0, m, size))


def neuron_alone(X: Array, y: Array) -> Objective:
    """One neuron on the single sample of a step: neuron.py."""

    def objective(w: Parameter, b: Parameter, samples: Array) -> Slope:
        (i,) = samples
        arguments = X[i], w, b, y[i]
        return Slope(neuron.loss(*arguments), neuron.dw_vector(*arguments), neuron.db_vector(*arguments))

    return objective


def neuron_on_batch(X: Array, y: Array) -> Objective:
    """One neuron on the mean over a step's samples: batch.py."""

    def objective(w: Parameter, b: Parameter, samples: Array) -> Slope:
        arguments = X[samples], w, b, y[samples]
        return Slope(batch.loss(*arguments), batch.dw_vector(*arguments), batch.db_vector(*arguments))

    return objective


def activated_neuron(X: Array, y: Array, f: Map, df: Map) -> Objective:
    """One neuron with activation function: activations.py."""

    def objective(w: Parameter, b: Parameter, samples: Array) -> Slope:
        arguments = X[samples], w, b, f, df, y[samples]
        return Slope(activations.loss(*arguments), activations.dw_vector(*arguments), activations.db_vector(*arguments))

    return objective


def network(X: Array, Y: Array, f: Maps, df: Maps) -> Objective:
    """A network of any depth, samples in the columns of X and Y: delta.py."""

    def objective(W: Parameter, b: Parameter, samples: Array) -> Slope:
        arguments = X[:, samples], W, b, f, df, Y[:, samples]
        return Slope(delta.loss(*arguments), delta.dW_vector(*arguments), delta.db_vector(*arguments))

    return objective


def random_network(widths: Sequence[int], rng: np.random.Generator) -> Network:
    """Weights for layers of these widths, the first being the number of features, and no bias.

    Each weight is normal with variance 1/n for n inputs: a unit's pre-activation then has the variance of one input.
    """
    pairs = list(zip(widths[1:], widths[:-1], strict=True))
    weights = tuple(rng.standard_normal((p, n)) / np.sqrt(n) for p, n in pairs)
    return Network(weights, tuple(np.zeros((p, 1)) for p, _ in pairs))
