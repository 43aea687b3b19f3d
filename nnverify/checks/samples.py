"""Do samples that do not meet in forward stay apart in backward?

With an upstream on the first sample alone, the gradient of every other sample's input is zero to the last bit.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from nnverify.contract import Calls
from nnverify.subject import Subject
from nnverify.verdict import Finding, Outcome

CHECK = "samples"


def samples(subject: Subject, calls: Calls) -> Iterator[Finding]:
    """A finding if the data's gradient of one sample hears of another's upstream."""
    data = subject.leaves[0]
    found = None if calls.alone is None else calls.alone.gradient(data.name)
    if found is None or found.shape != np.shape(data.value) or _affine(data.name, calls):
        return
    leaked = np.flatnonzero(np.any(np.abs(found[1:]).reshape(len(found) - 1, -1) > calls.tolerance.nothing, axis=1))
    if len(leaked):
        message = f"d{data.name} of sample {leaked[0] + 1} is not zero although only sample 0 has an upstream gradient"
        yield Finding(CHECK, data.name, Outcome.FAIL, message, "NV116")


def _affine(name: str, calls: Calls) -> bool:
    """Whether no upstream at all gives a gradient: then nothing here is the other samples' doing."""
    nothing = calls.zero.gradient(name)
    return nothing is None or bool(np.any(nothing))
