"""What is wrong before any value is compared: no output, no gradient, or none that could be one."""

from __future__ import annotations

import numpy as np

from nnverify._compare import identical
from nnverify.probe import Probe, probe
from nnverify.subject import Leaf, Subject
from nnverify.verdict import Finding, Outcome, place

CHECK = "gradient"


def blocked(subject: Subject, one: Probe, seed: int) -> tuple[Finding, ...]:
    """What keeps every leaf from being judged: a backward that raises, a forward that is not finite."""
    bad = np.flatnonzero(~np.isfinite(one.output))
    if one.raised:
        outcome, message, code = Outcome.FAIL, f"backward raised {one.raised}", "NV306"
    elif len(bad) and not identical(probe(subject, one.number, seed).output, one.output):
        message = "forward returns something else at every call for the same leaves, and not always finite numbers"
        outcome, code = Outcome.INCONCLUSIVE, "NV207"
    elif len(bad):
        found = f"{len(bad)} of {one.output.size} outputs are not finite, the first is number {bad[0]}"
        outcome, message, code = Outcome.INCONCLUSIVE, f"forward is not finite at this point: {found}", "NV304"
    else:
        return ()
    return tuple(Finding(CHECK, leaf.name, outcome, message, code) for leaf in subject.targets())


def malformed(leaf: Leaf, one: Probe) -> Finding | None:
    """What is wrong with a gradient before any value is compared."""
    name = leaf.name
    if one.gradients.get(name) is None:
        return Finding(CHECK, name, Outcome.FAIL, f"d{name} is missing: backward returned none for it", "NV303")
    found = np.asarray(one.gradients[name])
    if found.dtype.kind not in "fiub":
        message = f"d{name} holds no real numbers: dtype {found.dtype}"
        return Finding(CHECK, name, Outcome.FAIL, message, "NV302")
    if found.shape != np.shape(leaf.value):
        message = f"d{name} has shape {found.shape}, but {name} has shape {np.shape(leaf.value)}"
        return Finding(CHECK, name, Outcome.FAIL, message, "NV301")
    bad = np.argwhere(~np.isfinite(found.astype(np.float64)))
    if len(bad):
        index = tuple(int(i) for i in bad[0])
        value = float(found[index])
        where = f"d{name}{place(index) if index else ''}"
        message = f"{where} is {value}: {len(bad)} of {found.size} entries are not finite"
        return Finding(CHECK, name, Outcome.FAIL, message, "NV304", index, value)
    return None
