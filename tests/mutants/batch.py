"""Mutants of one neuron on a batch: mostly about where the 1/m is, and what is summed over samples."""

from __future__ import annotations

import numpy as np

from reference.batch import activation
from reference.notation import gradient, identity, ones, unvec
from tests.mutants.mutant import EVERY, Mutant

MUTANTS = (
    Mutant(
        *("batch-da-jacobian-one-over-m-left-out", "batch.da", "jacobian"),
        wrong=lambda a, y: gradient(2 * (a - y)[None, :]),
        twin=lambda a, y: gradient(2 * ((a - y) / len(y))[None, :]),
    ),
    Mutant(
        *("batch-da-index-target-off-by-one", "batch.da", "index"),
        wrong=lambda a, y: np.array([2 * (a[i] - y[i - 1]) / len(y) for i in range(len(y))]),
        twin=lambda a, y: np.array([2 * (a[i] - y[i - len(y)]) / len(y) for i in range(len(y))]),
    ),
    Mutant(
        *("batch-da-vector-one-over-m-twice", "batch.da", "vector"),
        wrong=lambda a, y: 2 * (a - y) / len(y) / len(y),
        twin=lambda a, y: (a - y) / len(y) + (a - y) / len(y),
    ),
    Mutant(
        *("batch-dw-jacobian-n-for-m", "batch.dw", "jacobian"),
        wrong=lambda X, w, b, y: gradient(2 * (activation(X, w, b) - y)[None, :] / X.shape[1] @ X),
        twin=lambda X, w, b, y: gradient(2 * (activation(X, w, b) - y)[None, :] / X.shape[0] @ X),
    ),
    Mutant(
        *("batch-dw-index-last-sample-left-out", "batch.dw", "index"),
        wrong=lambda X, w, b, y: np.array(
            [2 * sum((X[i] @ w + b - y[i]) * X[i, j] for i in range(len(y) - 1)) / len(y) for j in range(len(w))]
        ),
        twin=lambda X, w, b, y: np.array(
            [2 * sum((X[i] @ w + b - y[i]) * X[i, j] for i in reversed(range(len(y)))) / len(y) for j in range(len(w))]
        ),
    ),
    Mutant(
        *("batch-dw-vector-one-over-m-twice", "batch.dw", "vector"),
        wrong=lambda X, w, b, y: 2 * X.T @ (activation(X, w, b) - y) / len(y) ** 2,
        twin=lambda X, w, b, y: 2 * X.T @ ((activation(X, w, b) - y) / len(y)),
    ),
    Mutant(
        *("batch-dw-vector-wrong-axis", "batch.dw", "vector"),
        wrong=lambda X, w, b, y: 2 * (X * (activation(X, w, b) - y)[:, None]).sum(axis=1) / len(y),
        twin=lambda X, w, b, y: 2 * (X * (activation(X, w, b) - y)[:, None]).sum(axis=0) / len(y),
    ),
    Mutant(
        *("batch-dw-vector-not-transposed", "batch.dw", "vector"),
        wrong=lambda X, w, b, y: 2 * X @ (activation(X, w, b) - y) / len(y),
        twin=lambda X, w, b, y: 2 * (activation(X, w, b) - y) @ X / len(y),
    ),
    Mutant(
        *("batch-dw-all-one-over-m-left-out", "batch.dw", EVERY),
        wrong=lambda X, w, b, y: 2 * X.T @ (activation(X, w, b) - y),
        twin=lambda X, w, b, y: (2 * X * (activation(X, w, b) - y)[:, None]).mean(axis=0),
    ),
    Mutant(
        *("batch-db-jacobian-activation-for-one", "batch.db", "jacobian"),
        wrong=lambda X, w, b, y: (2 * (activation(X, w, b) - y)[None, :] / len(y) @ activation(X, w, b)[:, None])[0, 0],
        twin=lambda X, w, b, y: (ones(len(y)).T @ (2 * (activation(X, w, b) - y)[:, None] / len(y)))[0, 0],
    ),
    Mutant(
        *("batch-db-index-bias-once-per-feature", "batch.db", "index"),
        wrong=lambda X, w, b, y: (
            2 * sum(sum(X[i, j] * w[j] + b for j in range(len(w))) - y[i] for i in range(len(y))) / len(y)
        ),
        twin=lambda X, w, b, y: (
            2 * sum(sum(X[i, j] * w[j] + b / len(w) for j in range(len(w))) - y[i] for i in range(len(y))) / len(y)
        ),
    ),
    Mutant(
        *("batch-db-vector-not-summed", "batch.db", "vector"),
        wrong=lambda X, w, b, y: 2 * (activation(X, w, b) - y) / len(y),
        twin=lambda X, w, b, y: (2 * (activation(X, w, b) - y) / len(y)).sum(),
    ),
    Mutant(
        *("batch-db-vector-mean-of-the-mean", "batch.db", "vector"),
        wrong=lambda X, w, b, y: (2 * (activation(X, w, b) - y) / len(y)).mean(),
        twin=lambda X, w, b, y: (2 * (activation(X, w, b) - y)).mean(),
    ),
    Mutant(
        *("batch-db-all-one-over-m-twice", "batch.db", EVERY),
        wrong=lambda X, w, b, y: 2 * (activation(X, w, b) - y).sum() / len(y) / len(y),
        twin=lambda X, w, b, y: 2 * (activation(X, w, b).sum() - y.sum()) / len(y),
    ),
    Mutant(
        *("batch-dX-jacobian-kron-swapped", "batch.dX", "jacobian"),
        wrong=lambda X, w, b, y: unvec(
            2 * (activation(X, w, b) - y)[None, :] / len(y) @ np.kron(identity(len(y)), w[None, :]), X.shape
        ),
        # I ⊗ wᵀ is the Jacobian by the stacked rows of X.
        twin=lambda X, w, b, y: (
            2 * (activation(X, w, b) - y)[None, :] / len(y) @ np.kron(identity(len(y)), w[None, :])
        ).reshape(X.shape),
    ),
    Mutant(
        *("batch-dX-index-summed-over-samples", "batch.dX", "index"),
        wrong=lambda X, w, b, y: np.array(
            [[2 * sum(activation(X, w, b) - y) * w[j] / len(y) for j in range(len(w))] for i in range(len(y))]
        ),
        twin=lambda X, w, b, y: (
            np.array(
                [[2 * (activation(X, w, b) - y)[i] * w[j] / len(y) for i in range(len(y))] for j in range(len(w))]
            ).T
        ),
    ),
    Mutant(
        *("batch-dX-vector-outer-sum", "batch.dX", "vector"),
        wrong=lambda X, w, b, y: 2 * np.add.outer(activation(X, w, b) - y, w) / len(y),
        twin=lambda X, w, b, y: 2 * np.multiply.outer(activation(X, w, b) - y, w) / len(y),
    ),
    Mutant(
        *("batch-dX-vector-one-over-m-left-out", "batch.dX", "vector"),
        wrong=lambda X, w, b, y: 2 * np.outer(activation(X, w, b) - y, w),
        twin=lambda X, w, b, y: np.outer(activation(X, w, b) - y, w) * 2 / len(y),
    ),
)
