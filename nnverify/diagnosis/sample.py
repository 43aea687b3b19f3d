"""A cheap look at a copy of the problem: what its backward claims for one random upstream, against one slope or two.

Some leaves are known to be right, and should be right at the copy: else the layer does not take such sizes. Where what
was wrong agrees at the copy, there is no mistake to be explained, and no Jacobian to be measured.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnverify._compare import DIFFERS
from nnverify.diagnosis.measure import slope
from nnverify.diagnosis.scene import MOST
from nnverify.draws import generator, signs
from nnverify.isolation import own_steps
from nnverify.subject import Subject, copied, like

Array = NDArray[np.float64]

_RIGHT = 1e-6  # relative gaps that leaves may have that are known to be right


@dataclass(frozen=True)
class Sample:
    """A subject, an upstream over its flat output, and by leaf the gradients that the backward returned for it."""

    subject: Subject
    upstream: Array
    gradients: Mapping[str, Array]
    seed: int

    def agrees(self, names: Sequence[str]) -> bool:
        """Whether gradients that are known to be right agree along one direction, all leaves moved at once."""
        u, terms = self._along(names)
        if u is None:
            return False
        found, error = slope(self.subject, u)
        size = np.sum(np.abs(terms)) + np.abs(self.upstream) @ np.abs(found)
        gap = abs(float(np.sum(terms)) - float(self.upstream @ found))
        return bool(gap <= _RIGHT * size + DIFFERS * error * np.sum(np.abs(self.upstream)))

    def differs(self, name: str) -> bool:
        """Whether one may be wrong: in doubt it is, since more is then measured."""
        u, terms = self._along([name])
        if u is None:
            return True
        found, error = slope(self.subject, u)
        return not abs(float(np.sum(terms)) - float(self.upstream @ found)) <= error * np.max(np.abs(self.upstream))

    def _along(self, names: Sequence[str]) -> tuple[dict[str, Array] | None, Array]:
        """A direction for each leaf, and what the gradients say along it; None where a gradient has another shape."""
        leaves = [one for one in self.subject.leaves if one.name in names and one.name in self.gradients]
        u = {one.name: own_steps(self.subject, one, self.seed).reshape(np.shape(one.value)) for one in leaves}
        if any(self.gradients[name].shape != step.shape for name, step in u.items()):
            return None, np.zeros(0)
        return u, np.concatenate(
            [np.zeros(0), *((self.gradients[name] * step).reshape(-1) for name, step in u.items())]
        )


def sample(subject: Subject, seed: int) -> Sample | None:
    """None where there are too many outputs, or where the functions cannot be run."""
    try:
        output, pullback = subject.at_point()
        vector = subject.flatten(output)
        if not 0 < vector.size <= MOST or not np.all(np.isfinite(vector)):
            return None
        upstream = signs((vector.size,), generator(seed, subject.name, "copy"), 1.0)
        upstream[vector.size - subject.unit_outputs :] = 1.0
        returned = pullback(like(upstream.copy(), output))
        gradients = {name: np.array(copied(one), dtype=np.float64) for name, one in returned.items() if one is not None}
    except Exception:
        return None
    return Sample(subject, upstream, gradients, seed)
