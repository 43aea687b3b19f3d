"""Activation functions: z = Xw + b·1, a = f(z), L = (1/m) ‖a − y‖², through diagonal Jacobians.

Section 4. First four functions f and f′ as a program uses them; then as pullbacks of dout (no 1/m), each form with
another expression of f′; then the neuron with any f. There the 1/m is the loss's, and enters once, with ∂L/∂a.
Samples are rows. f acts on each entry alone, so ∂a/∂z is diagonal.
"""

import numpy as np

from reference.formula import Formula
from reference.notation import Array, Map, Scalar, gradient, loss_of, ones, unvec
from reference.notation import identity as identity_matrix

SOURCE = "Backpropagation from scratch, 'Adding activation functions'"
BEYOND = SOURCE + "; beyond it"
ARGUMENTS = {"X": "m n", "w": "n", "b": "", "f": "function", "df": "derivative of f", "y": "m"}
PULLBACK = {"z": "m", "dout": "m"}


def tanh(z: Array) -> Array:
    """(eᶻ − e⁻ᶻ)/(eᶻ + e⁻ᶻ)"""
    return np.tanh(z)


def dtanh(z: Array) -> Array:
    """1 − tanh²z = 1/cosh²z,  1/cosh z = 2e/(1 + e²),  e = exp(−|z|)"""
    e = np.exp(-np.abs(z))  # in the tails 1 − tanh² cancels and cosh overflows: this does neither
    sech: Array = 2 * e / (1 + e * e)
    return sech**2


def sigmoid(z: Array) -> Array:
    """σ(z) = 1/(1 + e⁻ᶻ) = eᶻ/(1 + eᶻ)"""
    e = np.exp(-np.abs(z))  # the first expression right of 0, the second left of it: neither overflows
    return np.where(z >= 0, 1, e) / (1 + e)


def dsigmoid(z: Array) -> Array:
    """σ(z)(1 − σ(z)) = σ(z)σ(−z), where nothing cancels"""
    return sigmoid(z) * sigmoid(-z)


def relu(z: Array) -> Array:
    """max(0, z)"""
    return np.maximum(0, z)


def drelu(z: Array) -> Array:
    """1 for z > 0, else 0; at 0 any value in [0, 1] is a subgradient, and 0 is taken"""
    return np.ones_like(z) * (z > 0)


def identity(z: Array) -> Array:
    """z"""
    return z


def didentity(z: Array) -> Array:
    """1, in the number type of z"""
    return np.ones_like(z) * 1  # the product turns a zero-dimensional array into a number


def tanh_jacobian(z: Array, dout: Array) -> Array:
    """∂L/∂z = doutᵀ·diag(1 − tanh²z)                        [m]   cancels in the tails"""
    return gradient(dout[None, :] @ np.diag(1 - tanh(z) ** 2))


def tanh_index(z: Array, dout: Array) -> Array:
    """dz_i = doutᵢ / cosh²zᵢ                                [m]   overflows in the tails, to the right 0"""
    return np.array([dout[i] / np.cosh(z[i]) ** 2 for i in range(len(z))])


def tanh_vector(z: Array, dout: Array) -> Array:
    """dz = dout ⊙ tanh′(z)                                  [m]"""
    return dout * dtanh(z)


def sigmoid_jacobian(z: Array, dout: Array) -> Array:
    """∂L/∂z = doutᵀ·diag(σ(z)(1 − σ(z)))                    [m]   cancels in the right tail"""
    return gradient(dout[None, :] @ np.diag(sigmoid(z) * (1 - sigmoid(z))))


def sigmoid_index(z: Array, dout: Array) -> Array:
    """dz_i = doutᵢ / ((1 + exp zᵢ)(1 + exp −zᵢ))            [m]   overflows in the tails, to the right 0"""
    return np.array([dout[i] / ((1 + np.exp(z[i])) * (1 + np.exp(-z[i]))) for i in range(len(z))])


def sigmoid_vector(z: Array, dout: Array) -> Array:
    """dz = dout ⊙ σ′(z)                                     [m]"""
    return dout * dsigmoid(z)


def relu_jacobian(z: Array, dout: Array) -> Array:
    """∂L/∂z = doutᵀ·diag(1[relu(z) > 0])                    [m]"""
    return gradient(dout[None, :] @ np.diag(relu(z) > 0))


def relu_index(z: Array, dout: Array) -> Array:
    """dz_i = doutᵢ if zᵢ > 0 else 0                         [m]"""
    return np.array([dout[i] if z[i] > 0 else 0 * dout[i] for i in range(len(z))])


def relu_vector(z: Array, dout: Array) -> Array:
    """dz = dout ⊙ relu′(z)                                  [m]"""
    return dout * drelu(z)


def identity_jacobian(z: Array, dout: Array) -> Array:
    """∂L/∂z = doutᵀ·I                                       [m]"""
    return gradient(dout[None, :] @ identity_matrix(len(z)))


def identity_index(z: Array, dout: Array) -> Array:
    """dz_i = doutᵢ                                          [m]"""
    return np.array([dout[i] for i in range(len(z))])


def identity_vector(z: Array, dout: Array) -> Array:
    """dz = dout ⊙ 1                                         [m]"""
    return dout * didentity(z)


def pre_activation(X: Array, w: Array, b: Array) -> Array:
    """z = Xw + b·1                                          [m]"""
    return X @ w + b


def loss_of_z(z: Array, f: Map, df: Map, y: Array) -> Scalar:
    """L = (1/m) Σᵢ (f(zᵢ) − yᵢ)²                            scalar, mean over m"""
    return ((f(z) - y) ** 2).sum() / len(y)


def loss(X: Array, w: Array, b: Array, f: Map, df: Map, y: Array) -> Scalar:
    """L = (1/m) ‖f(Xw + b·1) − y‖²                          scalar, mean over m"""
    return loss_of_z(pre_activation(X, w, b), f, df, y)


def dz_jacobian(z: Array, f: Map, df: Map, y: Array) -> Array:
    """∂L/∂z = [(2/m)(a−y)ᵀ]·diag(f′(z))                     [m]   1/m, no sum"""
    return gradient(2 * (f(z) - y)[None, :] / len(y) @ np.diag(df(z)))


def dz_index(z: Array, f: Map, df: Map, y: Array) -> Array:
    """dz_i = (2/m)(aᵢ−yᵢ)f′(zᵢ)                             [m]   1/m, no sum"""
    return np.array([2 * (f(z[i]) - y[i]) * df(z[i]) / len(y) for i in range(len(y))])


def dz_vector(z: Array, f: Map, df: Map, y: Array) -> Array:
    """dz = (2/m)(a−y) ⊙ f′(z)                               [m]   1/m, no sum"""
    return 2 * (f(z) - y) * df(z) / len(y)


def z_index(X: Array, w: Array, b: Array) -> Array:
    """zᵢ = Σ_j Xᵢⱼ wⱼ + b                                   [m]"""
    return np.array([sum(X[i, j] * w[j] for j in range(len(w))) + b for i in range(len(X))])


def dw_jacobian(X: Array, w: Array, b: Array, f: Map, df: Map, y: Array) -> Array:
    """∂L/∂w = [(2/m)(a−y)ᵀ]·diag(f′(z))·[X]                 [n]   mean over m"""
    J_L_z = dz_jacobian(pre_activation(X, w, b), f, df, y)[None, :]
    return gradient(J_L_z @ X)


def dw_index(X: Array, w: Array, b: Array, f: Map, df: Map, y: Array) -> Array:
    """dw_j = (2/m) Σᵢ (aᵢ−yᵢ)f′(zᵢ)Xᵢⱼ                      [n]   mean over m"""
    dz = dz_index(z_index(X, w, b), f, df, y)
    return np.array([sum(dz[i] * X[i, j] for i in range(len(y))) for j in range(len(w))])


def dw_vector(X: Array, w: Array, b: Array, f: Map, df: Map, y: Array) -> Array:
    """dw = (2/m) Xᵀ((a−y) ⊙ f′(z))                          [n]   mean over m"""
    return X.T @ dz_vector(pre_activation(X, w, b), f, df, y)


def db_jacobian(X: Array, w: Array, b: Array, f: Map, df: Map, y: Array) -> Scalar:
    """∂L/∂b = [(2/m)(a−y)ᵀ]·diag(f′(z))·[1]                 scalar, mean over m"""
    return (dz_jacobian(pre_activation(X, w, b), f, df, y)[None, :] @ ones(len(y)))[0, 0]


def db_index(X: Array, w: Array, b: Array, f: Map, df: Map, y: Array) -> Scalar:
    """db = (2/m) Σᵢ (aᵢ−yᵢ)f′(zᵢ)                           scalar, mean over m"""
    return sum(dz_index(z_index(X, w, b), f, df, y))


def db_vector(X: Array, w: Array, b: Array, f: Map, df: Map, y: Array) -> Scalar:
    """db = (2/m) 1ᵀ((a−y) ⊙ f′(z))                          scalar, mean over m"""
    return dz_vector(pre_activation(X, w, b), f, df, y).sum()


def dX_jacobian(X: Array, w: Array, b: Array, f: Map, df: Map, y: Array) -> Array:
    """∂L/∂vec X = [(2/m)(a−y)ᵀ]·diag(f′(z))·[wᵀ ⊗ I]        [m n]   1/m, no sum"""
    J_L_z = dz_jacobian(pre_activation(X, w, b), f, df, y)[None, :]
    return unvec(J_L_z @ np.kron(w[None, :], identity_matrix(len(y))), X.shape)


def dX_index(X: Array, w: Array, b: Array, f: Map, df: Map, y: Array) -> Array:
    """dX_ij = (2/m)(aᵢ−yᵢ)f′(zᵢ)wⱼ                          [m n]   1/m, no sum"""
    dz = dz_index(z_index(X, w, b), f, df, y)
    return np.array([[dz[i] * w[j] for j in range(len(w))] for i in range(len(y))])


def dX_vector(X: Array, w: Array, b: Array, f: Map, df: Map, y: Array) -> Array:
    """dX = (2/m)((a−y) ⊙ f′(z))wᵀ                           [m n]   1/m, no sum"""
    return np.outer(dz_vector(pre_activation(X, w, b), f, df, y), w)


# fmt: off
FORMULAS = (
    Formula(
        "activations.tanh", "dz = dout ⊙ (1 − tanh²z)", r"dz = D \odot (1 - \tanh^2 z)", SOURCE,
        loss_of(tanh), PULLBACK, "z",
        tanh_jacobian, tanh_index, tanh_vector, tanh,
    ),
    Formula(
        "activations.sigmoid", "dz = dout ⊙ σ(z)(1 − σ(z))", r"dz = D \odot \sigma(z)(1 - \sigma(z))", SOURCE,
        loss_of(sigmoid), PULLBACK, "z",
        sigmoid_jacobian, sigmoid_index, sigmoid_vector, sigmoid,
    ),
    Formula(
        "activations.relu", "dz = dout ⊙ 1[z > 0]", r"dz = D \odot 1[z > 0]", SOURCE,
        loss_of(relu), PULLBACK, "z",
        relu_jacobian, relu_index, relu_vector, relu,
    ),
    Formula(
        "activations.identity", "dz = dout", "dz = D", SOURCE,
        loss_of(identity), PULLBACK, "z",
        identity_jacobian, identity_index, identity_vector, identity,
    ),
    Formula(
        "activations.dz", "dz = (2/m)(a−y) ⊙ f′(z)", r"dz = \frac{2}{m} (a - y) \odot f'(z)", SOURCE,
        loss_of_z, {"z": "m", "f": "function", "df": "derivative of f", "y": "m"}, "z",
        dz_jacobian, dz_index, dz_vector,
    ),
    Formula(
        "activations.dw", "dw = (2/m) Xᵀ((a−y) ⊙ f′(z))", r"dw = \frac{2}{m} X^\top ((a - y) \odot f'(z))", SOURCE,
        loss, ARGUMENTS, "w",
        dw_jacobian, dw_index, dw_vector,
    ),
    Formula(
        "activations.db", "db = (2/m) 1ᵀ((a−y) ⊙ f′(z))", r"db = \frac{2}{m} 1^\top ((a - y) \odot f'(z))", SOURCE,
        loss, ARGUMENTS, "b",
        db_jacobian, db_index, db_vector,
    ),
    Formula(
        "activations.dX", "dX = (2/m)((a−y) ⊙ f′(z))wᵀ", r"dX = \frac{2}{m} ((a - y) \odot f'(z))\,w^\top", BEYOND,
        loss, ARGUMENTS, "X",
        dX_jacobian, dX_index, dX_vector,
    ),
)
# fmt: on
