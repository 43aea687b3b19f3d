"""The dense layer with ReLU, read from the shapes: Z = XW + b, A = max(0, Z).

Section 7. Samples are rows: X is "m n", W "n p", and the bias is a row "1 p" that is added to every sample. The layer
has no loss of its own: D, the upstream gradient (in code dout), is shaped like A, and the loss is Σ D ⊙ A. Hence no
1/m here: it comes in with D. What the ReLU lets through is G = D ⊙ 1[Z > 0], and at Z = 0 nothing.
The source leaves out the bias, and writes dW as Inputs·ReLU(Output): see COUNTEREXAMPLES.
"""

import numpy as np

from reference.formula import Counterexample, Formula
from reference.notation import Array, Scalar, identity, loss_of, ones, unvec, vec

SOURCE = "NNFS chapter 9, 'Backpropagation'"
BEYOND = SOURCE + "; beyond it"
ARGUMENTS = {"X": "m n", "W": "n p", "b": "1 p", "dout": "m p"}


def pre_activation(X: Array, W: Array, b: Array) -> Array:
    """Z = XW + 1b                                           [m p]"""
    return X @ W + b


def activation(X: Array, W: Array, b: Array) -> Array:
    """A = max(0, Z)                                         [m p]"""
    return np.maximum(0, pre_activation(X, W, b))


loss = loss_of(activation)


def J_L_Z(X: Array, W: Array, b: Array, dout: Array) -> Array:
    """(vec G)ᵀ = (vec D)ᵀ·diag(vec 1[Z > 0])                a row"""
    J_L_A = vec(dout)[None, :]
    J_A_Z: Array = np.diag(vec(pre_activation(X, W, b) > 0))
    return J_L_A @ J_A_Z


def G_index(X: Array, W: Array, b: Array, dout: Array) -> list[list[Scalar]]:
    """G_ik = D_ik 1[Z_ik > 0],  Z_ik = Σ_j X_ij W_jk + b_k  [m p]"""
    (m, n), p = X.shape, W.shape[1]
    Z = [[sum(X[i, j] * W[j, k] for j in range(n)) + b[0, k] for k in range(p)] for i in range(m)]
    return [[dout[i, k] * (1 if Z[i][k] > 0 else 0) for k in range(p)] for i in range(m)]


def G_vector(X: Array, W: Array, b: Array, dout: Array) -> Array:
    """G = D ⊙ 1[Z > 0]                                      [m p]"""
    return dout * (pre_activation(X, W, b) > 0)


def dW_jacobian(X: Array, W: Array, b: Array, dout: Array) -> Array:
    """∂L/∂vec W = (vec G)ᵀ·(I ⊗ X)                          [n p]   Σ over m"""
    J_Z_W = np.kron(identity(W.shape[1]), X)
    return unvec(J_L_Z(X, W, b, dout) @ J_Z_W, W.shape)


def dW_index(X: Array, W: Array, b: Array, dout: Array) -> Array:
    """dW_jk = Σᵢ X_ij G_ik                                  [n p]   Σ over m"""
    (m, n), p = X.shape, W.shape[1]
    G = G_index(X, W, b, dout)
    return np.array([[sum(X[i, j] * G[i][k] for i in range(m)) for k in range(p)] for j in range(n)])


def dW_vector(X: Array, W: Array, b: Array, dout: Array) -> Array:
    """dW = XᵀG                                              [n p]   Σ over m"""
    return X.T @ G_vector(X, W, b, dout)


def db_jacobian(X: Array, W: Array, b: Array, dout: Array) -> Array:
    """∂L/∂b = (vec G)ᵀ·(I ⊗ 1)                              [1 p]   Σ over m"""
    J_Z_b = np.kron(identity(W.shape[1]), ones(len(X)))
    return unvec(J_L_Z(X, W, b, dout) @ J_Z_b, b.shape)


def db_index(X: Array, W: Array, b: Array, dout: Array) -> Array:
    """db_k = Σᵢ G_ik                                        [1 p]   Σ over m"""
    m, p = len(X), W.shape[1]
    G = G_index(X, W, b, dout)
    return np.array([[sum(G[i][k] for i in range(m)) for k in range(p)]])


def db_vector(X: Array, W: Array, b: Array, dout: Array) -> Array:
    """db = G summed over axis 0, kept as a row              [1 p]   Σ over m"""
    return G_vector(X, W, b, dout).sum(axis=0, keepdims=True)


def dX_jacobian(X: Array, W: Array, b: Array, dout: Array) -> Array:
    """∂L/∂vec X = (vec G)ᵀ·(Wᵀ ⊗ I)                         [m n]   Σ over p"""
    J_Z_X = np.kron(W.T, identity(len(X)))
    return unvec(J_L_Z(X, W, b, dout) @ J_Z_X, X.shape)


def dX_index(X: Array, W: Array, b: Array, dout: Array) -> Array:
    """dX_ij = Σ_k G_ik W_jk                                 [m n]   Σ over p"""
    (m, n), p = X.shape, W.shape[1]
    G = G_index(X, W, b, dout)
    return np.array([[sum(G[i][k] * W[j, k] for k in range(p)) for j in range(n)] for i in range(m)])


def dX_vector(X: Array, W: Array, b: Array, dout: Array) -> Array:
    """dX = GWᵀ                                              [m n]   Σ over p"""
    return G_vector(X, W, b, dout) @ W.T


def literal_dW(X: Array, W: Array, b: Array, dout: Array) -> Array:
    """Xᵀ·ReLU(Z), the walk's product read literally         [n p]   not a gradient"""
    return X.T @ activation(X, W, b)


# fmt: off
FORMULAS = (
    Formula(
        "dense.dW", "dW = Xᵀ(D ⊙ 1[Z > 0])", r"dW = X^\top (D \odot 1[Z > 0])", SOURCE,
        loss, ARGUMENTS, "W",
        dW_jacobian, dW_index, dW_vector, activation,
    ),
    Formula(
        "dense.db", "db = 1ᵀ(D ⊙ 1[Z > 0])", r"db = 1^\top (D \odot 1[Z > 0])", BEYOND,
        loss, ARGUMENTS, "b",
        db_jacobian, db_index, db_vector, activation,
    ),
    Formula(
        "dense.dX", "dX = (D ⊙ 1[Z > 0])Wᵀ", r"dX = (D \odot 1[Z > 0])\,W^\top", BEYOND,
        loss, ARGUMENTS, "X",
        dX_jacobian, dX_index, dX_vector, activation,
    ),
)
# fmt: on

COUNTEREXAMPLES = (
    Counterexample(
        identifier="dense.literal_dW",
        statement="dW = Xᵀ·ReLU(Z)",
        source=SOURCE + ", 'swap the order of the matrix multiplication'",
        of="dense.dW",
        vector=literal_dW,
        mistake="ReLU's value in place of its mask 1[Z > 0], and the upstream gradient is ignored",
    ),
)
