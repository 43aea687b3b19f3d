"""Losses: two functions, an object, or one call for loss and gradient; per entry, per sample, or as a mean.

In the manner of joelnet, CS224n, CS231n, ML-From-Scratch, 11-785's mytorch and deep-learning-from-scratch.
"""

import numpy as np

from tests.zoo.entry import Entry, drawn


def mse(y_true, y_pred):
    return np.mean(np.power(y_true - y_pred, 2))


def mse_prime(y_true, y_pred):
    return 2 * (y_pred - y_true) / np.size(y_true)


def mse_prime_summed(y_true, y_pred):
    return 2 * (y_pred - y_true)


class MSE:
    """joelnet: a loss with loss and grad."""

    def loss(self, predicted, actual):
        return np.sum((predicted - actual) ** 2)

    def grad(self, predicted, actual):
        return 2 * (predicted - actual)


class MSEHalved(MSE):
    def grad(self, predicted, actual):
        return predicted - actual


class SquareLoss:
    """ML-From-Scratch: a loss per entry, the prediction second."""

    def loss(self, y, y_pred):
        return 0.5 * np.power((y - y_pred), 2)

    def gradient(self, y, y_pred):
        return -(y - y_pred)


class SquareLossOfTarget(SquareLoss):
    def gradient(self, y, y_pred):
        return y - y_pred


class MSELoss:
    """11-785: everything is kept, backward takes nothing."""

    def forward(self, A, Y):
        self.A, self.Y, (self.N, self.C) = A, Y, A.shape
        self.loss = np.sum((A - Y) ** 2) / (self.N * self.C)
        return self.loss

    def backward(self):
        return 2 * (self.A - self.Y) / self.size()

    def size(self):
        return self.N * self.C


class MSELossOverSamples(MSELoss):
    def size(self):
        return self.N


class SoftmaxWithLoss:
    """deep-learning-from-scratch: an upstream that is taken and ignored."""

    def __init__(self):
        self.loss, self.y, self.t = None, None, None

    def forward(self, x, t):
        self.t = t
        e = np.exp(x - x.max(axis=1, keepdims=True))
        self.y = e / e.sum(axis=1, keepdims=True)
        self.loss = -np.sum(np.log(self.y[np.arange(len(t)), t])) / len(t)
        return self.loss

    def backward(self, dout=1):
        dx = self.y.copy()
        dx[np.arange(len(self.t)), self.t] -= 1
        return dx / self.count()

    def count(self):
        return self.t.shape[0]


class SoftmaxWithLossSummed(SoftmaxWithLoss):
    def count(self):
        return 1


class PassedThroughSoftmax:
    """numpy-ml and others: the loss hands over p - t, so the softmax has nothing left to do."""

    def forward(self, z):
        e = np.exp(z - z.max(axis=-1, keepdims=True))
        return e / e.sum(axis=-1, keepdims=True)

    def backward(self, grad):
        return grad


class PassedThroughSoftmaxTwice(PassedThroughSoftmax):
    def backward(self, grad):
        return 2 * grad


def softmax_loss(x, y):
    shifted = x - x.max(axis=1, keepdims=True)
    log_probs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    dx = np.exp(log_probs)
    dx[np.arange(len(x)), y] -= 1
    return -log_probs[np.arange(len(x)), y].mean(), dx / len(x)


def softmax_loss_summed(x, y):
    loss, dx = softmax_loss(x, y)
    return loss, dx * len(x)


def svm_loss(x, y):
    margins = np.maximum(0, x - x[np.arange(len(x)), y][:, None] + 1.0)
    margins[np.arange(len(x)), y] = 0
    dx = (margins > 0).astype(float)
    dx[np.arange(len(x)), y] -= dx.sum(axis=1)
    return margins.sum() / len(x), dx / len(x)


def svm_loss_forgetting_the_class(x, y):
    loss, _ = svm_loss(x, y)
    margins = x - x[np.arange(len(x)), y][:, None] + 1.0 > 0
    return loss, margins.astype(float) / len(x)


def temporal_softmax_loss(x, y, mask):
    N, T, V = x.shape
    flat = x.reshape(N * T, V)
    p = np.exp(flat - flat.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    loss = -np.sum(mask.reshape(-1) * np.log(p[np.arange(N * T), y.reshape(-1)])) / N
    p[np.arange(N * T), y.reshape(-1)] -= 1
    return loss, (p / N * mask.reshape(-1)[:, None]).reshape(N, T, V)


def temporal_softmax_loss_unmasked(x, y, mask):
    return temporal_softmax_loss(x, y, mask)[0], temporal_softmax_loss(x, y, np.ones_like(mask))[1]


def softmax_cost_and_gradient(predicted, target, output_vectors):
    """CS224n: a word, the index of its neighbour, all vectors; two gradients."""
    p = np.exp(output_vectors @ predicted)
    p /= p.sum()
    delta = p.copy()
    delta[target] -= 1
    return -np.log(p[target]), output_vectors.T @ delta, np.outer(delta, predicted)


def softmax_cost_and_gradient_wrong(predicted, target, output_vectors):
    cost, grad_pred, grad = softmax_cost_and_gradient(predicted, target, output_vectors)
    return cost, grad_pred - output_vectors[target], grad


def _entry(name, style, right, wrong, leaves, blamed, shape="function", **options):
    return Entry(name, style, shape, lambda: right, lambda: wrong, leaves, blamed, options)


def _object(name, style, right, wrong, leaves, blamed, **options):
    return Entry(name, style, "object", right, wrong, leaves, blamed, options)


SCORES, LABELS = (5, 4), np.array([3, 0, 1, 1, 2])
STEPS, MASK = np.array([[1, 2, 0], [3, 3, 1]]), np.array([[True, True, False], [True, False, False]])
# fmt: off
LOSSES = (
    _entry("mse", "TheIndependentCode", (mse, mse_prime), (mse, mse_prime_summed), {"y_true": (4, 3), "y_pred": (4, 3)},
           ("y_pred",), shape="pair"),
    _object("mse-object", "joelnet", MSE, MSEHalved, {"predicted": (4, 3), "actual": (4, 3)}, ("predicted",)),
    _object("square-loss", "ML-From-Scratch", SquareLoss, SquareLossOfTarget, {"y": (4, 3), "y_pred": (4, 3)},
            ("y_pred",)),
    _object("mse-kept", "mytorch", MSELoss, MSELossOverSamples, {"A": (4, 3), "Y": drawn(4, 3)}, ("A",)),
    _object("softmax-with-loss", "deep-learning-from-scratch", SoftmaxWithLoss, SoftmaxWithLossSummed,
            {"x": SCORES, "t": LABELS}, ("x",), terminal=True),
    _object("softmax-passed-through", "numpy-ml", PassedThroughSoftmax, PassedThroughSoftmaxTwice, {"z": (4, 3)}, ("z",),
            fused="softmax cross-entropy"),
    _entry("softmax-loss", "CS231n", softmax_loss, softmax_loss_summed, {"x": SCORES, "y": LABELS}, ("x",)),
    _entry("svm-loss", "CS231n", svm_loss, svm_loss_forgetting_the_class, {"x": SCORES, "y": LABELS}, ("x",)),
    _entry("temporal-softmax-loss", "CS231n", temporal_softmax_loss, temporal_softmax_loss_unmasked,
           {"x": (2, 3, 4), "y": STEPS, "mask": MASK}, ("x",)),
    _entry("word-vectors", "CS224n", softmax_cost_and_gradient, softmax_cost_and_gradient_wrong,
           {"predicted": (3,), "target": 2, "output_vectors": (5, 3)}, ("predicted",)),
)
# fmt: on
