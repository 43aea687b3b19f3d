"""Mutants of matrix calculus: each is one derivative of the table, wrong in one place."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference.notation import Array, Map, gradient, identity, ones, unvec
from tests.mutants.mutant import EVERY, Mutant


def linear_dx_overwritten(W: Array, x: Array, dout: Array) -> Array:
    """dx_h = dout_k W_kh of the last k: every k overwrites what the one before it wrote"""
    dx: list[Any] = [0 for _ in x]
    for k in range(len(W)):
        for h in range(len(x)):
            dx[h] = dout[k] * W[k, h]
    return np.array(dx)


def linear_dx_accumulated(W: Array, x: Array, dout: Array) -> Array:
    """dx_h = Σ_k dout_k W_kh, added up one k after the other"""
    dx: list[Any] = [0 for _ in x]
    for k in range(len(W)):
        for h in range(len(x)):
            dx[h] = dx[h] + dout[k] * W[k, h]
    return np.array(dx)


def chain_dx_value_for_slope(x: Array, U: Array, V: Array, f: Map, df: Map, g: Map, dg: Map, dout: Array) -> Array:
    """dx_h = Σ_k Σ_j dout_k f′(…)_k U_kj g(…)_j V_jh"""
    (p, q), z = U.shape, V @ x
    slope = df(U @ g(z))
    paths = [(k, j) for k in range(p) for j in range(q)]
    return np.array([sum(dout[k] * slope[k] * U[k, j] * g(z[j]) * V[j, h] for k, j in paths) for h in range(len(x))])


def chain_dx_other_order(x: Array, U: Array, V: Array, f: Map, df: Map, g: Map, dg: Map, dout: Array) -> Array:
    """dx_h = Σ_j Σ_k V_jh g′(…)_j U_kj f′(…)_k dout_k"""
    (p, q), z = U.shape, V @ x
    slope = df(U @ g(z))
    paths = [(k, j) for j in range(q) for k in range(p)]
    return np.array([sum(V[j, h] * dg(z[j]) * U[k, j] * slope[k] * dout[k] for k, j in paths) for h in range(len(x))])


MUTANTS = (
    Mutant(
        *("calculus-dot_dw-jacobian-w-for-x", "calculus.dot_dw", "jacobian"),
        wrong=lambda w, x, dout: gradient(dout * w[None, :]),
        twin=lambda w, x, dout: gradient(x[None, :] * dout),
    ),
    Mutant(
        *("calculus-dot_dw-index-upstream-left-out", "calculus.dot_dw", "index"),
        wrong=lambda w, x, dout: np.array([x[h] for h in range(len(w))]),
        twin=lambda w, x, dout: np.array([x[h] * dout for h in range(len(w))]),
    ),
    Mutant(
        *("calculus-dot_dx-index-h-off-by-one", "calculus.dot_dx", "index"),
        wrong=lambda w, x, dout: np.array([dout * w[h - 1] for h in range(len(x))]),
        twin=lambda w, x, dout: np.array([dout * w[h - len(x)] for h in range(len(x))]),
    ),
    Mutant(
        *("calculus-dot_dx-vector-sign", "calculus.dot_dx", "vector"),
        wrong=lambda w, x, dout: -dout * w,
        twin=lambda w, x, dout: -(-w * dout),
    ),
    Mutant(
        *("calculus-linear_dx-jacobian-transposed", "calculus.linear_dx", "jacobian"),
        wrong=lambda W, x, dout: gradient(dout[None, :] @ W.T),
        twin=lambda W, x, dout: gradient(dout[None, :] @ W.T.T),
    ),
    Mutant(
        *("calculus-linear_dx-index-overwritten", "calculus.linear_dx", "index"),
        wrong=linear_dx_overwritten,
        twin=linear_dx_accumulated,
    ),
    Mutant(
        *("calculus-linear_dx-vector-square-W-not-transposed", "calculus.linear_dx", "vector"),
        wrong=lambda W, x, dout: (W if len(W) == len(x) else W.T) @ dout,
        twin=lambda W, x, dout: W.T @ dout if len(W) == len(x) else dout @ W,
    ),
    Mutant(
        *("calculus-linear_dW-jacobian-kron-swapped", "calculus.linear_dW", "jacobian"),
        wrong=lambda W, x, dout: unvec(dout[None, :] @ np.kron(identity(len(dout)), x[None, :]), W.shape),
        # I ⊗ xᵀ is the Jacobian by the stacked rows of W, and it is by rows that reshape takes them apart.
        twin=lambda W, x, dout: (dout[None, :] @ np.kron(identity(len(dout)), x[None, :])).reshape(W.shape),
    ),
    Mutant(
        *("calculus-linear_dW-vector-outer-swapped", "calculus.linear_dW", "vector"),
        wrong=lambda W, x, dout: np.outer(x, dout),
        twin=lambda W, x, dout: np.outer(x, dout).T,
    ),
    Mutant(
        *("calculus-hadamard_du-jacobian-full-for-diagonal", "calculus.hadamard_du", "jacobian"),
        wrong=lambda u, v, dout: gradient(dout[None, :] @ (ones(len(v)) @ v[None, :])),
        twin=lambda u, v, dout: gradient(dout[None, :] @ (identity(len(v)) * v[None, :])),
    ),
    Mutant(
        *("calculus-hadamard_du-index-u-for-v", "calculus.hadamard_du", "index"),
        wrong=lambda u, v, dout: np.array([dout[h] * u[h] for h in range(len(u))]),
        twin=lambda u, v, dout: np.array([v[h] * dout[h] for h in range(len(u))]),
    ),
    Mutant(
        *("calculus-hadamard_du-vector-plus", "calculus.hadamard_du", "vector"),
        wrong=lambda u, v, dout: dout + v,
        twin=lambda u, v, dout: v * dout,
    ),
    Mutant(
        *("calculus-elementwise_dz-index-slope-at-f", "calculus.elementwise_dz", "index"),
        wrong=lambda z, f, df, dout: np.array([dout[h] * df(f(z[h])) for h in range(len(z))]),
        twin=lambda z, f, df, dout: np.array([df(z[h]) * dout[h] for h in range(len(z))]),
    ),
    Mutant(
        *("calculus-elementwise_dz-vector-value-for-slope", "calculus.elementwise_dz", "vector"),
        wrong=lambda z, f, df, dout: dout * f(z),
        twin=lambda z, f, df, dout: df(z) * dout,
    ),
    Mutant(
        *("calculus-squares_da-jacobian-two-left-out", "calculus.squares_da", "jacobian"),
        wrong=lambda a, y, dout: gradient(dout * (a - y)[None, :]),
        twin=lambda a, y, dout: gradient(dout * ((a - y) + (a - y))[None, :]),
    ),
    Mutant(
        *("calculus-squares_da-vector-difference-swapped", "calculus.squares_da", "vector"),
        wrong=lambda a, y, dout: 2 * dout * (y - a),
        twin=lambda a, y, dout: -2 * dout * (y - a),
    ),
    Mutant(
        *("calculus-squares_da-all-two-left-out", "calculus.squares_da", EVERY),
        wrong=lambda a, y, dout: dout * (a - y),
        twin=lambda a, y, dout: dout * (a - y) * 2,
    ),
    Mutant(
        *("calculus-chain_dx-jacobian-outer-slope-at-z", "calculus.chain_dx", "jacobian"),
        wrong=lambda x, U, V, f, df, g, dg, dout: gradient(
            dout[None, :] @ np.diag(df(U @ (V @ x))) @ U @ np.diag(dg(V @ x)) @ V
        ),
        twin=lambda x, U, V, f, df, g, dg, dout: gradient(
            dout[None, :] @ (df(U @ g(V @ x))[:, None] * U) @ (dg(V @ x)[:, None] * V)
        ),
    ),
    Mutant(
        *("calculus-chain_dx-index-value-for-slope", "calculus.chain_dx", "index"),
        wrong=chain_dx_value_for_slope,
        twin=chain_dx_other_order,
    ),
    Mutant(
        *("calculus-chain_dx-vector-inner-slope-left-out", "calculus.chain_dx", "vector"),
        wrong=lambda x, U, V, f, df, g, dg, dout: V.T @ (U.T @ (df(U @ g(V @ x)) * dout)),
        twin=lambda x, U, V, f, df, g, dg, dout: ((df(U @ g(V @ x)) * dout) @ U * dg(V @ x)) @ V,
    ),
)
