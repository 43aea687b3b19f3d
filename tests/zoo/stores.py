"""Objects that keep parameters and gradients in dictionaries and lists, some of them made at the first forward.

In the manner of joelnet, tinynn, numpy-ml, deep-learning-from-scratch 2 and 11-785's mytorch.
"""

import numpy as np

from tests.zoo.entry import Entry, drawn


class Linear:
    """joelnet: params and grads under the same keys."""

    def __init__(self, input_size, output_size):
        self.params, self.grads = {}, {}
        self.params["w"] = drawn(input_size, output_size)
        self.params["b"] = drawn(output_size)

    def forward(self, inputs):
        self.inputs = inputs
        return inputs @ self.params["w"] + self.params["b"]

    def backward(self, grad):
        self.grads["b"] = np.sum(grad, axis=0)
        self.grads["w"] = self.inputs.T @ grad
        return grad @ self.params["w"].T


class LinearAveraged(Linear):
    def backward(self, grad):
        dx = super().backward(grad)
        self.grads["w"] = self.grads["w"] / len(grad)
        self.grads["b"] = self.grads["b"] / len(grad)
        return dx


class Activation:
    def __init__(self, f, f_prime):
        self.params, self.grads = {}, {}
        self.f, self.f_prime = f, f_prime

    def forward(self, inputs):
        self.inputs = inputs
        return self.f(inputs)

    def backward(self, grad):
        return self.f_prime(self.inputs) * grad


def tanh_prime(x):
    return 1 - np.tanh(x) ** 2


class NeuralNet:
    def __init__(self, layers):
        self.layers = layers

    def forward(self, inputs):
        for layer in self.layers:
            inputs = layer.forward(inputs)
        return inputs

    def backward(self, grad):
        for layer in reversed(self.layers):
            grad = layer.backward(grad)
        return grad

    def params_and_grads(self):
        for layer in self.layers:
            for name, param in layer.params.items():
                yield param, layer.grads[name]


def net(linear, f_prime=tanh_prime):
    return NeuralNet([Linear(3, 4), Activation(np.tanh, f_prime), linear(4, 2)])


class TinyDense:
    """tinynn: made at the first forward, in float32."""

    def __init__(self, num_out):
        self.params, self.grads = {"w": None, "b": None}, {"w": None, "b": None}
        self.shapes = {"w": [None, num_out], "b": [num_out]}
        self.is_init, self.inputs = False, None

    def forward(self, inputs):
        if not self.is_init:
            self.shapes["w"][0] = inputs.shape[1]
            for name in self.params:
                self.params[name] = drawn(*self.shapes[name]).astype(np.float32)
            self.is_init = True
        self.inputs = inputs
        return inputs @ self.params["w"] + self.params["b"]

    def backward(self, grad):
        self.grads["w"] = self.inputs.T @ grad
        self.grads["b"] = self.summed(grad)
        return grad @ self.params["w"].T

    def summed(self, grad):
        return np.sum(grad, axis=0)


class TinyDenseUnsummed(TinyDense):
    def summed(self, grad):
        return grad[0]


class FullyConnected:
    """numpy-ml: every X is kept, gradients accumulate, parameters appear at the first forward."""

    def __init__(self, n_out):
        self.n_out, self.n_in, self.act_fn, self.trainable, self.is_initialized = n_out, None, np.tanh, True, False
        self.X, self.gradients, self.parameters, self.derived_variables = [], {}, {"W": None, "b": None}, {}
        self.optimizer = None

    def _init_params(self):
        self.parameters = {"W": drawn(self.n_in, self.n_out), "b": drawn(1, self.n_out)}
        self.derived_variables = {"Z": []}
        self.gradients = {name: np.zeros_like(value) for name, value in self.parameters.items()}
        self.is_initialized = True

    @property
    def hyperparameters(self):
        return {"n_in": self.n_in, "n_out": self.n_out}

    def forward(self, X, retain_derived=True):
        if not self.is_initialized:
            self.n_in = X.shape[1]
            self._init_params()
        Z = X @ self.parameters["W"] + self.parameters["b"]
        if retain_derived:
            self.X.append(X)
            self.derived_variables["Z"].append(Z)
        return self.act_fn(Z)

    def backward(self, dLdy, retain_grads=True):
        if not isinstance(dLdy, list):
            dLdy = [dLdy]
        dX = []
        for dy, x, Z in zip(dLdy, self.X, self.derived_variables["Z"], strict=False):
            dZ = dy * self.slope(Z)
            dX.append(dZ @ self.parameters["W"].T)
            if retain_grads:
                self.gradients["W"] += x.T @ dZ
                self.gradients["b"] += dZ.sum(axis=0, keepdims=True)
        return dX[0] if len(self.X) == 1 else dX

    def slope(self, Z):
        return 1 - self.act_fn(Z) ** 2


class FullyConnectedWithoutSlope(FullyConnected):
    def slope(self, Z):
        return 1.0


class RecurrentCell:
    """numpy-ml: a counter and a list of states that each forward moves on."""

    def __init__(self, n_out):
        self.n_out, self.is_initialized, self.n_timesteps, self.X = n_out, False, 0, []
        self.parameters = {"Waa": None, "Wax": None, "ba": None}

    def forward(self, Xt):
        if not self.is_initialized:
            p = self.parameters
            p["Waa"], p["Wax"], p["ba"] = drawn(self.n_out, self.n_out), drawn(Xt.shape[1], self.n_out), drawn(1)
            self.gradients = {name: np.zeros_like(value) for name, value in p.items()}
            self.derived_variables, self.is_initialized = {"A": []}, True
        if not self.derived_variables["A"]:
            self.derived_variables["A"].append(np.full((len(Xt), self.n_out), 0.5))
        self.n_timesteps += 1
        Zt = self.derived_variables["A"][-1] @ self.parameters["Waa"] + Xt @ self.parameters["Wax"]
        At = np.tanh((Zt + self.parameters["ba"]) * self.n_timesteps)
        self.derived_variables["A"].append(At)
        self.X.append(Xt)
        return At

    def backward(self, dLdAt):
        dZ = dLdAt * (1 - self.derived_variables["A"][-1] ** 2) * self.n_timesteps
        self.gradients["Waa"] += self.previous().T @ dZ
        self.gradients["Wax"] += self.X[-1].T @ dZ
        self.gradients["ba"] += dZ.sum()
        return dZ @ self.parameters["Wax"].T

    def previous(self):
        return self.derived_variables["A"][-2]


class RecurrentCellWithNewState(RecurrentCell):
    def previous(self):
        return self.derived_variables["A"][-1]


class Product:
    """numpy-ml's Multiply: one argument, a list of arrays, and as many gradients."""

    def forward(self, X):
        self.X = X
        out = X[0].copy()
        for x in X[1:]:
            out = out * x
        return out

    def backward(self, dLdY):
        return [dLdY * self.others(i) for i in range(len(self.X))]

    def others(self, i):
        return np.prod([x for j, x in enumerate(self.X) if j != i], axis=0)


class ProductOfAll(Product):
    def others(self, i):
        return np.prod(self.X, axis=0)


def _entry(name, style, right, wrong, leaves, blamed, **options):
    return Entry(name, style, "object", right, wrong, leaves, blamed, options)


PRODUCT = {"X": [drawn(2, 3), drawn(2, 3, seed=1), drawn(2, 3, seed=2)]}
# fmt: off
STORES = (
    _entry("linear", "joelnet", lambda: Linear(5, 3), lambda: LinearAveraged(5, 3), {"inputs": (4, 5)}, ("w", "b")),
    _entry("activation", "joelnet", lambda: Activation(np.tanh, tanh_prime),
           lambda: Activation(np.tanh, lambda x: 1 - x**2), {"inputs": (4, 5)}, ("inputs",)),
    _entry("network", "joelnet", lambda: net(Linear), lambda: net(LinearAveraged), {"inputs": (5, 3)},
           ("layers[2].params['w']", "layers[2].params['b']")),
    _entry("dense-float32", "tinynn", lambda: TinyDense(3), lambda: TinyDenseUnsummed(3), {"inputs": (4, 5)}, ("b",)),
    _entry("fully-connected", "numpy-ml", lambda: FullyConnected(3), lambda: FullyConnectedWithoutSlope(3),
           {"X": (4, 5)}, ("X", "W", "b")),
    _entry("recurrent-cell", "numpy-ml", lambda: RecurrentCell(3), lambda: RecurrentCellWithNewState(3),
           {"Xt": (4, 5)}, ("Waa",)),
    _entry("product", "numpy-ml", Product, ProductOfAll, PRODUCT, ("X[0]", "X[1]", "X[2]")),
)
# fmt: on
