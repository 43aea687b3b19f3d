"""The tutorials' experiments, with every choice that their text leaves open made and stated.

Section 8: three features, each 0 or 1; the target is the first feature, the other two do not matter. The training set
is seven of the eight possible samples; the eighth, whose target is 1, is never trained on, and predicted at the end.
λ is 0.05 throughout, as the tutorial has it, and a single neuron starts at zero. ``reported`` is what the tutorial
printed. Section 7: a step against dW lowers the mean of a layer's outputs. Nothing here depends on anything but the
stated seeds.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from reference import dense
from reference.activations import dtanh, tanh
from reference.delta import forward
from reference.notation import Array, Scalar
from reference.training import (
    Descent,
    Parameter,
    Step,
    activated_neuron,
    descend,
    full_batch,
    minibatches,
    network,
    neuron_alone,
    neuron_on_batch,
    one_at_a_time,
    random_network,
)

UNSEEN = np.array([1.0, 0.0, 1.0])
X = np.array([sample for sample in product((0.0, 1.0), repeat=3) if sample != tuple(UNSEEN)])
y = X[:, 0]


@dataclass(frozen=True)
class Settings:
    """What the tutorial's text leaves open. ``epochs`` counts passes through the seven samples."""

    epochs: int
    batch: int  # samples per step
    seed: int | None = None  # of the minibatches, and of the network's first weights
    widths: tuple[int, ...] = (3, 1)
    activation: str = "identity"
    λ: float = 0.05


@dataclass(frozen=True)
class Experiment:
    """One training: the predictions for the unseen sample, whose target is 1, and how ours came about.

    weights and bias are those at the end; for a network, one array per layer.
    """

    name: str
    reported: float
    predicted: float
    weights: Parameter
    bias: Parameter
    history: tuple[Step, ...]
    settings: Settings


def one_sample_at_a_time() -> Experiment:
    """One neuron, a step for each sample; weights tend to (1, 0, 0) and the bias to 0."""
    settings = Settings(epochs=100, batch=1)
    steps = one_at_a_time(len(X), epochs=settings.epochs)
    end = descend(neuron_alone(X, y), np.zeros(3), 0.0, steps, λ=settings.λ)
    return _experiment("one neuron, one sample at a time", 0.9992918862001037, _neuron(end), end, settings)


def all_samples_at_once() -> Experiment:
    """One neuron, a step for the mean over all samples."""
    settings = Settings(epochs=2000, batch=len(X))
    end = descend(neuron_on_batch(X, y), np.zeros(3), 0.0, full_batch(len(X), steps=settings.epochs), λ=settings.λ)
    return _experiment("one neuron, full batch", 0.9999991060923578, _neuron(end), end, settings)


def random_batches() -> Experiment:
    """One neuron, a step for each of three random batches per epoch: 3, 3 and 1 samples."""
    settings = Settings(epochs=200, batch=3, seed=1)
    end = descend(neuron_on_batch(X, y), np.zeros(3), 0.0, _minibatches(settings), λ=settings.λ)
    return _experiment("one neuron, minibatches", 0.9956078874633946, _neuron(end), end, settings)


def with_activation() -> Experiment:
    """One neuron with tanh, which reaches 1 only for infinite weights: they keep growing, ever more slowly."""
    settings = Settings(epochs=1000, batch=3, seed=1, activation="tanh")
    objective = activated_neuron(X, y, tanh, dtanh)
    end = descend(objective, np.zeros(3), 0.0, _minibatches(settings), λ=settings.λ)
    name = "one neuron with activation, minibatches"
    return _experiment(name, 0.9394357707018176, tanh(_neuron(end)), end, settings)


def deep_network() -> Experiment:
    """Four hidden units, tanh in both layers, minibatches. The weights start at random: from zero, units stay alike."""
    settings = Settings(epochs=1000, batch=3, seed=2, widths=(3, 4, 1), activation="tanh")
    start = random_network(settings.widths, np.random.default_rng(settings.seed))
    f, df = (tanh, tanh), (dtanh, dtanh)
    objective = network(X.T, y[None, :], f, df)
    end = descend(objective, start.weights, start.bias, _minibatches(settings), λ=settings.λ)
    predicted = forward(UNSEEN[:, None], end.weights, end.bias, f)[0][-1][0, 0]
    return _experiment("deep network", 0.9514167066315814, predicted, end, settings)


EXPERIMENTS = (one_sample_at_a_time, all_samples_at_once, random_batches, with_activation, deep_network)


def _minibatches(settings: Settings) -> Iterator[Array]:
    rng = np.random.default_rng(settings.seed)
    return minibatches(len(X), size=settings.batch, epochs=settings.epochs, rng=rng)


def _neuron(end: Descent) -> Scalar:
    return end.weights @ UNSEEN + end.bias


def _experiment(name: str, reported: float, predicted: Scalar, end: Descent, settings: Settings) -> Experiment:
    return Experiment(name, reported, float(predicted), end.weights, end.bias, end.history, settings)


@dataclass(frozen=True)
class Reduction:
    """The mean of a dense layer's outputs before and after one step against dW."""

    before: float
    after: float


def step_against_dW(*, seed: int = 0, λ: float = 0.05) -> Reduction:
    """Section 7's closing experiment: 50 samples of 3 features, 2 outputs, normal X and W, no bias.

    What is lowered is the mean of the outputs, so the upstream gradient is 1/100 everywhere.
    """
    rng = np.random.default_rng(seed)
    X, W, b = rng.standard_normal((50, 3)), rng.standard_normal((3, 2)), np.zeros((1, 2))
    dout = np.full((50, 2), 1 / 100)
    stepped = W - λ * dense.dW_vector(X, W, b, dout)
    return Reduction(float(dense.activation(X, W, b).mean()), float(dense.activation(X, stepped, b).mean()))
