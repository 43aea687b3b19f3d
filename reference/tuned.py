"""The δ recursion as it is run where time matters: the same gradients as delta.py, without a needless array.

Section 6, L = (1/m) Σ (A − Y)². The forward's A and Z are handed in and reused; every product writes into an array of
a workspace that is made once; f′ is taken from the forward's output where that is cheaper, as 1 − A² for tanh; b's
sum over samples is the product δ1. Samples are columns, so all operands are contiguous, or transposes of such, which
BLAS reads without a copy. The formulas are delta.py's, and the Jacobian and index forms here are those: this pass is
verified by them like every other vectorized form. What is returned belongs to the workspace until its next pass.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from reference import delta
from reference.activations import didentity, drelu, dsigmoid, dtanh
from reference.formula import Formula
from reference.notation import Array, Map, Maps, Matrices, ones

SOURCE = delta.SOURCE + "; tuned beyond it"


@dataclass(frozen=True)
class Workspace:
    """Everything that a pass writes: δ, f′, dW and db of every layer, and the ones that it sums samples with."""

    δ: tuple[Array, ...]
    slope: tuple[Array, ...]
    dW: tuple[Array, ...]
    db: tuple[Array, ...]
    ones: Array


def workspace(W: Matrices, b: Matrices, A: Matrices) -> Workspace:
    """Arrays for networks of these widths and this number of samples, in the dtype of A."""
    outputs, (m, kind) = A[1:], (A[0].shape[1], A[0].dtype)
    return Workspace(
        δ=tuple(np.empty_like(each) for each in outputs),
        slope=tuple(np.empty_like(each) for each in outputs),
        dW=tuple(np.empty_like(each) for each in W),
        db=tuple(np.empty_like(each) for each in b),
        ones=ones(m).astype(kind),
    )


def gradients(into: Workspace, W: Matrices, A: Matrices, Z: Matrices, df: Maps, Y: Array) -> Workspace:
    """dW = δAᵀ and db = δ1 of every layer, in the workspace      mean over m

    A and Z are delta.forward's. Writes into nothing but the workspace, which is also what is returned.
    """
    for at in reversed(range(len(W))):
        δ = into.δ[at]
        if at == len(W) - 1:
            np.subtract(A[-1], Y, out=δ)
            np.multiply(δ, 2, out=δ)
            np.divide(δ, Y.shape[1], out=δ)
        else:
            np.matmul(W[at + 1].T, into.δ[at + 1], out=δ)
        _SCALED.get(df[at], _scaled_by_slope)(δ, A[at + 1], Z[at], df[at], into.slope[at])
        np.matmul(δ, A[at].T, out=into.dW[at])
        np.matmul(δ, into.ones, out=into.db[at])
    return into


def _scaled_by_slope(δ: Array, A: Array, Z: Array, df: Map, spare: Array) -> None:
    """δ ⊙ f′(Z), in place"""
    np.multiply(δ, df(Z), out=δ)


def _scaled_by_tanh(δ: Array, A: Array, Z: Array, df: Map, spare: Array) -> None:
    """δ ⊙ (1 − A²), in place: in the tails only as close as 1 − A² itself, one rounding of 1"""
    np.multiply(A, A, out=spare)
    np.subtract(1, spare, out=spare)
    np.multiply(δ, spare, out=δ)


def _scaled_by_sigmoid(δ: Array, A: Array, Z: Array, df: Map, spare: Array) -> None:
    """δ ⊙ A ⊙ (1 − A), in place: in the right tail only as close as 1 − A itself, one rounding of 1"""
    np.subtract(1, A, out=spare)
    np.multiply(spare, A, out=spare)
    np.multiply(δ, spare, out=δ)


def _scaled_by_relu(δ: Array, A: Array, Z: Array, df: Map, spare: Array) -> None:
    """δ ⊙ 1[Z > 0], in place"""
    np.greater(Z, 0, out=spare)
    np.multiply(δ, spare, out=δ)


def _left_alone(δ: Array, A: Array, Z: Array, df: Map, spare: Array) -> None:
    """δ ⊙ 1"""


_SCALED: dict[Map, Callable[..., None]] = {
    dtanh: _scaled_by_tanh,
    dsigmoid: _scaled_by_sigmoid,
    drelu: _scaled_by_relu,
    didentity: _left_alone,
}


def dW_vector(X: Array, W: Matrices, b: Matrices, f: Maps, df: Maps, Y: Array) -> tuple[Array, ...]:
    """dW = δAᵀ, of every layer, in a workspace of its own   [n[l] n[l-1]]   mean over m"""
    A, Z = delta.forward(X, W, b, f)
    return gradients(workspace(W, b, A), W, A, Z, df, Y).dW


def db_vector(X: Array, W: Matrices, b: Matrices, f: Maps, df: Maps, Y: Array) -> tuple[Array, ...]:
    """db = δ1, of every layer, in a workspace of its own    [n[l] 1]   mean over m"""
    A, Z = delta.forward(X, W, b, f)
    return gradients(workspace(W, b, A), W, A, Z, df, Y).db


# fmt: off
FORMULAS = (
    Formula(
        "tuned.dW", "dW⁽ˡ⁾ = δ⁽ˡ⁾A⁽ˡ⁻¹⁾ᵀ", r"dW^{(l)} = \delta^{(l)} A^{(l-1)\top}", SOURCE,
        delta.loss, delta.NET, "W",
        delta.dW_jacobian, delta.dW_index, dW_vector,
    ),
    Formula(
        "tuned.db", "db⁽ˡ⁾ = δ⁽ˡ⁾1", r"db^{(l)} = \delta^{(l)}\,1", SOURCE,
        delta.loss, delta.NET, "b",
        delta.db_jacobian, delta.db_index, db_vector,
    ),
)
# fmt: on
