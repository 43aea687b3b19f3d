"""Every symbol of the derivations as data, and the operators that the forms are written with.

Derivatives use numerator layout: J_z_w is ∂z/∂w, rows z, columns w, so the derivative of a scalar is a row.
Gradients are transposes of derivatives: dW has the shape of W. A prime of the text is a d in code: f′ is df.
Samples are rows in sections 1-4 and 7, columns in sections 5 and 6. Nothing of a single derivation lives here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]  # float64, float32, or exact numbers in an object array: NumPy has no type for that choice
Scalar = Any  # a Python float, a NumPy scalar or an exact number
Map = Callable[[Array], Array]  # applied elementwise, to arrays and to single numbers alike
Form = Callable[..., Any]  # an output, a loss or one form of a gradient
Matrices = Sequence[Array]  # one per layer
Maps = Sequence[Map]  # one per layer


@dataclass(frozen=True)
class Symbol:
    """One letter: what it means, and its axes (None: not an array)."""

    letter: str
    meaning: str
    axes: str | None
    sections: str


SYMBOLS = (
    Symbol("m", "number of samples", None, "2-7"),
    Symbol("n", "number of features, or of inputs of a layer", None, "1-7"),
    Symbol("p", "number of outputs", None, "1, 6, 7"),
    Symbol("q", "number of values between the two functions of a composition", None, "1"),
    Symbol("n0", "number of features", None, "5"),
    Symbol("n1", "number of units in layer 1", None, "5"),
    Symbol("n2", "number of units in layer 2", None, "5"),
    Symbol("i", "index of a sample", None, "2-7"),
    Symbol("j", "index of a feature", None, "2-4, 7"),
    Symbol("k", "index of an output", None, "7"),
    Symbol("h", "index of an input, or of a unit of layer l−1", None, "1, 5, 6"),
    Symbol("j", "index of an inner value, or of a unit of layer l", None, "1, 5, 6"),
    Symbol("k", "index of an output, or of a unit of layer l+1", None, "1, 5, 6"),
    Symbol("x", "one sample", "n", "1, 2"),
    Symbol("w", "one neuron's weights", "n", "1-4"),
    Symbol("b", "one neuron's bias", "", "2-4"),
    Symbol("u", "first factor of a product", "n", "1"),
    Symbol("v", "second factor of a product", "n", "1"),
    Symbol("U", "matrix inside the outer function of a composition", "p q", "1"),
    Symbol("V", "matrix inside the inner function of a composition", "q n", "1"),
    Symbol("W", "a matrix of weights, from n inputs to p outputs", "p n", "1"),
    Symbol("a", "any vector", "n", "1"),
    Symbol("y", "any vector that a is compared with", "n", "1"),
    Symbol("z", "argument of an elementwise function", "n", "1"),
    Symbol("a", "activation of one neuron for one sample", "", "2"),
    Symbol("y", "target of one sample", "", "2"),
    Symbol("X", "a batch, samples in rows", "m n", "3, 4, 7"),
    Symbol("a", "activations", "m", "3, 4"),
    Symbol("y", "targets", "m", "3, 4"),
    Symbol("z", "pre-activations", "m", "4"),
    Symbol("e", "exp(−|z|), between 0 and 1 whatever z is", "m", "4"),
    Symbol("X", "a batch, samples in columns", "n[0] m", "5, 6"),
    Symbol("Y", "targets, samples in columns", "n[-1] m", "5, 6"),
    Symbol("W1", "weights of layer 1", "n1 n0", "5"),
    Symbol("b1", "bias of layer 1", "n1 1", "5"),
    Symbol("Z1", "pre-activation of layer 1", "n1 m", "5"),
    Symbol("A1", "activation of layer 1", "n1 m", "5"),
    Symbol("W2", "weights of layer 2", "n2 n1", "5"),
    Symbol("b2", "bias of layer 2", "n2 1", "5"),
    Symbol("Z2", "pre-activation of layer 2", "n2 m", "5"),
    Symbol("A2", "activation of layer 2", "n2 m", "5"),
    Symbol("W", "weights of a layer; of a network, one matrix per layer", "n[l] n[l-1]", "6"),
    Symbol("b", "bias of a layer; of a network, one column per layer", "n[l] 1", "6"),
    Symbol("Z", "pre-activation of a layer, or of every layer", "n[l] m", "6"),
    Symbol("A", "activation that a layer reads, or that every layer reads, then the output", "n[l-1] m", "6"),
    Symbol("δ", "error: the gradient of the loss by Z", "n[l] m", "6"),
    Symbol("W", "weights, from n inputs in columns to p outputs in columns", "n p", "7"),
    Symbol("b", "bias, kept as a row", "1 p", "7"),
    Symbol("Z", "pre-activation, samples in rows", "m p", "7"),
    Symbol("A", "activation, samples in rows", "m p", "7"),
    Symbol("G", "upstream gradient where Z > 0, and 0 elsewhere", "m p", "7"),
    Symbol("L", "the loss, a scalar (in code: loss)", "", "2-7"),
    Symbol("dout", "upstream gradient, shaped like the output", None, "1, 4, 6, 7"),
    Symbol(
        "f", "activation function; the outer function of a composition; in section 6, one per layer", None, "1, 4, 6"
    ),
    Symbol("df", "f′, the derivative of f", None, "1, 4, 6"),
    Symbol("g", "inner function of a composition", None, "1"),
    Symbol("dg", "g′, the derivative of g", None, "1"),
    Symbol("f1", "activation function of layer 1", None, "5"),
    Symbol("df1", "derivative of f1", None, "5"),
    Symbol("f2", "activation function of layer 2", None, "5"),
    Symbol("df2", "derivative of f2", None, "5"),
    Symbol("λ", "learning rate", None, "2-6"),
)


def identity(n: int) -> Array:
    """I, the identity matrix, "n n", in exact small integers: rationals stay rational, float32 stays float32."""
    return np.eye(n, dtype=np.int8)


def ones(m: int) -> Array:
    """1, the all-ones column, "m 1", in exact small integers."""
    return np.ones((m, 1), dtype=np.int8)


def vec(matrix: Array) -> Array:
    """The columns of a matrix, "r c", stacked into one vector, "rc"."""
    return matrix.reshape(-1, order="F")


def unvec(stacked: Array, shape: tuple[int, ...]) -> Array:
    """The matrix whose columns are stacked in a vector or in a row: the inverse of vec."""
    return stacked.reshape(shape, order="F")


def gradient(row: Array) -> Array:
    """∇ = (∂L/∂·)ᵀ, a vector: the transpose of a row of derivatives, "1 n"."""
    return row[0, :]


def loss_of(output: Form) -> Form:
    """L = Σ dout ⊙ output: the loss of which the upstream gradient dout, its last argument, is the gradient."""

    def loss(*arguments: Any) -> Scalar:
        *inputs, dout = arguments
        return np.sum(dout * output(*inputs))

    return loss
