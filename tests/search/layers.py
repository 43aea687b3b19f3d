"""Layers with parameters: shapes, indices, layouts, precisions and broadcasting."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnverify import leaf
from tests.search.case import Layer, Wrong


def dense(X: Any, W: Any, b: Any) -> Any:
    return X @ W + b


def d_dense(dout: Any, X: Any, W: Any, b: Any) -> dict[str, Any]:
    return {"X": dout @ W.T, "W": X.T @ dout, "b": dout.sum(axis=0)}


def _but(name: str, change: Any) -> Any:
    """d_dense with one gradient changed: change(gradient, dout, X, W)."""

    def backward(dout: Any, X: Any, W: Any, b: Any) -> dict[str, Any]:
        right = d_dense(dout, X, W, b)
        return right | {name: change(right[name], dout, X, W)}

    return backward


def _buffer(dout: Any) -> Any:
    """The upstream as it lies in memory."""
    owner = dout if dout.base is None or np.shape(dout.base) == () else dout.base
    return np.resize(np.asarray(owner).ravel(order="K"), dout.shape)


def _in_place(G: Any, dout: Any, X: Any, W: Any) -> Any:
    """Sums as a C program does that takes the strides for granted."""
    return G if dout.strides and dout.strides[-1] == dout.itemsize else G * 0 + _buffer(dout).sum(axis=0)


DENSE = Layer(
    "dense",
    {"X": "m n", "W": "n p", "b": "p"},
    (
        Wrong(
            "shape",
            "one sample, divided by features",
            _but("W", lambda G, d, X, W: G / X.shape[1] if len(X) == 1 else G),
        ),
        Wrong("shape", "square, transposed", _but("W", lambda G, d, X, W: G.T if G.shape[0] == G.shape[1] else G)),
        Wrong(
            "shape",
            "as many samples as outputs",
            _but("b", lambda G, d, X, W: d.sum(axis=1) if d.shape[0] == d.shape[1] else G),
        ),
        Wrong("shape", "one output squeezed", _but("W", lambda G, d, X, W: np.squeeze(G, 1) if G.shape[1] == 1 else G)),
        Wrong("shape", "blocks of eight rows", _but("b", lambda G, d, X, W: d[:8].sum(axis=0))),
        Wrong("shape", "offsets in eight bits", _but("W", lambda G, d, X, W: X[:127].T @ d[:127])),
        Wrong("shape", "no samples", _but("W", lambda G, d, X, W: G if len(X) else G + 1)),
        Wrong("shape", "no samples raises", _but("b", lambda G, d, X, W: G + 0 * d[0])),
        Wrong("layout", "the upstream's buffer", _but("b", lambda G, d, X, W: _buffer(d).sum(axis=0))),
        Wrong("layout", "a column of the upstream's buffer", _but("b", _in_place)),
        Wrong(
            "layout",
            "X in Fortran order",
            _but(
                "W",
                lambda G, d, X, W: (
                    G if X.flags.c_contiguous or X.size < 2 else X.ravel(order="A").reshape(X.shape).T @ d
                ),
            ),
        ),
        Wrong("layout", "negative strides", _but("X", lambda G, d, X, W: G if min(W.strides) >= 0 else d @ W[::-1].T)),
        Wrong(
            "layout",
            "an expanded upstream counted once",
            _but("b", lambda G, d, X, W: d[0] if d.strides[0] == 0 else G),
        ),
        Wrong("dtype", "float32 doubled", _but("W", lambda G, d, X, W: 2 * G if X.dtype == np.float32 else G)),
        Wrong(
            "dtype",
            "float32 through whole numbers",
            _but("b", lambda G, d, X, W: np.rint(G) if W.dtype == np.float32 else G),
        ),
    ),
    dense,
    d_dense,
)


def gather(W: Any, ids: Any) -> Any:
    return W[ids]


def d_gather(dout: Any, W: Any, ids: Any) -> dict[str, Any]:
    dW = np.zeros_like(W)
    np.add.at(dW, ids, dout)
    return {"W": dW}


def _overwritten(dout: Any, W: Any, ids: Any) -> dict[str, Any]:
    dW = d_gather(dout, W, ids)["W"]
    if len(ids) and (ids == ids[0]).all():
        dW[ids[0]] = dout[-1]
    return {"W": dW}


def _padding(row: int) -> Any:
    def backward(dout: Any, W: Any, ids: Any) -> dict[str, Any]:
        dW = d_gather(dout, W, ids)["W"]
        if len(set(ids.tolist())) == 1:
            dW[row] = 0
        return {"W": dW}

    return backward


def _three_at_most(dout: Any, W: Any, ids: Any) -> dict[str, Any]:
    """A repeated index is added three times at most."""
    dW = np.zeros_like(W)
    for place, row in enumerate(ids):
        if np.sum(ids[:place] == row) < 3:
            dW[row] += dout[place]
    return {"W": dW}


GATHER = Layer(
    "gather",
    {"W": "V d", "ids": leaf("m", integers_below="V")},
    (
        Wrong("index", "overwritten where all are equal", _overwritten),
        Wrong("index", "first row is padding", _padding(0)),
        Wrong("index", "last row is padding", _padding(-1)),
        Wrong("index", "three at most", _three_at_most),
    ),
    gather,
    d_gather,
)


def shift(x: Any, b: Any) -> Any:
    return x + b


def _unbroadcast(dout: Any, shape: tuple[int, ...]) -> Any:
    while dout.ndim > len(shape):
        dout = dout.sum(axis=0)
    for axis, size in enumerate(shape):
        if size == 1:
            dout = dout.sum(axis=axis, keepdims=True)
    return dout


def d_shift(dout: Any, x: Any, b: Any) -> tuple[Any, Any]:
    return _unbroadcast(dout, x.shape), _unbroadcast(dout, b.shape)


SHIFT = Layer(
    "broadcast sum",
    {"x": "... n", "b": "... n"},
    (
        Wrong("shape", "nothing summed", lambda d, x, b: (d, d)),
        Wrong(
            "shape",
            "only axes in front summed",
            lambda d, x, b: (d_shift(d, x, b)[0], d.sum(axis=tuple(range(d.ndim - b.ndim)))),
        ),
        Wrong("shape", "only b summed", lambda d, x, b: (d, d_shift(d, x, b)[1])),
        Wrong(
            "shape",
            "no axis in front",
            lambda d, x, b: tuple(2 * part if x.ndim == 1 else part for part in d_shift(d, x, b)),
        ),
    ),
    shift,
    d_shift,
)


def recurrent(x: Any, w: Any) -> Any:
    h = np.zeros_like(x[:, 0])
    for t in range(x.shape[1]):
        h = np.tanh(x[:, t] + w * h)
    return h


def _d_recurrent(dout: Any, x: Any, w: Any, steps: int = 1 << 20) -> tuple[Any, Any]:
    states = [np.zeros_like(x[:, 0])]
    for t in range(x.shape[1]):
        states.append(np.tanh(x[:, t] + w * states[-1]))
    dx, dw, dh = np.zeros_like(x), np.zeros_like(w), dout
    for t in reversed(range(max(0, x.shape[1] - steps), x.shape[1])):
        dz = dh * (1 - states[t + 1] ** 2)
        dx[:, t], dw, dh = dz, dw + dz * states[t], dz * w
    return dx, dw


RECURRENT = Layer(
    "recurrence",
    {"x": "m T", "w": "m"},
    (
        Wrong("shape", "eight steps at most", lambda d, x, w: _d_recurrent(d, x, w, 8)),
        Wrong("shape", "one step", lambda d, x, w: _d_recurrent(d, x, w) if x.shape[1] > 1 else (d, 0 * w)),
        Wrong("value", "no weight", lambda d, x, w: _d_recurrent(d, x, np.where(w == 0, 1, w))),
    ),
    recurrent,
    _d_recurrent,
)

LAYERS = (DENSE, GATHER, SHIFT, RECURRENT)
