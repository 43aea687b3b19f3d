"""Wrong entries among many: are they named, and with how many forward passes?"""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.scaling.layer import Layer, backward, counted
from nnverify import Outcome, check_gradients

LAYERS = (Layer(16, 100, 100), Layer(16, 316, 316), Layer(16, 1000, 1000), Layer(16, 3162, 3162))
WRONG = (1, 3, 10)
SIZES = (1e-3, 1e-6)  # of the error, relative to the typical entry
HEAD = ("entries of W", "wrong", "size of the error", "outcome", "named", "forward")


def row(layer: Layer, wrong: int, size: float) -> tuple[str, ...]:
    leaves = layer.leaves()
    places = np.random.default_rng(wrong).choice(leaves["W"].size, wrong, replace=False)

    def mistaken(dout: Any, X: Any, W: Any, b: Any) -> Any:
        found = backward(dout, X, W, b)
        dW = found["W"].copy()
        typical = float(np.sqrt(np.mean(dW**2)))
        dW.reshape(-1)[places[places < dW.size]] += size * typical  # a smaller layer has but some of them
        return found | {"W": dW}

    passes = counted(backward=mistaken)
    verdict = check_gradients(passes.forward, passes.backward, leaves=leaves)
    named = _named(verdict, leaves["W"].shape, set(places.tolist()))
    outcome = (
        verdict.outcome.value.upper() if verdict.outcome is not Outcome.PASS else f"pass ({verdict.resolution:.0e})"
    )
    return (f"{leaves['W'].size:,}", str(wrong), f"{size:.0e}", outcome, f"{named} of {wrong}", str(passes.calls()[0]))


def _named(verdict: Any, shape: tuple[int, ...], places: set[int]) -> int:
    """How many of the wrong entries the findings name, each as an entry that differs."""
    found = {
        int(np.ravel_multi_index(entry.index, shape))
        for finding in verdict.findings
        if finding.leaf == "W" and finding.details is not None
        for entry in finding.details.entries
        if abs(entry.backward - entry.numerical) > 3 * entry.bar
    }
    return len(found & places)
