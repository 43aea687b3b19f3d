"""What contains what: each row says that one formula comes out of another, and how.

The derivation modules never meet, so neither of two formulas can lean on the other. That section 6 contains sections
2-5 (one layer, one neuron, m = 1, ℓ = 2, rows turned into columns) is stated here, by identifiers, and holds only if
both derivations are right. A row turns the special formula's arguments into the general one's, and the general gradient
back into the special one; 1/m needs no care, because both losses have it. Where only the general case has a bias, it is
zero.
"""

from typing import Any

import numpy as np

from reference.formula import SpecialCase
from reference.notation import Array, Form, Map, Scalar, identity

Arguments = tuple[Any, ...]


def same(z: Array) -> Array:
    """z: the identity as an activation function"""
    return z


def one(z: Array) -> Array:
    """1: its derivative"""
    return np.ones_like(z) * 1


def zeros(p: int) -> Array:
    """No bias, "p 1", in exact small integers"""
    return np.zeros((p, 1), dtype=np.int8)


def cell(number: Scalar, like: Array) -> Array:
    """The number as a "1 1" matrix of the same number type as an array"""
    return np.full((1, 1), number, dtype=like.dtype)


def neuron_as_network(x: Array, w: Array, b: Array, y: Array) -> Arguments:
    """One layer, one neuron, one sample, no activation function"""
    return x[:, None], (w[None, :],), (cell(b, w),), (same,), (one,), cell(y, w)


def neuron_as_batch(x: Array, w: Array, b: Array, y: Array) -> Arguments:
    """m = 1"""
    return x[None, :], w, b, cell(y, w)[0]


def batch_as_network(X: Array, w: Array, b: Array, y: Array) -> Arguments:
    """One layer, one neuron, no activation function, samples from rows to columns"""
    return activated_as_network(X, w, b, same, one, y)


def batch_as_activated(X: Array, w: Array, b: Array, y: Array) -> Arguments:
    """f(z) = z"""
    return X, w, b, same, one, y


def activated_as_network(X: Array, w: Array, b: Array, f: Map, df: Map, y: Array) -> Arguments:
    """One layer, one neuron, samples from rows to columns"""
    return X.T, (w[None, :],), (cell(b, w),), (f,), (df,), y[None, :]


def activated_as_last_layer(z: Array, f: Map, df: Map, y: Array) -> Arguments:
    """One neuron, with the gradient of the squared error arriving at its output"""
    return z[None, :], f, df, 2 * (f(z) - y)[None, :] / len(y)


def two_layer_as_network(
    X: Array, W1: Array, b1: Array, f1: Map, df1: Map, W2: Array, b2: Array, f2: Map, df2: Map, Y: Array
) -> Arguments:
    """ℓ = 2"""
    return X, (W1, W2), (b1, b2), (f1, f2), (df1, df2), Y


def dense_as_layer(X: Array, W: Array, b: Array, dout: Array) -> Arguments:
    """Everything transposed; δ is what the ReLU lets through of dout"""
    return W.T, X.T, b.T, (dout * (X @ W + b > 0)).T


def product_as_layer(W: Array, x: Array, dout: Array) -> Arguments:
    """One sample, no bias"""
    return W, x[:, None], zeros(len(W)), dout[:, None]


def dot_as_product(w: Array, x: Array, dout: Array) -> Arguments:
    """A matrix of one row"""
    return w[None, :], x, cell(dout, w)[0]


def elementwise_as_chain(z: Array, f: Map, df: Map, dout: Array) -> Arguments:
    """g(z) = z, and no matrices"""
    return z, identity(len(z)), identity(len(z)), f, df, same, one, dout


def last_as_recursion(Z: Array, f: Map, df: Map, dout: Array) -> Arguments:
    """A next layer that changes nothing: W = I, no bias"""
    return Z, identity(len(Z)), zeros(len(Z)), f, df, dout


def elementwise(f: Map, df: Map) -> Form:
    """One function, where the general case takes any"""
    return lambda z, dout: (z, f, df, dout)


def tanh(z: Array) -> Array:
    """(eᶻ − e⁻ᶻ)/(eᶻ + e⁻ᶻ), as the text writes it: it overflows in the tails"""
    return (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z))


def sigmoid(z: Array) -> Array:
    """1/(1 + e⁻ᶻ), as the text writes it: it overflows far left of 0"""
    return 1 / (1 + np.exp(-z))


def relu(z: Array) -> Array:
    """max(0, z)"""
    return np.maximum(0, z)


def unchanged(gradient: Any) -> Any:
    """The two gradients are the same array"""
    return gradient


SPECIAL_CASES = (
    SpecialCase("neuron.dw", "delta.dW", neuron_as_network, lambda dW: dW[0][0]),
    SpecialCase("neuron.db", "delta.db", neuron_as_network, lambda db: db[0][0, 0]),
    SpecialCase("neuron.dx", "delta.dX", neuron_as_network, lambda dX: dX[:, 0]),
    SpecialCase("batch.dw", "delta.dW", batch_as_network, lambda dW: dW[0][0]),
    SpecialCase("batch.db", "delta.db", batch_as_network, lambda db: db[0][0, 0]),
    SpecialCase("batch.dX", "delta.dX", batch_as_network, lambda dX: dX.T),
    SpecialCase("activations.dz", "delta.last", activated_as_last_layer, lambda δ: δ[0]),
    SpecialCase("activations.dw", "delta.dW", activated_as_network, lambda dW: dW[0][0]),
    SpecialCase("activations.db", "delta.db", activated_as_network, lambda db: db[0][0, 0]),
    SpecialCase("activations.dX", "delta.dX", activated_as_network, lambda dX: dX.T),
    SpecialCase("two_layer.dW1", "delta.dW", two_layer_as_network, lambda dW: dW[0]),
    SpecialCase("two_layer.db1", "delta.db", two_layer_as_network, lambda db: db[0]),
    SpecialCase("two_layer.dW2", "delta.dW", two_layer_as_network, lambda dW: dW[1]),
    SpecialCase("two_layer.db2", "delta.db", two_layer_as_network, lambda db: db[1]),
    SpecialCase("two_layer.dX", "delta.dX", two_layer_as_network, unchanged),
    # The steps between the sections.
    SpecialCase("neuron.da", "batch.da", lambda a, y: (np.array([a]), np.array([y])), lambda da: da[0]),
    SpecialCase("neuron.dw", "batch.dw", neuron_as_batch, unchanged),
    SpecialCase("neuron.db", "batch.db", neuron_as_batch, unchanged),
    SpecialCase("neuron.dx", "batch.dX", neuron_as_batch, lambda dX: dX[0]),
    SpecialCase("batch.da", "activations.dz", lambda a, y: (a, same, one, y), unchanged),
    SpecialCase("batch.dw", "activations.dw", batch_as_activated, unchanged),
    SpecialCase("batch.db", "activations.db", batch_as_activated, unchanged),
    SpecialCase("batch.dX", "activations.dX", batch_as_activated, unchanged),
    SpecialCase("dense.dW", "delta.weights", dense_as_layer, lambda dW: dW.T),
    SpecialCase("dense.db", "delta.bias", dense_as_layer, lambda db: db.T),
    SpecialCase("dense.dX", "delta.input", dense_as_layer, lambda dA: dA.T),
    SpecialCase("delta.last", "delta.recursion", last_as_recursion, unchanged),
    # What section 1 is good for.
    SpecialCase("neuron.da", "calculus.squares_da", lambda a, y: (np.array([a]), np.array([y]), 1), lambda da: da[0]),
    SpecialCase(
        "activations.tanh", "calculus.elementwise_dz", elementwise(tanh, lambda z: 1 - tanh(z) ** 2), unchanged
    ),
    SpecialCase(
        "activations.sigmoid",
        "calculus.elementwise_dz",
        elementwise(sigmoid, lambda z: sigmoid(z) * (1 - sigmoid(z))),
        unchanged,
    ),
    SpecialCase("activations.relu", "calculus.elementwise_dz", elementwise(relu, lambda z: z > 0), unchanged),
    SpecialCase("activations.identity", "calculus.elementwise_dz", elementwise(same, one), unchanged),
    SpecialCase("calculus.dot_dw", "calculus.linear_dW", dot_as_product, lambda dW: dW[0]),
    SpecialCase("calculus.dot_dx", "calculus.linear_dx", dot_as_product, unchanged),
    SpecialCase("calculus.hadamard_du", "calculus.linear_dx", lambda u, v, dout: (np.diag(v), u, dout), unchanged),
    SpecialCase("calculus.elementwise_dz", "calculus.chain_dx", elementwise_as_chain, unchanged),
    SpecialCase("calculus.linear_dW", "delta.weights", product_as_layer, unchanged),
    SpecialCase("calculus.linear_dx", "delta.input", product_as_layer, lambda dA: dA[:, 0]),
)
