"""Mutants of the general δ recursion: first of one layer's rows, then of the network put together from them."""

from __future__ import annotations

import numpy as np

from reference.delta import (
    backward,
    backward_index,
    bias_vector,
    db_index,
    db_jacobian,
    db_vector,
    dX_index,
    input_jacobian,
    input_vector,
    last_jacobian,
    last_vector,
    recursion_jacobian,
    recursion_vector,
    weights_index,
    weights_jacobian,
    weights_vector,
)
from reference.notation import Array, Map, Matrices, identity, ones, unvec, vec
from tests.mutants.mutant import EVERY, Mutant


def last_without_slope(Z: Array, f: Map, df: Map, dout: Array) -> Array:
    """∇A"""
    return dout


def last_value_for_slope(Z: Array, f: Map, df: Map, dout: Array) -> Array:
    """∇A ⊙ f(Z)"""
    return dout * f(Z)


def recursion_at_a(Z: Array, W: Array, b: Array, f: Map, df: Map, dout: Array) -> Array:
    """(Wᵀδ⁺) ⊙ f′(f(Z))"""
    return (W.T @ dout) * df(f(Z))


def recursion_without_slope(Z: Array, W: Array, b: Array, f: Map, df: Map, dout: Array) -> Array:
    """Wᵀδ⁺"""
    return W.T @ dout


def recursion_by_rows(Z: Array, W: Array, b: Array, f: Map, df: Map, dout: Array) -> Array:
    """f′(Z) ⊙ (δ⁺ᵀW)ᵀ, which is the recursion"""
    δ: Array = df(Z) * (dout.T @ W).T
    return δ


def with_next_error(layers: list[Matrices]) -> list[Matrices]:
    """(W, A, b) of every layer with the δ of the next; the last layer keeps its own"""
    return [(*own[:3], above[3]) for own, above in zip(layers, [*layers[1:], layers[-1]], strict=True)]


MUTANTS = (
    Mutant(
        *("delta-last-jacobian-value-for-slope", "delta.last", "jacobian"),
        wrong=lambda Z, f, df, dout: unvec(vec(dout)[None, :] @ np.diag(vec(f(Z))), Z.shape),
        twin=lambda Z, f, df, dout: unvec(np.diag(vec(df(Z))) @ vec(dout)[:, None], Z.shape),
    ),
    Mutant(
        *("delta-last-index-sample-off-by-one", "delta.last", "index"),
        wrong=lambda Z, f, df, dout: np.array(
            [[dout[k, i - 1] * df(Z[k, i]) for i in range(Z.shape[1])] for k in range(len(Z))]
        ),
        twin=lambda Z, f, df, dout: (
            np.array([[dout[k, i] * df(Z[k, i]) for k in range(len(Z))] for i in range(Z.shape[1])]).T
        ),
    ),
    Mutant(
        *("delta-last-vector-plus", "delta.last", "vector"),
        wrong=lambda Z, f, df, dout: dout + df(Z),
        twin=lambda Z, f, df, dout: df(Z) * dout,
    ),
    Mutant(
        *("delta-recursion-jacobian-kron-swapped", "delta.recursion", "jacobian"),
        wrong=lambda Z, W, b, f, df, dout: unvec(
            vec(dout)[None, :] @ np.kron(W, identity(Z.shape[1])) @ np.diag(vec(df(Z))), Z.shape
        ),
        # W ⊗ I is right for rows stacked throughout.
        twin=lambda Z, W, b, f, df, dout: (
            dout.reshape(1, -1) @ np.kron(W, identity(Z.shape[1])) @ np.diag(df(Z).reshape(-1))
        ).reshape(Z.shape),
    ),
    Mutant(
        *("delta-recursion-index-not-summed", "delta.recursion", "index"),
        wrong=lambda Z, W, b, f, df, dout: np.array(
            [[W[-1, j] * dout[-1, i] * df(Z[j, i]) for i in range(Z.shape[1])] for j in range(len(Z))]
        ),
        twin=lambda Z, W, b, f, df, dout: np.array(
            [
                [sum(W[k, j] * dout[k, i] * df(Z[j, i]) for k in range(len(W))) for i in range(Z.shape[1])]
                for j in range(len(Z))
            ]
        ),
    ),
    Mutant(
        *("delta-recursion-vector-square-W-not-transposed", "delta.recursion", "vector"),
        wrong=lambda Z, W, b, f, df, dout: ((W if len(W) == len(Z) else W.T) @ dout) * df(Z),
        twin=lambda Z, W, b, f, df, dout: (W.T @ dout if len(W) == len(Z) else np.dot(W.T, dout)) * df(Z),
    ),
    Mutant(
        *("delta-recursion-all-slope-left-out", "delta.recursion", EVERY),
        wrong=lambda Z, W, b, f, df, dout: W.T @ dout,
        twin=lambda Z, W, b, f, df, dout: (dout.T @ W).T * df(Z),
    ),
    Mutant(
        *("delta-weights-jacobian-stacked-by-rows", "delta.weights", "jacobian"),
        wrong=lambda W, A, b, dout: unvec(dout.reshape(1, -1) @ np.kron(A.T, identity(len(W))), W.shape),
        twin=lambda W, A, b, dout: unvec(dout.T.reshape(1, -1) @ np.kron(A.T, identity(len(W))), W.shape),
    ),
    Mutant(
        *("delta-weights-index-sample-off-by-one", "delta.weights", "index"),
        wrong=lambda W, A, b, dout: np.array(
            [[sum(dout[j, i] * A[h, i - 1] for i in range(A.shape[1])) for h in range(len(A))] for j in range(len(W))]
        ),
        twin=lambda W, A, b, dout: np.array(
            [[sum(dout[j, -i] * A[h, -i] for i in range(A.shape[1])) for h in range(len(A))] for j in range(len(W))]
        ),
    ),
    Mutant(
        *("delta-weights-vector-mean-for-sum", "delta.weights", "vector"),
        wrong=lambda W, A, b, dout: dout @ A.T / A.shape[1],
        twin=lambda W, A, b, dout: (A @ dout.T).T,
    ),
    Mutant(
        *("delta-bias-jacobian-kron-swapped", "delta.bias", "jacobian"),
        wrong=lambda W, A, b, dout: unvec(vec(dout)[None, :] @ np.kron(identity(len(W)), ones(A.shape[1])), b.shape),
        twin=lambda W, A, b, dout: dout.reshape(1, -1).dot(np.kron(identity(len(W)), ones(A.shape[1]))).T,
    ),
    Mutant(
        *("delta-bias-index-last-sample-left-out", "delta.bias", "index"),
        wrong=lambda W, A, b, dout: np.array([[sum(dout[j, i] for i in range(A.shape[1] - 1))] for j in range(len(W))]),
        twin=lambda W, A, b, dout: np.array([[sum(dout[j, i - 1] for i in range(A.shape[1]))] for j in range(len(W))]),
    ),
    Mutant(
        *("delta-bias-vector-mean-for-sum", "delta.bias", "vector"),
        wrong=lambda W, A, b, dout: dout.mean(axis=1, keepdims=True),
        twin=lambda W, A, b, dout: dout @ ones(A.shape[1]),
    ),
    Mutant(
        *("delta-input-jacobian-sign", "delta.input", "jacobian"),
        wrong=lambda W, A, b, dout: unvec(-vec(dout)[None, :] @ np.kron(identity(A.shape[1]), W), A.shape),
        twin=lambda W, A, b, dout: unvec(-vec(dout)[None, :] @ np.kron(identity(A.shape[1]), -W), A.shape),
    ),
    Mutant(
        *("delta-input-index-unit-off-by-one", "delta.input", "index"),
        wrong=lambda W, A, b, dout: np.array(
            [[sum(W[j - 1, h] * dout[j, i] for j in range(len(W))) for i in range(A.shape[1])] for h in range(len(A))]
        ),
        twin=lambda W, A, b, dout: np.array(
            [[sum(W[-j, h] * dout[-j, i] for j in range(len(W))) for i in range(A.shape[1])] for h in range(len(A))]
        ),
    ),
    Mutant(
        *("delta-input-vector-not-transposed", "delta.input", "vector"),
        wrong=lambda W, A, b, dout: W @ dout,
        twin=lambda W, A, b, dout: np.einsum("jh,ji->hi", W, dout),
    ),
    Mutant(
        *("delta-dW-jacobian-last-slope-left-out", "delta.dW", "jacobian"),
        wrong=lambda X, W, b, f, df, Y: tuple(
            weights_jacobian(*each) for each in backward(last_without_slope, recursion_jacobian, X, W, b, f, df, Y)
        ),
        twin=lambda X, W, b, f, df, Y: tuple(
            weights_jacobian(*each) for each in backward(last_vector, recursion_jacobian, X, W, b, f, df, Y)
        ),
    ),
    Mutant(
        *("delta-dW-index-error-of-next-layer", "delta.dW", "index"),
        wrong=lambda X, W, b, f, df, Y: tuple(
            weights_index(*each) for each in with_next_error(backward_index(X, W, b, f, df, Y))
        ),
        # Samples have no order.
        twin=lambda X, W, b, f, df, Y: tuple(
            weights_index(*each) for each in backward_index(X[:, ::-1], W, b, f, df, Y[:, ::-1])
        ),
    ),
    Mutant(
        *("delta-dW-vector-hidden-slope-at-a", "delta.dW", "vector"),
        wrong=lambda X, W, b, f, df, Y: tuple(
            weights_vector(*each) for each in backward(last_vector, recursion_at_a, X, W, b, f, df, Y)
        ),
        twin=lambda X, W, b, f, df, Y: tuple(
            weights_vector(*each) for each in backward(last_vector, recursion_by_rows, X, W, b, f, df, Y)
        ),
    ),
    Mutant(
        *("delta-dW-all-hidden-slope-left-out", "delta.dW", EVERY),
        wrong=lambda X, W, b, f, df, Y: tuple(
            weights_vector(*each) for each in backward(last_vector, recursion_without_slope, X, W, b, f, df, Y)
        ),
        twin=lambda X, W, b, f, df, Y: tuple(
            weights_vector(*each) for each in backward(last_jacobian, recursion_by_rows, X, W, b, f, df, Y)
        ),
    ),
    Mutant(
        *("delta-db-jacobian-two-left-out", "delta.db", "jacobian"),
        wrong=lambda X, W, b, f, df, Y: tuple(each / 2 for each in db_jacobian(X, W, b, f, df, Y)),
        twin=lambda X, W, b, f, df, Y: tuple(each / 2 + each / 2 for each in db_jacobian(X, W, b, f, df, Y)),
    ),
    Mutant(
        *("delta-db-index-layers-in-backward-order", "delta.db", "index"),
        wrong=lambda X, W, b, f, df, Y: tuple(reversed(db_index(X, W, b, f, df, Y))),
        twin=lambda X, W, b, f, df, Y: tuple(db_index(X, W, b, f, df, Y)[::-1][::-1]),
    ),
    Mutant(
        *("delta-db-vector-error-of-next-layer", "delta.db", "vector"),
        wrong=lambda X, W, b, f, df, Y: tuple(
            bias_vector(*each) for each in with_next_error(backward(last_vector, recursion_vector, X, W, b, f, df, Y))
        ),
        twin=lambda X, W, b, f, df, Y: tuple(
            bias_vector(*each) for each in backward(last_vector, recursion_by_rows, X, W, b, f, df, Y)
        ),
    ),
    Mutant(
        *("delta-db-all-one-over-m-left-out", "delta.db", EVERY),
        wrong=lambda X, W, b, f, df, Y: tuple(each * Y.shape[1] for each in db_vector(X, W, b, f, df, Y)),
        twin=lambda X, W, b, f, df, Y: tuple(each * Y.shape[1] / len(Y.T) for each in db_vector(X, W, b, f, df, Y)),
    ),
    Mutant(
        *("delta-dX-jacobian-error-of-last-layer", "delta.dX", "jacobian"),
        wrong=lambda X, W, b, f, df, Y: input_jacobian(
            *backward(last_jacobian, recursion_jacobian, X, W, b, f, df, Y)[-1]
        ),
        twin=lambda X, W, b, f, df, Y: input_jacobian(
            *backward(last_jacobian, recursion_jacobian, X, W, b, f, df, Y)[-len(W)]
        ),
    ),
    Mutant(
        *("delta-dX-index-slope-of-next-layer", "delta.dX", "index"),
        wrong=lambda X, W, b, f, df, Y: dX_index(X, W, b, f, (*df[1:], df[-1]), Y),
        twin=lambda X, W, b, f, df, Y: dX_index(X, W, b, f, (df[0], *df[1:]), Y),
    ),
    Mutant(
        *("delta-dX-vector-last-value-for-slope", "delta.dX", "vector"),
        wrong=lambda X, W, b, f, df, Y: input_vector(
            *backward(last_value_for_slope, recursion_vector, X, W, b, f, df, Y)[0]
        ),
        twin=lambda X, W, b, f, df, Y: input_vector(*backward(last_jacobian, recursion_vector, X, W, b, f, df, Y)[0]),
    ),
)
