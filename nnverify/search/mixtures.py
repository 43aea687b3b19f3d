"""Mixtures that no list enumerates: every entry of every leaf special or not, drawn and shrunk by Hypothesis.

It is led towards points where the two sides differ more. Inside a test of the caller's own under @given nothing is
drawn: that test is the better search.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, Verbosity, currently_in_test_context, given, seed, settings
from hypothesis import strategies as st

from nnverify.search.judge import Budget, judged
from nnverify.search.layer import Base, Point
from nnverify.search.values import CODE, allowed, descriptions
from nnverify.strategies import aim
from nnverify.subject import Leaf
from nnverify.verdict import Outcome, Verdict

_SPECIAL = (1.0, 0.0, -1.0, 0.5, -2.0, 1e-3, 30.0, -30.0)
_EXAMPLES = 20
_ENTRIES = 12  # of a leaf; the entries of larger ones stay as they are


class _Found(Exception):
    """A point that fails, with its verdict."""

    def __init__(self, point: Point, verdict: Verdict) -> None:
        super().__init__("a mixture fails")
        self.point, self.verdict = point, verdict


def mixed(base: Base, budget: Budget) -> tuple[Point, Verdict] | None:
    """The simplest mixture that fails; None where none does."""
    leaves = [leaf for leaf in base.subject.targets() if 0 < np.size(leaf.value) <= _ENTRIES]
    if currently_in_test_context() or not leaves:
        return None
    said = descriptions(base.layer.found)

    def attempt(values: Mapping[str, Any]) -> None:
        if budget.spent or not all(
            allowed(np.asarray(values[leaf.name]), leaf, said.get(leaf.name)) for leaf in leaves
        ):
            return
        point = Point("mixtures", "several entries are special at once", base.leaves, values, base.options, CODE)
        _, verdict = judged(base, point, budget)
        if verdict is not None and verdict.outcome is Outcome.FAIL:
            raise _Found(point, verdict)
        if verdict is not None:
            aim(verdict)

    try:
        _driven(attempt, st.fixed_dictionaries({leaf.name: _mixture(leaf) for leaf in leaves}), base)()
    except _Found as found:
        return found.point, found.verdict
    return None


def _driven(attempt: Callable[[Mapping[str, Any]], None], mixtures: Any, base: Base) -> Callable[[], None]:
    quiet = settings(
        max_examples=_EXAMPLES,
        phases=(Phase.generate, Phase.target, Phase.shrink),
        database=None,
        deadline=None,
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
    )
    return seed(base.layer.chosen.seed)(quiet(given(values=mixtures)(lambda values: attempt(values))))


def _mixture(leaf: Leaf) -> Any:
    """Each entry as it is, or special."""
    value = np.asarray(leaf.value)
    own = [st.sampled_from((*_SPECIAL, float(one))) for one in value.reshape(-1)]
    return st.tuples(*own).map(lambda found: np.array(found, dtype=value.dtype).reshape(value.shape)[()])
