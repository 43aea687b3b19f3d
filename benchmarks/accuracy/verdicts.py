"""Is a right gradient accused? The whole check, at its defaults, on every family in every precision."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from benchmarks.accuracy.family import Family
from nnverify import Outcome, check_gradients
from nnverify.draws import generator


@dataclass(frozen=True)
class Verdicts:
    """Right gradients by outcome; ``accused`` and ``open`` tell of which families the other two are."""

    dtype: str
    cases: int
    passed: int
    inconclusive: int
    failed: int
    accused: Mapping[str, int]
    open: Mapping[str, int]


def judge(dtype: str, points: Mapping[Family, int]) -> Verdicts:
    """So many points of each family, where forward and backward are finite in this precision."""
    found = [(family.name, _outcome(family, dtype, seed)) for family, count in points.items() for seed in range(count)]
    judged = [(name, outcome) for name, outcome in found if outcome is not None]
    by = {outcome: Counter(name for name, one in judged if one is outcome) for outcome in Outcome}
    return Verdicts(
        dtype,
        len(judged),
        by[Outcome.PASS].total(),
        by[Outcome.INCONCLUSIVE].total(),
        by[Outcome.FAIL].total(),
        dict(by[Outcome.FAIL].most_common()),
        dict(by[Outcome.INCONCLUSIVE].most_common()),
    )


def _outcome(family: Family, dtype: str, seed: int) -> Outcome | None:
    drawn = family.draw(generator(seed, family.name, "verdict"))
    leaves = {name: np.asarray(value).astype(dtype) for name, value in drawn.items()}

    def forward(*values: object) -> object:
        return family.forward(np, *values)

    def backward(dout: object, *values: object) -> dict[str, object]:
        return dict(zip(leaves, family.backward(np, dout, *values), strict=True))

    with np.errstate(all="ignore"):
        output = np.asarray(forward(*leaves.values()))
        gradients = backward(np.ones_like(output), *leaves.values())
        if not all(np.all(np.isfinite(np.asarray(one))) for one in (output, *gradients.values())):
            return None
    return check_gradients(forward, backward, leaves=leaves, seed=seed, dtype=dtype, convention="pair").outcome
