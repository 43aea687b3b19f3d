"""Small engines whose values record, and what is computed with them: scalars and arrays.

In the manner of micrograd, minitorch's scalars, DeZero, joelgrus' autograd, mygrad and tinygrad.
"""

import math

import numpy as np

from tests.zoo.entry import Entry, drawn


def ordered(last, parents):
    seen, order = set(), []

    def visit(node):
        if id(node) not in seen:
            seen.add(id(node))
            for parent in parents(node):
                visit(parent)
            order.append(node)

    visit(last)
    return reversed(order)


class Value:
    """micrograd: scalars only, backward starts from one."""

    def __init__(self, data, _children=()):
        self.data, self.grad, self._prev, self._backward = data, 0, _children, lambda: None

    def __add__(self, other):
        other = other if isinstance(other, Value) else type(self)(other)
        out = type(self)(self.data + other.data, (self, other))

        def _backward():
            self.grad += out.grad
            other.grad += out.grad

        out._backward = _backward
        return out

    def __mul__(self, other):
        other = other if isinstance(other, Value) else type(self)(other)
        out = type(self)(self.data * other.data, (self, other))

        def _backward():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out._backward = _backward
        return out

    def tanh(self):
        t = math.tanh(self.data)
        out = type(self)(t, (self,))

        def _backward():
            self.grad += self.slope(t) * out.grad

        out._backward = _backward
        return out

    def slope(self, t):
        return 1 - t**2

    def backward(self):
        self.grad = 1
        for node in ordered(self, lambda one: one._prev):
            node._backward()

    __radd__, __rmul__ = __add__, __mul__


class ValueOfInput(Value):
    def slope(self, t):
        return 1 - self.data**2


class MLP:
    """micrograd: a neuron is a list of values, parameters() lists them all."""

    def __init__(self, kind, nin, nout):
        self.w = [[kind(float(w)) for w in row] for row in drawn(nout, nin)]
        self.b = [kind(0.5) for _ in range(nout)]

    def __call__(self, x):
        return [
            sum((wi * xi for wi, xi in zip(row, x, strict=True)), b).tanh()
            for row, b in zip(self.w, self.b, strict=True)
        ]

    def parameters(self):
        return [w for row in self.w for w in row] + self.b


class Variable:
    """DeZero: arrays, a gradient that is a Variable, no upstream to hand in."""

    def __init__(self, data):
        self.data, self.grad, self.creator = np.asarray(data), None, None

    def backward(self, retain_grad=False, create_graph=False):
        self.grad = Variable(np.ones_like(self.data))
        for node in ordered(self, lambda one: one.creator[1] if one.creator else ()):
            if node.creator:
                for parent, gx in zip(node.creator[1], node.creator[0](node.grad.data), strict=True):
                    gx = sum_to(gx, parent.data.shape)
                    parent.grad = Variable(gx if parent.grad is None else self.joined(parent.grad.data, gx))

    def joined(self, old, new):
        return old + new

    def __mul__(self, other):
        x0, x1 = self.data, other.data
        return made(x0 * x1, (self, other), lambda gy: (gy * x1, gy * x0))

    def __add__(self, other):
        return made(self.data + other.data, (self, other), lambda gy: (gy, gy))

    def sum(self):
        return made(self.data.sum(), (self,), lambda gy: (np.broadcast_to(gy, self.data.shape),))


class VariableForgetting(Variable):
    def joined(self, old, new):
        return new


def made(data, parents, vjp):
    out = type(parents[0])(data)
    out.creator = (vjp, parents)
    return out


def sum_to(x, shape):
    lead = x.ndim - len(shape)
    axes = tuple(range(lead)) + tuple(i + lead for i, size in enumerate(shape) if size == 1)
    y = x.sum(axes, keepdims=True)
    return y.squeeze(tuple(range(lead))) if lead > 0 else y


def used_twice(x, W, b):
    return x * W + b * x


class Tensor:
    """joelgrus' autograd and mygrad: arrays, an upstream in backward."""

    def __init__(self, data, depends_on=(), requires_grad=True):
        self.data, self.depends_on, self.grad = np.asarray(data), depends_on, None
        self.requires_grad = requires_grad

    @property
    def shape(self):
        return self.data.shape

    def backward(self, grad=None):
        grad = np.ones(self.shape) if grad is None else grad.data if isinstance(grad, Tensor) else grad
        self.grad = grad if self.grad is None else self.grad + grad
        for parent, vjp in self.depends_on:
            parent.backward(vjp(grad))

    def __matmul__(self, other):
        a, b = self.data, other.data
        return type(self)(a @ b, ((self, lambda g: self.left(g, b)), (other, lambda g: a.T @ g)))

    def left(self, g, b):
        return g @ b.T

    def exp(self):
        y = np.exp(self.data)
        return type(self)(y, ((self, lambda g: g * y),))


class TensorUntransposed(Tensor):
    def left(self, g, b):
        return g @ b


class Scalar:
    """minitorch: the derivative is called so, and backward takes d_output."""

    def __init__(self, data, history=()):
        self.data, self.history, self.derivative = float(data), history, None

    def accumulate(self, d):
        self.derivative = d if self.derivative is None else self.derivative + d

    def backward(self, d_output=None):
        d = 1.0 if d_output is None else d_output
        if not self.history:
            self.accumulate(float(getattr(d, "data", d)))
        for parent, slope in self.history:
            parent.backward(slope * float(getattr(d, "data", d)))

    def __mul__(self, other):
        return type(self)(self.data * other.data, ((self, other.data), (other, self.data)))

    def log(self):
        return type(self)(math.log(self.data), ((self, self.log_slope()),))

    def log_slope(self):
        return 1 / self.data


class ScalarFlat(Scalar):
    def log_slope(self):
        return 1.0


def neuron(a, b):
    return (a * b + a).tanh()


def neuron_of_lists(w, x, b):
    return sum((wi * xi for wi, xi in zip(w, x, strict=True)), b).tanh()


def _entry(name, style, on, right, wrong, leaves, blamed):
    """``on`` makes the function of the engine, which is right or wrong."""
    wrongly = {"tensor": wrong}
    return Entry(
        name, style, "values", lambda: on(right), lambda: on(wrong), leaves, blamed, {"tensor": right}, wrongly
    )


MLP_LEAVES = ("x", *(f"parameters[{i}]" for i in range(8)))
# fmt: off
ENGINES = (
    _entry("scalar-neuron", "micrograd", lambda kind: neuron, Value, ValueOfInput, {"a": (), "b": ()}, ("a", "b")),
    _entry("neuron-of-lists", "micrograd", lambda kind: neuron_of_lists, Value, ValueOfInput,
           {"w": (3,), "x": (3,), "b": ()}, ("w", "x", "b")),
    _entry("mlp", "micrograd", lambda kind: MLP(kind, 3, 2), Value, ValueOfInput, {"x": (3,)}, MLP_LEAVES),
    _entry("used-twice", "DeZero", lambda kind: used_twice, Variable, VariableForgetting,
           {"x": (4, 3), "W": (4, 3), "b": (3,)}, ("x",)),
    _entry("matmul-exp", "joelgrus", lambda kind: lambda x, W: (x @ W).exp(), Tensor, TensorUntransposed,
           {"x": (2, 3), "W": (3, 3)}, ("x",)),
    _entry("log-product", "minitorch", lambda kind: lambda a, b: (a * b).log(), Scalar, ScalarFlat, {"a": 0.5, "b": 1.5},
           ("a", "b")),
)
# fmt: on
