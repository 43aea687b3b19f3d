"""What does a check cost, beside the others and beside the floor of any check?"""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.checkers import CHECKERS, Checker, Layer, Sizes
from benchmarks.timing import in_turn

QUICK = ((50, 3, 2), (32, 64, 64))
FULL = (*QUICK, (64, 256, 256), (256, 1024, 1024))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "checker" not in metafunc.fixturenames:
        return
    sizes = FULL if metafunc.config.getoption("--full", default=False) else QUICK
    rows = [
        pytest.param(size, checker, id=f"{size[0]}x{size[1]}->{size[2]}-{checker.name}")
        for size in sizes
        for checker in CHECKERS
    ]
    metafunc.parametrize(("sizes", "checker"), rows)


def test_check(benchmark: Any, sizes: Sizes, checker: Checker) -> None:
    """A right gradient: whoever accuses it has no time to compare, and we must not."""
    m, n, p = sizes
    entries = m * n + n * p + p
    pytest.importorskip(checker.package, reason=f"{checker.package} is not installed: pip install 'nnverify[bench]'")
    if entries > checker.most:
        pytest.skip(f"{checker.name} looks at {entries:,} entries one by one")
    layer = Layer(sizes)
    if not checker.run(layer):
        assert checker.package != "numpy"
        pytest.skip(f"{checker.name} accuses the right gradient")
    first = layer.calls
    rounds = 5 if benchmark.enabled else 1
    benchmark.group = f"check of tanh(XW + b), {m}x{n} -> {p}"
    benchmark.extra_info |= {"by": checker.name, "forwards": first}
    if benchmark.enabled:
        times = in_turn([lambda: checker.run(layer), lambda: CHECKERS[0].run(layer)], rounds=rounds)
        benchmark.extra_info["x floor"] = float(times[0] / times[1])
    benchmark.pedantic(lambda: checker.run(layer), rounds=rounds)


def test_the_layer_that_is_checked_is_seen_when_it_is_wrong() -> None:
    """Shown what they must refuse: whoever passes this gradient has not looked at it."""
    layer = Layer((4, 3, 2))
    layer.backward = lambda dout, X, W, b: tuple(2 * each for each in Layer.backward(layer, dout, X, W, b))  # type: ignore[method-assign]
    ours = [one for one in CHECKERS if one.package == "numpy"]
    assert [one.run(layer) for one in ours] == [False] * len(ours)
