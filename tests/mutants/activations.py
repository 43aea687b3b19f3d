"""Mutants of the activation functions, and of the neuron that has one: mostly about where f′ is taken, and of what."""

from __future__ import annotations

import numpy as np

from reference.activations import dtanh, dz_vector, pre_activation, relu, sigmoid, tanh
from reference.notation import gradient, identity, ones, unvec
from tests.mutants.mutant import EVERY, Mutant

MUTANTS = (
    Mutant(
        *("activations-tanh-jacobian-square-left-out", "activations.tanh", "jacobian"),
        wrong=lambda z, dout: gradient(dout[None, :] @ np.diag(1 - tanh(z))),
        twin=lambda z, dout: gradient(dout[None, :] @ np.diag((1 - tanh(z)) * (1 + tanh(z)))),
    ),
    Mutant(
        *("activations-tanh-index-square-left-out", "activations.tanh", "index"),
        wrong=lambda z, dout: np.array([dout[i] / np.cosh(z[i]) for i in range(len(z))]),
        twin=lambda z, dout: np.array([dout[i] / np.cosh(z[i]) / np.cosh(z[i]) for i in range(len(z))]),
    ),
    Mutant(
        *("activations-tanh-vector-slope-at-a", "activations.tanh", "vector"),
        wrong=lambda z, dout: dout * dtanh(tanh(z)),
        twin=lambda z, dout: dout * (1 - tanh(z) * tanh(z)),
    ),
    Mutant(
        *("activations-sigmoid-jacobian-sign-inside", "activations.sigmoid", "jacobian"),
        wrong=lambda z, dout: gradient(dout[None, :] @ np.diag(sigmoid(z) * (1 + sigmoid(z)))),
        twin=lambda z, dout: gradient(dout[None, :] @ np.diag(sigmoid(z) - sigmoid(z) ** 2)),
    ),
    Mutant(
        *("activations-sigmoid-index-same-tail-twice", "activations.sigmoid", "index"),
        wrong=lambda z, dout: np.array([dout[i] / (1 + np.exp(-z[i])) ** 2 for i in range(len(z))]),
        twin=lambda z, dout: np.array([dout[i] * np.exp(-z[i]) / (1 + np.exp(-z[i])) ** 2 for i in range(len(z))]),
    ),
    Mutant(
        *("activations-sigmoid-vector-value-for-slope", "activations.sigmoid", "vector"),
        wrong=lambda z, dout: dout * sigmoid(z),
        twin=lambda z, dout: dout * (sigmoid(z) * sigmoid(-z)),
    ),
    Mutant(
        *("activations-sigmoid-all-value-for-slope", "activations.sigmoid", EVERY),
        wrong=lambda z, dout: sigmoid(z) * dout,
        twin=lambda z, dout: sigmoid(z) * dout * (1 - sigmoid(z)),
    ),
    Mutant(
        *("activations-relu-jacobian-mask-turned-over", "activations.relu", "jacobian"),
        wrong=lambda z, dout: gradient(dout[None, :] @ np.diag(z < 0)),
        twin=lambda z, dout: gradient(dout[None, :] @ np.diag(z > 0)),
    ),
    Mutant(
        *("activations-relu-index-mask-of-upstream", "activations.relu", "index"),
        wrong=lambda z, dout: np.array([dout[i] if dout[i] > 0 else 0 * dout[i] for i in range(len(z))]),
        twin=lambda z, dout: np.array([0 * dout[i] if z[i] <= 0 else dout[i] for i in range(len(z))]),
    ),
    Mutant(
        *("activations-relu-vector-value-for-mask", "activations.relu", "vector"),
        wrong=lambda z, dout: dout * relu(z),
        twin=lambda z, dout: dout * (relu(z) > 0),
    ),
    Mutant(
        *("activations-identity-jacobian-ones-for-identity", "activations.identity", "jacobian"),
        wrong=lambda z, dout: gradient(dout[None, :] @ (ones(len(z)) @ ones(len(z)).T)),
        twin=lambda z, dout: gradient(dout[None, :] @ identity(len(z)).T),
    ),
    Mutant(
        *("activations-identity-index-upstream-left-out", "activations.identity", "index"),
        wrong=lambda z, dout: np.array([1 for _ in range(len(z))]),
        twin=lambda z, dout: np.array([1 * dout[i] for i in range(len(z))]),
    ),
    Mutant(
        *("activations-identity-vector-value-for-slope", "activations.identity", "vector"),
        wrong=lambda z, dout: dout * z,
        twin=lambda z, dout: dout + 0 * z,
    ),
    Mutant(
        *("activations-dz-jacobian-slope-at-a", "activations.dz", "jacobian"),
        wrong=lambda z, f, df, y: gradient(2 * (f(z) - y)[None, :] / len(y) @ np.diag(df(f(z)))),
        twin=lambda z, f, df, y: gradient(2 * (f(z) - y)[None, :] / len(y) * df(z)[None, :]),
    ),
    Mutant(
        *("activations-dz-index-slope-left-out", "activations.dz", "index"),
        wrong=lambda z, f, df, y: np.array([2 * (f(z[i]) - y[i]) / len(y) for i in range(len(y))]),
        twin=lambda z, f, df, y: np.array([df(z[i]) * 2 * (f(z[i]) - y[i]) / len(y) for i in range(len(y))]),
    ),
    Mutant(
        *("activations-dz-vector-plus", "activations.dz", "vector"),
        wrong=lambda z, f, df, y: 2 * ((f(z) - y) + df(z)) / len(y),
        twin=lambda z, f, df, y: 2 * (f(z) * df(z) - y * df(z)) / len(y),
    ),
    Mutant(
        *("activations-dw-jacobian-value-for-slope", "activations.dw", "jacobian"),
        wrong=lambda X, w, b, f, df, y: gradient(2 * (f(X @ w + b) - y)[None, :] / len(y) @ np.diag(f(X @ w + b)) @ X),
        twin=lambda X, w, b, f, df, y: gradient(
            2 * (f(X @ w + b) - y)[None, :] / len(y) @ (np.diag(df(X @ w + b)) @ X)
        ),
    ),
    Mutant(
        *("activations-dw-index-sample-off-by-one", "activations.dw", "index"),
        wrong=lambda X, w, b, f, df, y: np.array(
            [sum(dz_vector(X @ w + b, f, df, y)[i] * X[i - 1, j] for i in range(len(y))) for j in range(len(w))]
        ),
        twin=lambda X, w, b, f, df, y: np.array(
            [sum(dz_vector(X @ w + b, f, df, y)[-i] * X[-i, j] for i in range(len(y))) for j in range(len(w))]
        ),
    ),
    Mutant(
        *("activations-dw-vector-slope-at-a", "activations.dw", "vector"),
        wrong=lambda X, w, b, f, df, y: 2 * X.T @ ((f(X @ w + b) - y) * df(f(X @ w + b))) / len(y),
        twin=lambda X, w, b, f, df, y: 2 * ((f(X @ w + b) - y) * df(X @ w + b)) @ X / len(y),
    ),
    Mutant(
        *("activations-dw-all-slope-at-a", "activations.dw", EVERY),
        wrong=lambda X, w, b, f, df, y: 2 * X.T @ ((f(X @ w + b) - y) * df(f(X @ w + b))) / len(y),
        twin=lambda X, w, b, f, df, y: 2 * X.T @ (df(X @ w + b) * (f(X @ w + b) - y)) / len(y),
    ),
    Mutant(
        *("activations-db-jacobian-sign", "activations.db", "jacobian"),
        wrong=lambda X, w, b, f, df, y: (
            2 * (f(X @ w + b) - y)[None, :] / len(y) @ np.diag(df(X @ w + b)) @ -ones(len(y))
        )[0, 0],
        twin=lambda X, w, b, f, df, y: (
            -2 * (f(X @ w + b) - y)[None, :] / len(y) @ np.diag(df(X @ w + b)) @ -ones(len(y))
        )[0, 0],
    ),
    Mutant(
        *("activations-db-index-one-over-m-twice", "activations.db", "index"),
        wrong=lambda X, w, b, f, df, y: sum(dz_vector(X @ w + b, f, df, y)[i] / len(y) for i in range(len(y))),
        twin=lambda X, w, b, f, df, y: sum(dz_vector(X @ w + b, f, df, y)[-i] for i in range(len(y))),
    ),
    Mutant(
        *("activations-db-vector-residual-before-f", "activations.db", "vector"),
        wrong=lambda X, w, b, f, df, y: 2 * ((X @ w + b - y) * df(X @ w + b)).sum() / len(y),
        twin=lambda X, w, b, f, df, y: 2 * ((f(X @ w + b) - y) @ df(X @ w + b)) / len(y),
    ),
    Mutant(
        *("activations-dX-jacobian-slope-of-other-sample", "activations.dX", "jacobian"),
        wrong=lambda X, w, b, f, df, y: unvec(
            2 * (f(X @ w + b) - y)[None, :] / len(y) @ np.diag(df(X @ w + b)[::-1]) @ np.kron(w, identity(len(y))),
            X.shape,
        ),
        twin=lambda X, w, b, f, df, y: unvec(
            2 * (f(X @ w + b) - y)[None, :] / len(y) @ np.kron(w, np.diag(df(X @ w + b))),
            X.shape,
        ),
    ),
    Mutant(
        *("activations-dX-index-slope-without-bias", "activations.dX", "index"),
        wrong=lambda X, w, b, f, df, y: np.array(
            [
                [2 * (f(X[i] @ w + b) - y[i]) * df(X[i] @ w) * w[j] / len(y) for j in range(len(w))]
                for i in range(len(y))
            ]
        ),
        twin=lambda X, w, b, f, df, y: np.array(
            [
                [2 * (f(X[i] @ w + b) - y[i]) * df(b + w @ X[i]) * w[j] / len(y) for j in range(len(w))]
                for i in range(len(y))
            ]
        ),
    ),
    Mutant(
        *("activations-dX-vector-slope-left-out", "activations.dX", "vector"),
        wrong=lambda X, w, b, f, df, y: 2 * np.outer(f(pre_activation(X, w, b)) - y, w) / len(y),
        twin=lambda X, w, b, f, df, y: np.outer(w, dz_vector(pre_activation(X, w, b), f, df, y)).T,
    ),
)
