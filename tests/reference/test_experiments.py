"""The tutorials' experiments come out at least as well as reported, and the same every time."""

from __future__ import annotations

import numpy as np
import pytest

from reference import dense
from reference.experiments import EXPERIMENTS, UNSEEN, Experiment, X, step_against_dW, train, y

NEURONS = EXPERIMENTS[:3]


@pytest.fixture(scope="module")
def results() -> dict[str, Experiment]:
    return {plan.__name__: train(plan()) for plan in EXPERIMENTS}


@pytest.fixture(params=EXPERIMENTS, ids=lambda plan: plan.__name__)
def result(request: pytest.FixtureRequest, results: dict[str, Experiment]) -> Experiment:
    return results[request.param.__name__]


def test_prediction_is_at_least_as_close_as_reported(result):
    """The target of the unseen sample is 1."""
    assert abs(1 - result.predicted) <= abs(1 - result.reported)


def test_loss_falls_by_a_factor_of_fifty(result):
    """Closeness on one sample could be luck; the losses of the first and last five steps are not."""
    losses = [step.loss for step in result.history]
    assert 50 * np.mean(losses[-5:]) < np.mean(losses[:5])


@pytest.mark.parametrize("plan", EXPERIMENTS, ids=lambda plan: plan.__name__)
def test_experiment_gives_the_same_again(plan, results):
    """Seeds are stated, and nothing else is random."""
    assert train(plan()).predicted == results[plan.__name__].predicted


@pytest.mark.parametrize("plan", NEURONS, ids=lambda plan: plan.__name__)
def test_neuron_finds_the_feature_that_matters(plan, results):
    """Weights tend to (1, 0, 0) and the bias to 0, as the tutorial reports; 0.001 is what its predictions show."""
    result = results[plan.__name__]
    assert result.weights == pytest.approx([1, 0, 0], abs=1e-3)
    assert result.bias == pytest.approx(0, abs=1e-3)


def test_neuron_with_activation_ends_elsewhere(results):
    """tanh reaches 1 only in the limit, so its first weight grows beyond 1: the tutorial notes the difference."""
    assert results["with_activation"].weights[0] > 1.5


def test_unseen_sample_is_not_trained_on():
    """Otherwise the predictions would show memory, not learning."""
    assert len(X) == 7
    assert not (X == UNSEEN).all(axis=1).any()


def test_target_is_the_first_feature():
    """Both targets occur, and the unseen sample's is 1."""
    assert y.tolist() == X[:, 0].tolist()
    assert set(y) == {0, 1}
    assert UNSEEN[0] == 1


def test_history_has_a_step_for_every_update(result):
    """Seven samples, so 7, 3 or 1 batches per epoch; the plots have that many points."""
    per_epoch = -(-len(X) // result.settings.batch)
    assert len(result.history) == result.settings.epochs * per_epoch


def test_step_against_dW_lowers_the_mean_of_the_outputs():
    """The walk's closing experiment."""
    found = step_against_dW()
    assert found.after < found.before


def test_step_along_dW_raises_it():
    """Shown the wrong sign: the test before this one would see it."""
    found = step_against_dW(λ=-0.05)
    assert found.after > found.before


def test_decrease_is_the_squared_length_of_dW_to_first_order():
    """Mean after = mean before − λ‖dW‖² + O(λ²): a mask or a mean in the wrong place changes the length."""
    rng = np.random.default_rng(0)
    X, W = rng.standard_normal((50, 3)), rng.standard_normal((3, 2))
    dW = dense.dW_index(X, W, np.zeros((1, 2)), np.full((50, 2), 1 / 100))
    found = step_against_dW(λ=1e-6)
    assert (found.before - found.after) / 1e-6 == pytest.approx((dW**2).sum(), rel=1e-4)
