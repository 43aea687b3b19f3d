"""Directions step exactly; probes hand out copies."""

from typing import Any

import numpy as np
import pytest

from nnverify.draws import generator
from nnverify.probe import along, direction, exact_steps, few_enough, magnitudes, probe
from nnverify.subject import Leaf
from tests.subjects import dense, dense_backward, dense_leaves, subject

LAYER = subject(dense, dense_backward, **dense_leaves())


def _realised(x: Any, u: Any, t: float) -> Any:
    """Whether x + t·u and x − t·u are off by exactly t·u, where neither leaves the binade of x."""
    stays = np.frexp(x + t * u)[1] == np.frexp(x - t * u)[1]
    return (((x + t * u) - x == t * u) & ((x - t * u) - x == -t * u))[stays]


@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e12])
def test_steps_are_realised_without_rounding(scale: float) -> None:
    """Bits of u that are lost in x + t·u would look like a wrong gradient where the step is fine."""
    rng = generator(0)
    x = rng.standard_normal(1000) * scale
    u = rng.standard_normal(1000) * scale
    for t in np.ldexp(1.0, -np.arange(2, 40)):
        assert np.all(_realised(x, exact_steps(x, u), t))
        assert not np.all(_realised(x, u, t))


def test_exact_steps_change_a_direction_by_little() -> None:
    x, u = np.ones(3), np.array([0.3, -0.7, 1.1])
    assert np.allclose(exact_steps(x, u), u, rtol=1e-3)


def test_exact_steps_leave_nothing_behind() -> None:
    """An entry a million times smaller than its neighbour's step would not move at all, and never be seen wrong."""
    assert np.all(exact_steps(np.full(2, 1e9), np.array([1.0, -1.0])) * [1, -1] > 0)


def test_direction_has_the_size_of_its_leaf_and_both_signs() -> None:
    leaf = LAYER.leaves[1]
    u = direction(LAYER, leaf, 0, 0)
    size = np.sqrt(np.mean(leaf.value**2))
    assert np.all((np.abs(u) > 0.499 * size) & (np.abs(u) < 1.001 * size))
    assert min(u.flat) < 0 < max(u.flat)


def test_direction_of_a_zero_leaf_is_not_zero() -> None:
    layer = subject(dense, dense_backward, **dense_leaves() | {"b": np.zeros(5)})
    assert np.all(direction(layer, layer.leaves[2], 0, 0) != 0)


def test_directions_and_upstreams_are_fresh_for_every_number() -> None:
    leaf = LAYER.leaves[0]
    assert not np.array_equal(direction(LAYER, leaf, 0, 0), direction(LAYER, leaf, 1, 0))
    assert not np.array_equal(probe(LAYER, 0, 0).upstream, probe(LAYER, 1, 0).upstream)


def test_upstream_is_never_constant() -> None:
    """Ones as upstream pass a softmax backward that returns zeros."""
    upstream = probe(LAYER, 0, 0).upstream
    assert len(set(np.abs(upstream))) == upstream.size


def test_line_moves_only_what_the_direction_names() -> None:
    seen: list[Any] = []

    def forward(x: Any, y: Any) -> Any:
        seen.append((x.copy(), y.copy()))
        return x + y

    layer = subject(forward, lambda dout, x, y: {"x": dout, "y": dout}, x=np.ones(2), y=np.ones(2))
    along(layer, {"x": np.array([1.0, 2.0])}, probe(layer, 0, 0))(0.5)
    assert seen[-1][0].tolist() == [1.5, 2.0]
    assert seen[-1][1].tolist() == [1.0, 1.0]


def test_line_computes_each_value_once() -> None:
    calls: list[int] = []
    layer = subject(lambda x: calls.append(1) or x, lambda dout, x: {"x": dout}, x=np.ones(2))
    line = along(layer, {"x": np.ones(2)}, probe(layer, 0, 0))
    before = len(calls)
    line(0.5), line(0.5), line(0.0)
    assert len(calls) - before == line.evaluations == 1


def _sizes(values: Any) -> list[int]:
    return [len(group) for group in magnitudes(Leaf("x", values))]


def test_entries_of_another_magnitude_are_a_group_of_their_own() -> None:
    assert _sizes(np.array([1.0, 2.0, 1e-9, 0.0])) == [3, 1]
    assert _sizes(np.concatenate([np.linspace(0.5, 1, 100_000), np.full(8, 1e-9)])) == [100_000, 8]


@pytest.mark.parametrize("seed", range(10))
def test_of_a_million_entries_some_are_next_to_zero_by_chance(seed: int) -> None:
    rng = generator(seed)
    assert _sizes(rng.standard_normal(1_000_000)) == [1_000_000]
    assert _sizes(rng.uniform(0, 1, 1_000_000)) == [1_000_000]


@pytest.mark.parametrize("seed", range(40))
def test_one_of_some_thousand_may_be(seed: int) -> None:
    assert _sizes(generator(seed).standard_normal(10_000)) == [10_000]


def test_few_is_what_a_density_explains() -> None:
    sizes = np.linspace(1e-6, 1, 1001)
    assert few_enough(sizes < 0.01, 0.01, sizes)
    assert few_enough(sizes < 0, 0.01, sizes)
    assert not few_enough(sizes < 0.5, 0.5, sizes)
    assert not few_enough(np.arange(1001) < 100, 0.01, np.where(np.arange(1001) < 100, 1e-3, sizes))
