"""Profiles for Hypothesis, and the section that says how much was verified.

Every test that verifies rows of the derivations adds them to ``verified``; what the section prints was counted.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, settings

from nnverify.derivations import Row

pytest_plugins = ["pytester"]

# Without the explain phase, which explains NumPy's printing of arrays; derandomised, so that a red run stays red.
_PHASES = tuple(phase for phase in Phase if phase is not Phase.explain)
settings.register_profile(
    "nnverify", max_examples=50, deadline=None, phases=_PHASES, derandomize=True, database=None, print_blob=True
)
settings.register_profile(
    "nnverify-thorough",
    parent=settings.get_profile("nnverify"),
    max_examples=1000,
    derandomize=False,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("nnverify")

_VERIFIED = pytest.StashKey[list[Row]]()


@pytest.fixture(autouse=True)
def _floating_point_errors_raise() -> Iterator[None]:
    """A warning of NumPy's that nobody asked about is a defect."""
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        yield


@pytest.fixture
def verified(request: pytest.FixtureRequest) -> list[Row]:
    """Rows to be counted in the closing section."""
    return request.config.stash.setdefault(_VERIFIED, [])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    rows = config.stash.get(_VERIFIED, [])
    if not rows:
        return
    formulas = [row for row in rows if row.kind == "formula"]
    terminalreporter.section("derivations")
    terminalreporter.line(
        f"{len(formulas)} formulas, {3 * len(formulas)} forms and {len(rows) - len(formulas)} special cases and "
        f"counterexamples verified on {sum(row.draws for row in rows):,} exact draws"
    )
