"""The cause in which attention's softmax is differentiated by its diagonal alone.

That forward is attention is tested first: softmax(Q·Kᵀ·c)·V for some c must be the output.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import permutations

import numpy as np

from nnverify.diagnosis.cause import Cause, Guess, Held, Named
from nnverify.diagnosis.scene import Array, Scene


def _softmax(z: Array) -> Array:
    e = np.exp(z - np.max(z, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


def _attentions(scene: Scene) -> Iterator[tuple[str, str, float]]:
    """Names of queries and keys with their scale, for every reading of the leaves that the output confirms."""
    matrices = {name: value for name, value in scene.values.items() if value.ndim == 2}
    for (q, Q), (k, K), (_, V) in permutations(matrices.items(), 3):
        fits = Q.shape[1] == K.shape[1] and len(K) == len(V) and scene.shape_out == (len(Q), V.shape[1])
        for scale in (1 / np.sqrt(Q.shape[1]), 1.0, 1 / Q.shape[1]) if fits else ():
            made = _softmax(Q @ K.T * scale) @ V
            if np.allclose(made, scene.output.reshape(scene.shape_out), rtol=1e-9, atol=0.0):
                yield q, k, scale


def _diagonal(scene: Scene) -> Iterator[Guess]:
    if len(scene.values) < 3 or len(scene.shape_out) != 2:
        return
    for q, k, scale in _attentions(scene):
        if scene.name in (q, k):
            yield Guess(("attention", scene.name == q), partial(_by_diagonal, scene, q, k, scale))


def _by_diagonal(scene: Scene, q: str, k: str, scale: float) -> Array:
    """For every upstream: dS = dA·A·(1 - A), and from it dQ or dK."""
    Q, K = scene.values[q], scene.values[k]
    A = _softmax(Q @ K.T * scale)
    V = next(value for name, value in scene.values.items() if name not in (q, k) and len(value) == len(K))
    dout = scene.upstreams.reshape(-1, *scene.shape_out)
    dS = scale * (dout @ V.T) * A * (1 - A)
    return dS @ K if scene.name == q else np.swapaxes(dS, 1, 2) @ Q


def _diagonal_words(held: Held) -> Named:
    cause = (
        f"{held.name} takes only the diagonal of the softmax's Jacobian: A·(1 - A), without the products of its entries"
    )
    return Named("NV106", cause, "dS = A * (dA - (dA * A).sum(axis=-1, keepdims=True))")


ATTENTION = (Cause(5, _diagonal, _diagonal_words),)
