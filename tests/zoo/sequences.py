"""Layers with lists of parameters and gradients, states that run along, words, and several outputs.

In the manner of deep-learning-from-scratch 2 and numpy-ml's attention.
"""

import numpy as np

from tests.zoo.entry import Entry, drawn


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


class ListAffine:
    def __init__(self, W, b):
        self.params = [W, b]
        self.grads = [np.zeros_like(W), np.zeros_like(b)]
        self.x = None

    def forward(self, x):
        W, b = self.params
        self.x = x
        return x @ W + b

    def backward(self, dout):
        W, _ = self.params
        self.grads[0][...] = self.x.T @ dout
        self.grads[1][...] = np.sum(dout, axis=0)
        return self.onward(dout, W)

    def onward(self, dout, W):
        return dout @ W.T


class ListAffineUntransposed(ListAffine):
    def onward(self, dout, W):
        return dout @ W


class Embedding:
    def __init__(self, W):
        self.params, self.grads, self.idx = [W], [np.zeros_like(W)], None

    def forward(self, idx):
        (W,) = self.params
        self.idx = idx
        return W[idx]

    def backward(self, dout):
        (dW,) = self.grads
        dW[...] = 0
        np.add.at(dW, self.idx, dout)


class EmbeddingOverwriting(Embedding):
    def backward(self, dout):
        (dW,) = self.grads
        dW[...] = 0
        dW[self.idx] = dout  # a word that occurs twice counts once


class RNN:
    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(one) for one in self.params]
        self.cache = None

    def forward(self, x, h_prev):
        Wx, Wh, b = self.params
        h_next = np.tanh(h_prev @ Wh + x @ Wx + b)
        self.cache = (x, h_prev, h_next)
        return h_next

    def backward(self, dh_next):
        Wx, Wh, _ = self.params
        x, h_prev, h_next = self.cache
        dt = self.inside(dh_next, h_next)
        for grad, value in zip(self.grads, (x.T @ dt, h_prev.T @ dt, np.sum(dt, axis=0)), strict=True):
            grad[...] = value
        return dt @ Wx.T, dt @ Wh.T

    def inside(self, dh_next, h_next):
        return dh_next * (1 - h_next**2)


class RNNOfSigmoid(RNN):
    def inside(self, dh_next, h_next):
        return dh_next * h_next * (1 - h_next)


class LSTM:
    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(one) for one in self.params]
        self.cache = None

    def forward(self, x, h_prev, c_prev):
        Wx, Wh, b = self.params
        H = h_prev.shape[1]
        A = x @ Wx + h_prev @ Wh + b
        f, g, i, o = sigmoid(A[:, :H]), np.tanh(A[:, H : 2 * H]), sigmoid(A[:, 2 * H : 3 * H]), sigmoid(A[:, 3 * H :])
        c_next = f * c_prev + g * i
        h_next = o * np.tanh(c_next)
        self.cache = (x, h_prev, c_prev, i, f, g, o, c_next)
        return h_next, c_next

    def backward(self, dh_next, dc_next):
        Wx, Wh, _ = self.params
        x, h_prev, c_prev, i, f, g, o, c_next = self.cache
        ds = self.cell(dh_next, dc_next, o, np.tanh(c_next))
        df, dg, di = ds * c_prev * f * (1 - f), ds * i * (1 - g**2), ds * g * i * (1 - i)
        do = dh_next * np.tanh(c_next) * o * (1 - o)
        dA = np.hstack((df, dg, di, do))
        for grad, value in zip(self.grads, (x.T @ dA, h_prev.T @ dA, dA.sum(axis=0)), strict=True):
            grad[...] = value
        return dA @ Wx.T, dA @ Wh.T, ds * f

    def cell(self, dh_next, dc_next, o, tanh_c_next):
        return dc_next + (dh_next * o) * (1 - tanh_c_next**2)


class LSTMWithoutCellGradient(LSTM):
    def cell(self, dh_next, dc_next, o, tanh_c_next):
        return (dh_next * o) * (1 - tanh_c_next**2)


class TimeRNN:
    """Makes a layer for each step at every forward; the state runs along if stateful."""

    step = RNN

    def __init__(self, Wx, Wh, b, stateful=False):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(one) for one in self.params]
        self.layers, self.h, self.dh, self.stateful = None, None, None, stateful

    def forward(self, xs):
        N, T, _ = xs.shape
        self.layers = []
        hs = np.empty((N, T, self.params[1].shape[0]))
        if not self.stateful or self.h is None:
            self.h = np.zeros((N, hs.shape[2]))
        for t in range(T):
            layer = self.step(*self.params)
            self.h = layer.forward(xs[:, t, :], self.h)
            hs[:, t, :] = self.h
            self.layers.append(layer)
        return hs

    def backward(self, dhs):
        N, T, _ = dhs.shape
        dxs, dh, grads = np.empty((N, T, self.params[0].shape[0])), 0, [0, 0, 0]
        for t in reversed(range(T)):
            dx, dh = self.layers[t].backward(dhs[:, t, :] + self.carried(dh))
            dxs[:, t, :] = dx
            grads = [total + grad for total, grad in zip(grads, self.layers[t].grads, strict=True)]
        for mine, total in zip(self.grads, grads, strict=True):
            mine[...] = total
        self.dh = dh
        return dxs

    def carried(self, dh):
        return dh


class TimeRNNWithoutCarry(TimeRNN):
    def carried(self, dh):
        return 0


class DotProductAttention:
    """numpy-ml: three inputs, three gradients."""

    def __init__(self, scale=True):
        self.scale, self.X, self.derived_variables = scale, [], {"attention_weights": []}

    def forward(self, Q, K, V):
        scores = Q @ K.swapaxes(-2, -1) / (np.sqrt(Q.shape[-1]) if self.scale else 1)
        weights = np.exp(scores - scores.max(-1, keepdims=True))
        weights /= weights.sum(-1, keepdims=True)
        self.X.append((Q, K, V))
        self.derived_variables["attention_weights"].append(weights)
        return weights @ V

    def backward(self, dLdy):
        (Q, K, V), p = self.X[0], self.derived_variables["attention_weights"][0]
        dweights = dLdy @ V.swapaxes(-2, -1)
        dscores = p * (dweights - (dweights * p).sum(-1, keepdims=True)) / self.divisor(Q)
        return dscores @ K, dscores.swapaxes(-2, -1) @ Q, p.swapaxes(-2, -1) @ dLdy

    def divisor(self, Q):
        return np.sqrt(Q.shape[-1])


class DotProductAttentionUnscaled(DotProductAttention):
    def divisor(self, Q):
        return 1.0


def _entry(name, right, wrong, leaves, blamed, style="deep-learning-from-scratch-2"):
    return Entry(name, style, "object", right, wrong, leaves, blamed)


def _cell(kind, gates=1):
    return lambda: kind(drawn(4, 3 * gates), drawn(3, 3 * gates), drawn(3 * gates))


WORDS = np.array([[0, 2, 2], [4, 0, 1]])
# fmt: off
SEQUENCES = (
    _entry("list-affine", lambda: ListAffine(drawn(3, 3), drawn(3)),
           lambda: ListAffineUntransposed(drawn(3, 3), drawn(3)), {"x": (4, 3)}, ("x",)),
    _entry("embedding", lambda: Embedding(drawn(5, 3)), lambda: EmbeddingOverwriting(drawn(5, 3)), {"idx": WORDS},
           ("params[0]",)),
    _entry("rnn", _cell(RNN), _cell(RNNOfSigmoid), {"x": (2, 4), "h_prev": (2, 3)},
           ("x", "h_prev", "params[0]", "params[1]", "params[2]")),
    _entry("lstm", _cell(LSTM, 4), _cell(LSTMWithoutCellGradient, 4), {"x": (2, 4), "h_prev": (2, 3), "c_prev": (2, 3)},
           ("x", "h_prev", "c_prev", "params[0]", "params[1]", "params[2]")),
    _entry("time-rnn", _cell(TimeRNN), _cell(TimeRNNWithoutCarry), {"xs": (2, 4, 4)},
           ("xs", "params[0]", "params[1]", "params[2]")),
    _entry("attention", DotProductAttention, DotProductAttentionUnscaled, {"Q": (2, 3, 4), "K": (2, 5, 4), "V": (2, 5, 6)},
           ("Q", "K"), "numpy-ml"),
)
# fmt: on
