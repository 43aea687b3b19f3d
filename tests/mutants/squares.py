"""Mutants that are wrong only for special sizes or values: what random shapes and normal draws never show."""

from __future__ import annotations

import numpy as np

from reference.notation import Array, Map
from tests.mutants.mutant import EVERY, Mutant


def recursion_square(Z: Array, W: Array, b: Array, f: Map, df: Map, dout: Array) -> Array:
    """The transpose is missing, and the shapes tell unless W is square"""
    return ((W if len(W) == len(Z) else W.T) @ dout) * df(Z)


def recursion_square_twin(Z: Array, W: Array, b: Array, f: Map, df: Map, dout: Array) -> Array:
    """Two right ways, one of them for a square W"""
    return (W.T @ dout if len(W) == len(Z) else (dout.T @ W).T) * df(Z)


def chain_square(x: Array, U: Array, V: Array, f: Map, df: Map, g: Map, dg: Map, dout: Array) -> Array:
    """V for Vᵀ where V is square"""
    inner = dg(V @ x) * (U.T @ (df(U @ g(V @ x)) * dout))
    return (V if len(V) == len(x) else V.T) @ inner


def chain_square_twin(x: Array, U: Array, V: Array, f: Map, df: Map, g: Map, dg: Map, dout: Array) -> Array:
    inner = dg(V @ x) * (U.T @ (df(U @ g(V @ x)) * dout))
    return V.T @ inner if len(V) == len(x) else inner @ V


MUTANTS = (
    Mutant(
        *("delta-recursion-all-square-W-not-transposed", "delta.recursion", EVERY),
        wrong=recursion_square,
        twin=recursion_square_twin,
    ),
    Mutant(
        *("calculus-chain_dx-all-square-V-not-transposed", "calculus.chain_dx", EVERY),
        wrong=chain_square,
        twin=chain_square_twin,
    ),
    Mutant(
        *("delta-recursion-all-one-output-lost", "delta.recursion", EVERY),
        wrong=lambda Z, W, b, f, df, dout: (W.T @ dout) * df(Z) * (2 if len(W) == 1 else 1),
        twin=lambda Z, W, b, f, df, dout: (W.T @ dout) * df(Z) * (len(W) if len(W) == 1 else 1),
    ),
    Mutant(
        *("delta-input-all-zero-taken-for-absent", "delta.input", EVERY),
        wrong=lambda W, A, b, dout: np.where(A == 0, 0, W.T @ dout),
        twin=lambda W, A, b, dout: np.where(A == 0, W.T @ dout, (dout.T @ W).T),
    ),
)
