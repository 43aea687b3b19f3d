"""Is the difference so small that the condition of a matrix may have made it out of rounding?

A solve is right for a matrix a last place away, the forward's and the backward's for another one each. Where that
matrix is a leaf, moving it by its last place shows how much this is; of one that the functions hold it cannot be known.
"""

from __future__ import annotations

import sys
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


def conditioned(subject: Subject, finding: Finding, one: Probe) -> Finding | None:
    """INCONCLUSIVE for a difference below half the digits, where forward or backward solves, inverts or decomposes."""
    if finding.backward is None or finding.numerical is None:
        return None
    gap, size = abs(finding.backward - finding.numerical), max(abs(finding.backward), abs(finding.numerical))
    if not gap <= np.sqrt(np.max(one.spacing, initial=0.0)) * size or not _decomposes(subject, one):
        return None
    message = (
        f"d{finding.leaf} could not be judged: {sides(finding.backward, finding.numerical, finding.bar or 0.0)}, and "
        f"{gap / size:.0e} of it the condition of a matrix may make of rounding"
    )
    return Finding(CHECK, finding.leaf, Outcome.INCONCLUSIVE, message, "NV211")


def _decomposes(subject: Subject, one: Probe) -> bool:
    """Whether a run of forward and backward enters a function of linear algebra whose answer has a condition."""
    entered: set[str] = set()

    def enter(frame: FrameType, event: str, _: Any) -> None:
        name = frame.f_globals.get("__name__", "") if event == "call" else ""
        if name.startswith(_MODULES) and frame.f_code.co_name in _ANSWERS:
            entered.add(name)

    before = sys.getprofile()
    try:
        sys.setprofile(enter)
        output, pullback = subject.at_point()
        pullback(like(one.upstream.copy(), output))
    finally:
        sys.setprofile(before)
    return bool(entered)
