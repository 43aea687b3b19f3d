"""Kinks and precision: outside every subgradient at a tie, cancelled digits, overflow, another branch, narrow offsets."""

import numpy as np

from benchmarks.known_wrong.case import bug, sigmoid
from nnverify import leaf


def rowmax_shared(dout, x):
    tied = x == x.max(axis=1, keepdims=True)
    return dout[:, None] * tied / tied.sum(axis=1, keepdims=True)


def rowmax_each(dout, x):
    return dout[:, None] * (x == x.max(axis=1, keepdims=True))


def maximum_right(dout, a, b):
    first = a >= b
    return dout * first, dout * ~first


def maximum_wrong(dout, a, b):
    return dout * (a >= b), dout * (b >= a)


def sample(v, p):
    """Linear interpolation of v at p, clamped to its ends."""
    p = np.clip(p, 0, len(v) - 1)
    left = np.minimum(np.floor(p).astype(int), len(v) - 2)
    w = p - left
    return (1 - w) * v[left] + w * v[left + 1]


def sample_back(dout, v, p, edge):
    inside = (p > 0) & (p < len(v) - 1)
    c = np.clip(p, 0, len(v) - 1)
    left = np.minimum(np.floor(c).astype(int), len(v) - 2)
    w, dv = c - left, np.zeros_like(v)
    np.add.at(dv, left, dout * (1 - w))
    np.add.at(dv, left + 1, dout * w)
    return dv, np.where(p == len(v) - 1, dout * edge(v), np.where(inside, dout * (v[left + 1] - v[left]), 0.0))


def sample_right(dout, v, p):
    return sample_back(dout, v, p, lambda v: 0.0)


def sample_wrong(dout, v, p):
    """At the last point its right neighbour is taken to be 0."""
    return sample_back(dout, v, p, lambda v: 0.0 - v[-1])


def softplus_wrong(dout, x):
    e = np.exp(x)
    return dout * e * (1 / (1 + e))


def surrogate_wrong(dout, x):
    e = np.exp(-25 * x)
    return dout * 25 * e / (e + 1) ** 2


def exp_chain_wrong(dout, x):
    """Through e = exp(−x) and 1/(1 + e), each by itself."""
    e = np.exp(-x)
    return -(-dout / (1 + e) ** 2) * e


def negative_binomial(a, b):
    return -a * np.log1p(1 / b)


def negative_binomial_right(dout, a, b):
    return -dout * np.log1p(1 / b), dout * a / (b * (1 + b))


def negative_binomial_wrong(dout, a, b):
    da, db = negative_binomial_right(dout, a, b)
    return da, np.where(b > 1e5, -dout / b, db)


def asinh_right(dout, x):
    return dout / np.hypot(1, x)


def square_right(dout, x):
    return 2 * dout * x


def square_wrapped(dout, x):
    """Offsets kept in eight bits, as the original's were in 32."""
    dx = np.zeros(x.size)
    offsets = np.arange(x.size).astype(np.int8)
    dx[offsets % x.size] = (2 * dout * x).reshape(-1)
    return dx.reshape(x.shape)


def square_counted(dout, x):
    """The number of entries counted in eight bits; so many are written."""
    dx = np.zeros(x.size)
    count = max(int(np.array(x.size).astype(np.int8)), 0)
    dx[:count] = (2 * dout * x).reshape(-1)[:count]
    return dx.reshape(x.shape)


def nll(x, t):
    return -x[np.arange(len(x)), t]


def nll_right(dout, x, t):
    dx = np.zeros_like(x)
    dx[np.arange(len(x)), t] = -dout
    return dx


def nll_wrong(dout, x, t):
    """The offset of a sample, sample·classes, in eight bits: later samples fall outside and get nothing."""
    dx = np.zeros(x.size)
    base = (np.arange(len(x)) * x.shape[1]).astype(np.int8).astype(int)
    known = base >= 0
    dx[(base + t)[known]] = -dout[known]
    return dx.reshape(x.shape)


def alignment(x):
    """A stand-in for a recursion over paths: log of a sum of exponentials, less the first."""
    return np.logaddexp.reduce(x, axis=1) - x[:, 0]


def alignment_right(dout, x):
    s = np.exp(x - np.logaddexp.reduce(x, axis=1)[:, None])
    s[:, 0] -= 1
    return (dout[:, None] * s).astype(x.dtype)


def alignment_wrong(dout, x):
    """Another kernel for float32, which forgets the upstream."""
    return alignment_right(np.ones_like(dout) if x.dtype == np.float32 else dout, x)


# fmt: off
PRECISION = (
    bug("max-ties", "apache/mxnet#18563", "KK", "every tied entry gets all of g", lambda x: x.max(axis=1), rowmax_shared,
        rowmax_each, {"x": (4, 3)}),
    bug("maximum-ties", "Theano/Theano#6470", "KK", "both arguments get all of g where they tie", np.maximum,
        maximum_right, maximum_wrong, {"a": (4, 3), "b": (4, 3)}),
    bug("grid-sample-border", "pytorch/pytorch (grid_sample)", "KK", "at the border zero padding for clamping", sample,
        sample_right, sample_wrong, {"v": (5,), "p": np.array([0.3, 1.7, 2.2, 3.9])}),
    bug("expm1-plus-one", "pytorch, tt-metal (expm1)", "PR", "expm1(x) + 1: no digits are left for x below −20",
        np.expm1, lambda dout, x: dout * np.exp(x), lambda dout, x: dout * (np.expm1(x) + 1), {"x": (4, 3)}),
    bug("softplus-tail", "tenstorrent/tt-metal!56397", "PR", "∞·0 once e^x overflows", lambda x: np.logaddexp(0, x),
        lambda dout, x: dout * sigmoid(x), softplus_wrong, {"x": (4, 3)}),
    bug("surrogate-slope", "jeshraghian/snntorch#427", "PR", "∞/∞ for x below −28", lambda x: sigmoid(25 * x),
        lambda dout, x: dout * 25 * sigmoid(25 * x) * sigmoid(-25 * x), surrogate_wrong, {"x": (4, 3)}),
    bug("sigmoid-chain", "tinygrad/tinygrad!1113", "PR", "0·∞ through the exponential for large negative x",
        lambda x: sigmoid(x), lambda dout, x: dout * sigmoid(x) * sigmoid(-x), exp_chain_wrong, {"x": (4, 3)}),
    bug("poisson-switch", "stan-dev/math (neg_binomial)", "PR", "another formula past 10⁵, and wrong", negative_binomial,
        negative_binomial_right, negative_binomial_wrong,
        {"a": leaf((4,), low=0.5, high=3.0), "b": leaf((4,), low=0.0)}),
    bug("renorm-epsilon", "chainer/chainer (BatchRenormalization)", "PR", "ε left out of the backward",
        lambda x, v: x / np.sqrt(v + 2e-5), lambda dout, x, v: (dout / np.sqrt(v + 2e-5), None),
        lambda dout, x, v: (dout / np.sqrt(v), None), {"x": (4, 3), "v": leaf(np.array([0.7, 1.3, 2.0]), grad=False)}),
    bug("asinh-overflow", "tenstorrent/tt-metal!55728", "PR", "x² overflows, and the gradient is 0", np.arcsinh,
        asinh_right, lambda dout, x: dout / np.sqrt(1 + x * x), {"x": (4, 3)}),
    bug("offsets-wrap", "SHI-Labs/NATTEN#347", "OV", "offsets wrap, in eight bits for 32", lambda x: x**2, square_right,
        square_wrapped, {"x": "m n"}),
    bug("count-wraps", "intel/torch-xpu-ops!4734", "OV", "the number of entries wraps, in eight bits for 32",
        lambda x: x**2, square_right, square_counted, {"x": (4, 5)}),
    bug("samples-beyond", "pytorch/pytorch#190139", "OV", "the offset of later samples wraps, in eight bits for 32", nll,
        nll_right, nll_wrong, {"x": "m c", "t": leaf("m", integers_below="c")}),
    bug("single-kernel", "cuDNN (CTC)", "DT", "the kernel for float32 is another, and wrong", alignment, alignment_right,
        alignment_wrong, {"x": (4, 3)}),
)
# fmt: on
