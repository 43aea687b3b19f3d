"""What a backward pass promises beside the right numbers: every promise broken is found, and no twin accused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nnverify import Outcome, Verdict, check_gradients
from tests.contract.layers import LAYERS, Layer
from tests.contract.mistakes import MISTAKES, Mistake

CASES = [(layer, mistake) for layer in LAYERS for mistake in MISTAKES if mistake.fits(layer)]


def _label(one: Any) -> str:
    return one.name


def _checked(layer: Layer, passed: Any) -> Verdict:
    state = np.random.get_state(legacy=False)["state"]["pos"]  # noqa: NPY002
    verdict = check_gradients(*passed, leaves=layer.leaves)
    assert np.random.get_state(legacy=False)["state"]["pos"] == state  # noqa: NPY002
    return verdict


@pytest.mark.parametrize(("layer", "mistake"), CASES, ids=_label)
def test_a_broken_promise_is_found(layer: Layer, mistake: Mistake) -> None:
    verdict = _checked(layer, mistake.wrong(layer))
    assert verdict.outcome is Outcome.FAIL, verdict
    assert set(verdict.codes) & set(mistake.codes), verdict


@pytest.mark.parametrize(("layer", "mistake"), CASES, ids=_label)
def test_its_twin_is_not_accused(layer: Layer, mistake: Mistake) -> None:
    verdict = _checked(layer, mistake.twin(layer))
    assert verdict.outcome is Outcome.PASS, verdict


@pytest.mark.parametrize("layer", LAYERS, ids=_label)
def test_the_layers_are_right(layer: Layer) -> None:
    assert _checked(layer, (layer.forward, layer.backward)).outcome is Outcome.PASS


def test_the_corpus_is_large() -> None:
    assert len(CASES) >= 100
    assert len(LAYERS) >= 15
