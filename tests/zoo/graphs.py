"""Engines whose backward takes its upstream as a plain array and walks the graph from node to node."""

import numpy as np

from tests.zoo.entry import Entry


class Node:
    """Accumulates, and forgets nothing."""

    def __init__(self, data, parents=()):
        self.data, self.grad, self.parents = np.array(data, dtype=float), None, parents

    def __mul__(self, other):
        return type(self)(self.data * other.data, ((self, self.slope(other)), (other, self.data)))

    def slope(self, other):
        return other.data

    def backward(self, grad):
        if not isinstance(grad, np.ndarray):
            raise TypeError("an upstream is an array")
        self.grad = grad if self.grad is None else self.grad + grad
        for parent, slope in self.parents:
            parent.backward(grad * slope)


class NodeOfItself(Node):
    def slope(self, other):
        return self.data


GRAPHS = (
    Entry("array-upstream", "cTensor", "values", lambda: cubed, lambda: cubed, {"x": (3, 2), "y": (3, 2)}, ("x", "y"),
          {"tensor": Node}, {"tensor": NodeOfItself}),
)  # fmt: skip


def cubed(x, y):
    return x * y * y
