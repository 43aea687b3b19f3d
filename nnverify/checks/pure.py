"""Do forward and backward leave their arguments alone, and return memory of their own?"""

from __future__ import annotations

from collections.abc import Iterator

from nnverify.contract import Calls
from nnverify.subject import Subject
from nnverify.verdict import Finding, Outcome

CHECK = "pure"


def pure(subject: Subject, calls: Calls) -> Iterator[Finding]:
    """A finding for each argument that was changed, and for each gradient that shares memory it must not share.

    A gradient that is the upstream itself is common and legal, and only remarked; so is an object that works on the
    upstream it was handed, or in buffers of its own.
    """
    for changed in calls.changed:
        name, _, who = changed.rpartition(" by ")
        leaf = name if name in {one.name for one in subject.leaves} else subject.leaves[0].name
        handed_over = subject.stateful and changed == "dout by backward"
        yield _finding(leaf, f"{name} was changed in place by {who}", "NV114", remark=handed_over)
    for one, two in calls.shared:
        remark = two == "dout" or (one, "dout") in calls.shared
        yield _finding(one.removeprefix("d"), f"{one} shares memory with {two}", "NV305", remark=remark)
    for leaf in calls.returned_again:
        if (f"d{leaf}", "dout") not in calls.shared:
            message = f"d{leaf} lies in memory that the next backward returns again, with other values"
            yield _finding(leaf, message, "NV305", remark=subject.stateful)


def _finding(leaf: str, message: str, code: str, *, remark: bool) -> Finding:
    return Finding(CHECK, leaf, Outcome.PASS if remark else Outcome.FAIL, message, code)
