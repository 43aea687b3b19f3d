"""Habits met in public code that no course teaches: odd names, odd orders, helpers in the way, states behind gradients.

Restated after a look at 30 projects that none of the other files was written from. Foreign code on purpose.
"""

import numpy as np

from nnverify import leaf
from tests.zoo.entry import Entry, drawn


class WithHelper:
    """A helper called activation takes an x, while forward calls its argument something else."""

    def __init__(self):
        self.kernel = drawn(4, 3)

    def activation(self, x):
        return np.tanh(x)

    def forward(self, features):
        self.seen, self.out = features, self.activation(features @ self.kernel)
        return self.out

    def backward(self, grad):
        grad = grad * self.slope()
        self.dkernel = self.seen.T @ grad
        return grad @ self.kernel.T

    def slope(self):
        return 1 - self.out**2


class WithHelperUnsquared(WithHelper):
    def slope(self):
        return 1 - self.out


class Held(WithHelper):
    """The activation is an object that a property shows, and its backward takes nothing."""

    @property
    def activation(self):
        return np.tanh

    def forward(self, features):
        return super().forward(features)


class HeldUnsquared(WithHelperUnsquared, Held):
    pass


class WeightsFirst:
    """Returns (dW, dx): only the shapes tell."""

    def __init__(self):
        self.weight = drawn(5, 2)

    def forward(self, inputs):
        return inputs @ self.weight

    def backward(self, inputs, prev_dev):
        return inputs.T @ prev_dev, self.onward(prev_dev)

    def onward(self, prev_dev):
        return prev_dev @ self.weight.T


class WeightsFirstDoubled(WeightsFirst):
    def onward(self, prev_dev):
        return 2 * prev_dev @ self.weight.T


class Eta:
    """The upstream has the name of a learning rate."""

    def __init__(self):
        self.weights, self.bias = drawn(4, 3), drawn(3)

    def forward(self, x):
        self.x = x
        return x @ self.weights + self.bias

    def backward(self, eta):
        self.w_gradient, self.b_gradient = self.x.T @ eta, self.total(eta)
        return eta @ self.weights.T

    def total(self, eta):
        return eta.sum(axis=0)


class EtaAveraged(Eta):
    def total(self, eta):
        return eta.mean(axis=0)


class Cost:
    def eval(self, a, y):
        return 0.5 * np.linalg.norm(a - y) ** 2

    def derived_eval(self, a, y):
        return a - y


class CostBackwards(Cost):
    def derived_eval(self, a, y):
        return y - a


class HandedOn:
    """forward hands on the prediction and adds to a loss on the side, which backward begins at."""

    def __init__(self):
        self.loss = np.zeros((4, 3))

    def forward(self, x, t):
        self.x, self.t = x, t
        self.loss += 0.5 * (x - t) ** 2
        return x

    def backward(self):
        return self.x - self.t


class HandedOnTwice(HandedOn):
    def backward(self):
        return 2 * (self.x - self.t)


class Summing:
    """dx adds up until zero_grad is called."""

    def __init__(self, shape):
        self.shape = shape
        self.zero_grad()

    def zero_grad(self):
        self.grad_x = np.zeros(self.shape)

    def forward(self, x):
        self.x = x
        return x.max(axis=1)

    def backward(self, grad_y):
        self.grad_x[np.arange(len(self.x)), self.x.argmax(axis=1)] += grad_y
        return self.grad_x


class SummingEverywhere(Summing):
    def backward(self, grad_y):
        self.grad_x += grad_y[:, None]
        return self.grad_x


class Placeholders:
    """gamma and beta are bare numbers until the first step makes arrays of them."""

    def __init__(self):
        self.gamma, self.beta = 1, 0.0

    def forward(self, x, training=True):
        self.centred = x - x.mean(axis=0)
        self.spread = 1 / np.sqrt(x.var(axis=0) + 1e-5)
        return self.gamma * self.centred * self.spread + self.beta

    def backward(self, dy, lr=0.09):
        unit, m = self.centred * self.spread, len(dy)
        d = dy * self.gamma
        dx = self.spread / m * (m * d - d.sum(axis=0) - self.correction(d, unit))
        self.beta = self.beta - lr * dy.sum(axis=0)
        self.gamma = self.gamma - lr * (dy * unit).sum(axis=0)
        return dx

    def correction(self, d, unit):
        return unit * (d * unit).sum(axis=0)


class PlaceholdersUncorrected(Placeholders):
    def correction(self, d, unit):
        return 0


class TwoStores:
    """Parameters in p, gradients in g, under keys with a d."""

    def __init__(self):
        self.p, self.g, self.fc = {"W": drawn(4, 3), "b": drawn(1, 3)}, {}, {}

    def forward(self, A):
        self.fc["X"] = A
        return A @ self.p["W"] + self.p["b"]

    def backward(self, dX):
        self.g["dW"], self.g["db"] = self.fc["X"].T @ dX, self.total(dX)
        return dX @ self.p["W"].T

    def total(self, dX):
        return dX.sum(axis=0, keepdims=True)


class TwoStoresAveraged(TwoStores):
    def total(self, dX):
        return dX.mean(axis=0, keepdims=True)


class ListedLabels:
    """Wants a list of labels, and asks for one."""

    def forward(self, logits, targets):
        if isinstance(targets, list):
            targets = np.eye(logits.shape[1])[targets]
        shifted = logits - logits.max(axis=1, keepdims=True)
        self.log_p, self.targets = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)), targets
        return -np.mean(np.sum(targets * self.log_p, axis=1))

    def backward(self):
        return (np.exp(self.log_p) - self.targets) / self.samples()

    def samples(self):
        return len(self.log_p)


class ListedLabelsSummed(ListedLabels):
    def samples(self):
        return 1


class Guarded:
    """The logarithm is kept from its pole by an ε that the gradient knows nothing of: said with rtol."""

    def forward(self, x, t):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        self.y, self.t = e / e.sum(axis=1, keepdims=True), t
        return -np.sum(np.log(self.y[np.arange(len(t)), t] + 1e-7)) / len(t)

    def backward(self, dout=1):
        dx = self.y.copy()
        dx[np.arange(len(self.t)), self.t] -= 1
        return dx * dout / self.samples()

    def samples(self):
        return len(self.t)


class GuardedSummed(Guarded):
    def samples(self):
        return 1


class Clipped:
    """A loss of probabilities, for which normal values are none."""

    def loss(self, y, p):
        p = np.clip(p, 1e-12, 1 - 1e-12)
        return -y * np.log(p) - (1 - y) * np.log(1 - p)

    def gradient(self, y, p):
        p = np.clip(p, 1e-12, 1 - 1e-12)
        return -y / p + self.other(y, p)

    def other(self, y, p):
        return (1 - y) / (1 - p)


class ClippedOnce(Clipped):
    def other(self, y, p):
        return (1 - y) / p


class Scan:
    """Static; forward has an optional state, and backward returns gradients of everything forward could be given."""

    @staticmethod
    def forward(xs, decay, state=None):
        state = np.zeros(xs.shape[1:]) if state is None else state
        states = [state]
        for x in xs:
            states.append(decay * states[-1] + x)
        return np.stack(states[1:]), (states, decay)

    @staticmethod
    def backward(douts, cache):
        (states, decay), dstate = cache, 0
        dxs, ddecay = np.zeros_like(douts), 0
        for t in reversed(range(len(douts))):
            dstate = dstate + douts[t]
            dxs[t], ddecay = dstate, ddecay + dstate * states[t]
            dstate = decay * dstate
        return dxs, ddecay, dstate


class ScanForgetful(Scan):
    @staticmethod
    def backward(douts, cache):
        return douts, *Scan.backward(douts, cache)[1:]


def softmax(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def softmax_derivative(softmax_output, gradient):
    d = softmax_output * gradient
    return d - softmax_output * d.sum(axis=1, keepdims=True)


def softmax_derivative_diagonal(softmax_output, gradient):
    return gradient * softmax_output * (1 - softmax_output)


def squash(x, deriv=False):
    return x * (1 - x) if deriv else 1 / (1 + np.exp(-x))


def squash_wrong(x, deriv=False):
    return x * (1 + x) if deriv else 1 / (1 + np.exp(-x))


def dense_forward(layer, A):
    layer.fc["A"] = np.tanh(A @ layer.p["W"])
    return layer.fc["A"]


def dense_backward(layer, dX):
    return (dX * (1 - layer.fc["A"] ** 2)) @ layer.p["W"].T


def dense_backward_unsquared(layer, dX):
    return (dX * (1 - layer.fc["A"])) @ layer.p["W"].T


def next_words(inputs, targets, hprev, Wx, Wh, Wy, carried=lambda Wh: Wh.T):
    """The loss, its gradients, and the last state behind them; none for the first state."""
    hs, errors, loss = [hprev], [], 0.0
    for word, target in zip(inputs, targets, strict=True):
        hs.append(np.tanh(Wx[:, [word]] + Wh @ hs[-1]))
        p = np.exp(Wy @ hs[-1])
        p /= p.sum()
        loss -= np.log(p[target, 0])
        errors.append(p - np.eye(len(p))[:, [target]])
    dWx, dWh, dWy, dnext = np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(Wy), 0
    for t in reversed(range(len(inputs))):
        dWy += errors[t] @ hs[t + 1].T
        raw = (1 - hs[t + 1] ** 2) * (Wy.T @ errors[t] + dnext)
        dWx[:, [inputs[t]]] += raw
        dWh += raw @ hs[t].T
        dnext = carried(Wh) @ raw
    return loss, dWx, dWh, dWy, hs[-1]


def next_words_untransposed(inputs, targets, hprev, Wx, Wh, Wy):
    return next_words(inputs, targets, hprev, Wx, Wh, Wy, lambda Wh: Wh)


def _entry(name, shape, right, wrong, leaves, blamed, **options):
    return Entry(name, "hand-made", shape, lambda: right, lambda: wrong, leaves, blamed, options)


def _object(name, right, wrong, leaves, blamed, **options):
    return Entry(name, "hand-made", "object", right, wrong, leaves, blamed, options)


WORDS = {"inputs": [0, 2, 1], "targets": [2, 1, 3], "hprev": (4, 1), "Wx": (4, 5), "Wh": (4, 4), "Wy": (5, 4)}
HANDED = {"layer": leaf(TwoStores(), grad=False), "A": (5, 4)}
# fmt: off
STRANGERS = (
    _object("helper-called-activation", WithHelper, WithHelperUnsquared, {"x": (5, 4)}, ("x", "kernel")),
    _object("activation-held", Held, HeldUnsquared, {"x": (5, 4)}, ("x", "kernel")),
    _object("weights-first", WeightsFirst, WeightsFirstDoubled, {"inputs": (4, 5)}, ("inputs",)),
    _object("upstream-called-eta", Eta, EtaAveraged, {"x": (5, 4)}, ("bias",)),
    _object("derived-eval", Cost, CostBackwards, {"a": (4, 1), "y": (4, 1)}, ("a",)),
    _object("handed-on", HandedOn, HandedOnTwice, {"x": (4, 3), "t": (4, 3)}, ("x",), out="loss"),
    _object("zero-grad", lambda: Summing((4, 5)), lambda: SummingEverywhere((4, 5)), {"x": (4, 5)}, ("x",)),
    _object("placeholders", Placeholders, PlaceholdersUncorrected, {"x": (5, 3)}, ("x",)),
    _object("stores-p-and-g", TwoStores, TwoStoresAveraged, {"A": (5, 4)}, ("b",)),
    _object("labels-in-a-list", ListedLabels, ListedLabelsSummed, {"logits": (4, 3), "targets": [2, 0, 1, 2]}, ("logits",)),
    _object("guarded-logarithm", Guarded, GuardedSummed, {"x": (4, 3), "t": np.array([2, 0, 1, 2])}, ("x",), rtol=1e-5),
    _object("probabilities-clipped", Clipped, ClippedOnce, {"y": (4, 3), "p": (4, 3)}, ("p",)),
    _entry("static-with-defaults", "pair", Scan, ScanForgetful, {"xs": (4, 3), "decay": (3,)}, ("xs",)),
    _entry("output-first", "pair", (softmax, softmax_derivative), (softmax, softmax_derivative_diagonal), {"x": (4, 3)}, ("x",)),
    _entry("deriv-flag", "pair", squash, squash_wrong, {"x": (4, 3)}, ("x",), derivative="output"),
    _entry("layer-as-argument", "pair", (dense_forward, dense_backward), (dense_forward, dense_backward_unsquared),
           HANDED, ("A",)),
    _entry("state-behind-gradients", "function", next_words, next_words_untransposed, WORDS, ("Wx", "Wh")),
)
# fmt: on
