"""Functions that return their own gradients: closures, vector-Jacobian products, callbacks, whole networks in one call.

In the manner of thinc, autograd, jax, CS224n, CS229, CS231n and smallpebble; none of these is imported.
"""

import numpy as np

from tests.zoo.entry import Entry, drawn


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def dense(X, W, b):
    def backprop(dY):
        return {"X": dY @ W.T, "W": X.T @ dY, "b": dY.sum(0)}

    return X @ W + b, backprop


def dense_forgetting_the_sum(X, W, b):
    Y, backprop = dense(X, W, b)
    return Y, lambda dY: {**backprop(dY), "b": dY[-1]}


def chain(*layers):
    """thinc: forward with callbacks, run in reverse."""

    def forward(X):
        callbacks = []
        for layer in layers:
            X, callback = layer(X)
            callbacks.append(callback)

        def finish_update(dY):
            for callback in reversed(callbacks):
                dY = callback(dY)
            return dY

        return X, finish_update

    return forward


def relu(X):
    return np.maximum(X, 0), lambda dY: dY * (X > 0)


def scale(X):
    return 3.0 * X, lambda dY: 3.0 * dY


def squared(X):
    return X**2, lambda dY: 2 * X * dY


def squared_without_factor(X):
    return X**2, lambda dY: X * dY


def vjp_first(a):
    """autograd's make_vjp: the pullback comes first, and the gradient is no tuple."""
    value = np.cumsum(np.exp(a))
    return (lambda g: np.cumsum(g[::-1])[::-1] * np.exp(a)), value


def vjp_first_in_order(a):
    _, value = vjp_first(a)
    return (lambda g: np.cumsum(g) * np.exp(a)), value


def vjp_of_two(x, y):
    """jax: two outputs, cotangents as a tuple, gradients as a tuple."""
    return (x * y, x + y), lambda cotangents: (cotangents[0] * y + cotangents[1], cotangents[0] * x + cotangents[1])


def vjp_of_two_half(x, y):
    return (x * y, x + y), lambda cotangents: (cotangents[0] * y, cotangents[0] * x)


def value_and_grad(w):
    return np.sum(np.log1p(np.exp(w))), sigmoid(w)


def value_and_grad_wrong(w):
    return np.sum(np.log1p(np.exp(w))), sigmoid(-w)


def forward_backward_prop(data, labels, params, dimensions, doubled=1):
    """CS224n: one flat vector holds all parameters, cost and gradient in one call."""
    Dx, H, Dy = dimensions
    ends = np.cumsum([Dx * H, H, H * Dy, Dy])
    W1, b1, W2, b2 = (
        part.reshape(s)
        for part, s in zip(np.split(params, ends[:-1]), ((Dx, H), (1, H), (H, Dy), (1, Dy)), strict=True)
    )
    h = sigmoid(data @ W1 + b1)
    e = np.exp(h @ W2 + b2)
    p = e / e.sum(axis=1, keepdims=True)
    d2 = p - labels
    d1 = d2 @ W2.T * h * (1 - h)
    grads = (data.T @ d1, doubled * d1.sum(0), h.T @ d2, d2.sum(0))
    return -np.sum(labels * np.log(p)), np.concatenate([one.flatten() for one in grads])


def network_in_a_dict(X, params):
    """CS229: parameters and gradients under the same keys; the mean is part of the cost."""
    h = sigmoid(X @ params["W1"] + params["b1"])
    e = np.exp(h @ params["W2"] + params["b2"])
    p = e / e.sum(axis=1, keepdims=True)
    d2 = (p - LABELS) / len(X)
    d1 = d2 @ params["W2"].T * h * (1 - h)
    cost = -np.mean(np.sum(LABELS * np.log(p), axis=1))
    return cost, {"W1": X.T @ d1, "b1": d1.sum(0), "W2": h.T @ d2, "b2": d2.sum(0)}


def network_in_a_dict_summed(X, params):
    cost, grads = network_in_a_dict(X, params)
    return cost, {**grads, "b1": grads["b1"] * len(X)}


def network_in_lists(weights, biases):
    """Two lists in, two lists of gradients out."""
    activations = [drawn(4, 3, seed=5)]
    for W, b in zip(weights, biases, strict=True):
        activations.append(np.tanh(activations[-1] @ W + b))
    delta, dW, db = activations[-1], [], []
    for W, below, a in zip(weights[::-1], activations[-2::-1], activations[:0:-1], strict=True):
        delta = delta * (1 - a**2)
        dW.insert(0, below.T @ delta)
        db.insert(0, delta.sum(0))
        delta = delta @ W.T
    return 0.5 * np.sum(activations[-1] ** 2), (dW, db)


def network_in_lists_reversed(weights, biases):
    loss, (dW, db) = network_in_lists(weights, biases)
    return loss, (dW, [db[0], db[1] * 2])


class TwoLayerNet:
    """CS231n: loss and gradients of the object's own parameters in one method."""

    def __init__(self, input_size, hidden_size, output_size, reg=0.0):
        self.reg = reg
        self.params = {
            "W1": drawn(input_size, hidden_size), "b1": drawn(hidden_size),
            "W2": drawn(hidden_size, output_size), "b2": drawn(output_size),
        }  # fmt: skip

    def loss(self, X, y=None):
        W1, b1, W2, b2 = (self.params[name] for name in ("W1", "b1", "W2", "b2"))
        hidden = np.maximum(0, X @ W1 + b1)
        scores = hidden @ W2 + b2
        if y is None:
            return scores
        loss, dscores = softmax_loss(scores, y)
        loss += 0.5 * self.reg * (np.sum(W1**2) + np.sum(W2**2))
        dhidden = dscores @ W2.T * (hidden > 0)
        grads = {"W1": X.T @ dhidden, "b1": dhidden.sum(0), "W2": hidden.T @ dscores, "b2": dscores.sum(0)}
        grads["W1"] += self.pull() * W1
        grads["W2"] += self.pull() * W2
        return loss, grads

    def pull(self):
        return self.reg


def softmax_loss(x, y):
    p = np.exp(x - x.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    loss = -np.log(p[np.arange(len(x)), y]).mean()
    p[np.arange(len(x)), y] -= 1
    return loss, p / len(x)


class TwoLayerNetDoublePull(TwoLayerNet):
    def pull(self):
        return 2 * self.reg


class Maxout:
    """An object whose call returns the output and a callback, with a parameter of its own."""

    def __init__(self, pieces, n):
        self.W, self.d_W = drawn(pieces, n), np.zeros((pieces, n))

    def begin_update(self, X):
        which = (X[:, None, :] * self.W).argmax(axis=1)
        best = np.take_along_axis(self.W, which, axis=0)

        def finish_update(dY):
            for row, column in np.ndindex(*X.shape):
                self.add(which[row, column], column, dY[row, column] * X[row, column])
            return dY * best

        return X * best, finish_update

    def add(self, piece, column, part):
        self.d_W[piece, column] += part


class MaxoutOverwriting(Maxout):
    def add(self, piece, column, part):
        self.d_W[piece, column] = part


def _entry(name, style, right, wrong, leaves, blamed, shape="function", **options):
    return Entry(name, style, shape, lambda: right, lambda: wrong, leaves, blamed, options)


LABELS = np.eye(3)[[2, 0, 1, 2, 2]]
SIZES = [3, 4, 2]
FLAT = {
    "data": drawn(5, 3),
    "labels": np.eye(2)[[1, 0, 0, 1, 1]],
    "params": (3 * 4 + 4 + 4 * 2 + 2,),
    "dimensions": [3, 4, 2],
}
DICT = {"X": (5, 4), "params": {"W1": drawn(4, 3), "b1": drawn(3), "W2": drawn(3, 3), "b2": drawn(3)}}
LISTS = {"weights": [(3, 4), (4, 2)], "biases": [(4,), (2,)]}
# fmt: off
PULLBACKS = (
    _entry("closure", "hand-made", dense, dense_forgetting_the_sum, {"X": (4, 5), "W": (5, 3), "b": (3,)}, ("b",)),
    _entry("callbacks", "thinc", chain(scale, relu, squared), chain(scale, relu, squared_without_factor), {"X": (4, 5)},
           ("X",)),
    _entry("pullback-first", "autograd", vjp_first, vjp_first_in_order, {"a": (5,)}, ("a",)),
    _entry("two-cotangents", "jax", vjp_of_two, vjp_of_two_half, {"x": (4,), "y": (4,)}, ("x", "y")),
    _entry("value-and-grad", "jax", value_and_grad, value_and_grad_wrong, {"w": (5,)}, ("w",)),
    _entry("flat-parameters", "CS224n", forward_backward_prop, lambda *args: forward_backward_prop(*args, doubled=2),
           FLAT, ("params",)),
    _entry("network-in-a-dict", "CS229", network_in_a_dict, network_in_a_dict_summed, DICT, ("params['b1']",)),
    _entry("network-in-lists", "hand-made", network_in_lists, network_in_lists_reversed, LISTS, ("biases[1]",)),
    Entry("two-layer-net", "CS231n", "object", lambda: TwoLayerNet(5, 4, 3, 0.2), lambda: TwoLayerNetDoublePull(5, 4, 3, 0.2),
          {"X": (4, 5), "y": np.array([2, 0, 1, 1])}, ("W1", "W2")),
    Entry("maxout", "thinc", "object", lambda: Maxout(2, 3), lambda: MaxoutOverwriting(2, 3), {"X": (4, 3)}, ("W",)),
)
# fmt: on
