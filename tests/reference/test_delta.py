"""Section 6: one layer at a time by hand, then networks whose gradients can be said without running them."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from reference import delta

SAME = (lambda z: z, lambda z: np.ones_like(z) * 1)
SQUARE = (lambda z: z * z, lambda z: 2 * z)


@pytest.fixture(params=("jacobian", "index", "vector"))
def form(request: pytest.FixtureRequest):
    return lambda name: getattr(delta, f"{name}_{request.param}")


def exact(entries: object) -> np.ndarray:
    return np.array(entries, dtype=object) * Fraction(1)


Z, δ_above, W = exact([[1, 2], [3, 4], [5, 6]]), exact([[1, 10], [2, 20]]), exact([[1, 0, 2], [0, 3, -1]])


def test_last_error_is_scaled_by_the_slope_of_the_activation(form):
    """f′ = 2Z of the first two rows."""
    assert form("last")(Z[:2], *SQUARE, δ_above).tolist() == [[2, 40], [12, 160]]


def test_recursion_goes_back_through_the_weights_and_then_the_activation(form):
    """Wᵀδ⁺ = ((1, 10), (6, 60), (0, 0)) ⊙ 2Z."""
    recursion = form("recursion")(Z, W, exact([[7], [7]]), *SQUARE, δ_above)
    assert recursion.tolist() == [[2, 40], [36, 480], [0, 0]]


def test_weight_gradient_pairs_each_error_with_what_the_layer_read(form):
    """δ⁺Zᵀ: (1·1 + 10·2, 1·3 + 10·4, 1·5 + 10·6), and twice that."""
    assert form("weights")(W, Z, exact([[0], [0]]), δ_above).tolist() == [[21, 43, 65], [42, 86, 130]]


def test_bias_gradient_sums_over_samples_and_stays_a_column(form):
    """A row in its place would broadcast over samples at the next forward pass."""
    assert form("bias")(W, Z, exact([[0], [0]]), δ_above).tolist() == [[11], [22]]


def test_input_gradient_is_the_error_seen_through_the_weights(form):
    """Wᵀδ⁺, the recursion without an activation."""
    assert form("input")(W, Z, exact([[0], [0]]), δ_above).tolist() == [[1, 10], [6, 60], [0, 0]]


def chain(*weights: int) -> tuple[object, ...]:
    """One unit per layer, no bias, no activation, one sample x = 1 with target 0: the output is the product."""
    depth = len(weights)
    W, b = [exact([[weight]]) for weight in weights], [exact([[0]])] * depth
    return exact([[1]]), W, b, [SAME[0]] * depth, [SAME[1]] * depth, exact([[0]])


def test_each_weight_of_a_chain_sees_the_product_of_the_others(form):
    """L = (2·3·5)², so dW of the first is 2·30·(3·5), of the second 2·30·(2·5), of the third 2·30·(2·3)."""
    assert [part.item() for part in form("dW")(*chain(2, 3, 5))] == [900, 600, 360]


def test_each_bias_of_a_chain_sees_the_weights_above_it(form):
    """2·30 times 3·5, 5, and 1."""
    assert [part.item() for part in form("db")(*chain(2, 3, 5))] == [900, 300, 60]


def test_input_of_a_chain_sees_all_weights(form):
    """2·30·(2·3·5)."""
    assert form("dX")(*chain(2, 3, 5)).item() == 1800


def test_activations_belong_to_their_layers(form):
    """y = 5·(3·(2x)²): dW of the first is 2y·5·3·2·(2x)·x = 2·60·5·3·2·2. A list of slopes shifted by one fails."""
    X, W, b, f, df, Y = chain(2, 3, 5)
    f, df = [SQUARE[0], *f[1:]], [SQUARE[1], *df[1:]]
    assert form("dW")(X, W, b, f, df, Y)[0].item() == 2 * 60 * 5 * 3 * 2 * 2


def test_every_path_counts_once(form):
    """Ones everywhere: L = (output)² over 3 inputs and layers of 2, 4, 1 units, all weights 1, so the output is 3·2·4.

    An input lies on 2·4 paths to the output, so its gradient is 2·24·8.
    """
    widths = (3, 2, 4, 1)
    W = [exact(np.ones((p, n), int)) for p, n in zip(widths[1:], widths, strict=False)]
    b = [exact(np.zeros((p, 1), int)) for p in widths[1:]]
    gradient = form("dX")(exact(np.ones((3, 1), int)), W, b, [SAME[0]] * 3, [SAME[1]] * 3, exact([[0]]))
    assert gradient.tolist() == [[2 * 24 * 8]] * 3


def test_gradients_come_one_per_layer_as_a_tuple(form):
    """A tuple: a training that wrote into it would change what another form returned."""
    assert isinstance(form("dW")(*chain(2, 3)), tuple)
