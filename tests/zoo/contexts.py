"""Classes whose forward and backward share a context, static or as the instance itself.

In the manner of torch.autograd.Function, minitorch, nanograd, old and new tinygrad, and needle; on NumPy arrays.
"""

import numpy as np

from tests.zoo.entry import Entry


class Exp:
    @staticmethod
    def forward(ctx, i):
        result = np.exp(i)
        ctx.save_for_backward(result)
        return result

    @staticmethod
    def backward(ctx, grad_output):
        (result,) = ctx.saved_tensors
        return grad_output * result


class ExpOfInput(Exp):
    @staticmethod
    def backward(ctx, grad_output):
        (result,) = ctx.saved_tensors
        return grad_output * np.exp(result)


class LinearFunction:
    """As in PyTorch's tutorial: None for what needs no gradient, an optional argument, needs_input_grad."""

    @staticmethod
    def forward(ctx, input, weight, bias=None):  # noqa: A002
        ctx.save_for_backward(input, weight, bias)
        output = input @ weight.T
        return output if bias is None else output + bias

    @staticmethod
    def backward(ctx, grad_output):
        input, weight, bias = ctx.saved_tensors  # noqa: A001
        grad_input = grad_weight = grad_bias = None
        if ctx.needs_input_grad[0]:
            grad_input = grad_output @ weight
        if ctx.needs_input_grad[1]:
            grad_weight = grad_output.T @ input
        if bias is not None and ctx.needs_input_grad[2]:
            grad_bias = grad_output.sum(0)
        return grad_input, grad_weight, grad_bias


class LinearFunctionWithoutBiasSum(LinearFunction):
    @staticmethod
    def backward(ctx, grad_output):
        grad_input, grad_weight, _ = LinearFunction.backward(ctx, grad_output)
        return grad_input, grad_weight, grad_output[0]


class Mul:
    """minitorch: saved_values, d_output."""

    @staticmethod
    def forward(ctx, a, b):
        ctx.save_for_backward(a, b)
        return a * b

    @staticmethod
    def backward(ctx, d_output):
        a, b = ctx.saved_values
        return b * d_output, a * d_output


class MulSwapped(Mul):
    @staticmethod
    def backward(ctx, d_output):
        a, b = ctx.saved_values
        return a * d_output, b * d_output


class Reshape:
    """Old tinygrad: attributes on the context, an option beside the array."""

    @staticmethod
    def forward(ctx, x, shape):
        ctx.in_shape = x.shape
        return x.reshape(shape)

    @staticmethod
    def backward(ctx, grad_output):
        return grad_output.reshape(ctx.in_shape), None


class ReshapeTransposed(Reshape):
    @staticmethod
    def backward(ctx, grad_output):
        return grad_output.reshape(ctx.in_shape[::-1]).T, None


class Function:
    def __init__(self, device, *tensors):
        self.device, self.needs_input_grad, self.parents = device, [True for _ in tensors], tensors
        self.saved_tensors = []

    def save_for_backward(self, *x):
        self.saved_tensors.extend(x)


class Max(Function):
    """tinygrad: the instance is the context, and its constructor wants tensors."""

    def forward(self, inp, axis):
        self.inp, self.axis = inp, axis
        self.out = inp.max(axis, keepdims=True)
        return self.out

    def backward(self, grad_output):
        where = self.inp == self.out
        return self.share(where) * grad_output

    def share(self, where):
        return where / where.sum(axis=self.axis, keepdims=True)


class MaxShared(Max):
    def share(self, where):
        return np.ones_like(where) / where.shape[self.axis]


class SplitHalves:
    """Two outputs, two upstreams."""

    @staticmethod
    def forward(ctx, x):
        ctx.size = x.shape[0]
        return x[: ctx.size // 2] * 2, x[ctx.size // 2 :] * 3

    @staticmethod
    def backward(ctx, g0, g1):
        return np.concatenate([2 * g0, 3 * g1])


class SplitHalvesSwapped(SplitHalves):
    @staticmethod
    def backward(ctx, g0, g1):
        return np.concatenate([3 * g0, 2 * g1])


class EWisePow:
    """needle: compute and gradient, the node knows its inputs."""

    def __init__(self, exponent):
        self.exponent = exponent

    def compute(self, a):
        self.a = a
        return a**self.exponent

    def gradient(self, out_grad, node=None):
        return out_grad * self.exponent * self.a ** (self.exponent - self.less())

    def less(self):
        return 1


class EWisePowUnlessened(EWisePow):
    def less(self):
        return 0


def _entry(name, style, right, wrong, leaves, blamed, shape="pair", **options):
    return Entry(name, style, shape, lambda: right, lambda: wrong, leaves, blamed, options)


# fmt: off
CONTEXTS = (
    _entry("exp", "PyTorch", Exp, ExpOfInput, {"i": (4, 3)}, ("i",)),
    _entry("linear-function", "PyTorch", LinearFunction, LinearFunctionWithoutBiasSum,
           {"input": (4, 3), "weight": (2, 3), "bias": (2,)}, ("bias",)),
    _entry("mul", "minitorch", Mul, MulSwapped, {"a": (4, 3), "b": (4, 3)}, ("a", "b")),
    _entry("reshape", "tinygrad", Reshape, ReshapeTransposed, {"x": (4, 3), "shape": [2, 6]}, ("x",)),
    _entry("max", "tinygrad", Max, MaxShared, {"inp": (4, 3), "axis": 1}, ("inp",)),
    _entry("split", "nanograd", SplitHalves, SplitHalvesSwapped, {"x": (4, 3)}, ("x",)),
    Entry("power", "needle", "object", lambda: EWisePow(3), lambda: EWisePowUnlessened(3), {"a": (4, 3)}, ("a",)),
)
# fmt: on
