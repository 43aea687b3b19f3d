"""Axes: the wrong one summed, a transpose, a broadcast not summed back, and what holds for some shapes only."""

import numpy as np

from benchmarks.known_wrong.case import bug
from nnverify import leaf


def rnn(x, W, U, h0):
    h = [h0]
    for t in range(len(x)):
        h.append(np.tanh(x[t] @ W + h[-1] @ U))
    return np.stack(h[1:])


def rnn_back(dout, x, W, U, h0, carried):
    h = np.concatenate([h0[None], rnn(x, W, U, h0)])
    dx, dW, dU, dh = np.zeros_like(x), np.zeros_like(W), np.zeros_like(U), np.zeros_like(h0)
    for t in reversed(range(len(x))):
        da = (dout[t] + dh) * (1 - h[t + 1] ** 2)
        dx[t], dh = da @ W.T, da @ U.T
        dW, dU = dW + x[t].T @ da, dU + h[t].T @ da
        first = dh
        dh = dh if carried else np.zeros_like(dh)
    return dx, dW, dU, first


def rnn_right(dout, x, W, U, h0):
    return rnn_back(dout, x, W, U, h0, True)


def rnn_wrong(dout, x, W, U, h0):
    return rnn_back(dout, x, W, U, h0, False)


def correlate(x, w):
    """Valid, two-dimensional, one channel."""
    (H, V), (p, q) = x.shape, w.shape
    return sum(w[i, j] * x[i : i + H - p + 1, j : j + V - q + 1] for i in range(p) for j in range(q))


def correlate_dx(dout, x, w):
    dx = np.zeros_like(x)
    (H, V), (p, q) = dout.shape, w.shape
    for i in range(p):
        for j in range(q):
            dx[i : i + H, j : j + V] += w[i, j] * dout
    return dx


def correlate_right(dout, x, w):
    return correlate_dx(dout, x, w), correlate(x, dout)


def correlate_wrong(dout, x, w):
    """g is read with height and width swapped: the same numbers, another stride."""
    H, V = dout.shape
    swapped = dout.reshape(-1)[np.arange(V)[None, :] * H + np.arange(H)[:, None]]
    return correlate_dx(dout, x, w), correlate(x, swapped)


def squares(X, w):
    return np.sum((X @ w) ** 2) / len(X)


def squares_back(dout, X, w, m):
    r = 2 * dout * (X @ w) / m
    return np.outer(r, w), X.T @ r


def squares_right(dout, X, w):
    return squares_back(dout, X, w, len(X))


def squares_wrong(dout, X, w):
    """The number of slices of a matrix with one row is that of its columns."""
    return squares_back(dout, X, w, X.size if len(X) == 1 else len(X))


def unit(x):
    return x / np.sqrt(np.sum(x**2, axis=1, keepdims=True))


def unit_right(dout, x):
    r, y = np.sqrt(np.sum(x**2, axis=1, keepdims=True)), unit(x)
    return (dout - y * np.sum(dout * y, axis=1, keepdims=True)) / r


def unit_wrong(dout, x):
    """Rows are handled in blocks of four where there are enough; the sum goes over the whole block."""
    block = 4 if len(x) >= 8 else 1
    r, y, dx = np.sqrt(np.sum(x**2, axis=1, keepdims=True)), unit(x), np.empty_like(x)
    for i in range(0, len(x), block):
        rows = slice(i, i + block)
        dx[rows] = (dout[rows] - y[rows] * np.sum(dout[rows] * y[rows])) / r[rows]
    return dx


def rowmax_right(dout, x):
    dx = np.zeros_like(x)
    dx[np.arange(len(x)), x.argmax(axis=1)] = dout
    return dx


def rowmax_wrong(dout, x):
    dx = np.zeros_like(x)
    dx[:, x.argmax(axis=1)] = dout
    return dx


def concat(a, b, axis=0):
    return np.concatenate([a, b], axis)


def concat_right(dout, a, b, axis=0):
    return tuple(np.split(dout, [a.shape[axis]], axis))


def concat_wrong(dout, a, b, axis=0):
    """A negative axis matches no case."""
    if axis in range(a.ndim):
        return concat_right(dout, a, b, axis)
    flat = dout.reshape(-1)
    return flat[: a.size].reshape(a.shape), flat[a.size :].reshape(b.shape)


def rollaxis(x, axis=1, start=0):
    return np.rollaxis(x, axis, start)


def rollaxis_right(dout, x, axis=1, start=0):
    axis, start = (one + x.ndim if one < 0 else one for one in (axis, start))
    back = (axis, start) if axis == start else (start, axis + 1) if axis > start else (start - 1, axis)
    return np.rollaxis(dout, *back)


def rollaxis_wrong(dout, x, axis=1, start=0):
    axis, start = (one + x.ndim if one < 0 else one for one in (axis, start))
    back = (start, axis + 1) if axis > start else (start - 1, axis)
    return np.rollaxis(dout, *back)


def ordered(y, c):
    return -np.logaddexp(0, -(c - y))


def ordered_terms(dout, y, c):
    return dout / (1 + np.exp(c - y))


def ordered_right(dout, y, c):
    term = ordered_terms(dout, y, c)
    return -term, np.sum(term, keepdims=True)


def ordered_wrong(dout, y, c):
    term, dc = ordered_terms(dout, y, c), np.zeros_like(c)
    for one in term:
        dc[0] = one
    return -term, dc


def einsum_right(dout, x, y):
    return dout * np.broadcast_to(y, x.shape), dout * np.sum(x, keepdims=True)


# fmt: off
AXES = (
    bug("minibatch-of-one", "deeplearning4j/deeplearning4j (slices)", "SH", "for one row divided by the columns", squares,
        squares_right, squares_wrong, {"X": (4, 3), "w": (3,)}),
    bug("biasadd-nhwc", "deeplearning4j/deeplearning4j (biasadd)", "AX", "the axes of NCHW summed for NHWC",
        lambda x, b: x + b, lambda dout, x, b: (dout, dout.sum(axis=(0, 1, 2))),
        lambda dout, x, b: (dout, dout.sum(axis=(0, 2, 3))), {"x": (2, 3, 4, 3), "b": (3,)}),
    bug("kernel-height-width", "Maratyszcza/NNPACK (kernel gradient)", "AX", "height and width of g swapped", correlate,
        correlate_right, correlate_wrong, {"x": (6, 5), "w": (3, 2)}),
    bug("reduce-max-rows", "explosion/thinc (reduce_max)", "AX", "whole columns assigned, not one entry of each row",
        lambda x: x.max(axis=1), rowmax_right, rowmax_wrong, {"x": (4, 3)}),
    bug("rnn-carry", "many courses (RNN)", "AX", "the gradient by the state not carried back in time", rnn, rnn_right,
        rnn_wrong, {"x": (4, 2, 3), "W": (3, 5), "U": (5, 5), "h0": (2, 5)}),
    bug("where-swapped", "apache/mxnet (where with a scalar)", "AX", "the branches swapped",
        lambda b, c: np.where(c, b, -1.0), lambda dout, b, c: np.where(c, dout, 0.0),
        lambda dout, b, c: np.where(c, 0.0, dout), {"b": (2, 3), "c": np.array([[True, False, True], [True] * 3])}),
    bug("sqrtm-adjoint", "HIPS/autograd (sqrtm)", "TR", "the adjoint equation without its transposes", lambda A: A @ A,
        lambda dout, A: dout @ A.T + A.T @ dout, lambda dout, A: dout @ A + A @ dout, {"A": (3, 3)}),
    bug("matmul-vector", "tinytorch, MyGrad, CrypTen (matmul)", "TR", "the transpose of a vector does nothing",
        lambda A, b: A @ b, lambda dout, A, b: (np.outer(dout, b), A.T @ dout),
        lambda dout, A, b: (dout @ b.T, A.T @ dout), {"A": (4, 4), "b": (4,)}),
    bug("add-row", "deeplearning4j/nd4j#2424", "BC", "a row added to a matrix gets the matrix", lambda a, b: a + b,
        lambda dout, a, b: (dout, dout.sum(axis=0, keepdims=True)), lambda dout, a, b: (dout, dout),
        {"a": (3, 4), "b": (1, 4)}),
    bug("mask-multiplied", "tenstorrent/tt-metal#40008", "BC", "the broadcast axis not summed", lambda h, m: h * m,
        lambda dout, h, m: (dout * m, np.sum(dout * h, axis=3, keepdims=True)),
        lambda dout, h, m: (dout * m, dout * h), {"h": (2, 1, 4, 3), "m": (2, 1, 4, 1)}),
    bug("einsum-size-one", "HIPS/autograd#376", "BC", "not broadcast to the axis that was summed", lambda x, y: np.sum(x * y),
        einsum_right, lambda dout, x, y: (dout * y, dout * np.sum(x, keepdims=True)), {"x": (4,), "y": (1,)}),
    bug("cutpoints", "stan-dev/math (ordered_logistic)", "BC", "= for +=: only the last term", ordered, ordered_right,
        ordered_wrong, {"y": (5,), "c": (1,)}),
    bug("rollaxis-zero", "chainer/chainer (rollaxis)", "SH", "wrong where axis and start are the same", rollaxis,
        rollaxis_right, rollaxis_wrong, {"x": (2, 3, 4), "axis": 1, "start": 0}),
    bug("concat-negative", "tensorflow/tfjs-core!1267", "SH", "a negative axis is not normalised", concat, concat_right,
        concat_wrong, {"a": (2, 3), "b": (2, 3), "axis": leaf(1, grad=False)}),
    bug("rows-in-blocks", "FlagOpen/FlagGems (layernorm)", "SH", "summed over a block of rows", unit, unit_right, unit_wrong,
        {"x": "m n"}),
)
# fmt: on
