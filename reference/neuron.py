"""One neuron, one sample, squared error: a = wᵀx + b, L = (a − y)².

Section 2. One sample, so there is no 1/m and nothing to sum over: every gradient is ∂L/∂a = 2(a−y) times a derivative
of a. x and w are vectors "n"; b, a and y are scalars. The gradient by x is beyond the tutorial: it is what a layer
below this neuron would receive. Training lives in training.py.
"""

import numpy as np

from reference.formula import Formula
from reference.notation import Array, Scalar, gradient, ones

SOURCE = "Backpropagation from scratch, 'Neuron with single input vector'"
BEYOND = SOURCE + "; beyond it"
ARGUMENTS = {"x": "n", "w": "n", "b": "", "y": ""}


def activation(x: Array, w: Array, b: Array) -> Scalar:
    """a = wᵀx + b                                           scalar"""
    return w @ x + b


def loss_of_activation(a: Array, y: Array) -> Scalar:
    """L = (a − y)²                                          scalar"""
    return (a - y) ** 2


def loss(x: Array, w: Array, b: Array, y: Array) -> Scalar:
    """L = (wᵀx + b − y)²                                    scalar"""
    return loss_of_activation(activation(x, w, b), y)


def da_jacobian(a: Array, y: Array) -> Scalar:
    """∂L/∂a = 2(a−y), a 1×1 matrix                          scalar"""
    J_L_a = 2 * (a - y) * ones(1)
    return J_L_a[0, 0]


def da_index(a: Array, y: Array) -> Scalar:
    """da = 2(a−y)                                           scalar"""
    return 2 * (a - y)


def da_vector(a: Array, y: Array) -> Scalar:
    """da = 2(a−y)                                           scalar"""
    return 2 * (a - y)


def dw_jacobian(x: Array, w: Array, b: Array, y: Array) -> Array:
    """∂L/∂w = [2(a−y)]·[xᵀ]                                 [n]"""
    J_L_a = 2 * (activation(x, w, b) - y)
    J_a_w = x[None, :]
    return gradient(J_L_a * J_a_w)


def dw_index(x: Array, w: Array, b: Array, y: Array) -> Array:
    """dw_j = 2(a−y)x_j                                      [n]"""
    n = len(w)
    a = sum(w[j] * x[j] for j in range(n)) + b
    return np.array([2 * (a - y) * x[j] for j in range(n)])


def dw_vector(x: Array, w: Array, b: Array, y: Array) -> Array:
    """dw = 2(a−y)x                                          [n]"""
    return 2 * (activation(x, w, b) - y) * x


def db_jacobian(x: Array, w: Array, b: Array, y: Array) -> Scalar:
    """∂L/∂b = [2(a−y)]·[1]                                  scalar"""
    J_L_a = 2 * (activation(x, w, b) - y)
    J_a_b = ones(1)
    return (J_L_a * J_a_b)[0, 0]


def db_index(x: Array, w: Array, b: Array, y: Array) -> Scalar:
    """db = 2(a−y)                                           scalar"""
    a = sum(w[j] * x[j] for j in range(len(w))) + b
    return 2 * (a - y)


def db_vector(x: Array, w: Array, b: Array, y: Array) -> Scalar:
    """db = 2(a−y)                                           scalar"""
    return 2 * (activation(x, w, b) - y)


def dx_jacobian(x: Array, w: Array, b: Array, y: Array) -> Array:
    """∂L/∂x = [2(a−y)]·[wᵀ]                                 [n]"""
    J_L_a = 2 * (activation(x, w, b) - y)
    J_a_x = w[None, :]
    return gradient(J_L_a * J_a_x)


def dx_index(x: Array, w: Array, b: Array, y: Array) -> Array:
    """dx_j = 2(a−y)w_j                                      [n]"""
    n = len(x)
    a = sum(w[j] * x[j] for j in range(n)) + b
    return np.array([2 * (a - y) * w[j] for j in range(n)])


def dx_vector(x: Array, w: Array, b: Array, y: Array) -> Array:
    """dx = 2(a−y)w                                          [n]"""
    return 2 * (activation(x, w, b) - y) * w


# fmt: off
FORMULAS = (
    Formula(
        "neuron.da", "da = 2(a−y)", r"da = 2(a - y)", SOURCE,
        loss_of_activation, {"a": "", "y": ""}, "a",
        da_jacobian, da_index, da_vector,
    ),
    Formula(
        "neuron.dw", "dw = 2(a−y)x", r"dw = 2(a - y)\,x", SOURCE,
        loss, ARGUMENTS, "w",
        dw_jacobian, dw_index, dw_vector,
    ),
    Formula(
        "neuron.db", "db = 2(a−y)", r"db = 2(a - y)", SOURCE,
        loss, ARGUMENTS, "b",
        db_jacobian, db_index, db_vector,
    ),
    Formula(
        "neuron.dx", "dx = 2(a−y)w", r"dx = 2(a - y)\,w", BEYOND,
        loss, ARGUMENTS, "x",
        dx_jacobian, dx_index, dx_vector,
    ),
)
# fmt: on
