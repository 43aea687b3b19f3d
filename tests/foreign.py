"""A package of derivations that knows nothing of ours, right and with one mistake at a time, as source text."""

from __future__ import annotations

from pathlib import Path

RECORD = '''
from types import SimpleNamespace

import numpy as np


def loss(X, w, r):
    """Half the squared residual of a linear model, ½‖Xw − r‖²."""
    return ((X @ w - r) ** 2).sum() / 2


def jacobian(X, w, r):
    return ((X @ w - r)[None, :] @ X)[0]


def index(X, w, r):
    m, n = X.shape
    residual = [sum(X[i, j] * w[j] for j in range(n)) - r[i] for i in range(m)]
    return np.array([sum(residual[i] * X[i, j] for i in range(m)) for j in range(n)])


def vector(X, w, r):
    return X.T @ (X @ w - r)


FORMULAS = [
    SimpleNamespace(
        identifier="least_squares.dw",
        statement="dw = Xᵀ(Xw − r)",
        source="any textbook",
        forward=loss,
        arguments={"X": "m n", "w": "n", "r": "m"},
        leaf="w",
        jacobian=jacobian,
        index=index,
        vector=vector,
    )
]
'''

# One change each: what to replace, by what, and a part of the sentence that must name it.
MISTAKES = {
    "vector form wrong": ("return X.T @ (X @ w - r)", "return 2 * X.T @ (X @ w - r)", "the vector form differs from"),
    "index form wrong": ("X[i, j] for i in range(m))", "X[i, j] for i in range(m - 1))", "the index form differs from"),
    "all forms wrong": ("** 2).sum() / 2", "** 2).sum()", "dw is 0.5 x the numerical gradient in all"),
    "wrong shape": ("return X.T @ (X @ w - r)", "return (X.T @ (X @ w - r))[:, None]", "has shape"),
    "form raises": ("return X.T @ (X @ w - r)", "return X.T @ (X @ w - nothing)", "raised NameError"),
    "nothing returned": ("return X.T @ (X @ w - r)", "X.T @ (X @ w - r)", "the vector form"),
}


def write(folder: Path, source: str = RECORD, name: str = "theirs") -> Path:
    """A package folder with one module."""
    package = folder / name
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "least_squares.py").write_text(source, encoding="utf-8")
    return package
