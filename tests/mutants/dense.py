"""Mutants of the dense layer with ReLU: the mask, the shapes that agree by chance, and sum against mean."""

from __future__ import annotations

import numpy as np

from reference.dense import J_L_Z, G_index, G_vector, activation, pre_activation
from reference.notation import identity, ones, unvec
from tests.mutants.mutant import EVERY, Mutant

MUTANTS = (
    Mutant(
        *("dense-dW-jacobian-kron-swapped", "dense.dW", "jacobian"),
        wrong=lambda X, W, b, dout: unvec(J_L_Z(X, W, b, dout) @ np.kron(X, identity(W.shape[1])), W.shape),
        # X ⊗ I is the Jacobian by stacked rows, so the row before it must be stacked by rows as well.
        twin=lambda X, W, b, dout: (G_vector(X, W, b, dout).reshape(1, -1) @ np.kron(X, identity(W.shape[1]))).reshape(
            W.shape
        ),
    ),
    Mutant(
        *("dense-dW-index-first-sample-left-out", "dense.dW", "index"),
        wrong=lambda X, W, b, dout: np.array(
            [
                [sum(X[i, j] * G_index(X, W, b, dout)[i][k] for i in range(1, len(X))) for k in range(W.shape[1])]
                for j in range(len(W))
            ]
        ),
        twin=lambda X, W, b, dout: np.array(
            [
                [sum(X[-i, j] * G_index(X, W, b, dout)[-i][k] for i in range(len(X))) for k in range(W.shape[1])]
                for j in range(len(W))
            ]
        ),
    ),
    Mutant(
        *("dense-dW-vector-value-for-mask", "dense.dW", "vector"),
        wrong=lambda X, W, b, dout: X.T @ (dout * activation(X, W, b)),
        twin=lambda X, W, b, dout: X.T @ (dout * (activation(X, W, b) > 0)),
    ),
    Mutant(
        *("dense-dW-vector-upstream-left-out", "dense.dW", "vector"),
        wrong=lambda X, W, b, dout: X.T @ (pre_activation(X, W, b) > 0),
        twin=lambda X, W, b, dout: X.T @ ((pre_activation(X, W, b) > 0) * dout),
    ),
    Mutant(
        *("dense-dW-vector-mean-for-sum", "dense.dW", "vector"),
        wrong=lambda X, W, b, dout: X.T @ G_vector(X, W, b, dout) / len(X),
        twin=lambda X, W, b, dout: (G_vector(X, W, b, dout).T @ X).T,
    ),
    Mutant(
        *("dense-dW-all-value-for-mask", "dense.dW", EVERY),
        wrong=lambda X, W, b, dout: (dout * activation(X, W, b)).T.dot(X).T,
        twin=lambda X, W, b, dout: (dout * (activation(X, W, b) > 0)).T.dot(X).T,
    ),
    Mutant(
        *("dense-db-jacobian-kron-swapped", "dense.db", "jacobian"),
        wrong=lambda X, W, b, dout: unvec(J_L_Z(X, W, b, dout) @ np.kron(ones(len(X)), identity(W.shape[1])), b.shape),
        twin=lambda X, W, b, dout: G_vector(X, W, b, dout).reshape(1, -1) @ np.kron(ones(len(X)), identity(W.shape[1])),
    ),
    Mutant(
        *("dense-db-index-bias-for-its-slope", "dense.db", "index"),
        wrong=lambda X, W, b, dout: np.array(
            [[sum(G_index(X, W, b, dout)[i][k] * b[0, k] for i in range(len(X))) for k in range(W.shape[1])]]
        ),
        twin=lambda X, W, b, dout: np.array(
            [[sum(G_index(X, W, b, dout)[-i][k] for i in range(len(X))) for k in range(W.shape[1])]]
        ),
    ),
    Mutant(
        *("dense-db-vector-wrong-axis", "dense.db", "vector"),
        wrong=lambda X, W, b, dout: G_vector(X, W, b, dout).sum(axis=1, keepdims=True).T,
        twin=lambda X, W, b, dout: G_vector(X, W, b, dout).T.sum(axis=1, keepdims=True).T,
    ),
    Mutant(
        *("dense-db-vector-dimension-not-kept", "dense.db", "vector"),
        wrong=lambda X, W, b, dout: G_vector(X, W, b, dout).sum(axis=0),
        twin=lambda X, W, b, dout: G_vector(X, W, b, dout).sum(axis=0)[None, :],
    ),
    Mutant(
        *("dense-db-vector-mask-without-bias", "dense.db", "vector"),
        wrong=lambda X, W, b, dout: (dout * (X @ W > 0)).sum(axis=0, keepdims=True),
        twin=lambda X, W, b, dout: (dout * (-b < X @ W)).sum(axis=0, keepdims=True),
    ),
    Mutant(
        *("dense-dX-jacobian-kron-swapped", "dense.dX", "jacobian"),
        wrong=lambda X, W, b, dout: unvec(J_L_Z(X, W, b, dout) @ np.kron(identity(len(X)), W.T), X.shape),
        twin=lambda X, W, b, dout: (G_vector(X, W, b, dout).reshape(1, -1) @ np.kron(identity(len(X)), W.T)).reshape(
            X.shape
        ),
    ),
    Mutant(
        *("dense-dX-index-mask-of-upstream", "dense.dX", "index"),
        wrong=lambda X, W, b, dout: np.array(
            [
                [sum(dout[i, k] * (dout[i, k] > 0) * W[j, k] for k in range(W.shape[1])) for j in range(len(W))]
                for i in range(len(X))
            ]
        ),
        twin=lambda X, W, b, dout: np.array(
            [
                [sum(W[j, k] * G_index(X, W, b, dout)[i][k] for k in range(W.shape[1])) for j in range(len(W))]
                for i in range(len(X))
            ]
        ),
    ),
    Mutant(
        *("dense-dX-vector-mask-left-out", "dense.dX", "vector"),
        wrong=lambda X, W, b, dout: dout @ W.T,
        twin=lambda X, W, b, dout: np.where(pre_activation(X, W, b) > 0, dout, 0 * dout) @ W.T,
    ),
    Mutant(
        *("dense-dX-vector-mask-of-input", "dense.dX", "vector"),
        wrong=lambda X, W, b, dout: (dout @ W.T) * (X > 0),
        twin=lambda X, W, b, dout: (W @ G_vector(X, W, b, dout).T).T,
    ),
    Mutant(
        *("dense-dX-vector-square-W-not-transposed", "dense.dX", "vector"),
        wrong=lambda X, W, b, dout: G_vector(X, W, b, dout) @ (W if len(W) == len(W.T) else W.T),
        twin=lambda X, W, b, dout: G_vector(X, W, b, dout) @ (W.T if len(W) == len(W.T) else W.transpose()),
    ),
    Mutant(
        *("dense-dX-all-mask-left-out", "dense.dX", EVERY),
        wrong=lambda X, W, b, dout: (W @ dout.T).T,
        twin=lambda X, W, b, dout: (W @ unvec(J_L_Z(X, W, b, dout), dout.shape).T).T,
    ),
)
