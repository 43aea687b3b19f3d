"""Composition: values used twice, arguments that are one array, leaves that need no gradient, modes; and what lies beyond."""

import numpy as np

from benchmarks.known_wrong.case import Bug, bug
from nnverify import leaf


class Tensor:
    """A small engine: arrays, a gradient for each node, an upstream handed to backward."""

    def __init__(self, data, parents=(), vjp=None):
        self.data, self.parents, self.vjp, self.grad = np.asarray(data, dtype=float), parents, vjp, None

    def order(self):
        seen, order = set(), []

        def visit(node):
            if id(node) not in seen:
                seen.add(id(node))
                for parent in node.parents:
                    visit(parent)
                order.append(node)

        visit(self)
        return order[::-1]

    def backward(self, grad=None):
        self.grad = self.seed(grad)
        for node in self.order():
            if node.vjp:
                for parent, part in zip(node.parents, node.vjp(node.grad), strict=True):
                    parent.receive(part)

    def seed(self, grad):
        return np.ones_like(self.data) if grad is None else np.asarray(grad.data if isinstance(grad, Tensor) else grad)

    def receive(self, part):
        self.grad = part if self.grad is None else self.grad + part

    def __add__(self, other):
        return type(self)(self.data + other.data, (self, other), lambda g: (g, g))

    def __mul__(self, other):
        a, b = self.data, other.data
        return type(self)(a * b, (self, other), lambda g: (g * b, g * a))

    def tanh(self):
        y = np.tanh(self.data)
        return type(self)(y, (self,), lambda g: (g * (1 - y**2),))


class Overwriting(Tensor):
    """The last use wins."""

    def receive(self, part):
        self.grad = part


class Replaying(Tensor):
    """Each node hands on all it has so far, each time that something arrives."""

    def backward(self, grad=None):
        self.receive(self.seed(grad))
        if self.vjp:
            for parent, share in zip(self.parents, self.vjp(self.grad), strict=True):
                parent.backward(share)


class ByIdentity(Tensor):
    """Operands that are one and the same are counted once."""

    def backward(self, grad=None):
        self.grad = self.seed(grad)
        for node in self.order():
            if node.vjp:
                pairs = {
                    id(parent): (parent, part) for parent, part in zip(node.parents, node.vjp(node.grad), strict=True)
                }
                for parent, part in pairs.values():
                    parent.receive(part)


def product(a, b):
    return a * b


def diamond(x):
    square = x * x
    return square * x + square


def gate(x, w):
    return (x * w).tanh() + x * x


class Scaled:
    """y = x·w, in the manner of an engine that says which inputs need a gradient."""

    @staticmethod
    def forward(ctx, x, w):
        ctx.save_for_backward(x, w)
        return x * w

    @staticmethod
    def backward(ctx, dout):
        x, w = ctx.saved_tensors
        return dout * w, np.sum(dout * x, axis=0)


class ScaledOnlyWithInput(Scaled):
    """Where x needs no gradient, the buffer for w is handed out as it is."""

    @staticmethod
    def backward(ctx, dout):
        dx, dw = Scaled.backward(ctx, dout)
        return (dx, dw) if ctx.needs_input_grad[0] else (None, np.zeros_like(dw))


def batchnorm(x, mean, var):
    return (x - mean) / np.sqrt(var + 1e-5)


def evaluated(dout, x, mean, var):
    return dout / np.sqrt(var + 1e-5), None, None


def trained(dout, x, mean, var):
    y = batchnorm(x, mean, var)
    centred = dout - dout.mean(axis=0) - y * np.mean(dout * y, axis=0)
    return centred / np.sqrt(var + 1e-5), None, None


def elu_slope(x):
    return np.where(x > 0, 1.0, np.exp(np.minimum(x, 0)))


def sinc_slope(x):
    """d/dx of sin(x)/x, by its series near 0."""
    safe = np.where(np.abs(x) < 0.05, 1.0, x)
    series = -x / 3 + x**3 / 30 - x**5 / 840 + x**7 / 45360
    return np.where(np.abs(x) < 0.05, series, np.cos(safe) / safe - np.sin(safe) / safe**2)


def sinc_curve(dout, x):
    safe = np.where(np.abs(x) < 0.05, 1.0, x)
    series = -1 / 3 + x**2 / 10 - x**4 / 168 + x**6 / 6480
    rest = -np.sin(safe) / safe - 2 * np.cos(safe) / safe**2 + 2 * np.sin(safe) / safe**3
    return dout * np.where(np.abs(x) < 0.05, series, rest)


def sinc_curve_wrong(dout, x):
    return dout * (-np.sin(x) / x - 2 * np.cos(x) / x**2 + 2 * np.sin(x) / x**3)


def engine(name, source, kind, words, function, wrong, leaves):
    """An expression on the right engine, and on a wrong one."""
    return Bug(name, source, kind, words, lambda: (function,), lambda: (function,), leaves, {"tensor": Tensor},
               {"tensor": wrong})  # fmt: skip


Z = np.array([[1 + 2j, -0.5j], [0.3 - 1j, 2.0 + 0j], [1j, -1 + 1j]])
V = np.array([[0.4 - 1j, 1.5 + 0.5j], [-0.7j, 2.0 - 0.2j]])

# fmt: off
COMPOSITION = (
    engine("diamond-replayed", "sebgao/cTensor#5", "EN", "a node sends its accumulated gradient along every path", diamond,
           Replaying, {"x": (3,)}),
    engine("last-use-wins", "oreilly-japan/deep-learning-from-scratch-3 (step 14)", "AC", "= for += at a node used twice",
           gate, Overwriting, {"x": (4, 3), "w": (4, 3)}),
    engine("one-array-twice", "tensorflow/tensorflow#36999", "AC", "one tensor in two arguments counted once", product,
           ByIdentity, {"a": (4, 3), "b": (4, 3)}),
    Bug("needs-no-input", "pytorch/pytorch (layer_norm on MPS)", "AC", "∂w wrong where x needs no gradient",
        lambda: (Scaled,), lambda: (ScaledOnlyWithInput,), {"x": (4, 3), "w": (3,)}),
    bug("evaluation-mode", "FluxML/Flux.jl, apache/mxnet (batch norm)", "BL", "the formula of training in evaluation",
        batchnorm, evaluated, trained,
        {"x": (4, 3), "mean": leaf(np.array([0.2, -0.1, 0.4]), grad=False),
         "var": leaf(np.array([0.9, 1.4, 0.6]), grad=False)}),
    bug("elu-curvature", "ddbourgin/numpy-ml (ELU.grad2)", "2D", "the second derivative is 0", elu_slope,
        lambda dout, x: dout * np.where(x > 0, 0.0, np.exp(np.minimum(x, 0))), lambda dout, x: dout * np.zeros_like(x),
        {"x": (4, 3)}),
    bug("sinc-curvature", "pytorch/pytorch#89459", "2D", "0/0 at 0 in the second derivative", sinc_slope, sinc_curve,
        sinc_curve_wrong, {"x": (4, 3)}),
    bug("complex-matmul", "tensorflow/tensorflow, HIPS/autograd (matmul)", "CX", "not conjugated", lambda Z, V: Z @ V,
        lambda dout, Z, V: (dout @ V.conj().T, Z.conj().T @ dout), lambda dout, Z, V: (dout @ V.T, Z.T @ dout),
        {"Z": Z, "V": V}),
)
# fmt: on
