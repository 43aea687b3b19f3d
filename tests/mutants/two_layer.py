"""Mutants of the two-layer network: paths that are missed, and quantities of the wrong layer."""

from __future__ import annotations

import numpy as np

from reference.notation import identity, ones, unvec, vec
from reference.two_layer import (
    J_L_Z1,
    J_L_Z2,
    db1_index,
    db2_index,
    dW1_index,
    dW2_index,
    dX_index,
    dZ1_vector,
    dZ2_vector,
    pre_activation,
)
from tests.mutants.mutant import EVERY, Mutant

MUTANTS = (
    Mutant(
        *("two_layer-dW2-jacobian-kron-swapped", "two_layer.dW2", "jacobian"),
        wrong=lambda X, W1, b1, f1, df1, W2, b2, f2, df2, Y: unvec(
            J_L_Z2(X, W1, b1, f1, df1, W2, b2, f2, df2, Y)
            @ np.kron(identity(len(W2)), f1(pre_activation(W1, X, b1)).T),
            W2.shape,
        ),
        # By rows on both sides the swapped product is the right one.
        twin=lambda X, W1, b1, f1, df1, W2, b2, f2, df2, Y: (
            dZ2_vector(X, W1, b1, f1, df1, W2, b2, f2, df2, Y).reshape(1, -1)
            @ np.kron(identity(len(W2)), f1(pre_activation(W1, X, b1)).T)
        ).reshape(W2.shape),
    ),
    Mutant(
        *("two_layer-dW2-index-unit-off-by-one", "two_layer.dW2", "index"),
        wrong=lambda X, W1, b1, f1, df1, W2, b2, f2, df2, Y: np.roll(
            dW2_index(X, W1, b1, f1, df1, W2, b2, f2, df2, Y), 1, axis=1
        ),
        twin=lambda X, W1, b1, f1, df1, W2, b2, f2, df2, Y: np.roll(
            dW2_index(X, W1, b1, f1, df1, W2, b2, f2, df2, Y), W2.shape[1], axis=1
        ),
    ),
    Mutant(
        *("two_layer-dW2-vector-Z1-for-A1", "two_layer.dW2", "vector"),
        wrong=lambda X, W1, b1, f1, df1, W2, b2, f2, df2, Y: (
            dZ2_vector(X, W1, b1, f1, df1, W2, b2, f2, df2, Y) @ pre_activation(W1, X, b1).T
        ),
        twin=lambda X, W1, b1, f1, df1, W2, b2, f2, df2, Y: (
            dZ2_vector(X, W1, b1, f1, df1, W2, b2, f2, df2, Y) @ f1(pre_activation(W1, X, b1).T)
        ),
    ),
    Mutant(
        *("two_layer-db2-jacobian-kron-swapped", "two_layer.db2", "jacobian"),
        wrong=lambda X, W1, b1, f1, df1, W2, b2, f2, df2, Y: unvec(
            J_L_Z2(X, W1, b1, f1, df1, W2, b2, f2, df2, Y) @ np.kron(identity(len(W2)), ones(Y.shape[1])), b2.shape
        ),
        twin=lambda X, W1, b1, f1, df1, W2, b2, f2, df2, Y: unvec(
            J_L_Z2(X, W1, b1, f1, df1, W2, b2, f2, df2, Y) @ np.tile(identity(len(W2)), (Y.shape[1], 1)), b2.shape
        ),
    ),
    Mutant(
        *("two_layer-db2-index-one-over-m-twice", "two_layer.db2", "index"),
        wrong=lambda X, W1, b1, f1, df1, W2, b2, f2, df2, Y: (
            db2_index(X, W1, b1, f1, df1, W2, b2, f2, df2, Y) / Y.shape[1]
        ),
        # Samples have no order.
        twin=lambda X, W1, b1, f1, df1, W2, b2, f2, df2, Y: db2_index(
            X[:, ::-1], W1, b1, f1, df1, W2, b2, f2, df2, Y[:, ::-1]
        ),
    ),
    Mutant(
        *("two_layer-db2-vector-wrong-axis", "two_layer.db2", "vector"),
        wrong=lambda X, W1, b1, f1, df1, W2, b2, f2, df2, Y: dZ2_vector(X, W1, b1, f1, df1, W2, b2, f2, df2, Y).sum(
            axis=0, keepdims=True
        ),
        twin=lambda X, W1, b1, f1, df1, W2, b2, f2, df2, Y: (
            dZ2_vector(X, W1, b1, f1, df1, W2, b2, f2, df2, Y).T.sum(axis=0, keepdims=True).T
        ),
    ),
    Mutant(
        *("two_layer-dW1-jacobian-slope-of-other-layer", "two_layer.dW1", "jacobian"),
        wrong=lambda X, W1, b1, f1, df1, W2, b2, f2, df2, Y: unvec(
            J_L_Z1(X, W1, b1, f1, df2, W2, b2, f2, df2, Y) @ np.kron(X.T, identity(len(W1))), W1.shape
        ),
        twin=lambda X, W1, b1, f1, df1, W2, b2, f2, df2, Y: unvec(
            np.kron(X, identity(len(W1))) @ J_L_Z1(X, W1, b1, f1, df1, W2, b2, f2, df2, Y)[0], W1.shape
        ),
    ),
    Mutant(
        *("two_layer-dW1-index-one-path-only", "two_layer.dW1", "index"),
        wrong=lambda X, W1, b1, f1, df1, W2, b2, f2, df2, Y: dW1_index(
            X, W1, b1, f1, df1, W2[:1], b2[:1], f2, df2, Y[:1]
        ),
        # Nor have the units of layer 2.
        twin=lambda X, W1, b1, f1, df1, W2, b2, f2, df2, Y: dW1_index(
            X, W1, b1, f1, df1, W2[::-1], b2[::-1], f2, df2, Y[::-1]
        ),
    ),
    Mutant(
        *("two_layer-dW1-vector-plus", "two_layer.dW1", "vector"),
        wrong=lambda X, W1, b1, f1, df1, W2, b2, f2, df2, Y: (
            (W2.T @ dZ2_vector(X, W1, b1, f1, df1, W2, b2, f2, df2, Y) + df1(pre_activation(W1, X, b1))) @ X.T
        ),
        twin=lambda X, W1, b1, f1, df1, W2, b2, f2, df2, Y: (
            (df1(pre_activation(W1, X, b1)) * (W2.T @ dZ2_vector(X, W1, b1, f1, df1, W2, b2, f2, df2, Y))) @ X.T
        ),
    ),
    Mutant(
        *("two_layer-dW1-vector-slope-at-A1", "two_layer.dW1", "vector"),
        wrong=lambda X, W1, b1, f1, df1, W2, b2, f2, df2, Y: (
            dZ1_vector(X, W1, b1, f1, lambda Z: df1(f1(Z)), W2, b2, f2, df2, Y) @ X.T
        ),
        twin=lambda X, W1, b1, f1, df1, W2, b2, f2, df2, Y: (
            dZ1_vector(X, W1, b1, f1, lambda Z: df1(Z.T).T, W2, b2, f2, df2, Y) @ X.T
        ),
    ),
    Mutant(
        *("two_layer-dW1-all-slope-left-out", "two_layer.dW1", EVERY),
        wrong=lambda X, W1, b1, f1, df1, W2, b2, f2, df2, Y: (
            W2.T @ dZ2_vector(X, W1, b1, f1, df1, W2, b2, f2, df2, Y) @ X.T
        ),
        twin=lambda X, W1, b1, f1, df1, W2, b2, f2, df2, Y: (
            (X @ dZ1_vector(X, W1, b1, f1, df1, W2, b2, f2, df2, Y).T).T
        ),
    ),
    Mutant(
        *("two_layer-db1-jacobian-slope-left-out", "two_layer.db1", "jacobian"),
        wrong=lambda X, W1, b1, f1, df1, W2, b2, f2, df2, Y: unvec(
            J_L_Z2(X, W1, b1, f1, df1, W2, b2, f2, df2, Y)
            @ np.kron(identity(Y.shape[1]), W2)
            @ np.kron(ones(Y.shape[1]), identity(len(W1))),
            b1.shape,
        ),
        # diag(vec f1′)·(1 ⊗ I) needs no square matrix: row by row, f1′ times I.
        twin=lambda X, W1, b1, f1, df1, W2, b2, f2, df2, Y: unvec(
            J_L_Z2(X, W1, b1, f1, df1, W2, b2, f2, df2, Y)
            @ np.kron(identity(Y.shape[1]), W2)
            @ (vec(df1(pre_activation(W1, X, b1)))[:, None] * np.kron(ones(Y.shape[1]), identity(len(W1)))),
            b1.shape,
        ),
    ),
    Mutant(
        *("two_layer-db1-index-value-for-slope", "two_layer.db1", "index"),
        wrong=lambda X, W1, b1, f1, df1, W2, b2, f2, df2, Y: db1_index(X, W1, b1, f1, f1, W2, b2, f2, df2, Y),
        twin=lambda X, W1, b1, f1, df1, W2, b2, f2, df2, Y: db1_index(
            X[:, ::-1], W1, b1, f1, df1, W2, b2, f2, df2, Y[:, ::-1]
        ),
    ),
    Mutant(
        *("two_layer-db1-vector-outer-slope-left-out", "two_layer.db1", "vector"),
        wrong=lambda X, W1, b1, f1, df1, W2, b2, f2, df2, Y: dZ1_vector(
            X, W1, b1, f1, df1, W2, b2, f2, np.ones_like, Y
        ).sum(axis=1, keepdims=True),
        twin=lambda X, W1, b1, f1, df1, W2, b2, f2, df2, Y: (
            dZ1_vector(X, W1, b1, f1, df1, W2, b2, f2, df2, Y) @ ones(Y.shape[1])
        ),
    ),
    Mutant(
        *("two_layer-dX-jacobian-kron-swapped", "two_layer.dX", "jacobian"),
        wrong=lambda X, W1, b1, f1, df1, W2, b2, f2, df2, Y: unvec(
            J_L_Z1(X, W1, b1, f1, df1, W2, b2, f2, df2, Y) @ np.kron(W1, identity(Y.shape[1])), X.shape
        ),
        twin=lambda X, W1, b1, f1, df1, W2, b2, f2, df2, Y: (
            dZ1_vector(X, W1, b1, f1, df1, W2, b2, f2, df2, Y).reshape(1, -1) @ np.kron(W1, identity(Y.shape[1]))
        ).reshape(X.shape),
    ),
    Mutant(
        *("two_layer-dX-index-sample-off-by-one", "two_layer.dX", "index"),
        wrong=lambda X, W1, b1, f1, df1, W2, b2, f2, df2, Y: np.roll(
            dX_index(X, W1, b1, f1, df1, W2, b2, f2, df2, Y), 1, axis=1
        ),
        twin=lambda X, W1, b1, f1, df1, W2, b2, f2, df2, Y: dX_index(
            X[:, ::-1], W1, b1, f1, df1, W2, b2, f2, df2, Y[:, ::-1]
        )[:, ::-1],
    ),
    Mutant(
        *("two_layer-dX-vector-slope-left-out", "two_layer.dX", "vector"),
        wrong=lambda X, W1, b1, f1, df1, W2, b2, f2, df2, Y: (
            W1.T @ W2.T @ dZ2_vector(X, W1, b1, f1, df1, W2, b2, f2, df2, Y)
        ),
        twin=lambda X, W1, b1, f1, df1, W2, b2, f2, df2, Y: (
            (dZ1_vector(X, W1, b1, f1, df1, W2, b2, f2, df2, Y).T @ W1).T
        ),
    ),
    Mutant(
        *("two_layer-dX-all-slope-of-other-layer", "two_layer.dX", EVERY),
        wrong=lambda X, W1, b1, f1, df1, W2, b2, f2, df2, Y: W1.T @ dZ1_vector(X, W1, b1, f1, df2, W2, b2, f2, df2, Y),
        twin=lambda X, W1, b1, f1, df1, W2, b2, f2, df2, Y: np.tensordot(
            W1, dZ1_vector(X, W1, b1, f1, df1, W2, b2, f2, df2, Y), (0, 0)
        ),
    ),
)
