"""The demo catches and names every mistake it shows; a mistake named otherwise would make it fail."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from nnverify import demo
from nnverify.cli import main


@pytest.mark.parametrize("seed", [0, 4, 5, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(6, 26))])
def test_every_mistake_is_caught_and_named(seed: int, capsys: pytest.CaptureFixture[str]) -> None:
    """At sizes of two as well."""
    assert main(["demo", "--seed", str(seed)]) == 0
    shown = capsys.readouterr().out
    count = len(demo.MISTAKES)
    assert f"{count} of {count} mistakes caught, {count} named." in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_there_are_a_dozen_different_causes() -> None:
    assert len(Counter(mistake.code for mistake in demo.MISTAKES)) >= 12


def test_a_right_layer_is_not_caught(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Else the demo would print mistakes that are not there."""
    first = demo.MISTAKES[0]
    right = replace(first, backward=lambda dout, X, W, b: {"X": dout @ W.T, "W": X.T @ dout, "b": dout.sum(axis=0)})
    monkeypatch.setattr(demo, "MISTAKES", (right,))
    assert main(["demo"]) == 1
    assert "not caught" in capsys.readouterr().out
