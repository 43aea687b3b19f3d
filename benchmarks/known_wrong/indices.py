"""Indices: repeated, out of range, or none left uncovered; and windows that overlap."""

import numpy as np

from benchmarks.known_wrong.case import bug
from nnverify import leaf

FOUR = np.array([2, 0, 3])


def gathered(dout, W, i):
    dW = np.zeros_like(W)
    np.add.at(dW, i, dout)
    return dW


def overwritten(dout, W, i):
    dW = np.zeros_like(W)
    dW[i] = dout
    return dW


def overwritten_rows(dout, W, i):
    """Rows of indices at once: a repeat within one row is lost."""
    dW = np.zeros_like(W)
    for row, g in zip(i, dout, strict=True):
        dW[row] += g
    return dW


def uncovered(dout, W, i):
    """The buffer comes from a pool; rows that no index names keep what was in it."""
    dW = np.full_like(W, 7.25)
    dW[i] = 0.0
    np.add.at(dW, i, dout)
    return dW


def segments(x, i):
    """Sums over four segments; ids outside are dropped."""
    out = np.zeros((4, *x.shape[1:]))
    kept = (i >= 0) & (i < 4)
    np.add.at(out, i[kept], x[kept])
    return out


def segments_right(dout, x, i):
    kept = (i >= 0) & (i < 4)
    return np.where(kept[:, None], dout[np.clip(i, 0, 3)], 0.0)


def segments_wrong(dout, x, i):
    return dout[np.clip(i, 0, 3)]


def updated(x, i, u):
    out = x.copy()
    for place, row in zip(i, u, strict=True):
        out[place] = row
    return out


def updated_right(dout, x, i, u):
    dx, last = dout.copy(), {int(place): number for number, place in enumerate(i)}
    dx[i] = 0.0
    survives = np.array([last[int(place)] == number for number, place in enumerate(i)])
    return dx, None, np.where(survives[:, None], dout[i], 0.0)


def updated_wrong(dout, x, i, u):
    dx = dout.copy()
    dx[i] = 0.0
    return dx, None, dout[i]


def windows(x, size, stride):
    return [(i, x[i : i + size]) for i in range(0, len(x) - size + 1, stride)]


def pool(x, size=2, stride=2):
    return np.array([part.max() for _, part in windows(x, size, stride)])


def pool_right(dout, x, size=2, stride=2):
    dx = np.zeros_like(x)
    for g, (i, part) in zip(dout, windows(x, size, stride), strict=True):
        dx[i + part.argmax()] += g
    return dx


def pool_wrong(dout, x, size=2, stride=2):
    dx = np.zeros_like(x)
    for g, (i, part) in zip(dout, windows(x, size, stride), strict=True):
        dx[i + part.argmax()] = g
    return dx


# fmt: off
INDICES = (
    bug("gather-duplicates", "apache/mxnet#9172", "IX", "the last of repeated indices wins", lambda W, i: W[i], gathered,
        overwritten, {"W": (4, 3), "i": FOUR}),
    bug("embedding-rows", "karpathy/nn-zero-to-hero#57", "IX", "repeats within one row of indices are lost",
        lambda W, i: W[i], gathered, overwritten_rows, {"W": "V d", "i": leaf("m k", integers_below="V")}),
    bug("segment-out-of-range", "jax-ml/jax (segment_sum)", "IX", "dropped ids get the gradient of the clipped one",
        segments, segments_right, segments_wrong, {"x": (5, 2), "i": np.array([0, 2, 1, 3, 2])}),
    bug("scatter-duplicates", "tensorflow/tensorflow (tensor_scatter_update)", "IX",
        "updates that were overwritten get a gradient", updated, updated_right, updated_wrong,
        {"x": (4, 2), "i": FOUR, "u": (3, 2)}),
    bug("rows-uncovered", "apache/mxnet (take)", "ST", "rows without an index are never written", lambda W, i: W[i],
        gathered, uncovered, {"W": (4, 3), "i": np.array([3, 0, 2, 1, 2])}),
    bug("pool-overlap", "FluxML/NNlib.jl#205", "AC", "= for += where windows overlap", pool, pool_right, pool_wrong,
        {"x": (6,), "size": 2, "stride": 2}),
)
# fmt: on
