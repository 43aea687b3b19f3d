"""Formulas: a term that is missing or wrong, a sign, a factor, and an upstream gradient that is ignored or squared."""

import numpy as np

from benchmarks.known_wrong.case import bug, sigmoid
from nnverify import leaf


def logaddexp2(a, b):
    return np.logaddexp2(a, b)


def weibull(x, beta, alpha):
    z = x / alpha
    return beta / alpha * z ** (beta - 1) * np.exp(-(z**beta))


def weibull_grads(x, beta, alpha):
    z, f = x / alpha, weibull(x, beta, alpha)
    dx = f * ((beta - 1) / x - beta / alpha * z ** (beta - 1))
    dbeta = f * (1 / beta + np.log(z) - z**beta * np.log(z))
    dalpha = f * beta / alpha * (z**beta - 1)
    return dx, dbeta, dalpha


def weibull_right(dout, x, beta, alpha):
    dx, dbeta, dalpha = weibull_grads(x, beta, alpha)
    return dout * dx, np.sum(dout * dbeta), np.sum(dout * dalpha)


def weibull_wrong(dout, x, beta, alpha):
    dx, dbeta, dalpha = weibull_right(dout, x, beta, alpha)
    return dx, dalpha, dbeta


def schools(theta, mu, tau):
    return -0.5 * np.sum(((theta - mu) / tau) ** 2) - 8 * np.log(tau) - 0.5 * (mu / 5) ** 2


def schools_right(dout, theta, mu, tau):
    r = (theta - mu) / tau**2
    return -dout * r, dout * (np.sum(r) - mu / 25), dout * (np.sum(r**2) * tau - 8 / tau)


def schools_wrong(dout, theta, mu, tau):
    dtheta, _, dtau = schools_right(dout, theta, mu, tau)
    return dtheta, -dout * mu / 25, dtau


def softmax(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def softmax_right(dout, x):
    s = softmax(x)
    return s * (dout - np.sum(dout * s, axis=1, keepdims=True))


def ctc(x):
    top = x.max()
    return top + np.log(np.sum(np.exp(x - top))) - x[0]


def ctc_terms(x):
    s = np.exp(x - x.max())
    return s / s.sum(), np.eye(len(x))[0]


def ctc_right(dout, x):
    s, first = ctc_terms(x)
    return dout * (s - first)


def ctc_wrong(dout, x):
    s, first = ctc_terms(x)
    return s - dout * first


def layernorm(x, eps=1e-5):
    c = x - x.mean(axis=1, keepdims=True)
    return c / np.sqrt(np.mean(c**2, axis=1, keepdims=True) + eps)


def layernorm_back(dout, x, times, eps=1e-5):
    c = x - x.mean(axis=1, keepdims=True)
    rstd = 1 / np.sqrt(np.mean(c**2, axis=1, keepdims=True) + eps)
    y = c * rstd
    mean = dout.mean(axis=1, keepdims=True)
    return rstd * (dout - times * mean - y * np.mean(dout * y, axis=1, keepdims=True))


def huber(x, t):
    a = np.abs(x - t)
    return np.sum(np.where(a <= 1, 0.5 * a**2, a - 0.5), axis=1)


def huber_right(dout, x, t):
    dx = dout[:, None] * np.clip(x - t, -1, 1)
    return dx, -dx


def huber_wrong(dout, x, t):
    dx = np.clip(x - t, -1, 1)
    return dx, -dx


def layernorm_right(dout, x):
    return layernorm_back(dout, x, 1)


def layernorm_wrong(dout, x):
    return layernorm_back(dout, x, 2)


def coth(x):
    return 1 / np.tanh(x)


M = np.array([[2.0, 0.5, -0.3], [0.5, 1.0, 0.7], [-0.3, 0.7, 3.0]])
POSITIVE = leaf((4, 3), low=0.1, high=4.0)

# fmt: off
FORMULAS = (
    bug("logaddexp2", "rsokl/MyGrad (logaddexp2)", "MT", "base e where it is 2, then divided by ln 2", logaddexp2,
        lambda dout, a, b: (dout / (1 + 2 ** (b - a)), dout / (1 + 2 ** (a - b))),
        lambda dout, a, b: (dout / (1 + np.exp(b - a)) / np.log(2), dout / (1 + np.exp(a - b)) / np.log(2)),
        {"a": (4, 3), "b": (4, 3)}),
    bug("gru-gate", "rsokl/MyGrad (GRU)", "MT", "σ once too often", sigmoid,
        lambda dout, x: dout * sigmoid(x) * sigmoid(-x),
        lambda dout, x: dout * sigmoid(x) * sigmoid(x) * sigmoid(-x), {"x": (4, 3)}),
    bug("weibull-swapped", "openturns/openturns (Weibull)", "MT", "the gradients of two parameters swapped", weibull,
        weibull_right, weibull_wrong,
        {"x": leaf((5,), low=0.2, high=3.0), "beta": leaf((), low=0.7, high=3.0), "alpha": leaf((), low=0.5, high=2.0)}),
    bug("eight-schools", "pints-team/pints (EightSchools)", "MT", "one term of ∂μ missing", schools, schools_right,
        schools_wrong, {"theta": (8,), "mu": (), "tau": leaf((), low=0.5, high=3.0)}),
    bug("geometric", "ExpFamily (Geometric)", "MT", "g/(p² − p) for −g/p", lambda p: -np.log(p),
        lambda dout, p: -dout / p, lambda dout, p: dout / (p**2 - p), {"p": leaf((5,), low=0.05, high=0.95)}),
    bug("layernorm-mean-twice", "tenstorrent/tt-metal (layernorm_bw)", "MT", "the mean of g subtracted twice", layernorm,
        layernorm_right, layernorm_wrong, {"x": (4, 6)}),
    bug("sqrt-inverted", "tensorflow/tensorflow#22117", "MT", "2g√x for g/(2√x)", np.sqrt,
        lambda dout, x: dout / (2 * np.sqrt(x)), lambda dout, x: 2 * dout * np.sqrt(x), {"x": POSITIVE}),
    bug("pow-infinite", "tenstorrent/tt-metal!55534", "MT", "+inf for every base that is not positive", lambda x: x**3,
        lambda dout, x: dout * 3 * x**2, lambda dout, x: np.where(x <= 0, np.inf, dout * 3 * x**2), {"x": (4, 3)}),
    bug("leaky-relu-sign", "RoboticsClub (LeakyReLU)", "SG", "slope −α below zero", lambda x: np.maximum(x, 0.01 * x),
        lambda dout, x: dout * np.where(x > 0, 1, 0.01), lambda dout, x: dout * np.where(x > 0, 1, -0.01),
        {"x": (4, 3)}),
    bug("trace-quad", "stan-dev/math (trace_quad_form)", "SC", "the factor 2 missing", lambda B, M: np.trace(B.T @ M @ B),
        lambda dout, B, M: (2 * dout * M @ B, None), lambda dout, B, M: (dout * M @ B, None),
        {"B": (3, 4), "M": leaf(M, grad=False)}),
    bug("bias-mean", "kvfrans (dense layer)", "SC", "the bias gradient averaged over the rows", lambda x, b: x + b,
        lambda dout, x, b: (dout, dout.sum(axis=0)), lambda dout, x, b: (dout, dout.mean(axis=0)),
        {"x": "m n", "b": "n"}),
    bug("sum-of-sines", "tensorflow/tensorflow!1847", "UP", "the upstream forgotten, tests had it at 1",
        lambda x: np.sum(np.sin(x)), lambda dout, x: dout * np.cos(x), lambda dout, x: np.cos(x), {"x": (4, 3)}),
    bug("huber-upstream", "chainer/chainer#1175", "UP", "the upstream ignored", huber, huber_right, huber_wrong,
        {"x": (4, 3), "t": (4, 3)}),
    bug("squared-difference", "SciSharp/TensorFlow.NET (SquaredDifference)", "UP", "the inputs returned as gradients",
        lambda x, y: (x - y) ** 2, lambda dout, x, y: (2 * dout * (x - y), -2 * dout * (x - y)),
        lambda dout, x, y: (x, y), {"x": (4, 3), "y": (4, 3)}),
    bug("softmax-squared", "explosion/thinc@eded4bf2", "NL", "the gradient multiplied by the upstream once more", softmax,
        softmax_right, lambda dout, x: dout * softmax_right(dout, x), {"x": (4, 3)}),
    bug("ctc-partial", "pytorch/pytorch#11750", "NL", "one of two terms not multiplied by the upstream", ctc, ctc_right,
        ctc_wrong, {"x": (5,)}),
    bug("coth-affine", "rsokl/MyGrad (coth)", "NL", "g − coth², right for an upstream of 1 only", coth,
        lambda dout, x: -dout / np.sinh(x) ** 2, lambda dout, x: dout - coth(x) ** 2, {"x": (4, 3)}),
)
# fmt: on
