"""One neuron on a batch of m samples: a = Xw + b·1, L = (1/m) Σᵢ (aᵢ − yᵢ)².

Section 3. The 1/m belongs to the loss, so every gradient by a parameter is a mean over m, and it enters once,
with ∂L/∂a. Samples are rows: X is "m n", a and y are "m". A gradient by one sample's own value (a, X) has no sum over
i, but it keeps the 1/m. The gradient by X is beyond the tutorial. Training lives in training.py.
"""

import numpy as np

from reference.formula import Formula
from reference.notation import Array, Scalar, gradient, identity, ones, unvec

SOURCE = "Backpropagation from scratch, 'Ability to train on multiple samples at the same time'"
BEYOND = SOURCE + "; beyond it"
ARGUMENTS = {"X": "m n", "w": "n", "b": "", "y": "m"}


def activation(X: Array, w: Array, b: Array) -> Array:
    """a = Xw + b·1                                          [m]"""
    return X @ w + b


def loss_of_activation(a: Array, y: Array) -> Scalar:
    """L = (1/m) Σᵢ (aᵢ − yᵢ)²                               scalar, mean over m"""
    return ((a - y) ** 2).sum() / len(y)


def loss(X: Array, w: Array, b: Array, y: Array) -> Scalar:
    """L = (1/m) ‖Xw + b·1 − y‖²                             scalar, mean over m"""
    return loss_of_activation(activation(X, w, b), y)


def da_jacobian(a: Array, y: Array) -> Array:
    """∂L/∂a = (2/m)(a−y)ᵀ                                   [m]   mean over m"""
    J_L_a = 2 * (a - y)[None, :] / len(y)
    return gradient(J_L_a)


def da_index(a: Array, y: Array) -> Array:
    """da_i = (2/m)(aᵢ−yᵢ)                                   [m]   mean over m"""
    m = len(y)
    return np.array([2 * (a[i] - y[i]) / m for i in range(m)])


def da_vector(a: Array, y: Array) -> Array:
    """da = (2/m)(a−y)                                       [m]   mean over m"""
    return 2 * (a - y) / len(y)


def dw_jacobian(X: Array, w: Array, b: Array, y: Array) -> Array:
    """∂L/∂w = [(2/m)(a−y)ᵀ]·[X]                             [n]   mean over m"""
    J_L_a = 2 * (activation(X, w, b) - y)[None, :] / len(y)
    J_a_w = X
    return gradient(J_L_a @ J_a_w)


def dw_index(X: Array, w: Array, b: Array, y: Array) -> Array:
    """dw_j = (2/m) Σᵢ (aᵢ−yᵢ)Xᵢⱼ                            [n]   mean over m"""
    m, n = X.shape
    a = [sum(X[i, j] * w[j] for j in range(n)) + b for i in range(m)]
    return np.array([2 * sum((a[i] - y[i]) * X[i, j] for i in range(m)) / m for j in range(n)])


def dw_vector(X: Array, w: Array, b: Array, y: Array) -> Array:
    """dw = (2/m) Xᵀ(a−y)                                    [n]   mean over m"""
    return 2 * X.T @ (activation(X, w, b) - y) / len(y)


def db_jacobian(X: Array, w: Array, b: Array, y: Array) -> Scalar:
    """∂L/∂b = [(2/m)(a−y)ᵀ]·[1]                             scalar, mean over m"""
    J_L_a = 2 * (activation(X, w, b) - y)[None, :] / len(y)
    J_a_b = ones(len(y))
    return (J_L_a @ J_a_b)[0, 0]


def db_index(X: Array, w: Array, b: Array, y: Array) -> Scalar:
    """db = (2/m) Σᵢ (aᵢ−yᵢ)                                 scalar, mean over m"""
    m, n = X.shape
    a = [sum(X[i, j] * w[j] for j in range(n)) + b for i in range(m)]
    return 2 * sum(a[i] - y[i] for i in range(m)) / m


def db_vector(X: Array, w: Array, b: Array, y: Array) -> Scalar:
    """db = (2/m) 1ᵀ(a−y)                                    scalar, mean over m"""
    return 2 * (activation(X, w, b) - y).sum() / len(y)


def dX_jacobian(X: Array, w: Array, b: Array, y: Array) -> Array:
    """∂L/∂vec X = [(2/m)(a−y)ᵀ]·[wᵀ ⊗ I]                    [m n]   1/m, no sum"""
    J_L_a = 2 * (activation(X, w, b) - y)[None, :] / len(y)
    J_a_X = np.kron(w[None, :], identity(len(y)))
    return unvec(J_L_a @ J_a_X, X.shape)


def dX_index(X: Array, w: Array, b: Array, y: Array) -> Array:
    """dX_ij = (2/m)(aᵢ−yᵢ)wⱼ                                [m n]   1/m, no sum"""
    m, n = X.shape
    a = [sum(X[i, j] * w[j] for j in range(n)) + b for i in range(m)]
    return np.array([[2 * (a[i] - y[i]) * w[j] / m for j in range(n)] for i in range(m)])


def dX_vector(X: Array, w: Array, b: Array, y: Array) -> Array:
    """dX = (2/m)(a−y)wᵀ                                     [m n]   1/m, no sum"""
    return 2 * np.outer(activation(X, w, b) - y, w) / len(y)


# fmt: off
FORMULAS = (
    Formula(
        "batch.da", "da = (2/m)(a−y)", r"da = \frac{2}{m}(a - y)", SOURCE,
        loss_of_activation, {"a": "m", "y": "m"}, "a",
        da_jacobian, da_index, da_vector,
    ),
    Formula(
        "batch.dw", "dw = (2/m) Xᵀ(a−y)", r"dw = \frac{2}{m} X^\top (a - y)", SOURCE,
        loss, ARGUMENTS, "w",
        dw_jacobian, dw_index, dw_vector,
    ),
    Formula(
        "batch.db", "db = (2/m) 1ᵀ(a−y)", r"db = \frac{2}{m} 1^\top (a - y)", SOURCE,
        loss, ARGUMENTS, "b",
        db_jacobian, db_index, db_vector,
    ),
    Formula(
        "batch.dX", "dX = (2/m)(a−y)wᵀ", r"dX = \frac{2}{m} (a - y)\,w^\top", BEYOND,
        loss, ARGUMENTS, "X",
        dX_jacobian, dX_index, dX_vector,
    ),
)
# fmt: on
