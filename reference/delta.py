"""The general δ recursion: a network of any depth, any widths, any activation per layer.

Section 6. δ is the gradient of the loss by a layer's pre-activation Z; each layer's δ gives the δ of the layer below.
First one layer at a time, as pullbacks, with no 1/m: dout comes from above. Then the network, L = (1/m) Σ (A − Y)²,
where the 1/m enters once, with the last δ. Samples are columns. What the text numbers l stands at position l−1 of every
list, for lists count from 0; A lists what each layer *reads*, so A⁽ˡ⁻¹⁾ stands there too, and the output at A[-1].
"""

import numpy as np

from reference.formula import Formula
from reference.notation import Array, Form, Map, Maps, Matrices, Scalar, identity, loss_of, ones, unvec, vec

SOURCE = "Backpropagation from scratch, 'General formula'"
RECURSION = {"Z": "n m", "W": "p n", "b": "p 1", "f": "function", "df": "derivative of f", "dout": "p m"}
LAYER = {"W": "p n", "A": "n m", "b": "p 1", "dout": "p m"}
NET = {"X": "n[0] m", "W": "n[l] n[l-1]", "b": "n[l] 1", "f": "function[l]", "df": "derivative of f[l]", "Y": "n[-1] m"}


def last(Z: Array, f: Map, df: Map) -> Array:
    """A = f(Z)                                              [p m]"""
    return f(Z)


def last_jacobian(Z: Array, f: Map, df: Map, dout: Array) -> Array:
    """(vec δ)ᵀ = (vec ∇A)ᵀ·diag(vec f′(Z))                  [p m]"""
    return unvec(vec(dout)[None, :] @ np.diag(vec(df(Z))), Z.shape)


def last_index(Z: Array, f: Map, df: Map, dout: Array) -> Array:
    """δ_ki = ∂L/∂A_ki f′(Z_ki)                              [p m]"""
    return np.array([[dout[k, i] * df(Z[k, i]) for i in range(Z.shape[1])] for k in range(len(Z))])


def last_vector(Z: Array, f: Map, df: Map, dout: Array) -> Array:
    """δ = ∇A ⊙ f′(Z)                                        [p m]"""
    return dout * df(Z)


def recursion(Z: Array, W: Array, b: Array, f: Map, df: Map) -> Array:
    """W f(Z) + b1ᵀ, the next layer's pre-activation         [p m]"""
    return W @ f(Z) + b


def recursion_jacobian(Z: Array, W: Array, b: Array, f: Map, df: Map, dout: Array) -> Array:
    """(vec δ)ᵀ = (vec δ⁺)ᵀ·(I ⊗ W)·diag(vec f′(Z)),  δ⁺ = dout    [n m]   Σ over p"""
    return unvec(vec(dout)[None, :] @ np.kron(identity(Z.shape[1]), W) @ np.diag(vec(df(Z))), Z.shape)


def recursion_index(Z: Array, W: Array, b: Array, f: Map, df: Map, dout: Array) -> Array:
    """δ_ji = Σ_k W_kj δ⁺_ki f′(Z_ji)                        [n m]   Σ over p"""
    (p, n), m = W.shape, Z.shape[1]
    return np.array([[sum(W[k, j] * dout[k, i] for k in range(p)) * df(Z[j, i]) for i in range(m)] for j in range(n)])


def recursion_vector(Z: Array, W: Array, b: Array, f: Map, df: Map, dout: Array) -> Array:
    """δ = (Wᵀδ⁺) ⊙ f′(Z)                                    [n m]   Σ over p"""
    return (W.T @ dout) * df(Z)


def layer(W: Array, A: Array, b: Array) -> Array:
    """Z = WA + b1ᵀ                                          [p m]"""
    return W @ A + b


def weights_jacobian(W: Array, A: Array, b: Array, dout: Array) -> Array:
    """∂L/∂vec W = (vec δ)ᵀ·(Aᵀ ⊗ I)                         [p n]   Σ over m"""
    return unvec(vec(dout)[None, :] @ np.kron(A.T, identity(len(W))), W.shape)


def weights_index(W: Array, A: Array, b: Array, dout: Array) -> Array:
    """dW_jh = Σᵢ δ_ji A_hi                                  [p n]   Σ over m"""
    return np.array(
        [[sum(dout[j, i] * A[h, i] for i in range(A.shape[1])) for h in range(len(A))] for j in range(len(W))]
    )


def weights_vector(W: Array, A: Array, b: Array, dout: Array) -> Array:
    """dW = δAᵀ                                              [p n]   Σ over m"""
    return dout @ A.T


def bias_jacobian(W: Array, A: Array, b: Array, dout: Array) -> Array:
    """∂L/∂b = (vec δ)ᵀ·(1 ⊗ I)                              [p 1]   Σ over m"""
    return unvec(vec(dout)[None, :] @ np.kron(ones(A.shape[1]), identity(len(W))), b.shape)


def bias_index(W: Array, A: Array, b: Array, dout: Array) -> Array:
    """db_j = Σᵢ δ_ji                                        [p 1]   Σ over m"""
    return np.array([[sum(dout[j, i] for i in range(A.shape[1]))] for j in range(len(W))])


def bias_vector(W: Array, A: Array, b: Array, dout: Array) -> Array:
    """db = δ summed over axis 1, kept as a column           [p 1]   Σ over m"""
    return dout.sum(axis=1, keepdims=True)


def input_jacobian(W: Array, A: Array, b: Array, dout: Array) -> Array:
    """∂L/∂vec A = (vec δ)ᵀ·(I ⊗ W)                          [n m]   Σ over p"""
    return unvec(vec(dout)[None, :] @ np.kron(identity(A.shape[1]), W), A.shape)


def input_index(W: Array, A: Array, b: Array, dout: Array) -> Array:
    """dA_hi = Σ_j W_jh δ_ji                                 [n m]   Σ over p"""
    return np.array(
        [[sum(W[j, h] * dout[j, i] for j in range(len(W))) for i in range(A.shape[1])] for h in range(len(A))]
    )


def input_vector(W: Array, A: Array, b: Array, dout: Array) -> Array:
    """dA = Wᵀδ                                              [n m]   Σ over p"""
    return W.T @ dout


def forward(X: Array, W: Matrices, b: Matrices, f: Maps) -> tuple[list[Array], list[Array]]:
    """A, what every layer reads and then the output, and Z, every layer's pre-activation"""
    A, Z = [X], list[Array]()
    for at in range(len(W)):
        Z.append(layer(W[at], A[at], b[at]))
        A.append(f[at](Z[at]))
    return A, Z


def forward_index(X: Array, W: Matrices, b: Matrices, f: Maps) -> tuple[list[Array], list[Array]]:
    """Z_ji = Σ_h W_jh A_hi + b_j,  and the next A_ji = f(Z_ji)"""
    A, Z = [X], list[Array]()
    for at in range(len(W)):
        (p, n), m = W[at].shape, X.shape[1]
        z = [[sum(W[at][j, h] * A[at][h, i] for h in range(n)) + b[at][j, 0] for i in range(m)] for j in range(p)]
        Z.append(np.array(z))
        A.append(np.array([[f[at](z[j][i]) for i in range(m)] for j in range(p)]))
    return A, Z


def loss(X: Array, W: Matrices, b: Matrices, f: Maps, df: Maps, Y: Array) -> Scalar:
    """L = (1/m) Σᵢ Σ_k (A_ki − Y_ki)², A the output         scalar, mean over m, Σ over n[-1]"""
    return ((forward(X, W, b, f)[0][-1] - Y) ** 2).sum() / Y.shape[1]


def backward(top: Form, rest: Form, X: Array, W: Matrices, b: Matrices, f: Maps, df: Maps, Y: Array) -> list[Matrices]:
    """(W, A, b, δ) of every layer: δ by one form's row for the top layer, and by its recursion for the rest"""
    A, Z = forward(X, W, b, f)
    δ = [top(Z[-1], f[-1], df[-1], 2 * (A[-1] - Y) / Y.shape[1])]
    for at in reversed(range(len(W) - 1)):
        δ.insert(0, rest(Z[at], W[at + 1], b[at + 1], f[at], df[at], δ[0]))
    return list(zip(W, A, b, δ, strict=False))  # A has one more, the output: no layer reads it


def backward_index(X: Array, W: Matrices, b: Matrices, f: Maps, df: Maps, Y: Array) -> list[Matrices]:
    """(W, A, b, δ) of every layer, each entry of δ a sum over all paths from its unit to the loss"""
    A, Z = forward_index(X, W, b, f)

    def error(at: int, j: int, i: int) -> Scalar:
        if at == len(W) - 1:
            return 2 * (A[-1][j, i] - Y[j, i]) / Y.shape[1] * df[at](Z[at][j, i])
        return sum(W[at + 1][k, j] * error(at + 1, k, i) for k in range(len(W[at + 1]))) * df[at](Z[at][j, i])

    δ = [np.array([[error(at, j, i) for i in range(X.shape[1])] for j in range(len(W[at]))]) for at in range(len(W))]
    return list(zip(W, A, b, δ, strict=False))


def dW_jacobian(X: Array, W: Matrices, b: Matrices, f: Maps, df: Maps, Y: Array) -> tuple[Array, ...]:
    """∂L/∂vec W = (vec δ)ᵀ·(Aᵀ ⊗ I), of every layer         [n[l] n[l-1]]   mean over m"""
    return tuple(weights_jacobian(*each) for each in backward(last_jacobian, recursion_jacobian, X, W, b, f, df, Y))


def dW_index(X: Array, W: Matrices, b: Matrices, f: Maps, df: Maps, Y: Array) -> tuple[Array, ...]:
    """dW_jh = Σᵢ δ_ji A_hi, of every layer                  [n[l] n[l-1]]   mean over m"""
    return tuple(weights_index(*each) for each in backward_index(X, W, b, f, df, Y))


def dW_vector(X: Array, W: Matrices, b: Matrices, f: Maps, df: Maps, Y: Array) -> tuple[Array, ...]:
    """dW = δAᵀ, of every layer                              [n[l] n[l-1]]   mean over m"""
    return tuple(weights_vector(*each) for each in backward(last_vector, recursion_vector, X, W, b, f, df, Y))


def db_jacobian(X: Array, W: Matrices, b: Matrices, f: Maps, df: Maps, Y: Array) -> tuple[Array, ...]:
    """∂L/∂b = (vec δ)ᵀ·(1 ⊗ I), of every layer              [n[l] 1]   mean over m"""
    return tuple(bias_jacobian(*each) for each in backward(last_jacobian, recursion_jacobian, X, W, b, f, df, Y))


def db_index(X: Array, W: Matrices, b: Matrices, f: Maps, df: Maps, Y: Array) -> tuple[Array, ...]:
    """db_j = Σᵢ δ_ji, of every layer                        [n[l] 1]   mean over m"""
    return tuple(bias_index(*each) for each in backward_index(X, W, b, f, df, Y))


def db_vector(X: Array, W: Matrices, b: Matrices, f: Maps, df: Maps, Y: Array) -> tuple[Array, ...]:
    """db = δ summed over axis 1, of every layer             [n[l] 1]   mean over m"""
    return tuple(bias_vector(*each) for each in backward(last_vector, recursion_vector, X, W, b, f, df, Y))


def dX_jacobian(X: Array, W: Matrices, b: Matrices, f: Maps, df: Maps, Y: Array) -> Array:
    """∂L/∂vec X = (vec δ)ᵀ·(I ⊗ W), of the first layer      [n[0] m]   1/m, Σ over n[1]"""
    return input_jacobian(*backward(last_jacobian, recursion_jacobian, X, W, b, f, df, Y)[0])


def dX_index(X: Array, W: Matrices, b: Matrices, f: Maps, df: Maps, Y: Array) -> Array:
    """dX_hi = Σ_j W_jh δ_ji, of the first layer             [n[0] m]   1/m, Σ over n[1]"""
    return input_index(*backward_index(X, W, b, f, df, Y)[0])


def dX_vector(X: Array, W: Matrices, b: Matrices, f: Maps, df: Maps, Y: Array) -> Array:
    """dX = Wᵀδ, of the first layer                          [n[0] m]   1/m, Σ over n[1]"""
    return input_vector(*backward(last_vector, recursion_vector, X, W, b, f, df, Y)[0])


# fmt: off
FORMULAS = (
    Formula(
        "delta.last", "δ = ∇A ⊙ f′(Z)", r"\delta = \nabla A \odot f'(Z)", SOURCE,
        loss_of(last), {"Z": "p m", "f": "function", "df": "derivative of f", "dout": "p m"}, "Z",
        last_jacobian, last_index, last_vector, last,
    ),
    Formula(
        "delta.recursion", "δ = (Wᵀδ⁺) ⊙ f′(Z)", r"\delta = (W^\top \delta^+) \odot f'(Z)", SOURCE,
        loss_of(recursion), RECURSION, "Z",
        recursion_jacobian, recursion_index, recursion_vector, recursion,
    ),
    Formula(
        "delta.weights", "dW = δAᵀ", r"dW = \delta A^\top", SOURCE,
        loss_of(layer), LAYER, "W",
        weights_jacobian, weights_index, weights_vector, layer,
    ),
    Formula(
        "delta.bias", "db = δ1", r"db = \delta\,1", SOURCE,
        loss_of(layer), LAYER, "b",
        bias_jacobian, bias_index, bias_vector, layer,
    ),
    Formula(
        "delta.input", "dA = Wᵀδ", r"dA = W^\top \delta", SOURCE + "; beyond it",
        loss_of(layer), LAYER, "A",
        input_jacobian, input_index, input_vector, layer,
    ),
    Formula(
        "delta.dW", "dW⁽ˡ⁾ = δ⁽ˡ⁾A⁽ˡ⁻¹⁾ᵀ", r"dW^{(l)} = \delta^{(l)} A^{(l-1)\top}", SOURCE,
        loss, NET, "W",
        dW_jacobian, dW_index, dW_vector,
    ),
    Formula(
        "delta.db", "db⁽ˡ⁾ = δ⁽ˡ⁾1", r"db^{(l)} = \delta^{(l)}\,1", SOURCE,
        loss, NET, "b",
        db_jacobian, db_index, db_vector,
    ),
    Formula(
        "delta.dX", "dX = W⁽¹⁾ᵀδ⁽¹⁾", r"dX = W^{(1)\top} \delta^{(1)}", SOURCE + "; beyond it",
        loss, NET, "X",
        dX_jacobian, dX_index, dX_vector,
    ),
)
# fmt: on
