"""Pairs of functions in the manner of the deeplearning.ai notebooks, CS229 and CS224n: columns, means, dictionaries."""

from functools import partial

import numpy as np

from tests.zoo.entry import Entry, drawn


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def linear_forward(A, W, b):
    return np.dot(W, A) + b, (A, W, b)


def linear_backward(dZ, cache):
    A_prev, W, _ = cache
    m = A_prev.shape[1]
    return np.dot(W.T, dZ), np.dot(dZ, A_prev.T) / m, np.sum(dZ, axis=1, keepdims=True) / m


def linear_backward_half_averaged(dZ, cache):
    A_prev, W, _ = cache
    return np.dot(W.T, dZ), np.dot(dZ, A_prev.T) / A_prev.shape[1], np.sum(dZ, axis=1, keepdims=True)


def linear_activation_forward(A_prev, W, b, activation):
    Z, linear_cache = linear_forward(A_prev, W, b)
    A = sigmoid(Z) if activation == "sigmoid" else np.maximum(0, Z)
    return A, (linear_cache, Z)


def linear_activation_backward(dA, cache, activation, backward=linear_backward):
    linear_cache, Z = cache
    dZ = dA * sigmoid(Z) * (1 - sigmoid(Z)) if activation == "sigmoid" else np.where(Z <= 0, 0, dA)
    return backward(dZ, linear_cache)


def conv_forward(A_prev, W, b, hparameters):
    stride, pad, f = hparameters["stride"], hparameters["pad"], W.shape[0]
    A_prev_pad = np.pad(A_prev, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    m, n_H_prev, n_W_prev, _ = A_prev.shape
    n_H, n_W = int((n_H_prev - f + 2 * pad) / stride) + 1, int((n_W_prev - f + 2 * pad) / stride) + 1
    Z = np.zeros((m, n_H, n_W, W.shape[3]))
    for h in range(n_H):
        for w in range(n_W):
            a_slice = A_prev_pad[:, h * stride : h * stride + f, w * stride : w * stride + f, :]
            Z[:, h, w, :] = np.tensordot(a_slice, W, axes=([1, 2, 3], [0, 1, 2])) + b[0, 0, 0]
    return Z, (A_prev, W, b, hparameters)


def conv_backward(dZ, cache, flip=False):
    A_prev, W, b, hparameters = cache
    stride, pad, f = hparameters["stride"], hparameters["pad"], W.shape[0]
    A_prev_pad = np.pad(A_prev, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    dA_prev_pad, dW, db = np.zeros_like(A_prev_pad), np.zeros_like(W), np.zeros_like(b)
    for h in range(dZ.shape[1]):
        for w in range(dZ.shape[2]):
            here = (slice(None), slice(h * stride, h * stride + f), slice(w * stride, w * stride + f))
            kernel = W[::-1, ::-1] if flip else W
            dA_prev_pad[here] += np.tensordot(dZ[:, h, w], kernel, axes=([1], [3]))
            dW += np.tensordot(A_prev_pad[here], dZ[:, h, w], axes=(0, 0))
            db += dZ[:, h, w].sum(0)
    return dA_prev_pad[:, pad:-pad, pad:-pad, :], dW, db


def pool_forward(A_prev, hparameters, mode="max"):
    f, stride = hparameters["f"], hparameters["stride"]
    m, n_H_prev, n_W_prev, n_C = A_prev.shape
    A = np.zeros((m, (n_H_prev - f) // stride + 1, (n_W_prev - f) // stride + 1, n_C))
    for h in range(A.shape[1]):
        for w in range(A.shape[2]):
            window = A_prev[:, h * stride : h * stride + f, w * stride : w * stride + f]
            A[:, h, w] = window.max(axis=(1, 2)) if mode == "max" else window.mean(axis=(1, 2))
    return A, (A_prev, hparameters)


def pool_backward(dA, cache, mode="max", add=True):
    A_prev, hparameters = cache
    f, stride = hparameters["f"], hparameters["stride"]
    dA_prev = np.zeros_like(A_prev)
    for h in range(dA.shape[1]):
        for w in range(dA.shape[2]):
            here = (slice(None), slice(h * stride, h * stride + f), slice(w * stride, w * stride + f))
            mask = A_prev[here] == A_prev[here].max(axis=(1, 2), keepdims=True)
            part = mask * dA[:, h, w][:, None, None]
            dA_prev[here] = dA_prev[here] + part if add else part
    return dA_prev


def rnn_cell_forward(xt, a_prev, parameters):
    Wax, Waa, Wya = parameters["Wax"], parameters["Waa"], parameters["Wya"]
    a_next = np.tanh(Wax @ xt + Waa @ a_prev + parameters["ba"])
    yt_pred = sigmoid(Wya @ a_next + parameters["by"])
    return a_next, yt_pred, (a_next, a_prev, xt, parameters)


def rnn_cell_backward(da_next, cache):
    a_next, a_prev, xt, parameters = cache
    dtanh = (1 - a_next**2) * da_next
    return {
        "dxt": parameters["Wax"].T @ dtanh,
        "da_prev": parameters["Waa"].T @ dtanh,
        "dWax": dtanh @ xt.T,
        "dWaa": dtanh @ a_prev.T,
        "dba": dtanh.sum(1, keepdims=True),
    }


def rnn_cell_backward_swapped(da_next, cache):
    found = rnn_cell_backward(da_next, cache)
    return {**found, "dWax": found["dWaa"], "dWaa": found["dWax"]}


def propagate(w, b, X, Y):
    """Logistic regression: gradients first, cost second."""
    A = sigmoid(np.dot(w.T, X) + b)
    cost = -np.mean(Y * np.log(A) + (1 - Y) * np.log(1 - A))
    return {"dw": np.dot(X, (A - Y).T) / X.shape[1], "db": np.sum(A - Y) / X.shape[1]}, cost


def propagate_wrong(w, b, X, Y):
    grads, cost = propagate(w, b, X, Y)
    return {**grads, "db": grads["db"] * X.shape[1]}, cost


def forward_propagation_n(X, Y, parameters):
    W1, b1, W2, b2 = (parameters[key] for key in ("W1", "b1", "W2", "b2"))
    Z1 = W1 @ X + b1
    A1 = np.tanh(Z1)
    A2 = sigmoid(W2 @ A1 + b2)
    cost = np.sum(-Y * np.log(A2) - (1 - Y) * np.log(1 - A2)) / X.shape[1]
    return cost, (Z1, A1, W1, b1, A2, W2, b2)


def backward_propagation_n(X, Y, cache, factor=1):
    _, A1, _, _, A2, W2, _ = cache
    m = X.shape[1]
    dZ2 = A2 - Y
    dA1 = W2.T @ dZ2
    dZ1 = dA1 * (1 - A1**2)
    return {
        "dZ2": dZ2, "dW2": dZ2 @ A1.T / m, "db2": dZ2.sum(1, keepdims=True) / m,
        "dA1": dA1, "dZ1": dZ1, "dW1": factor * dZ1 @ X.T / m, "db1": dZ1.sum(1, keepdims=True) / m,
    }  # fmt: skip


def backward_propagation_n_wrong(X, Y, cache):
    return backward_propagation_n(X, Y, cache, factor=2)


def forward_linear(weights, bias, data):
    return data.dot(weights) + bias


def backward_linear(weights, bias, data, output_grad):
    return np.outer(data, output_grad), output_grad, weights.dot(output_grad)


def backward_linear_swapped(weights, bias, data, output_grad):
    return np.outer(output_grad, data), output_grad, weights.dot(output_grad)


def single_layer_forward_propagation(A_prev, W_curr, b_curr):
    Z_curr = np.dot(W_curr, A_prev) + b_curr
    return np.tanh(Z_curr), Z_curr


def single_layer_backward_propagation(dA_curr, W_curr, b_curr, Z_curr, A_prev):
    dZ_curr = dA_curr * (1 - np.tanh(Z_curr) ** 2)
    return np.dot(W_curr.T, dZ_curr), np.dot(dZ_curr, A_prev.T), np.sum(dZ_curr, axis=1, keepdims=True)


def single_layer_backward_wrong(dA_curr, W_curr, b_curr, Z_curr, A_prev):
    dZ_curr = dA_curr * (1 - Z_curr**2)
    return np.dot(W_curr.T, dZ_curr), np.dot(dZ_curr, A_prev.T), np.sum(dZ_curr, axis=1, keepdims=True)


def _entry(name, style, forward, right, wrong, leaves, blamed, **options):
    return Entry(name, style, "pair", lambda: (forward, right), lambda: (forward, wrong), leaves, blamed, options)


DLAI = "deeplearning.ai"
LINEAR = {"A": (3, 4), "W": (2, 3), "b": (2, 1)}
IMAGES = {"A_prev": (2, 5, 6, 2), "W": (3, 3, 2, 4), "b": (1, 1, 1, 4), "hparameters": {"stride": 1, "pad": 1}}
CELL = {"Wax": drawn(4, 3), "Waa": drawn(4, 4), "Wya": drawn(2, 4), "ba": drawn(4, 1), "by": drawn(2, 1)}
NET = {"W1": drawn(4, 3), "b1": drawn(4, 1), "W2": drawn(1, 4), "b2": drawn(1, 1)}
LABELS = np.array([[1, 0, 0, 1, 1]])
sigmoid_back = partial(linear_activation_backward, activation="sigmoid")
# fmt: off
COURSES = (
    _entry("linear-batch-mean", DLAI, linear_forward, linear_backward, linear_backward_half_averaged, LINEAR, ("b",),
           reduction="batch mean", batch_axis=1),
    _entry("linear-activation", DLAI, partial(linear_activation_forward, activation="sigmoid"), sigmoid_back,
           partial(sigmoid_back, backward=linear_backward_half_averaged), {"A_prev": (3, 4), "W": (2, 3), "b": (2, 1)},
           ("b",), reduction="batch mean", batch_axis=1),
    _entry("conv-channels-last", DLAI, conv_forward, conv_backward, lambda dZ, cache: conv_backward(dZ, cache, flip=True),
           IMAGES, ("A_prev",)),
    _entry("pool-channels-last", DLAI, pool_forward, pool_backward, partial(pool_backward, add=False),
           {"A_prev": (2, 4, 5, 3), "hparameters": {"f": 2, "stride": 1}}, ("A_prev",)),
    _entry("rnn-cell", DLAI, rnn_cell_forward, rnn_cell_backward,
           lambda da_next, cache: {**rnn_cell_backward(da_next, cache), "dba": da_next.sum(1, keepdims=True)},
           {"xt": (3, 2), "a_prev": (4, 2), "parameters": CELL}, ("parameters['ba']",)),
    _entry("network-with-cost", DLAI, forward_propagation_n, backward_propagation_n, backward_propagation_n_wrong,
           {"X": drawn(3, 5), "Y": LABELS, "parameters": NET}, ("parameters['W1']",)),
    Entry("logistic-regression", DLAI, "function", lambda: propagate, lambda: propagate_wrong,
          {"w": (3, 1), "b": 0.3, "X": (3, 5), "Y": LABELS}, ("b",)),
    _entry("linear-upstream-last", "CS229", forward_linear, backward_linear, backward_linear_swapped,
           {"weights": (4, 4), "bias": (4,), "data": (4,)}, ("weights",)),
    _entry("single-layer", "skalski", single_layer_forward_propagation, single_layer_backward_propagation,
           single_layer_backward_wrong, {"A_prev": (3, 5), "W_curr": (2, 3), "b_curr": (2, 1)},
           ("A_prev", "W_curr", "b_curr")),
)
# fmt: on
