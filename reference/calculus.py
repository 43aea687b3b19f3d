"""Matrix calculus: the derivatives that every later chain rule is put together from.

Section 1. There is no loss yet, so each row is a pullback: it takes the upstream gradient dout, shaped like the
output, and the loss is Σ dout ⊙ output. No 1/m anywhere, and no samples: vectors are columns, W is "outputs inputs".
Indices: h an input, j a value in between, k an output. In the Jacobian forms dout is the row ∂L/∂output.
"""

import numpy as np

from reference.formula import Formula
from reference.notation import Array, Map, Scalar, gradient, identity, loss_of, unvec

SOURCE = "Backpropagation from scratch, 'Matrix calculus'"
CHAIN = "Backpropagation from scratch, 'Vector chain rule'"


def dot(w: Array, x: Array) -> Scalar:
    """wᵀx                                                   scalar"""
    return w @ x


def dot_dw_jacobian(w: Array, x: Array, dout: Array) -> Array:
    """∂L/∂w = dout·[xᵀ]                                     [n]"""
    J_out_w = x[None, :]
    return gradient(dout * J_out_w)


def dot_dw_index(w: Array, x: Array, dout: Array) -> Array:
    """dw_h = dout x_h                                       [n]"""
    return np.array([dout * x[h] for h in range(len(w))])


def dot_dw_vector(w: Array, x: Array, dout: Array) -> Array:
    """dw = dout·x                                           [n]"""
    return dout * x


def dot_dx_jacobian(w: Array, x: Array, dout: Array) -> Array:
    """∂L/∂x = dout·[wᵀ]                                     [n]"""
    J_out_x = w[None, :]
    return gradient(dout * J_out_x)


def dot_dx_index(w: Array, x: Array, dout: Array) -> Array:
    """dx_h = dout w_h                                       [n]"""
    return np.array([dout * w[h] for h in range(len(x))])


def dot_dx_vector(w: Array, x: Array, dout: Array) -> Array:
    """dx = dout·w                                           [n]"""
    return dout * w


def linear(W: Array, x: Array) -> Array:
    """Wx                                                    [p]"""
    return W @ x


def linear_dx_jacobian(W: Array, x: Array, dout: Array) -> Array:
    """∂L/∂x = doutᵀ·[W]                                     [n]   Σ over p"""
    J_out_x = W
    return gradient(dout[None, :] @ J_out_x)


def linear_dx_index(W: Array, x: Array, dout: Array) -> Array:
    """dx_h = Σ_k dout_k W_kh                                [n]   Σ over p"""
    p, n = W.shape
    return np.array([sum(dout[k] * W[k, h] for k in range(p)) for h in range(n)])


def linear_dx_vector(W: Array, x: Array, dout: Array) -> Array:
    """dx = Wᵀ dout                                          [n]   Σ over p"""
    return W.T @ dout


def linear_dW_jacobian(W: Array, x: Array, dout: Array) -> Array:
    """∂L/∂vec W = doutᵀ·[xᵀ ⊗ I]                            [p n]"""
    J_out_W = np.kron(x[None, :], identity(len(dout)))
    return unvec(dout[None, :] @ J_out_W, W.shape)


def linear_dW_index(W: Array, x: Array, dout: Array) -> Array:
    """dW_kh = dout_k x_h                                    [p n]"""
    p, n = W.shape
    return np.array([[dout[k] * x[h] for h in range(n)] for k in range(p)])


def linear_dW_vector(W: Array, x: Array, dout: Array) -> Array:
    """dW = dout xᵀ                                          [p n]"""
    return np.outer(dout, x)


def hadamard(u: Array, v: Array) -> Array:
    """u ⊙ v                                                 [n]"""
    return u * v


def hadamard_du_jacobian(u: Array, v: Array, dout: Array) -> Array:
    """∂L/∂u = doutᵀ·diag(v)                                 [n]"""
    J_out_u = np.diag(v)
    return gradient(dout[None, :] @ J_out_u)


def hadamard_du_index(u: Array, v: Array, dout: Array) -> Array:
    """du_h = dout_h v_h                                     [n]"""
    return np.array([dout[h] * v[h] for h in range(len(u))])


def hadamard_du_vector(u: Array, v: Array, dout: Array) -> Array:
    """du = dout ⊙ v                                         [n]"""
    return dout * v


def elementwise(z: Array, f: Map, df: Map) -> Array:
    """f(z), entry by entry                                  [n]"""
    return f(z)


def elementwise_dz_jacobian(z: Array, f: Map, df: Map, dout: Array) -> Array:
    """∂L/∂z = doutᵀ·diag(f′(z))                             [n]"""
    J_out_z = np.diag(df(z))
    return gradient(dout[None, :] @ J_out_z)


def elementwise_dz_index(z: Array, f: Map, df: Map, dout: Array) -> Array:
    """dz_h = dout_h f′(z_h)                                 [n]"""
    return np.array([dout[h] * df(z[h]) for h in range(len(z))])


def elementwise_dz_vector(z: Array, f: Map, df: Map, dout: Array) -> Array:
    """dz = dout ⊙ f′(z)                                     [n]"""
    return dout * df(z)


def squares(a: Array, y: Array) -> Scalar:
    """‖a − y‖² = Σ_h (a_h − y_h)²                           scalar, Σ over n"""
    return ((a - y) ** 2).sum()


def squares_da_jacobian(a: Array, y: Array, dout: Array) -> Array:
    """∂L/∂a = dout·[2(a−y)ᵀ]                                [n]"""
    J_out_a = 2 * (a - y)[None, :]
    return gradient(dout * J_out_a)


def squares_da_index(a: Array, y: Array, dout: Array) -> Array:
    """da_h = dout 2(a_h−y_h)                                [n]"""
    return np.array([dout * 2 * (a[h] - y[h]) for h in range(len(a))])


def squares_da_vector(a: Array, y: Array, dout: Array) -> Array:
    """da = 2 dout·(a−y)                                     [n]"""
    return 2 * dout * (a - y)


def chain(x: Array, U: Array, V: Array, f: Map, df: Map, g: Map, dg: Map) -> Array:
    """f(U g(V x)): the composition of f(U·) and g(V·)       [p]"""
    return f(U @ g(V @ x))


def chain_dx_jacobian(x: Array, U: Array, V: Array, f: Map, df: Map, g: Map, dg: Map, dout: Array) -> Array:
    """∂L/∂x = doutᵀ·J_f·J_g,  J_f = diag(f′)U,  J_g = diag(g′)V    [n]   Σ over p and q"""
    J_f = np.diag(df(U @ g(V @ x))) @ U
    J_g = np.diag(dg(V @ x)) @ V
    return gradient(dout[None, :] @ J_f @ J_g)


def chain_dx_index(x: Array, U: Array, V: Array, f: Map, df: Map, g: Map, dg: Map, dout: Array) -> Array:
    """dx_h = Σ_k Σ_j dout_k f′(…)_k U_kj g′(…)_j V_jh       [n]   Σ over p and q"""
    (p, q), n = U.shape, len(x)
    z = [sum(V[j, h] * x[h] for h in range(n)) for j in range(q)]
    J_f = [[df(sum(U[k, j] * g(z[j]) for j in range(q))) * U[k, j] for j in range(q)] for k in range(p)]
    return np.array(
        [sum(dout[k] * J_f[k][j] * dg(z[j]) * V[j, h] for k in range(p) for j in range(q)) for h in range(n)]
    )


def chain_dx_vector(x: Array, U: Array, V: Array, f: Map, df: Map, g: Map, dg: Map, dout: Array) -> Array:
    """dx = Vᵀ(g′ ⊙ Uᵀ(f′ ⊙ dout))                           [n]   Σ over p and q"""
    z = V @ x
    return V.T @ (dg(z) * (U.T @ (df(U @ g(z)) * dout)))


DOT = {"w": "n", "x": "n", "dout": ""}
LINEAR = {"W": "p n", "x": "n", "dout": "p"}
HADAMARD = {"u": "n", "v": "n", "dout": "n"}
ELEMENTWISE = {"z": "n", "f": "function", "df": "derivative of f", "dout": "n"}
SQUARES = {"a": "n", "y": "n", "dout": ""}
FUNCTIONS = {"f": "function", "df": "derivative of f", "g": "function", "dg": "derivative of g"}
COMPOSITION = {"x": "n", "U": "p q", "V": "q n", **FUNCTIONS, "dout": "p"}

# fmt: off
FORMULAS = (
    Formula(
        "calculus.dot_dw", "dw = dout·x", r"dw = D\,x", SOURCE,
        loss_of(dot), DOT, "w",
        dot_dw_jacobian, dot_dw_index, dot_dw_vector, dot,
    ),
    Formula(
        "calculus.dot_dx", "dx = dout·w", r"dx = D\,w", SOURCE,
        loss_of(dot), DOT, "x",
        dot_dx_jacobian, dot_dx_index, dot_dx_vector, dot,
    ),
    Formula(
        "calculus.linear_dx", "dx = Wᵀ dout", r"dx = W^\top D", SOURCE,
        loss_of(linear), LINEAR, "x",
        linear_dx_jacobian, linear_dx_index, linear_dx_vector, linear,
    ),
    Formula(
        "calculus.linear_dW", "dW = dout xᵀ", r"dW = D\,x^\top", SOURCE,
        loss_of(linear), LINEAR, "W",
        linear_dW_jacobian, linear_dW_index, linear_dW_vector, linear,
    ),
    Formula(
        "calculus.hadamard_du", "du = dout ⊙ v", r"du = D \odot v", SOURCE,
        loss_of(hadamard), HADAMARD, "u",
        hadamard_du_jacobian, hadamard_du_index, hadamard_du_vector, hadamard,
    ),
    Formula(
        "calculus.elementwise_dz", "dz = dout ⊙ f′(z)", r"dz = D \odot f'(z)", SOURCE,
        loss_of(elementwise), ELEMENTWISE, "z",
        elementwise_dz_jacobian, elementwise_dz_index, elementwise_dz_vector, elementwise,
    ),
    Formula(
        "calculus.squares_da", "da = 2 dout·(a−y)", r"da = 2D\,(a - y)", SOURCE,
        loss_of(squares), SQUARES, "a",
        squares_da_jacobian, squares_da_index, squares_da_vector, squares,
    ),
    Formula(
        "calculus.chain_dx", "dx = Vᵀ(g′ ⊙ Uᵀ(f′ ⊙ dout))", r"dx = V^\top (g' \odot U^\top (f' \odot D))", CHAIN,
        loss_of(chain), COMPOSITION, "x",
        chain_dx_jacobian, chain_dx_index, chain_dx_vector, chain,
    ),
)
# fmt: on
