"""Special values: a zero, a tie, a masked entry; at which the formula divides by nothing, and the function is smooth."""

import numpy as np

from benchmarks.known_wrong.case import bug
from nnverify import leaf


def others(x):
    """The product of all entries but one, without division."""
    return np.array([np.prod(np.delete(x, i)) for i in range(len(x))])


def cumprod_right(dout, x):
    dx = np.zeros_like(x)
    for i in range(len(x)):
        rest = np.where(np.arange(len(x)) == i, 1.0, x)
        dx[i] = np.sum(dout[i:] * np.cumprod(rest)[i:])
    return dx


def cumprod_wrong(dout, x):
    return np.cumsum((dout * np.cumprod(x))[::-1])[::-1] / x


def cumprod_silent(dout, x):
    dx = cumprod_wrong(dout, x)
    return np.where(np.isnan(dx), 0.0, dx)


def sinc(x):
    return np.sinc(x / np.pi)


def sinc_wrong(dout, x):
    return dout * (x * np.cos(x) - np.sin(x)) / x**2


def sinc_right(dout, x):
    """Its series where the difference would cancel."""
    small = np.abs(x) < 0.05
    safe = np.where(small, 1.0, x)
    series = -x / 3 + x**3 / 30 - x**5 / 840 + x**7 / 45360
    return dout * np.where(small, series, (safe * np.cos(safe) - np.sin(safe)) / safe**2)


def masked_root(x, mask):
    return np.where(mask, np.sqrt(x), 0.0)


def masked_right(dout, x, mask):
    return np.where(mask, dout / (2 * np.sqrt(np.where(mask, x, 1.0))), 0.0)


def masked_wrong(dout, x, mask):
    return mask * dout / (2 * np.sqrt(x))


def logaddexp_right(dout, a, b):
    return dout * np.exp(a - np.logaddexp(a, b)), dout * np.exp(b - np.logaddexp(a, b))


def logaddexp_wrong(dout, a, b):
    """max(a, b) + log1p(e^−|a−b|), term by term: at a tie all of max goes to a and |·| has no slope."""
    first, t = a >= b, np.exp(-np.abs(a - b))
    bend = -t / (1 + t) * np.sign(a - b)
    return dout * (first + bend), dout * (~first - bend)


def norm_right(dout, x):
    r = np.linalg.norm(x)
    return dout * x / r if r > 0 else np.zeros_like(x)


def absolute_right(dout, x):
    return dout * np.sign(x)


def power_right(dout, a, b):
    log = np.log(np.where(a > 0, a, 1.0))
    return dout * b * a ** (b - 1), dout * np.where(a > 0, a**b * log, 0.0)


def power_wrong(dout, a, b):
    return dout * b * a ** (b - 1), dout * a**b * np.log(a)


def log_softmax(x):
    c = x - x.max(axis=1, keepdims=True)
    return c - np.log(np.sum(np.exp(c), axis=1, keepdims=True))


def log_softmax_right(dout, x):
    return dout - np.exp(log_softmax(x)) * np.sum(dout, axis=1, keepdims=True)


def log_softmax_wrong(dout, x):
    """As the gradient of softmax, with the upstream divided by its output."""
    s = np.exp(log_softmax(x))
    d = dout / s
    return s * (d - np.sum(d * s, axis=1, keepdims=True))


# leaf(low=0) would leave out 0 itself, which these functions take.
SIZES = np.array([[0.5, 1.2, 2.3], [0.9, 1.4, 0.2], [1.7, 3.1, 0.6]])

# fmt: off
SPECIAL = (
    bug("prod-zero", "pytorch/pytorch#773", "SV", "the product divided by each entry", lambda x: np.prod(x),
        lambda dout, x: dout * others(x), lambda dout, x: dout * np.prod(x) / x, {"x": (5,)}),
    bug("cumprod-zero", "tensorflow/tensorflow#3862", "SV", "divided by the entry: NaN behind a zero", np.cumprod,
        cumprod_right, cumprod_wrong, {"x": (5,)}),
    bug("cumprod-silent", "tensorflow/tensorflow#119430", "SV", "the same NaN replaced by 0", np.cumprod, cumprod_right,
        cumprod_silent, {"x": (5,)}),
    bug("sinc-zero", "jax-ml/jax!1722", "SV", "0/0 at 0", sinc, sinc_right, sinc_wrong, {"x": (4, 3)}),
    bug("where-trick", "many engines (where)", "SV", "0·∞ at a masked zero", masked_root, masked_right, masked_wrong,
        {"x": SIZES, "mask": SIZES != 1.4}),
    bug("igamma-one", "tensorflow/tensorflow (igamma)", "SV", "(a − 1)·log x with a = 1 at 0", lambda x: -np.expm1(-x),
        lambda dout, x: dout * np.exp(-x), lambda dout, x: dout * np.exp(-x + 0.0 * np.log(x)), {"x": SIZES[0]}),
    bug("product-kernel", "SheffieldML/GPy (product kernel)", "SV", "the product divided by each factor",
        lambda a, b: a * b, lambda dout, a, b: (dout * b, dout * a),
        lambda dout, a, b: (dout * a * b / a, dout * a * b / b), {"a": (4, 3), "b": (4, 3)}),
    bug("absolute-alias", "HIPS/autograd (absolute)", "SV", "x/|x|, guarded at 0 in one of two names", np.abs,
        absolute_right, lambda dout, x: dout * x / np.abs(x), {"x": (4, 3)}),
    bug("norm-zero", "pytorch/pytorch#2421", "SV", "0/0 at the origin", np.linalg.norm, norm_right,
        lambda dout, x: dout * x / np.linalg.norm(x), {"x": (5,)}),
    bug("power-zero", "pytorch/pytorch#27134", "SV", "0·log 0 by the exponent", lambda a, b: a**b, power_right,
        power_wrong, {"a": SIZES[0], "b": leaf((3,), low=1.5, high=3.0)}),
    bug("logaddexp-equal", "tensorflow/tensorflow#127232", "SV", "(1, 0) for (½, ½) where both are equal", np.logaddexp,
        logaddexp_right, logaddexp_wrong, {"a": (4, 3), "b": (4, 3)}),
    bug("log-softmax-certain", "FluxML/NNlib.jl#68", "SV", "divided by a probability that is 0 in floats", log_softmax,
        log_softmax_right, log_softmax_wrong, {"x": (4, 3)}),
)
# fmt: on
