"""Gradient descent: which samples a step sees, which way it goes, and what it leaves untouched."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference.training import (
    activated_neuron,
    descend,
    full_batch,
    minibatches,
    moved,
    network,
    neuron_alone,
    neuron_on_batch,
    one_at_a_time,
    random_network,
)

SAME = (lambda z: z, lambda z: np.ones_like(z) * 1)
SQUARE = (lambda z: z * z, lambda z: 2 * z)


def exact(entries: object) -> np.ndarray:
    return np.array(entries, dtype=object) * Fraction(1)


X, y, w = exact([[1, 2], [3, -1], [0, 1], [2, 2], [-1, 1]]), exact([0, 1, 3, -1, 2]), exact([2, 1])
STEP = Fraction(1, 8)


@given(m=st.integers(1, 20), size=st.integers(1, 25), epochs=st.integers(0, 3), seed=st.integers(0, 2**32))
def test_every_sample_is_seen_once_per_epoch(m, size, epochs, seed):
    """The last, short batch included: dropping it would leave out other samples in every epoch."""
    batches = list(minibatches(m, size=size, epochs=epochs, rng=np.random.default_rng(seed)))
    per_epoch = -(-m // size)
    assert len(batches) == epochs * per_epoch
    for start in range(0, len(batches), per_epoch):
        assert sorted(np.concatenate(batches[start : start + per_epoch])) == list(range(m))


def test_last_batch_holds_what_is_left():
    """7 = 3 + 3 + 1."""
    assert [len(one) for one in minibatches(7, size=3, epochs=1, rng=np.random.default_rng(0))] == [3, 3, 1]


def test_order_changes_from_epoch_to_epoch():
    """The same batches in every epoch would be one fixed problem, not a random one."""
    first, second = minibatches(50, size=50, epochs=2, rng=np.random.default_rng(0))
    assert first.tolist() != second.tolist()


def test_order_comes_from_the_generator_passed_in():
    """The same seed gives the same training, whatever the global generator does."""
    runs = []
    for seed in (5, 6):
        np.random.seed(seed)  # noqa: NPY002
        runs.append([one.tolist() for one in minibatches(9, size=4, epochs=2, rng=np.random.default_rng(1))])
    assert runs[0] == runs[1]


def test_one_at_a_time_goes_through_the_samples_in_order():
    """The tutorial's first training: no randomness at all."""
    assert [one.tolist() for one in one_at_a_time(3, epochs=2)] == [[0], [1], [2], [0], [1], [2]]


def test_full_batch_sees_all_samples_at_each_step():
    """Each step is one epoch."""
    assert [one.tolist() for one in full_batch(3, steps=2)] == [[0, 1, 2], [0, 1, 2]]


def test_a_step_subtracts_the_rate_times_the_gradient():
    """Worked out: x = (1, 2), w = (3, −1), b = 1, y = 4 has dw = (−4, −8), db = −4; an eighth of that, against it."""
    end = descend(neuron_alone(exact([[1, 2]]), exact([4])), exact([3, -1]), 1, one_at_a_time(1, epochs=1), λ=STEP)
    assert (end.weights.tolist(), end.bias) == ([Fraction(7, 2), 0], Fraction(3, 2))


def test_descending_lowers_the_loss():
    """The claim that the sign of the update is right, on the loss itself."""
    history = descend(neuron_on_batch(X, y), w, Fraction(0), full_batch(5, steps=4), λ=Fraction(1, 50)).history
    losses = [step.loss for step in history]
    assert losses == sorted(losses, reverse=True)


def test_climbing_raises_the_loss():
    """Shown the wrong sign: the test before this one would see it."""
    uphill = neuron_on_batch(X, y)

    def objective(*arguments):
        slope = uphill(*arguments)
        return replace(slope, dweights=-slope.dweights, dbias=-slope.dbias)

    losses = [
        step.loss for step in descend(objective, w, Fraction(0), full_batch(5, steps=4), λ=Fraction(1, 50)).history
    ]
    assert losses == sorted(losses)


def test_every_layer_moves_by_its_own_gradient():
    """A parameter of several layers is moved layer by layer."""
    here, there = (exact([[1]]), exact([[2]])), (exact([[3]]), exact([[5]]))
    assert [part.item() for part in moved(here, there, 10)] == [1 - 30, 2 - 50]


def test_layers_without_gradient_are_an_error():
    """A gradient that is one layer short would leave the last layer untrained, and say nothing."""
    with pytest.raises(ValueError, match="zip"):
        moved((exact([[1]]), exact([[2]])), (exact([[3]]),), 1)


def test_history_holds_one_step_per_update_from_the_start_on():
    """Plots start where the training starts; the end is in the result itself."""
    end = descend(neuron_on_batch(X, y), w, Fraction(0), full_batch(5, steps=3), λ=STEP)
    assert len(end.history) == 3
    assert (end.history[0].weights.tolist(), end.history[0].bias) == (w.tolist(), 0)
    assert end.history[-1].weights.tolist() != end.weights.tolist()


def test_history_is_the_loss_before_its_step():
    """Worked out for a = 2, y = 4: 4, and not what is left after the update."""
    end = descend(neuron_alone(exact([[1, 2]]), exact([4])), exact([3, -1]), 1, one_at_a_time(1, epochs=1), λ=STEP)
    assert end.history[0].loss == 4


def test_results_are_frozen():
    """A history that can be written into is not a history."""
    end = descend(neuron_on_batch(X, y), w, Fraction(0), full_batch(5, steps=1), λ=STEP)
    with pytest.raises(FrozenInstanceError):
        end.bias = 0


def test_training_writes_into_no_argument():
    """The start of one training is the start of the next."""
    start = np.zeros(2)
    start.setflags(write=False)
    data = np.ones((3, 2)), np.ones(3)
    for array in data:
        array.setflags(write=False)
    descend(neuron_on_batch(*data), start, 0.0, full_batch(3, steps=2), λ=0.05)


def test_a_minibatch_of_everything_is_the_full_batch():
    """The order within a batch does not matter: the gradient is a sum."""
    minibatch = minibatches(5, size=5, epochs=2, rng=np.random.default_rng(2))
    one = descend(neuron_on_batch(X, y), w, Fraction(0), minibatch, λ=STEP)
    other = descend(neuron_on_batch(X, y), w, Fraction(0), full_batch(5, steps=2), λ=STEP)
    assert (one.weights.tolist(), one.bias) == (other.weights.tolist(), other.bias)


def test_batches_of_one_sample_are_one_sample_at_a_time():
    """Section 3 with m = 1 is section 2, also after two epochs of steps."""
    one = descend(neuron_on_batch(X, y), w, Fraction(0), one_at_a_time(5, epochs=2), λ=STEP)
    other = descend(neuron_alone(X, y), w, Fraction(0), one_at_a_time(5, epochs=2), λ=STEP)
    assert (one.weights.tolist(), one.bias) == (other.weights.tolist(), other.bias)


@pytest.mark.parametrize("functions", [SAME, SQUARE], ids=["identity", "square"])
def test_a_network_of_one_unit_trains_like_the_neuron(functions):
    """The whole training, samples picked from rows here and from columns there."""
    f, df = functions
    neuron = descend(activated_neuron(X, y, f, df), w, Fraction(0), full_batch(5, steps=2), λ=Fraction(1, 50))
    objective = network(X.T, y[None, :], (f,), (df,))
    one = descend(objective, (w[None, :],), (exact([[0]]),), full_batch(5, steps=2), λ=Fraction(1, 50))
    assert (one.weights[0][0].tolist(), one.bias[0].item()) == (neuron.weights.tolist(), neuron.bias)


def test_float32_training_stays_float32():
    """Weights that became float64 at the first update would be so for good."""
    start = random_network((2, 3, 1), np.random.default_rng(0))
    weights, bias = ([part.astype(np.float32) for part in parts] for parts in (start.weights, start.bias))
    objective = network(X.T.astype(np.float32), y[None, :].astype(np.float32), (SAME[0],) * 2, (SAME[1],) * 2)
    end = descend(objective, tuple(weights), tuple(bias), full_batch(5, steps=2), λ=0.05)
    assert {part.dtype for part in (*end.weights, *end.bias)} == {np.dtype(np.float32)}


def test_a_network_is_described_by_its_widths():
    """The first is the number of features, and has no layer of its own."""
    made = random_network((3, 5, 2), np.random.default_rng(0))
    assert [part.shape for part in made.weights] == [(5, 3), (2, 5)]
    assert [part.shape for part in made.bias] == [(5, 1), (2, 1)]


def test_first_weights_have_variance_one_over_the_inputs():
    """Larger ones saturate tanh. 40 000 draws: the variance is known to 0.7 %, and 5 % is seven times that."""
    (weights,) = random_network((100, 400), np.random.default_rng(0)).weights
    assert weights.var() == pytest.approx(1 / 100, rel=0.05)
