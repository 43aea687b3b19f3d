"""Solves, inverses, determinants, factorisations: conditions up to 1e8, and parametrisations that were called wrong."""

from __future__ import annotations

from functools import partial

import numpy as np

from tests.hard.case import Array, Case, Mistake, around, changed_at, normal, scaled_by

_case = partial(Case, "matrices")


def solved(A: Array, b: Array) -> Array:
    return np.linalg.solve(A, b)


def solved_back(g: Array, A: Array, b: Array) -> tuple[Array, Array]:
    db = np.linalg.solve(A.T, g)
    return -np.outer(db, np.linalg.solve(A, b)), db


def ill(rng: np.random.Generator) -> Array:
    """A 4 × 4 matrix with condition 1e8."""
    U, V = (np.linalg.qr(rng.standard_normal((4, 4)))[0] for _ in range(2))
    return U @ np.diag([1, 1e-2, 1e-5, 1e-8]) @ V


def positive(rng: np.random.Generator) -> Array:
    """A symmetric positive matrix."""
    A = rng.standard_normal((4, 4))
    return A @ A.T + np.eye(4)


def half(A: Array) -> Array:
    """The lower half, with half of the diagonal."""
    return np.tril(A) - np.diag(np.diag(A)) / 2


def cholesky(A: Array) -> Array:
    return np.linalg.cholesky((A + A.T) / 2)


def cholesky_back(g: Array, A: Array) -> Array:
    """Symmetrised: off the diagonal half of what the free triangular entries would get."""
    L = cholesky(A)
    inverse = np.linalg.inv(L)
    S = inverse.T @ half(L.T @ g) @ inverse
    return (S + S.T) / 2


def kernel(l: Array, x: Array) -> Array:
    """The squared exponential kernel of points x, its length given by its logarithm."""
    return np.exp(-((x[:, None] - x) ** 2) / (2 * np.exp(2 * l)))


def kernel_back(g: Array, l: Array, x: Array) -> Array:
    K, d = kernel(l, x), x[:, None] - x
    G = -g * K * d / np.exp(2 * l)
    return np.sum(g * K * d**2) / np.exp(2 * l), G.sum(axis=1) - G.sum(axis=0)


def likelihood(l: Array, x: Array) -> Array:
    """Gaussian process: ½ yᵀK⁻¹y + ½ log |K|, with y = sin x."""
    K, y = kernel(l, x) + 1e-6 * np.eye(len(x)), np.sin(x)
    return 0.5 * y @ np.linalg.solve(K, y) + 0.5 * np.linalg.slogdet(K)[1]


def likelihood_back(g: Array, l: Array, x: Array) -> tuple[Array, Array]:
    K, y = kernel(l, x) + 1e-6 * np.eye(len(x)), np.sin(x)
    a, inverse = np.linalg.solve(K, y), np.linalg.inv(K)
    dl, dx = kernel_back(0.5 * g * (inverse - np.outer(a, a)), l, x)
    return dl, dx + g * a * np.cos(x)


SOLVE = _case("a solve with condition 1e8", solved, solved_back, {"A": ill, "b": normal(4)})
LOGDET = _case("log |det|", lambda A: np.linalg.slogdet(A)[1], lambda g, A: g * np.linalg.inv(A).T, {"A": normal(4, 4)})
CHOLESKY = _case("a Cholesky factor, symmetrised", cholesky, cholesky_back, {"A": positive})
KERNEL = _case("a kernel by the logarithm of its length", kernel, kernel_back, {"l": normal(), "x": normal(5)})
PROCESS = _case(
    "a Gaussian process", likelihood, likelihood_back, {"l": around(0.0, 0.1), "x": around(np.arange(5.0), 0.1)}
)

RIGHT = (
    SOLVE,
    LOGDET,
    CHOLESKY,
    KERNEL,
    PROCESS,
    _case("a solve with condition 1", solved, solved_back, {"A": around(np.eye(4), 0.1), "b": normal(4)}),
    _case("an inverse with condition 1e8", np.linalg.inv, lambda g, A: -np.linalg.inv(A).T @ g @ np.linalg.inv(A).T, {"A": ill}),
    _case("log |det| with condition 1e8", LOGDET.forward, LOGDET.backward, {"A": ill}),
    _case("eigenvalues of a symmetric matrix", lambda A: np.linalg.eigvalsh(A + A.T), lambda g, A: 2 * (np.linalg.eigh(A + A.T)[1] * g) @ np.linalg.eigh(A + A.T)[1].T, {"A": normal(4, 4)}),
    _case("singular values", lambda A: np.linalg.svd(A, compute_uv=False), lambda g, A: (lambda U, s, V: (U * g) @ V)(*np.linalg.svd(A, full_matrices=False)), {"A": normal(4, 3)}),
    _case("least squares at its solution", lambda A, b: ((A @ np.linalg.lstsq(A, b, rcond=None)[0] - b) ** 2).sum(), lambda g, A, b: (lambda x: (2 * g * np.outer(A @ x - b, x), -2 * g * (A @ x - b)))(np.linalg.lstsq(A, b, rcond=None)[0]), {"A": normal(6, 3), "b": normal(6)}),
    _case("a square by its own transpose", lambda A: A @ A.T, lambda g, A: (g + g.T) @ A, {"A": normal(3, 4)}),
    _case("a matrix power", lambda A: np.linalg.matrix_power(A, 3), lambda g, A: sum(np.linalg.matrix_power(A.T, k) @ g @ np.linalg.matrix_power(A.T, 2 - k) for k in range(3)), {"A": normal(3, 3)}),
    _case("trace of BᵀMB", lambda M, B: np.trace(B.T @ M @ B), lambda g, M, B: (g * B @ B.T, g * (M + M.T) @ B), {"M": normal(4, 4), "B": normal(4, 2)}),
    _case("a nearly singular determinant", np.linalg.det, lambda g, A: g * np.linalg.det(A) * np.linalg.inv(A).T, {"A": ill}, open=("NV202",)),
)  # fmt: skip

MISTAKES = (
    Mistake("A transposed", SOLVE, lambda g, A, b: (solved_back(g, A, b)[0].T, solved_back(g, A, b)[1])),
    Mistake("b wrong by 1 %", SOLVE, scaled_by(solved_back, 1.01, 1)),
    Mistake("the inverse not transposed", LOGDET, lambda g, A: g * np.linalg.inv(A)),
    Mistake("one entry wrong by 1e-6", LOGDET, changed_at(LOGDET.backward, (1, 2), 1 + 1e-6)),
    Mistake("not symmetrised", CHOLESKY, lambda g, A: np.tril(2 * cholesky_back(g, A)) - np.diag(np.diag(cholesky_back(g, A)))),
    Mistake("by the length itself", KERNEL, lambda g, l, x: (kernel_back(g, l, x)[0] / np.exp(l), kernel_back(g, l, x)[1])),
    Mistake("the length by 1e-6", KERNEL, scaled_by(kernel_back, 1 + 1e-6)),
    Mistake("without the determinant", PROCESS, lambda g, l, x: (likelihood_back(g, l, x)[0] * 0.5, likelihood_back(g, l, x)[1])),
    Mistake("the points' own part left out", PROCESS, lambda g, l, x: (likelihood_back(g, l, x)[0], likelihood_back(g, l, x)[1] - g * np.cos(x) * np.linalg.solve(kernel(l, x) + 1e-6 * np.eye(len(x)), np.sin(x)))),
)  # fmt: skip
