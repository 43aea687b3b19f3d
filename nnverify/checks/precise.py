"""Does each gradient have the precision of its leaf?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from nnverify.contract import Calls
from nnverify.subject import Subject
from nnverify.verdict import Finding, Outcome

CHECK = "precise"


def precise(subject: Subject, calls: Calls) -> Iterator[Finding]:
    """A remark for each gradient in a coarser type than its leaf; its values are judged by what that can hold."""
    for leaf in subject.targets():
        found, own = np.asarray(calls.first.gradients.get(leaf.name)).dtype, np.asarray(leaf.value).dtype
        if found.kind in "iub" or (found.kind == "f" and np.finfo(found).eps > np.finfo(own).eps):
            message = f"d{leaf.name} is {found}, {leaf.name} is {own}"
            yield Finding(CHECK, leaf.name, Outcome.PASS, message, "NV302")
