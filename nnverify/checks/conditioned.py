"""Is the difference so small that the condition of a matrix may have made it out of rounding?

A solve is right for a matrix a last place away, the forward's and the backward's for another one each. Where that
matrix is a leaf, moving it by its last place shows how much this is; of one that the functions hold it cannot be known.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from types import FrameType
from typing import Any

import numpy as np

from nnverify.probe import Probe
from nnverify.subject import Subject, like
from nnverify.verdict import Finding, Outcome, sides

CHECK = "gradient"
_MODULES = ("numpy.linalg", "scipy.linalg", "scipy.sparse.linalg")
_ANSWERS = frozenset((
    "solve", "inv", "pinv", "lstsq", "det", "slogdet", "cholesky", "qr", "svd", "svdvals", "eig", "eigh", "eigvals",
    "eigvalsh", "tensorsolve", "tensorinv", "solve_triangular", "solve_banded", "solveh_banded", "solve_toeplitz", "lu",
    "lu_factor", "lu_solve", "cho_factor", "cho_solve", "expm", "logm", "sqrtm", "spsolve", "splu", "factorized",
))  # fmt: skip
# Those among them whose answer is as sensitive as the inverse. A determinant and its gradient are not; what is fitted
# by least squares leaves the directions out in which it would be.
_INVERTING = frozenset((
    "solve", "inv", "slogdet", "cholesky", "tensorsolve", "tensorinv", "solve_triangular", "lu_factor", "cho_factor",
))  # fmt: skip
_AMPLIFIED = 16.0  # roundings that a gradient has, each as large as the condition makes it


def conditioned(subject: Subject, finding: Finding, one: Probe) -> Finding | None:
    """INCONCLUSIVE where forward or backward solves, inverts or decomposes, for a difference that rounding may make.

    That is one below half the digits, or below what the condition of a matrix that forward inverts has left of them.
    """
    if finding.backward is None or finding.numerical is None:
        return None
    gap, size = abs(finding.backward - finding.numerical), max(abs(finding.backward), abs(finding.numerical))
    entered, left = _decomposed(subject, one)
    if not entered or not gap <= max(np.sqrt(np.max(one.spacing, initial=0.0)), left) * size:
        return None
    message = (
        f"d{finding.leaf} could not be judged: {sides(finding.backward, finding.numerical, finding.bar or 0.0)}, and "
        f"{gap / size:.0e} of it the condition of a matrix may make of rounding"
    )
    return Finding(CHECK, finding.leaf, Outcome.INCONCLUSIVE, message, "NV211")


def _decomposed(subject: Subject, one: Probe) -> tuple[bool, float]:
    """Whether a run enters a function of linear algebra whose answer has a condition, and how much that may do.

    Relative to the gradient, by the matrices that forward inverts: what backward inverts besides is its own mistake.
    The run has a thread of its own: a profiler, of which each thread has one, could not always be put back.
    """
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(copy_context().run, _watched, subject, one).result()


def _watched(subject: Subject, one: Probe) -> tuple[bool, float]:
    entered: list[str] = []
    matrices: list[Any] = []

    def enter(frame: FrameType, event: str, _: Any) -> None:
        module, name = frame.f_globals.get("__name__", ""), frame.f_code.co_name
        if event == "call" and module.startswith(_MODULES) and name in _ANSWERS:
            entered.append(name)
            matrices.extend([next(iter(frame.f_locals.values()), None)] if name in _INVERTING else [])

    sys.setprofile(enter)
    try:
        output, pullback = subject.at_point()
        inverted = len(matrices)
        pullback(like(one.upstream.copy(), output))
    finally:
        sys.setprofile(None)
    return bool(entered), max((_roundings(matrix) for matrix in matrices[:inverted]), default=0.0)


def _roundings(matrix: Any) -> float:
    """What the condition makes of the roundings of a matrix, or of each of a stack; 0 where it has none."""
    value = np.asarray(matrix)
    if value.dtype.kind != "f" or value.ndim < 2 or not value.size or not np.all(np.isfinite(value)):
        return 0.0
    found = np.linalg.cond(value.astype(np.float64))
    return _AMPLIFIED * float(np.finfo(value.dtype).eps) * float(np.max(found))
