"""The cause of NaN in a gradient whose true value there is zero: 0·∞ or 0/0 where forward masks something out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nnverify._errors import NnverifyError
from nnverify.diagnosis.scene import point, scene
from nnverify.subject import Subject
from nnverify.verdict import Finding


def masked(subject: Subject, finding: Finding, seed: int) -> Finding:
    """The finding with its cause where the entries that are not finite are just those of gradient zero."""
    at = point(subject, seed)
    one = None if at is None else scene(at, finding.leaf)
    if one is None or one.claimed.shape[1:] != one.leaf_shape:
        return finding
    try:
        J = one.jacobian()
    except NnverifyError:
        return finding
    bad = np.any(~np.isfinite(one.claimed), axis=0)
    zero = np.all(J == 0, axis=0)
    others = one.claimed[:, ~bad], one.true[:, ~bad]
    if not np.all(zero[bad]) or not np.all(np.isfinite(J)) or (others[0].size and not one.meets(*others)):
        return finding
    name = f"d{finding.leaf}"
    cause = (
        f"{name} is not finite in {np.count_nonzero(bad)} entries on which the output does not depend; all others agree"
    )
    fix = (
        "a mask multiplies too late: 0 times infinity is NaN; put safe values in before, or use np.where on both sides"
    )
    return replace(finding, code="NV128", cause=cause, fix=fix)
