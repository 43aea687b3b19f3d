"""Controls: gradients that were reported as wrong and are right. A checker that accuses one has made the mistake itself."""

import numpy as np

from benchmarks.known_wrong.case import Control, control
from nnverify import leaf

POINTS = np.array([[0.1, -1.0], [0.7, 0.3], [-0.4, 1.2], [1.5, 0.2]])
SQUARED = np.sum((POINTS[:, None] - POINTS[None]) ** 2, axis=2)


def rbf(theta):
    """θ = log ℓ."""
    return np.exp(-0.5 * SQUARED * np.exp(-2 * theta))


def rbf_back(dout, theta):
    return np.sum(dout * rbf(theta) * SQUARED * np.exp(-2 * theta))


def matern(theta):
    """ν = 3/2, θ = log ℓ."""
    r = np.sqrt(3 * SQUARED) * np.exp(-theta)
    return (1 + r) * np.exp(-r)


def matern_back(dout, theta):
    r = np.sqrt(3 * SQUARED) * np.exp(-theta)
    return np.sum(dout * r**2 * np.exp(-r))


def batchnorm(x):
    c = x - x.mean(axis=0)
    return c / np.sqrt(np.mean(c**2, axis=0) + 1e-5)


def batchnorm_back(dout, x):
    """Without the term ∂v/∂μ, which multiplies Σ(x − μ) = 0."""
    m, c = len(x), x - x.mean(axis=0)
    rstd = 1 / np.sqrt(np.mean(c**2, axis=0) + 1e-5)
    dv = -0.5 * np.sum(dout * c, axis=0) * rstd**3
    dmean = -np.sum(dout, axis=0) * rstd
    return dout * rstd + 2 * dv * c / m + dmean / m


def spd(S):
    S = (S + S.T) / 2
    return S @ S.T + 2 * np.eye(len(S))


def cholesky(S):
    """Of the symmetric part."""
    return np.linalg.cholesky((S + S.T) / 2)


def cholesky_back(dout, S):
    L = cholesky(S)
    P = np.tril(L.T @ dout)
    P[np.diag_indices(len(L))] /= 2
    inverse = np.linalg.inv(L)
    G = inverse.T @ P @ inverse
    return (G + G.T) / 2


def tied(share):
    def backward(dout, x):
        hit = x == x.max(axis=1, keepdims=True)
        picked = np.eye(x.shape[1])[x.argmax(axis=1)]
        return dout[:, None] * (hit / hit.sum(axis=1, keepdims=True) if share else picked)

    return backward


def hardswish(x):
    return x * np.clip(x + 3, 0, 6) / 6


def hardswish_back(dout, x):
    """1.25 at 3: (2x + 3)/6 lies between the slopes 1 and 1.5."""
    return dout * np.where(x < -3, 0.0, np.where(x == 3, 1.25, np.where(x > 3, 1.0, (2 * x + 3) / 6)))


def clamp_back(dout, x):
    return dout * ((x >= -1) & (x <= 1))


def relu6_back(dout, x):
    return dout * ((x > 0) & (x < 6))


def centred(x):
    return np.sum(x - x.mean())


def index_put():
    """Which of two writers to one place wins is undefined: here it takes turns."""
    calls = iter(range(10**9))

    def forward(x, i, u):
        out, order = x.copy(), np.arange(len(i))
        for k in order if next(calls) % 2 else order[::-1]:
            out[i[k]] = u[k]
        return out

    def backward(dout, x, i, u):
        dx = dout.copy()
        dx[i] = 0.0
        return dx, None, dout[i]

    return forward, backward


def eigenvectors(A):
    return np.linalg.eigh((A + A.T) / 2)[1]


def eigenvectors_back(dout, A):
    w, V = np.linalg.eigh((A + A.T) / 2)
    gap = w[None, :] - w[:, None] + np.eye(len(w))
    F = (1 - np.eye(len(w))) / gap
    G = V @ (F * (V.T @ dout)) @ V.T
    return (G + G.T) / 2


def expanded(x):
    """A tuple of axes means the final positions."""
    return np.expand_dims(x, (0, 2))


def covariance(packed):
    """A symmetric matrix from its upper triangle, in a quadratic form."""
    a, b, c = packed
    return np.array([[a, b], [b, c]])


def splat(packed, d):
    return d @ covariance(packed) @ d


def splat_back(dout, packed, d):
    """The 2 of the off-diagonal entry stands here, and not in the matrix."""
    return dout * np.array([d[0] ** 2, 2 * d[0] * d[1], d[1] ** 2]), 2 * dout * covariance(packed) @ d


def single(x):
    """Accumulated in lower precision than its input."""
    return np.sum(-x.astype(np.float32), dtype=np.float32)


def exp_and_output(x):
    y = np.exp(x)
    return y, (y,)


RANK_ONE = np.outer([1.0, 2.0, 2.0], [1.0, 2.0, 2.0])
KNOTS = np.array([-3.0, -1.0, 0.0, 1.0, 3.0, 6.0])

# fmt: off
CONTROLS = (
    control("rbf-log-scale", "scikit-learn/scikit-learn#11113, #13457, #17034, #26502", "by log ℓ, not by ℓ", rbf, rbf_back,
            {"theta": ()}),
    control("matern-log-scale", "scikit-learn/scikit-learn#31366", "by log ℓ, not by ℓ", matern, matern_back, {"theta": ()}),
    control("batch-norm-term", "BVLC/caffe#3878, #4110, pjreddie/darknet!29", "the missing term is 0", batchnorm,
            batchnorm_back, {"x": (4, 3)}),
    control("cholesky-halved", "pytorch/pytorch#18825, #137284", "symmetrised: half off the diagonal", cholesky, cholesky_back,
            {"S": spd(np.array([[0.3, -1.0, 0.2], [0.5, 1.1, 0.4], [0.0, -0.6, 0.9]]))}),
    control("conjugate-convention", "pytorch/pytorch#60180, tensorflow/tensorflow#3348", "the conjugate is a convention",
            np.exp, lambda dout, z: dout * np.conj(np.exp(z)), {"z": np.array([0.3 + 1j, -1 + 0.2j])}),
    control("max-shared", "tensorflow/tensorflow#4886", "a tie shared is a subgradient", lambda x: x.max(axis=1), tied(True),
            {"x": np.array([[1.0, 2.0, 2.0], [0.5, 0.5, 0.5]])}),
    control("max-picked", "tensorflow/tensorflow#51682", "a tie given to one is a subgradient", lambda x: x.max(axis=1),
            tied(False), {"x": np.array([[1.0, 2.0, 2.0], [0.5, 0.5, 0.5]])}),
    control("hardswish-knot", "pytorch/pytorch#147801", "1.25 at 3 lies between the slopes", hardswish, hardswish_back,
            {"x": KNOTS}),
    control("relu6-knot", "tinygrad/tinygrad!18029", "0 at both knots", lambda x: np.clip(x, 0, 6), relu6_back, {"x": KNOTS}),
    control("clamp-knot", "pytorch/pytorch#184574", "1 at both ends", lambda x: np.clip(x, -1, 1), clamp_back, {"x": KNOTS}),
    control("leaky-relu-zero", "tensorflow/tensorflow#62436", "0.2 at 0; 0.6 is the mean of both slopes",
            lambda x: np.where(x > 0, x, 0.2 * x), lambda dout, x: dout * np.where(x > 0, 1, 0.2), {"x": KNOTS}),
    control("upstream-mistaken", "apache/mxnet#18539", "the output had been passed as upstream", np.tanh,
            lambda dout, x: dout / np.cosh(x) ** 2, {"x": (4, 3)}),
    control("centred-sum", "pytorch/pytorch#107007", "zero is right", centred, lambda dout, x: np.zeros_like(x), {"x": (5,)}),
    Control("index-put-repeats", "pytorch/pytorch#146299, #473", "the forward itself is undefined", index_put,
            {"x": (4, 2), "i": np.array([2, 0, 2]), "u": (3, 2)}),
    control("eigh-degenerate", "jax-ml/jax#10527", "equal eigenvalues: the vectors are free to turn", eigenvectors,
            eigenvectors_back, {"A": RANK_ONE}),
    control("expand-dims", "harvard-edge/cs249r_book!1867", "a tuple means the final positions", expanded,
            lambda dout, x: dout.reshape(x.shape), {"x": (3, 4)}),
    control("splatting-factor", "graphdeco-inria/gaussian-splatting#551", "the factor 2 stands elsewhere", splat, splat_back,
            {"packed": (3,), "d": (2,)}),
    control("exp-of-output", "karpathy/nn-zero-to-hero#52", "exp's backward may use its output", exp_and_output,
            lambda dout, cache: dout * cache[0], {"x": (4, 3)}, convention="cache"),
    control("low-precision-forward", "pytorch/pytorch#64163", "the numbers of the forward are coarse, the gradient is −1",
            single, lambda dout, x: np.full_like(x, -dout), {"x": leaf((6,), low=50.0, high=90.0)}),
)
# fmt: on
