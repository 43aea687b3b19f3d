"""Objects whose backward moves the parameters itself, and whole networks that train in one method.

In the manner of TheIndependentCode, ML-From-Scratch (an optimizer inside the layer), the CNN tutorial of V. Zhou,
Nielsen's network, and the networks of a hundred blog posts.
"""

import copy

import numpy as np

from nnverify.leaves import leaf
from tests.zoo.entry import Entry, drawn


class IndependentDense:
    def __init__(self, input_size, output_size):
        self.weights, self.bias = drawn(output_size, input_size), drawn(output_size, 1)

    def forward(self, input):  # noqa: A002
        self.input = input
        return np.dot(self.weights, self.input) + self.bias

    def backward(self, output_gradient, learning_rate):
        weights_gradient = np.dot(output_gradient, self.input.T)
        input_gradient = np.dot(self.weights.T, output_gradient)
        self.weights -= learning_rate * weights_gradient
        self.bias -= learning_rate * output_gradient
        return input_gradient


class IndependentDenseAfterStep(IndependentDense):
    def backward(self, output_gradient, learning_rate):
        self.weights -= learning_rate * np.dot(output_gradient, self.input.T)
        self.bias -= learning_rate * output_gradient
        return np.dot(self.weights.T, output_gradient)


class IndependentActivation:
    def __init__(self, activation, activation_prime):
        self.activation, self.activation_prime = activation, activation_prime

    def forward(self, input):  # noqa: A002
        self.input = input
        return self.activation(self.input)

    def backward(self, output_gradient, learning_rate):
        return np.multiply(output_gradient, self.activation_prime(self.input))


class SGD:
    def __init__(self, learning_rate=0.01, momentum=0):
        self.learning_rate, self.momentum, self.w_updt = learning_rate, momentum, None

    def update(self, w, grad_wrt_w):
        if self.w_updt is None:
            self.w_updt = np.zeros(np.shape(w))
        self.w_updt = self.momentum * self.w_updt + (1 - self.momentum) * grad_wrt_w
        return w - self.learning_rate * self.w_updt


class Adam:
    def __init__(self, learning_rate=0.001, b1=0.9, b2=0.999):
        self.learning_rate, self.eps, self.m, self.v, self.b1, self.b2 = learning_rate, 1e-8, None, None, b1, b2

    def update(self, w, grad_wrt_w):
        if self.m is None:
            self.m, self.v = np.zeros(np.shape(grad_wrt_w)), np.zeros(np.shape(grad_wrt_w))
        self.m = self.b1 * self.m + (1 - self.b1) * grad_wrt_w
        self.v = self.b2 * self.v + (1 - self.b2) * grad_wrt_w**2
        m_hat, v_hat = self.m / (1 - self.b1), self.v / (1 - self.b2)
        return w - self.learning_rate * m_hat / (np.sqrt(v_hat) + self.eps)


class EriksDense:
    def __init__(self, n_units, input_shape, optimizer):
        self.layer_input, self.input_shape, self.n_units, self.trainable = None, input_shape, n_units, True
        self.W, self.w0 = drawn(input_shape[0], n_units), drawn(1, n_units)
        self.W_opt, self.w0_opt = copy.copy(optimizer), copy.copy(optimizer)

    def forward_pass(self, X, training=True):
        self.layer_input = X
        return X.dot(self.W) + self.w0

    def backward_pass(self, accum_grad):
        W = self.W
        if self.trainable:
            grad_w = self.layer_input.T.dot(accum_grad)
            self.W = self.W_opt.update(self.W, grad_w)
            self.w0 = self.w0_opt.update(self.w0, self.summed(accum_grad))
        return accum_grad.dot(W.T)

    def summed(self, accum_grad):
        return np.sum(accum_grad, axis=0, keepdims=True)


class EriksDenseAveraged(EriksDense):
    def summed(self, accum_grad):
        return np.mean(accum_grad, axis=0, keepdims=True)


class Momentum:
    """Velocities and the rate live in the layer; what it is called is found by trying."""

    def __init__(self, n, p):
        self.w, self.b, self.lr, self.mu = drawn(n, p), drawn(p), 0.05, 0.9
        self.vw, self.vb = np.zeros((n, p)), np.zeros(p)

    def forward(self, x):
        self.x = x
        return x @ self.w + self.b

    def backprop(self, delta):
        onward = delta @ self.w.T
        self.vw = self.mu * self.vw - self.lr * (self.x.T @ delta)
        self.vb = self.mu * self.vb - self.lr * self.total(delta)
        self.w = self.w + self.vw
        self.b = self.b + self.vb
        return onward

    def total(self, delta):
        return delta.sum(axis=0)


class MomentumTwice(Momentum):
    def total(self, delta):
        return 2 * delta.sum(axis=0)


class Conv3x3:
    """First layer of a network: no input gradient is computed."""

    def __init__(self, num_filters):
        self.num_filters, self.filters = num_filters, drawn(num_filters, 3, 3) / 9

    def iterate_regions(self, image):
        h, w = image.shape
        for i in range(h - 2):
            for j in range(w - 2):
                yield image[i : (i + 3), j : (j + 3)], i, j

    def forward(self, input):  # noqa: A002
        self.last_input = input
        h, w = input.shape
        output = np.zeros((h - 2, w - 2, self.num_filters))
        for region, i, j in self.iterate_regions(input):
            output[i, j] = np.sum(region * self.filters, axis=(1, 2))
        return output

    def backprop(self, d_L_d_out, learn_rate):
        d_L_d_filters = np.zeros(self.filters.shape)
        for region, i, j in self.iterate_regions(self.last_input):
            for f in range(self.num_filters):
                d_L_d_filters[f] = self.added(d_L_d_filters[f], d_L_d_out[i, j, f] * region)
        self.filters -= learn_rate * d_L_d_filters

    def added(self, total, part):
        return total + part


class Conv3x3Overwriting(Conv3x3):
    def added(self, total, part):
        return part


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


class BlogNetwork:
    """Error and deltas are computed inside backward; the loss, half the squared error, nowhere."""

    def __init__(self, inputs, hidden, outputs):
        self.W1, self.W2 = drawn(inputs, hidden), drawn(hidden, outputs)

    def forward(self, X):
        self.z2 = sigmoid(np.dot(X, self.W1))
        return sigmoid(np.dot(self.z2, self.W2))

    def backward(self, X, y, o):
        self.o_error = y - o
        self.o_delta = self.o_error * o * (1 - o)
        self.z2_delta = self.o_delta.dot(self.W2.T) * self.slope()
        self.W1 += X.T.dot(self.z2_delta)
        self.W2 += self.z2.T.dot(self.o_delta)

    def slope(self):
        return self.z2 * (1 - self.z2)


class BlogNetworkSlopeOfSlope(BlogNetwork):
    def slope(self):
        return sigmoid(self.z2) * (1 - sigmoid(self.z2))


class SoftmaxNetwork:
    """p - y inside backward, a mean over the samples, and a step."""

    def __init__(self, n, h, c):
        self.W1, self.b1, self.W2, self.b2 = drawn(n, h), np.zeros((1, h)) + 0.1, drawn(h, c), np.zeros((1, c))

    def forward(self, X):
        self.a1 = np.tanh(X @ self.W1 + self.b1)
        scores = np.exp(self.a1 @ self.W2 + self.b2)
        self.probs = scores / scores.sum(axis=1, keepdims=True)
        return self.probs

    def backward(self, X, y, learning_rate=0.01):
        d2 = (self.probs - y) / self.count(X)
        d1 = d2 @ self.W2.T * (1 - self.a1**2)
        self.W2 -= learning_rate * self.a1.T @ d2
        self.b2 -= learning_rate * d2.sum(axis=0, keepdims=True)
        self.W1 -= learning_rate * X.T @ d1
        self.b1 -= learning_rate * d1.sum(axis=0, keepdims=True)

    def count(self, X):
        return X.shape[0]


class SoftmaxNetworkSummed(SoftmaxNetwork):
    def count(self, X):
        return 1


class NielsensNetwork:
    """Lists of weights and biases, one sample as a column, gradients returned as two lists."""

    def __init__(self, sizes):
        self.num_layers, self.sizes = len(sizes), sizes
        self.biases = [drawn(y, 1) for y in sizes[1:]]
        self.weights = [drawn(y, x) for x, y in zip(sizes[:-1], sizes[1:], strict=True)]

    def feedforward(self, a):
        for b, w in zip(self.biases, self.weights, strict=True):
            a = sigmoid(np.dot(w, a) + b)
        return a

    def backprop(self, x, y):
        nabla_b, nabla_w = [np.zeros(b.shape) for b in self.biases], [np.zeros(w.shape) for w in self.weights]
        activation, activations = x, [x]
        for b, w in zip(self.biases, self.weights, strict=True):
            activation = sigmoid(np.dot(w, activation) + b)
            activations.append(activation)
        delta = self.cost_derivative(activation, y) * activation * (1 - activation)
        for layer in range(1, self.num_layers):
            nabla_b[-layer], nabla_w[-layer] = delta, np.dot(delta, activations[-layer - 1].T)
            a = activations[-layer - 1]
            delta = np.dot(self.weights[-layer].T, delta) * a * (1 - a)
        return nabla_b, nabla_w

    def cost_derivative(self, output_activations, y):
        return output_activations - y


class NielsensNetworkDoubled(NielsensNetwork):
    def cost_derivative(self, output_activations, y):
        return 2 * (output_activations - y)


def _entry(name, style, right, wrong, leaves, blamed, **options):
    return Entry(name, style, "object", right, wrong, leaves, blamed, options)


ONE_HOT = np.eye(3)[[2, 0, 1, 2]]
MLFS, SQUARES = "ML-From-Scratch", "half squared error"
# fmt: off
STEPS = (
    _entry("dense-steps", "TheIndependentCode", lambda: IndependentDense(5, 3), lambda: IndependentDenseAfterStep(5, 3),
           {"input": (5, 1)}, ("input",)),
    _entry("activation-with-rate", "TheIndependentCode", lambda: IndependentActivation(np.tanh, lambda x: 1 - np.tanh(x) ** 2),
           lambda: IndependentActivation(np.tanh, lambda x: 1 - np.tanh(x)), {"input": (5, 1)}, ("input",)),
    _entry("dense-with-sgd", MLFS, lambda: EriksDense(3, (5,), SGD()), lambda: EriksDenseAveraged(3, (5,), SGD()),
           {"X": (4, 5)}, ("w0",)),
    _entry("dense-with-adam", MLFS, lambda: EriksDense(3, (5,), Adam()), lambda: EriksDenseAveraged(3, (5,), Adam()),
           {"X": (4, 5)}, ("w0",)),
    _entry("momentum", "hand-made", lambda: Momentum(5, 3), lambda: MomentumTwice(5, 3), {"x": (4, 5)}, ("b",)),
    _entry("conv3x3", "victorzhou", lambda: Conv3x3(2), lambda: Conv3x3Overwriting(2), {"input": leaf((5, 6), grad=False)},
           ("filters",)),
    _entry("blog-network", "blog posts", lambda: BlogNetwork(2, 3, 1), lambda: BlogNetworkSlopeOfSlope(2, 3, 1),
           {"X": (4, 2), "y": (4, 1)}, ("W1",), fused=SQUARES),
    _entry("softmax-network", "blog posts", lambda: SoftmaxNetwork(5, 4, 3), lambda: SoftmaxNetworkSummed(5, 4, 3),
           {"X": (4, 5), "y": ONE_HOT}, ("W1", "b1", "W2", "b2"), fused="softmax cross-entropy", reduction="batch mean"),
    _entry("nielsen", "neural-networks-and-deep-learning", lambda: NielsensNetwork([3, 4, 2]),
           lambda: NielsensNetworkDoubled([3, 4, 2]), {"x": (3, 1), "y": (2, 1)},
           ("weights[0]", "weights[1]", "biases[0]", "biases[1]"), fused=SQUARES),
)
# fmt: on
