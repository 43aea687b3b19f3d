"""What a backward pass promises beside the right numbers: every promise broken is found, and no twin accused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nnverify import Outcome, UsageError, Verdict, check_gradients
from tests.contract.layers import LAYERS, Layer
from tests.contract.mistakes import MISTAKES, Mistake
from tests.sampling import sampled

CASES = [(layer, mistake) for layer in LAYERS for mistake in MISTAKES if mistake.fits(layer)]
BY = (lambda case: case[0].name, lambda case: case[1].name)
FEW = sampled(CASES, *BY)
SOME = sampled(CASES, *BY, each=4)


def _label(one: Any) -> str:
    return one.name


def _labels(case: tuple[Any, ...]) -> str:
    return "-".join(map(_label, case))


def _checked(layer: Layer, passed: Any, effort: str = "standard") -> Verdict:
    state = np.random.get_state(legacy=False)["state"]["pos"]  # noqa: NPY002
    verdict = check_gradients(*passed, leaves=layer.leaves, effort=effort)
    assert np.random.get_state(legacy=False)["state"]["pos"] == state  # noqa: NPY002
    return verdict


@pytest.mark.parametrize("case", SOME, ids=_labels)
def test_a_broken_promise_is_found(case: tuple[Layer, Mistake]) -> None:
    layer, mistake = case
    verdict = _checked(layer, mistake.wrong(layer), effort="point")
    assert verdict.outcome is Outcome.FAIL, verdict
    assert set(verdict.codes) & set(mistake.codes), verdict


@pytest.mark.parametrize("case", SOME, ids=_labels)
def test_its_twin_is_not_accused_at_a_point(case: tuple[Layer, Mistake]) -> None:
    layer, mistake = case
    verdict = _checked(layer, mistake.twin(layer), effort="point")
    assert verdict.outcome is Outcome.PASS, verdict


@pytest.mark.parametrize("case", FEW, ids=_labels)
def test_its_twin_is_not_accused(case: tuple[Layer, Mistake]) -> None:
    layer, mistake = case
    verdict = _checked(layer, mistake.twin(layer))
    assert verdict.outcome is Outcome.PASS, verdict


@pytest.mark.parametrize("layer", LAYERS, ids=_label)
def test_the_layers_are_right(layer: Layer) -> None:
    assert _checked(layer, (layer.forward, layer.backward)).outcome is Outcome.PASS


def test_the_corpus_is_large() -> None:
    assert len(CASES) >= 100
    assert len(LAYERS) >= 15


@pytest.mark.parametrize(("dtype", "remarked"), [(np.float32, True), (np.float64, False)], ids=["float32", "float64"])
def test_a_coarser_gradient_is_remarked(dtype: Any, remarked: bool) -> None:
    verdict = check_gradients(np.sin, lambda dout, x: (dout * np.cos(x)).astype(dtype), x=(4, 3))
    assert verdict.outcome is Outcome.PASS
    assert [one.message for one in verdict.findings if one.remark] == ["dx is float32, x is float64"] * remarked


def test_a_gradient_of_whole_numbers_is_remarked() -> None:
    verdict = check_gradients(np.sum, lambda dout, x: np.full(x.shape, round(8 * float(dout))) / 8, x=(3,))
    assert verdict.outcome is not Outcome.PASS  # the upstream is no whole number of eighths
    verdict = check_gradients(lambda x: np.sum(0 * x), lambda dout, x: np.zeros(x.shape, dtype=int), x=(3,))
    assert [one.message for one in verdict.findings if one.remark] == ["dx is int64, x is float64"]


def test_a_random_backward_is_called_so() -> None:
    rng = np.random.default_rng(0)
    verdict = check_gradients(np.sin, lambda dout, x: dout * np.cos(x) * rng.random(), x=(4, 3))
    said = [one.message for one in verdict.findings if one.check != "gradient"]
    assert said == ["dx is another one at every call of backward, for the same leaves and upstream"]


def test_what_is_random_in_both_is_not_put_down_to_the_first_call_alone() -> None:
    rng = np.random.default_rng(0)
    verdict = check_gradients(
        lambda x: x * (rng.random(x.shape) > 0.5), lambda dout, x: dout * (rng.random(x.shape) > 0.5), x=(4, 3)
    )
    assert any(
        one.message.endswith("the first call has changed what it needs, or it is random") for one in verdict.findings
    )


@pytest.mark.parametrize(("kind", "words"), [(bool, "booleans"), (int, "integers"), (float, "")])
def test_a_forward_in_steps_is_remarked(kind: type, words: str) -> None:
    verdict = check_gradients(lambda x: (x > 0).astype(kind), lambda dout, x: 0 * dout, x=(4, 3))
    wanted = f"forward returns {words}: what moves in steps has a gradient of zero"
    assert (wanted in verdict.notes) is bool(words)


def test_a_declared_mean_that_is_a_sum_is_refused() -> None:
    with pytest.raises(UsageError, match="with every sample repeated it doubles"):
        check_gradients(lambda x: np.sum(x**2), lambda x: 2 * x, x=(4, 3), reduction="mean")
    assert check_gradients(lambda x: np.sum(x**2), lambda x: 2 * x, x=(4, 3), reduction="sum").outcome is Outcome.PASS


class Accumulating:
    """Adds to its gradient, as many do until they are told to start anew."""

    def __init__(self) -> None:
        self.W, self.dW = np.linspace(-1.0, 1.0, 6).reshape(3, 2), np.zeros((3, 2))

    def forward(self, x: Any) -> Any:
        self.x = x
        return x @ self.W

    def backward(self, dout: Any) -> Any:
        self.dW += self.x.T @ dout
        return dout @ self.W.T


def test_an_object_may_accumulate_and_it_is_remarked() -> None:
    verdict = check_gradients(Accumulating(), x=(4, 3))
    assert verdict.outcome is Outcome.PASS
    assert {one.code for one in verdict.by_leaf["W"].findings if one.remark} == {"NV112", "NV305"}
