"""A two-layer network, derived by paths: Z1 = W1 X + b1 1ᵀ, A1 = f1(Z1), Z2 = W2 A1 + b2 1ᵀ, A2 = f2(Z2).

Section 5, L = (1/m) Σᵢ Σ_k (A2_ki − Y_ki)². From here on samples are columns: X is "n0 m", W1 "n1 n0", b1 "n1 1".
Indices: i a sample, h an input, j a unit of layer 1, k a unit of layer 2. The 1/m belongs to the loss: it enters once,
with ∂L/∂A2, and is not repeated where gradients are summed over i. For each weight, the index form sums over every
path of the computation graph that the weight lies on. The tutorial drops the Jacobian form here, because derivatives
of matrices by matrices are tensors; stacking columns keeps them matrices. The gradient by X is beyond the tutorial.
"""

import numpy as np

from reference.formula import Formula
from reference.notation import Array, Map, Scalar, identity, ones, unvec, vec

SOURCE = "Backpropagation from scratch, 'Deep Neural Networks'"
BEYOND = SOURCE + "; beyond it"
LAYER_1 = {"W1": "n1 n0", "b1": "n1 1", "f1": "function", "df1": "derivative of f1"}
LAYER_2 = {"W2": "n2 n1", "b2": "n2 1", "f2": "function", "df2": "derivative of f2"}
ARGUMENTS = {"X": "n0 m", **LAYER_1, **LAYER_2, "Y": "n2 m"}


def pre_activation(W: Array, A: Array, b: Array) -> Array:
    """Z = WA + b1ᵀ                                          of either layer"""
    return W @ A + b


def pre_activation_index(W: Array, A: Array, b: Array) -> Array:
    """Z_ji = Σ_h W_jh A_hi + b_j                            of either layer"""
    units, inputs, samples = range(len(W)), range(len(A)), range(A.shape[1])
    return np.array([[sum(W[j, h] * A[h, i] for h in inputs) + b[j, 0] for i in samples] for j in units])


def loss(
    X: Array, W1: Array, b1: Array, f1: Map, df1: Map, W2: Array, b2: Array, f2: Map, df2: Map, Y: Array
) -> Scalar:
    """L = (1/m) Σᵢ Σ_k (A2_ki − Y_ki)²                      scalar, mean over m, Σ over n2"""
    A2 = f2(pre_activation(W2, f1(pre_activation(W1, X, b1)), b2))
    return ((A2 - Y) ** 2).sum() / Y.shape[1]


def J_L_Z2(
    X: Array, W1: Array, b1: Array, f1: Map, df1: Map, W2: Array, b2: Array, f2: Map, df2: Map, Y: Array
) -> Array:
    """∂L/∂vec Z2 = [(2/m)(vec(A2 − Y))ᵀ]·diag(vec f2′(Z2))  a row, 1/m"""
    Z2 = pre_activation(W2, f1(pre_activation(W1, X, b1)), b2)
    J_L_A2: Array = 2 * vec(f2(Z2) - Y)[None, :] / Y.shape[1]
    J_A2_Z2: Array = np.diag(vec(df2(Z2)))
    return J_L_A2 @ J_A2_Z2


def J_L_Z1(
    X: Array, W1: Array, b1: Array, f1: Map, df1: Map, W2: Array, b2: Array, f2: Map, df2: Map, Y: Array
) -> Array:
    """∂L/∂vec Z1 = ∂L/∂vec Z2·[I ⊗ W2]·diag(vec f1′(Z1))    a row, Σ over n2"""
    J_Z2_A1: Array = np.kron(identity(Y.shape[1]), W2)
    J_A1_Z1: Array = np.diag(vec(df1(pre_activation(W1, X, b1))))
    return J_L_Z2(X, W1, b1, f1, df1, W2, b2, f2, df2, Y) @ J_Z2_A1 @ J_A1_Z1


def dZ2_index(
    X: Array, W1: Array, b1: Array, f1: Map, df1: Map, W2: Array, b2: Array, f2: Map, df2: Map, Y: Array
) -> Array:
    """dZ2_ki = (2/m)(A2_ki−Y_ki)f2′(Z2_ki)                  [n2 m]   1/m, no sum"""
    Z1 = pre_activation_index(W1, X, b1)
    A1 = np.array([[f1(z) for z in row] for row in Z1])
    Z2, (n2, m) = pre_activation_index(W2, A1, b2), Y.shape
    return np.array([[2 * (f2(Z2[k, i]) - Y[k, i]) * df2(Z2[k, i]) / m for i in range(m)] for k in range(n2)])


def dZ2_vector(
    X: Array, W1: Array, b1: Array, f1: Map, df1: Map, W2: Array, b2: Array, f2: Map, df2: Map, Y: Array
) -> Array:
    """dZ2 = (2/m)(A2−Y) ⊙ f2′(Z2)                           [n2 m]   1/m, no sum"""
    Z2 = pre_activation(W2, f1(pre_activation(W1, X, b1)), b2)
    return 2 * (f2(Z2) - Y) * df2(Z2) / Y.shape[1]


def dZ1_vector(
    X: Array, W1: Array, b1: Array, f1: Map, df1: Map, W2: Array, b2: Array, f2: Map, df2: Map, Y: Array
) -> Array:
    """dZ1 = W2ᵀ dZ2 ⊙ f1′(Z1)                               [n1 m]   Σ over n2"""
    return (W2.T @ dZ2_vector(X, W1, b1, f1, df1, W2, b2, f2, df2, Y)) * df1(pre_activation(W1, X, b1))


def dW2_jacobian(
    X: Array, W1: Array, b1: Array, f1: Map, df1: Map, W2: Array, b2: Array, f2: Map, df2: Map, Y: Array
) -> Array:
    """∂L/∂vec W2 = ∂L/∂vec Z2·[A1ᵀ ⊗ I]                     [n2 n1]   mean over m"""
    A1 = f1(pre_activation(W1, X, b1))
    J_Z2_W2 = np.kron(A1.T, identity(len(W2)))
    return unvec(J_L_Z2(X, W1, b1, f1, df1, W2, b2, f2, df2, Y) @ J_Z2_W2, W2.shape)


def dW2_index(
    X: Array, W1: Array, b1: Array, f1: Map, df1: Map, W2: Array, b2: Array, f2: Map, df2: Map, Y: Array
) -> Array:
    """dW2_kj = Σᵢ (2/m)(A2_ki−Y_ki)f2′(Z2_ki)A1_ji          [n2 n1]   mean over m"""
    dZ2, Z1 = dZ2_index(X, W1, b1, f1, df1, W2, b2, f2, df2, Y), pre_activation_index(W1, X, b1)
    (n2, n1), m = W2.shape, Y.shape[1]
    return np.array([[sum(dZ2[k, i] * f1(Z1[j, i]) for i in range(m)) for j in range(n1)] for k in range(n2)])


def dW2_vector(
    X: Array, W1: Array, b1: Array, f1: Map, df1: Map, W2: Array, b2: Array, f2: Map, df2: Map, Y: Array
) -> Array:
    """dW2 = [(2/m)(A2−Y) ⊙ f2′(Z2)]·A1ᵀ                     [n2 n1]   mean over m"""
    return dZ2_vector(X, W1, b1, f1, df1, W2, b2, f2, df2, Y) @ f1(pre_activation(W1, X, b1)).T


def db2_jacobian(
    X: Array, W1: Array, b1: Array, f1: Map, df1: Map, W2: Array, b2: Array, f2: Map, df2: Map, Y: Array
) -> Array:
    """∂L/∂b2 = ∂L/∂vec Z2·[1 ⊗ I]                           [n2 1]   mean over m"""
    J_Z2_b2 = np.kron(ones(Y.shape[1]), identity(len(W2)))
    return unvec(J_L_Z2(X, W1, b1, f1, df1, W2, b2, f2, df2, Y) @ J_Z2_b2, b2.shape)


def db2_index(
    X: Array, W1: Array, b1: Array, f1: Map, df1: Map, W2: Array, b2: Array, f2: Map, df2: Map, Y: Array
) -> Array:
    """db2_k = Σᵢ (2/m)(A2_ki−Y_ki)f2′(Z2_ki)                [n2 1]   mean over m"""
    dZ2, (n2, m) = dZ2_index(X, W1, b1, f1, df1, W2, b2, f2, df2, Y), Y.shape
    return np.array([[sum(dZ2[k, i] for i in range(m))] for k in range(n2)])


def db2_vector(
    X: Array, W1: Array, b1: Array, f1: Map, df1: Map, W2: Array, b2: Array, f2: Map, df2: Map, Y: Array
) -> Array:
    """db2 = (2/m)(A2−Y) ⊙ f2′(Z2), summed over axis 1       [n2 1]   mean over m"""
    return dZ2_vector(X, W1, b1, f1, df1, W2, b2, f2, df2, Y).sum(axis=1, keepdims=True)


def dW1_jacobian(
    X: Array, W1: Array, b1: Array, f1: Map, df1: Map, W2: Array, b2: Array, f2: Map, df2: Map, Y: Array
) -> Array:
    """∂L/∂vec W1 = ∂L/∂vec Z1·[Xᵀ ⊗ I]                      [n1 n0]   mean over m, Σ over n2"""
    J_Z1_W1 = np.kron(X.T, identity(len(W1)))
    return unvec(J_L_Z1(X, W1, b1, f1, df1, W2, b2, f2, df2, Y) @ J_Z1_W1, W1.shape)


def dW1_index(
    X: Array, W1: Array, b1: Array, f1: Map, df1: Map, W2: Array, b2: Array, f2: Map, df2: Map, Y: Array
) -> Array:
    """dW1_jh = Σᵢ Σ_k (2/m)(A2_ki−Y_ki)f2′(Z2_ki)W2_kj f1′(Z1_ji)X_hi    [n1 n0]   mean over m, Σ over n2"""
    dZ2, Z1 = dZ2_index(X, W1, b1, f1, df1, W2, b2, f2, df2, Y), pre_activation_index(W1, X, b1)
    (n2, m), (n1, n0) = Y.shape, W1.shape
    paths = [(k, i) for i in range(m) for k in range(n2)]
    return np.array(
        [[sum(dZ2[k, i] * W2[k, j] * df1(Z1[j, i]) * X[h, i] for k, i in paths) for h in range(n0)] for j in range(n1)]
    )


def dW1_vector(
    X: Array, W1: Array, b1: Array, f1: Map, df1: Map, W2: Array, b2: Array, f2: Map, df2: Map, Y: Array
) -> Array:
    """dW1 = [W2ᵀ((2/m)(A2−Y) ⊙ f2′(Z2)) ⊙ f1′(Z1)]·Xᵀ       [n1 n0]   mean over m, Σ over n2"""
    return dZ1_vector(X, W1, b1, f1, df1, W2, b2, f2, df2, Y) @ X.T


def db1_jacobian(
    X: Array, W1: Array, b1: Array, f1: Map, df1: Map, W2: Array, b2: Array, f2: Map, df2: Map, Y: Array
) -> Array:
    """∂L/∂b1 = ∂L/∂vec Z1·[1 ⊗ I]                           [n1 1]   mean over m, Σ over n2"""
    J_Z1_b1 = np.kron(ones(Y.shape[1]), identity(len(W1)))
    return unvec(J_L_Z1(X, W1, b1, f1, df1, W2, b2, f2, df2, Y) @ J_Z1_b1, b1.shape)


def db1_index(
    X: Array, W1: Array, b1: Array, f1: Map, df1: Map, W2: Array, b2: Array, f2: Map, df2: Map, Y: Array
) -> Array:
    """db1_j = Σᵢ Σ_k (2/m)(A2_ki−Y_ki)f2′(Z2_ki)W2_kj f1′(Z1_ji)    [n1 1]   mean over m, Σ over n2"""
    dZ2, Z1 = dZ2_index(X, W1, b1, f1, df1, W2, b2, f2, df2, Y), pre_activation_index(W1, X, b1)
    paths = [(k, i) for i in range(Y.shape[1]) for k in range(len(W2))]
    return np.array([[sum(dZ2[k, i] * W2[k, j] * df1(Z1[j, i]) for k, i in paths)] for j in range(len(W1))])


def db1_vector(
    X: Array, W1: Array, b1: Array, f1: Map, df1: Map, W2: Array, b2: Array, f2: Map, df2: Map, Y: Array
) -> Array:
    """db1 = W2ᵀ((2/m)(A2−Y) ⊙ f2′(Z2)) ⊙ f1′(Z1), summed over axis 1    [n1 1]   mean over m, Σ over n2"""
    return dZ1_vector(X, W1, b1, f1, df1, W2, b2, f2, df2, Y).sum(axis=1, keepdims=True)


def dX_jacobian(
    X: Array, W1: Array, b1: Array, f1: Map, df1: Map, W2: Array, b2: Array, f2: Map, df2: Map, Y: Array
) -> Array:
    """∂L/∂vec X = ∂L/∂vec Z1·[I ⊗ W1]                       [n0 m]   1/m, Σ over n1 and n2"""
    J_Z1_X = np.kron(identity(Y.shape[1]), W1)
    return unvec(J_L_Z1(X, W1, b1, f1, df1, W2, b2, f2, df2, Y) @ J_Z1_X, X.shape)


def dX_index(
    X: Array, W1: Array, b1: Array, f1: Map, df1: Map, W2: Array, b2: Array, f2: Map, df2: Map, Y: Array
) -> Array:
    """dX_hi = Σ_j Σ_k (2/m)(A2_ki−Y_ki)f2′(Z2_ki)W2_kj f1′(Z1_ji)W1_jh    [n0 m]   1/m, Σ over n1 and n2"""
    dZ2, Z1 = dZ2_index(X, W1, b1, f1, df1, W2, b2, f2, df2, Y), pre_activation_index(W1, X, b1)
    (n2, n1), (n0, m) = W2.shape, X.shape
    paths = [(k, j) for j in range(n1) for k in range(n2)]
    return np.array(
        [[sum(dZ2[k, i] * W2[k, j] * df1(Z1[j, i]) * W1[j, h] for k, j in paths) for i in range(m)] for h in range(n0)]
    )


def dX_vector(
    X: Array, W1: Array, b1: Array, f1: Map, df1: Map, W2: Array, b2: Array, f2: Map, df2: Map, Y: Array
) -> Array:
    """dX = W1ᵀ[W2ᵀ((2/m)(A2−Y) ⊙ f2′(Z2)) ⊙ f1′(Z1)]        [n0 m]   1/m, Σ over n1 and n2"""
    return W1.T @ dZ1_vector(X, W1, b1, f1, df1, W2, b2, f2, df2, Y)


DZ2, DZ2_LATEX = "(2/m)(A2−Y) ⊙ f2′(Z2)", r"\frac{2}{m}(A_2 - Y) \odot f_2'(Z_2)"
DZ1, DZ1_LATEX = f"W2ᵀ[{DZ2}] ⊙ f1′(Z1)", rf"W_2^\top [{DZ2_LATEX}] \odot f_1'(Z_1)"

# fmt: off
FORMULAS = (
    Formula(
        "two_layer.dW2", f"dW2 = [{DZ2}]·A1ᵀ", rf"dW_2 = [{DZ2_LATEX}]\,A_1^\top", SOURCE,
        loss, ARGUMENTS, "W2",
        dW2_jacobian, dW2_index, dW2_vector,
    ),
    Formula(
        "two_layer.db2", f"db2 = [{DZ2}]·1", rf"db_2 = [{DZ2_LATEX}]\,1", SOURCE,
        loss, ARGUMENTS, "b2",
        db2_jacobian, db2_index, db2_vector,
    ),
    Formula(
        "two_layer.dW1", f"dW1 = [{DZ1}]·Xᵀ", rf"dW_1 = [{DZ1_LATEX}]\,X^\top", SOURCE,
        loss, ARGUMENTS, "W1",
        dW1_jacobian, dW1_index, dW1_vector,
    ),
    Formula(
        "two_layer.db1", f"db1 = [{DZ1}]·1", rf"db_1 = [{DZ1_LATEX}]\,1", SOURCE,
        loss, ARGUMENTS, "b1",
        db1_jacobian, db1_index, db1_vector,
    ),
    Formula(
        "two_layer.dX", f"dX = W1ᵀ[{DZ1}]", rf"dX = W_1^\top [{DZ1_LATEX}]", BEYOND,
        loss, ARGUMENTS, "X",
        dX_jacobian, dX_index, dX_vector,
    ),
)
# fmt: on
