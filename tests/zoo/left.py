"""Objects that return nothing: output and gradients are left in attributes.

In the manner of nnfs, NothingButNumPy, mobula and 11-785's mytorch; nnfs' losses and regularizers with them.
"""

import numpy as np

from tests.zoo.entry import Entry, drawn


class LayerDense:
    def __init__(self, n_inputs, n_neurons, weight_regularizer_l2=0.0):
        self.weights, self.biases = 0.5 * drawn(n_inputs, n_neurons), drawn(1, n_neurons)
        self.weight_regularizer_l2 = weight_regularizer_l2

    def forward(self, inputs, training=False):
        self.inputs = inputs
        self.output = np.dot(inputs, self.weights) + self.biases

    def backward(self, dvalues):
        self.dweights = np.dot(self.inputs.T, dvalues)
        self.dbiases = np.sum(dvalues, axis=0, keepdims=True)
        if self.weight_regularizer_l2 > 0:
            self.dweights += self.pull()
        self.dinputs = np.dot(dvalues, self.weights.T)

    def pull(self):
        return 2 * self.weight_regularizer_l2 * self.weights


class LayerDenseHalfPull(LayerDense):
    def pull(self):
        return self.weight_regularizer_l2 * self.weights


class LayerDenseUnsummed(LayerDense):
    def backward(self, dvalues):
        super().backward(dvalues)
        self.dbiases = dvalues


class ActivationReLU:
    def forward(self, inputs):
        self.inputs = inputs
        self.output = np.maximum(0, inputs)

    def backward(self, dvalues):
        self.dinputs = dvalues.copy()
        self.dinputs[self.inputs <= 0] = 0


class ActivationReLUAsValue(ActivationReLU):
    def backward(self, dvalues):
        self.dinputs = dvalues * self.output


class ActivationSoftmax:
    def forward(self, inputs, training=True):
        self.inputs = inputs
        exp_values = np.exp(inputs - np.max(inputs, axis=1, keepdims=True))
        self.output = exp_values / np.sum(exp_values, axis=1, keepdims=True)

    def backward(self, dvalues):
        self.dinputs = np.empty_like(dvalues)
        for index, (single_output, single_dvalues) in enumerate(zip(self.output, dvalues, strict=True)):
            single_output = single_output.reshape(-1, 1)
            jacobian = np.diagflat(single_output) - np.dot(single_output, single_output.T)
            self.dinputs[index] = np.dot(jacobian, single_dvalues)


class ActivationSoftmaxDiagonal(ActivationSoftmax):
    def backward(self, dvalues):
        self.dinputs = dvalues * self.output * (1 - self.output)


class LayerDropout:
    def __init__(self, rate):
        self.rate = 1 - rate

    def forward(self, inputs, training):
        self.inputs = inputs
        if not training:
            self.output = inputs.copy()
            return
        self.binary_mask = np.random.binomial(1, self.rate, size=inputs.shape) / self.rate  # noqa: NPY002
        self.output = inputs * self.binary_mask

    def backward(self, dvalues):
        self.dinputs = dvalues * self.binary_mask


class LayerDropoutUnscaled(LayerDropout):
    def backward(self, dvalues):
        self.dinputs = dvalues * (self.binary_mask > 0)


class Loss:
    def calculate(self, output, y):
        return np.mean(self.forward(output, y))


class LossCrossEntropy(Loss):
    """Losses of the samples; the gradient is that of their mean, and is given the predictions in dvalues' place."""

    def forward(self, y_pred, y_true):
        return -np.log(y_pred[range(len(y_pred)), y_true])

    def backward(self, dvalues, y_true):
        samples, labels = len(dvalues), len(dvalues[0])
        self.dinputs = -np.eye(labels)[y_true] / dvalues
        self.dinputs = self.averaged(self.dinputs, samples)

    def averaged(self, dinputs, samples):
        return dinputs / samples


class LossCrossEntropySummed(LossCrossEntropy):
    def averaged(self, dinputs, samples):
        return dinputs


class SoftmaxWithCrossEntropy:
    """The two in one: backward is given the probabilities that forward has left."""

    def __init__(self):
        self.activation, self.loss = ActivationSoftmax(), LossCrossEntropy()

    def forward(self, inputs, y_true):
        self.activation.forward(inputs)
        self.output = self.activation.output
        return self.loss.calculate(self.output, y_true)

    def backward(self, dvalues, y_true):
        samples = len(dvalues)
        self.dinputs = dvalues.copy()
        self.dinputs[range(samples), y_true] -= 1
        self.dinputs = self.averaged(self.dinputs, samples)

    def averaged(self, dinputs, samples):
        return dinputs / samples


class SoftmaxWithCrossEntropySummed(SoftmaxWithCrossEntropy):
    def averaged(self, dinputs, samples):
        return dinputs


class LinearLayer:
    """NothingButNumPy: samples in columns, parameters in a dict, gradients in attributes."""

    def __init__(self, input_shape, n_out):
        self.m = input_shape[1]
        self.params = {"W": drawn(n_out, input_shape[0]), "b": drawn(n_out, 1)}
        self.Z = np.zeros((self.params["W"].shape[0], input_shape[1]))

    def forward(self, A_prev):
        self.A_prev = A_prev
        self.Z = np.dot(self.params["W"], self.A_prev) + self.params["b"]

    def backward(self, upstream_grad):
        self.dW = np.dot(upstream_grad, self.A_prev.T)
        self.db = np.sum(upstream_grad, axis=1, keepdims=True)
        self.dA_prev = self.onward(upstream_grad)

    def onward(self, upstream_grad):
        return np.dot(self.params["W"].T, upstream_grad)


class LinearLayerUntransposed(LinearLayer):
    def onward(self, upstream_grad):
        return np.dot(self.params["W"], upstream_grad)


class SigmoidLayer:
    def __init__(self, shape):
        self.A = np.zeros(shape)

    def forward(self, Z):
        self.A = 1 / (1 + np.exp(-Z))

    def backward(self, upstream_grad):
        self.dZ = upstream_grad * self.slope(self.A)

    def slope(self, A):
        return A * (1 - A)


class SigmoidLayerOfSigmoid(SigmoidLayer):
    def slope(self, A):
        s = 1 / (1 + np.exp(-A))
        return s * (1 - s)


class FC:
    """mobula: even input and upstream are attributes."""

    def __init__(self, X, dim_out):
        self.X, self.W, self.b = X, drawn(dim_out, X.shape[1]), drawn(dim_out)
        self.Y = self.dY = np.zeros((len(X), dim_out))

    def forward(self):
        self.Y = self.X @ self.W.T + self.b

    def backward(self):
        self.dX = self.dY @ self.W
        self.dW = self.dY.T @ self.X
        self.db = self.summed()

    def summed(self):
        return self.dY.sum(0)


class FCAveraged(FC):
    def summed(self):
        return self.dY.mean(0)


def _entry(name, style, right, wrong, leaves, blamed, **options):
    return Entry(name, style, "object", right, wrong, leaves, blamed, options)


def _l2(weights):
    return 0.1 * np.sum(weights**2)


LABELS = np.array([2, 0, 1, 2])
CHANCES = np.random.default_rng(0).dirichlet(np.ones(3), 4)
# fmt: off
LEFT = (
    _entry("dense", "nnfs", lambda: LayerDense(5, 3), lambda: LayerDenseUnsummed(5, 3), {"inputs": (4, 5)}, ("biases",)),
    _entry("dense-with-penalty", "nnfs", lambda: LayerDense(5, 3, 0.1), lambda: LayerDenseHalfPull(5, 3, 0.1),
           {"inputs": (4, 5)}, ("weights",), penalty=_l2),
    _entry("relu-left", "nnfs", ActivationReLU, ActivationReLUAsValue, {"inputs": (4, 5)}, ("inputs",)),
    _entry("softmax", "nnfs", ActivationSoftmax, ActivationSoftmaxDiagonal, {"inputs": (4, 5)}, ("inputs",)),
    _entry("dropout-scaled", "nnfs", lambda: LayerDropout(0.4), lambda: LayerDropoutUnscaled(0.4), {"inputs": (6, 5)},
           ("inputs",)),
    _entry("cross-entropy-per-sample", "nnfs", LossCrossEntropy, LossCrossEntropySummed,
           {"y_pred": CHANCES, "y_true": LABELS}, ("y_pred",), reduction="mean"),
    _entry("softmax-with-loss-left", "nnfs", SoftmaxWithCrossEntropy, SoftmaxWithCrossEntropySummed,
           {"inputs": (4, 3), "y_true": LABELS}, ("inputs",)),
    _entry("linear-columns", "NothingButNumPy", lambda: LinearLayer((3, 4), 3), lambda: LinearLayerUntransposed((3, 4), 3),
           {"A_prev": (3, 4)}, ("A_prev",)),
    _entry("sigmoid-left", "NothingButNumPy", lambda: SigmoidLayer((3, 4)), lambda: SigmoidLayerOfSigmoid((3, 4)),
           {"Z": (3, 4)}, ("Z",)),
    _entry("fully-fed", "mobula", lambda: FC(drawn(4, 3), 2), lambda: FCAveraged(drawn(4, 3), 2), {"X": (4, 3)}, ("b",)),
)
# fmt: on
