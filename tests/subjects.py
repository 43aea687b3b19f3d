"""Small subjects for the tests: a forward, a backward, and leaves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from nnverify.draws import generator
from nnverify.subject import Leaf, Pullback, Subject


def subject(forward: Callable[..., Any], backward: Callable[..., Any], **leaves: Any) -> Subject:
    """A subject whose backward takes (dout, *leaves) and returns a dict."""

    def run(*values: Any) -> tuple[Any, Pullback]:
        return forward(*values), lambda dout: backward(dout, *values)

    return Subject("layer", tuple(Leaf(name, value) for name, value in leaves.items()), run, forward)


def dense(X: Any, W: Any, b: Any) -> Any:
    return np.tanh(X @ W + b)


def dense_backward(dout: Any, X: Any, W: Any, b: Any) -> dict[str, Any]:
    G = dout * (1 - np.tanh(X @ W + b) ** 2)
    return {"X": G @ W.T, "W": X.T @ G, "b": G.sum(axis=0)}


def dense_leaves(m: int = 4, n: int = 3, p: int = 5, seed: int = 0) -> dict[str, Any]:
    rng = generator(seed, "dense")
    return {"X": rng.standard_normal((m, n)), "W": rng.standard_normal((n, p)), "b": rng.standard_normal(p)}


def dense_with(**changes: Callable[[Any], Any]) -> Subject:
    """The dense layer with some of its gradients changed."""

    def backward(dout: Any, X: Any, W: Any, b: Any) -> dict[str, Any]:
        right = dense_backward(dout, X, W, b)
        return right | {name: change(right[name]) for name, change in changes.items()}

    return subject(dense, backward, **dense_leaves())
