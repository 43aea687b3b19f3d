"""A search inside tests: under @given, on several workers, with the session's effort, and with its rerun line."""

from __future__ import annotations

import pytest

_LAYERS = """
    import numpy as np

    def square(x):
        return x**2

    def right(dout, x):
        return 2 * dout * x

    def wrong(dout, x):
        return 2 * dout * np.where(x == 0, 1, x)
"""
_TESTS = """
    from hypothesis import given, settings

    from layers import right, square, wrong
    from nnverify import assert_gradients, check_gradients
    from nnverify.strategies import aim, leaves

    def test_wrong():
        assert_gradients(square, wrong, x="n")

    @settings(max_examples=3, derandomize=True, database=None, deadline=None)
    @given(leaves(x="n", largest=2))
    def test_right(found):
        aim(assert_gradients(square, right, **found))

    @settings(max_examples=3, derandomize=True, database=None, deadline=None)
    @given(leaves(x="n", largest=2))
    def test_session(check_gradients, found):
        assert "mixtures of special entries" in check_gradients(square, right, **found).notes[-1]
"""


@pytest.mark.parametrize("workers", [pytest.param("0", marks=pytest.mark.slow), "2"])
def test_a_session_may_search(pytester: pytest.Pytester, workers: str) -> None:
    if workers != "0":
        pytest.importorskip("xdist")
    pytester.makepyfile(layers=_LAYERS, test_layers=_TESTS)
    found = pytester.runpytest_subprocess(
        *(["-n", workers] if workers != "0" else []), "--nnverify-effort=thorough", "--nnverify-seed=3"
    )
    found.assert_outcomes(failed=1, passed=2)
    found.stdout.fnmatch_lines(
        [
            "*found where x holds a zero*",
            "*def test_gradients_of_square():*",
            "*assert_gradients(square, wrong, effort=\"point\", seed=3, x=np.array([[]0.0[]]))*",
            "Repeat: pytest test_layers.py::test_wrong --nnverify-seed=3 --nnverify-effort=thorough",
        ]
    )  # fmt: skip


@pytest.mark.slow
def test_without_the_effort_it_is_not_seen(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(layers=_LAYERS, test_layers=_TESTS)
    pytester.runpytest_subprocess("-k", "wrong", "--nnverify-effort=point").assert_outcomes(passed=1)
