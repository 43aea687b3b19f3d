"""Wrong entries of a large gradient are named, each with a few looks and not one look each."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from nnverify import Outcome, check_gradients
from nnverify.localisation import Location, locate
from nnverify.probe import probe
from nnverify.subject import Leaf, Subject

Array = np.ndarray[Any, Any]

ROWS, COLUMNS = 128, 256
RNG = np.random.default_rng(4)
X, W = RNG.standard_normal((6, ROWS)), RNG.standard_normal((ROWS, COLUMNS)) / 16


def _forward(X: Array, W: Array) -> Array:
    return np.tanh(X @ W)


def _subject(wrong: Callable[[Array], Array]) -> Subject:
    """The dense layer, whose gradient by W has gone through ``wrong``."""

    def run(X: Array, W: Array) -> Any:
        y = _forward(X, W)
        return y, lambda dout: {"X": (dout * (1 - y * y)) @ W.T, "W": wrong(X.T @ (dout * (1 - y * y)))}

    return Subject("dense", (Leaf("X", X), Leaf("W", W)), run, _forward)


def _located(wrong: Callable[[Array], Array], seed: int = 0) -> Location:
    subject = _subject(wrong)
    return locate(subject, subject.leaves[1], probe(subject, 0, seed), seed)


def _added(places: Array, size: float) -> Callable[[Array], Array]:
    def wrong(dW: Array) -> Array:
        dW.reshape(-1)[places[places < dW.size]] += size * np.sqrt(np.mean(dW**2))
        return dW

    return wrong


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("size", [1.0, 1e-6])
@pytest.mark.parametrize(("count", "most"), [(1, 130), (3, 320), (10, 900)])
def test_wrong_entries_among_many_are_all_named(count: int, most: int, size: float, seed: int) -> None:
    """The errors are equal, and so may be the steps: in one group they must not cancel."""
    places = np.random.default_rng([count, seed]).choice(W.size, count, replace=False)
    found = _located(_added(places, size), seed)
    named = {int(np.ravel_multi_index(entry.index, W.shape)) for entry in found.wrong}
    assert named == set(places.tolist())
    assert found.evaluations <= most


def test_what_one_half_may_have_left_unexplained_is_looked_at() -> None:
    """Errors of a hundred-millionth are near the bar of a large group, and what is not known to be right is no less."""
    for seed in range(12):
        places = np.random.default_rng([3, seed]).choice(W.size, 10, replace=False)
        assert len(_located(_added(places, 1e-7), seed).wrong) == 10


def test_a_wrong_entry_that_is_next_to_zero_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Moved by its own size, it would move the output by a ten-thousandth of what the others do."""
    small = W.copy()
    small.reshape(-1)[777] = 1e-4 / 16
    monkeypatch.setitem(globals(), "W", small)
    for seed in range(3):
        found = _located(_added(np.array([777]), 1e-6), seed)
        assert [np.ravel_multi_index(entry.index, W.shape) for entry in found.wrong] == [777]


def test_one_wrong_entry_is_named_in_fewer_than_400_evaluations() -> None:
    """Those of the smaller layers in which a cause is looked for are counted, too."""
    calls = ModuleType("calls")  # what a module holds is no state of the layer
    calls.all = 0  # type: ignore[attr-defined]

    def counted(X: Array, W: Array) -> Array:
        calls.all += 1
        return _forward(X, W)

    wrong = _subject(_added(np.array([4321]), 1e-6)).run

    def backward(dout: Array, X: Array, W: Array) -> Any:
        return wrong(X, W)[1](dout)

    verdict = check_gradients(counted, backward, leaves={"X": X, "W": W})
    assert "most at [16,225]" in next(one.message for one in verdict.findings if one.outcome is Outcome.FAIL)
    assert calls.all < 400


def test_a_right_gradient_has_no_wrong_entries() -> None:
    found = _located(lambda dW: dW)
    assert found.entries == ()
    assert found.inside == ""


def test_both_sides_and_the_bar_of_an_entry_are_told() -> None:
    (entry,) = _located(_added(np.array([ROWS + 5]), 1e-3)).wrong
    one = probe(_subject(lambda dW: dW), 0, 0)
    assert entry.index == (np.unravel_index(ROWS + 5, W.shape))
    assert entry.numerical == pytest.approx(one.gradients["W"][entry.index], rel=1e-9)
    assert entry.bar < 1e-6 * abs(entry.backward - entry.numerical)


def _times(factor: float, where: Any) -> Callable[[Array], Array]:
    def wrong(dW: Array) -> Array:
        dW[where] *= factor
        return dW

    return wrong


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ((3, slice(None)), "[3,:]"),
        ((slice(None), 7), "[:,7]"),
        ((slice(None), slice(None)), ""),
        ((slice(3, 5), slice(None)), ""),
    ],
)
def test_errors_that_fill_a_slice_are_summed_up(where: Any, words: str) -> None:
    """Sixteen entries of a row are no list that helps; "none outside row 3" is, and must be true."""
    found = _located(_times(2.0, where))
    assert found.inside == words
    assert not found.complete
    assert str(found).endswith(f"none of them outside {words}" if words else "of 32,768 entries")


def test_a_kink_between_does_not_hide_a_wrong_entry() -> None:
    """Moving half of W crosses zeros of a ReLU; where the few steps are not enough the whole ladder looks."""

    def forward(X: Array, W: Array) -> Array:
        return np.maximum(X @ W, 0.0)

    def backward(dout: Array, X: Array, W: Array) -> dict[str, Array]:
        local = dout * (X @ W > 0)
        dW = X.T @ local
        dW[2, 9] += 1e-3
        return {"X": local @ W.T, "W": dW}

    verdict = check_gradients(forward, backward, X=X[:, :16], W=W[:16, :32])
    assert verdict.by_leaf["W"].outcome is Outcome.FAIL
    assert verdict.findings[1].index == (2, 9)
