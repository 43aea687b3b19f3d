"""Functions with their derivatives: in pairs, in classes, of the input or of the output.

In the manner of PyDeepFlow, numpy-ml, learn_dl, CS224n and ML-From-Scratch.
"""

import numpy as np

from tests.zoo.entry import Entry


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def sigmoid_grad(s):
    return s * (1 - s)


def leaky_relu(x, alpha=0.1):
    return np.where(x > 0, x, alpha * x)


def leaky_relu_prime(x, alpha=0.1):
    return np.where(x > 0, 1, alpha)


class ELU:
    """numpy-ml: fn, grad, and a call."""

    def __init__(self, alpha=1.0):
        self.alpha = alpha

    def __call__(self, z):
        return self.fn(z)

    def fn(self, z):
        return np.where(z > 0, z, self.alpha * (np.exp(z) - 1))

    def grad(self, x):
        return np.where(x > 0, 1, self.alpha * np.exp(x))


class ELUWithoutAlpha(ELU):
    def grad(self, x):
        return np.where(x > 0, 1, np.exp(x))


class EriksSigmoid:
    """ML-From-Scratch: the call is the forward."""

    def __call__(self, x):
        return 1 / (1 + np.exp(-x))

    def gradient(self, x):
        return self.__call__(x) * (1 - self.__call__(x))


class EriksSigmoidOfOutput(EriksSigmoid):
    def gradient(self, x):
        return x * (1 - x)


class SigmoidActivator:
    """learn_dl: backward takes the output."""

    def forward(self, weighted_input):
        return 1.0 / (1.0 + np.exp(-weighted_input))

    def backward(self, output):
        return output * (1 - output)


class SigmoidActivatorUnfinished(SigmoidActivator):
    def backward(self, output):
        return 1 - output


class StaticTanh:
    """Static methods, no context."""

    @staticmethod
    def forward(x):
        return np.tanh(x)

    @staticmethod
    def backward(x, dout):
        return dout * (1 - np.tanh(x) ** 2)


class StaticTanhUnsquared(StaticTanh):
    @staticmethod
    def backward(x, dout):
        return dout * (1 - np.tanh(x))


def _pair(name, style, right, wrong, leaves, blamed, **options):
    return Entry(name, style, "pair", lambda: right, lambda: wrong, leaves, blamed, options)


def _object(name, style, right, wrong, leaves, blamed, **options):
    return Entry(name, style, "object", right, wrong, leaves, blamed, options)


# fmt: off
ELEMENTWISE = (
    _pair("leaky-relu", "PyDeepFlow", (leaky_relu, leaky_relu_prime),
          (leaky_relu, lambda x, alpha=0.1: np.where(x > 0, 1, 0)), {"x": (4, 3)}, ("x",), derivative="input"),
    _pair("sigmoid-of-output", "CS224n", (sigmoid, sigmoid_grad), (sigmoid, lambda s: s * (1 - s) ** 2), {"x": (4, 3)},
          ("x",), derivative="output"),
    _object("elu", "numpy-ml", ELU, lambda: ELUWithoutAlpha(0.5), {"z": (4, 3)}, ("z",), derivative="input"),
    _object("sigmoid-called", "ML-From-Scratch", EriksSigmoid, EriksSigmoidOfOutput, {"x": (4, 3)}, ("x",),
            derivative="input"),
    _object("activator", "learn_dl", SigmoidActivator, SigmoidActivatorUnfinished, {"weighted_input": (4,)},
            ("weighted_input",), derivative="output"),
    Entry("static-methods", "hand-made", "pair", lambda: StaticTanh, lambda: StaticTanhUnsquared, {"x": (4, 3)}, ("x",)),
)
# fmt: on
