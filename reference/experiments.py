"""The tutorials' experiments, with every choice that their text leaves open made and stated.

Section 8: three features, each 0 or 1; the target is the first feature, the other two do not matter. The training set
is seven of the eight possible samples; the eighth, whose target is 1, is never trained on, and predicted at the end.
λ is 0.05 throughout, as the tutorial has it, and a single neuron starts at zero. ``reported`` is what the tutorial
printed. Section 7: a step against dW lowers the mean of a layer's outputs. Nothing here depends on anything but the
stated seeds.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from reference import dense
from reference.activations import dtanh, tanh
from reference.delta import forward
from reference.notation import Array, Scalar
from reference.training import (
    Objective,
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
class Plan:
    """One training before it starts: what is minimised, from where, on which samples in turn.

    steps     the numbers of each step's samples, anew at each call
    epoch     how many steps see every sample once
    predict   the prediction for the unseen sample, of weights and bias
    """

    name: str
    reported: float
    settings: Settings
    objective: Objective
    weights: Parameter
    bias: Parameter
    steps: Callable[[], Iterator[Array]]
    predict: Callable[[Parameter, Parameter], Scalar]

    @property
    def epoch(self) -> int:
        return -(-len(X) // self.settings.batch)


@dataclass(frozen=True)
class Experiment:
    """One training at its end: the prediction for the unseen sample, whose target is 1, and how it came about.

    weights and bias are those at the end; for a network, one array per layer.
    """

    name: str
    reported: float
    predicted: float
    weights: Parameter
    bias: Parameter
    history: tuple[Step, ...]
    settings: Settings


def train(plan: Plan) -> Experiment:
    """The plan, carried out."""
    end = descend(plan.objective, plan.weights, plan.bias, plan.steps(), λ=plan.settings.λ)
    predicted = float(plan.predict(end.weights, end.bias))
    return Experiment(plan.name, plan.reported, predicted, end.weights, end.bias, end.history, plan.settings)


def one_sample_at_a_time() -> Plan:
    """One neuron, a step for each sample; weights tend to (1, 0, 0) and the bias to 0."""
    settings = Settings(epochs=100, batch=1)
    start = neuron_alone(X, y), np.zeros(3), 0.0, lambda: one_at_a_time(len(X), epochs=settings.epochs)
    return Plan("one neuron, one sample at a time", 0.9992918862001037, settings, *start, _neuron)


def all_samples_at_once() -> Plan:
    """One neuron, a step for the mean over all samples."""
    settings = Settings(epochs=2000, batch=len(X))
    start = neuron_on_batch(X, y), np.zeros(3), 0.0, lambda: full_batch(len(X), steps=settings.epochs)
    return Plan("one neuron, full batch", 0.9999991060923578, settings, *start, _neuron)


def random_batches() -> Plan:
    """One neuron, a step for each of three random batches per epoch: 3, 3 and 1 samples."""
    settings = Settings(epochs=200, batch=3, seed=1)
    start = neuron_on_batch(X, y), np.zeros(3), 0.0, lambda: _minibatches(settings)
    return Plan("one neuron, minibatches", 0.9956078874633946, settings, *start, _neuron)


def with_activation() -> Plan:
    """One neuron with tanh, which reaches 1 only for infinite weights: they keep growing, ever more slowly."""
    settings = Settings(epochs=1000, batch=3, seed=1, activation="tanh")
    start = activated_neuron(X, y, tanh, dtanh), np.zeros(3), 0.0, lambda: _minibatches(settings)
    name = "one neuron with activation, minibatches"
    return Plan(name, 0.9394357707018176, settings, *start, lambda w, b: tanh(_neuron(w, b)))


def deep_network() -> Plan:
    """Four hidden units, tanh in both layers, minibatches. The weights start at random: from zero, units stay alike."""
    settings = Settings(epochs=1000, batch=3, seed=2, widths=(3, 4, 1), activation="tanh")
    first = random_network(settings.widths, np.random.default_rng(settings.seed))
    f, df = (tanh, tanh), (dtanh, dtanh)

    def predict(W: Parameter, b: Parameter) -> Scalar:
        return forward(UNSEEN[:, None], W, b, f)[0][-1][0, 0]

    start = network(X.T, y[None, :], f, df), first.weights, first.bias, lambda: _minibatches(settings)
    return Plan("deep network", 0.9514167066315814, settings, *start, predict)


EXPERIMENTS = (one_sample_at_a_time, all_samples_at_once, random_batches, with_activation, deep_network)


def _minibatches(settings: Settings) -> Iterator[Array]:
    rng = np.random.default_rng(settings.seed)
    return minibatches(len(X), size=settings.batch, epochs=settings.epochs, rng=rng)


def _neuron(w: Parameter, b: Parameter) -> Scalar:
    return w @ UNSEEN + b


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
