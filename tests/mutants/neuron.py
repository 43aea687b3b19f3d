"""Mutants of one neuron on one sample."""

from __future__ import annotations

import numpy as np

from reference.neuron import activation, loss
from reference.notation import gradient, ones
from tests.mutants.mutant import EVERY, Mutant

MUTANTS = (
    Mutant(
        *("neuron-da-jacobian-two-left-out", "neuron.da", "jacobian"),
        wrong=lambda a, y: ((a - y) * ones(1))[0, 0],
        twin=lambda a, y: (((a - y) + (a - y)) * ones(1))[0, 0],
    ),
    Mutant(
        *("neuron-da-index-plus", "neuron.da", "index"),
        wrong=lambda a, y: 2 * (a + y),
        twin=lambda a, y: 2 * a - 2 * y,
    ),
    Mutant(
        *("neuron-da-vector-difference-swapped", "neuron.da", "vector"),
        wrong=lambda a, y: 2 * (y - a),
        twin=lambda a, y: -2 * (y - a),
    ),
    Mutant(
        *("neuron-dw-jacobian-w-for-x", "neuron.dw", "jacobian"),
        wrong=lambda x, w, b, y: gradient(2 * (activation(x, w, b) - y) * w[None, :]),
        twin=lambda x, w, b, y: gradient(2 * (activation(x, w, b) - y) * x[:, None].T),
    ),
    Mutant(
        *("neuron-dw-index-bias-left-out", "neuron.dw", "index"),
        wrong=lambda x, w, b, y: np.array([2 * (w @ x - y) * x[j] for j in range(len(w))]),
        twin=lambda x, w, b, y: np.array([2 * (b + w @ x - y) * x[j] for j in range(len(w))]),
    ),
    Mutant(
        *("neuron-dw-vector-residual-squared", "neuron.dw", "vector"),
        wrong=lambda x, w, b, y: 2 * (activation(x, w, b) - y) ** 2 * x,
        twin=lambda x, w, b, y: 2 * (activation(x, w, b) - y) ** 1 * x,
    ),
    Mutant(
        *("neuron-dw-all-two-left-out", "neuron.dw", EVERY),
        wrong=lambda x, w, b, y: (activation(x, w, b) - y) * x,
        twin=lambda x, w, b, y: (activation(x, w, b) - y) * 2 * x,
    ),
    Mutant(
        *("neuron-db-jacobian-b-for-one", "neuron.db", "jacobian"),
        wrong=lambda x, w, b, y: (2 * (activation(x, w, b) - y) * (b * ones(1)))[0, 0],
        twin=lambda x, w, b, y: (2 * (activation(x, w, b) - y) * ones(1).T)[0, 0],
    ),
    Mutant(
        *("neuron-db-index-first-feature-left-out", "neuron.db", "index"),
        wrong=lambda x, w, b, y: 2 * (sum(w[j] * x[j] for j in range(1, len(w))) + b - y),
        twin=lambda x, w, b, y: 2 * (sum(w[j] * x[j] for j in reversed(range(len(w)))) + b - y),
    ),
    Mutant(
        *("neuron-db-vector-loss-for-its-slope", "neuron.db", "vector"),
        wrong=lambda x, w, b, y: loss(x, w, b, y),
        # The loss is a square, so that its difference quotient over ±1 is the slope.
        twin=lambda x, w, b, y: (loss(x, w, b + 1, y) - loss(x, w, b - 1, y)) / 2,
    ),
    Mutant(
        *("neuron-dx-jacobian-residual-at-x", "neuron.dx", "jacobian"),
        wrong=lambda x, w, b, y: gradient(2 * (activation(x, x, b) - y) * w[None, :]),
        twin=lambda x, w, b, y: gradient(2 * (activation(w, x, b) - y) * w[None, :]),
    ),
    Mutant(
        *("neuron-dx-index-target-left-out", "neuron.dx", "index"),
        wrong=lambda x, w, b, y: np.array([2 * activation(x, w, b) * w[j] for j in range(len(x))]),
        twin=lambda x, w, b, y: np.array([2 * activation(x, w, b - y) * w[j] for j in range(len(x))]),
    ),
    Mutant(
        *("neuron-dx-vector-x-for-w", "neuron.dx", "vector"),
        wrong=lambda x, w, b, y: 2 * (activation(x, w, b) - y) * x,
        twin=lambda x, w, b, y: 2 * w * (activation(x, w, b) - y),
    ),
)
