"""The exceptions: one for the caller's misuse, two that turn a verdict into a failed assertion.

A wrong gradient is a finding, not an exception; only assert_gradients turns one into the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nnverify.verdict import Verdict


class NnverifyError(Exception):
    """Something nnverify cannot work with: what it is, where it was met, what to try."""

    def __init__(self, *, what: str, where: str, fix: str) -> None:
        super().__init__(f"{where}: {what}. Try: {fix}.")
        self.what, self.where, self.fix = what, where, fix

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.what, self.where, self.fix)


class UsageError(NnverifyError):
    """The caller's misuse: a bad shape, an unknown leaf, a forward that raised, a file that is not there."""


class NothingToCheck(NnverifyError):
    """There is nothing that could be verified."""


def _rebuild(kind: type[NnverifyError], what: str, where: str, fix: str) -> NnverifyError:
    return kind(what=what, where=where, fix=fix)


class _VerdictError(AssertionError):
    """An assertion with its verdict; the text is one line, the table is str(verdict)."""

    def __init__(self, message: str, verdict: Verdict) -> None:
        super().__init__(message)
        self.verdict = verdict

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (str(self), self.verdict)


class GradientMismatch(_VerdictError):
    """At least one gradient is wrong. ``.verdict`` holds the findings."""


class GradientInconclusive(_VerdictError):
    """No gradient is known to be wrong, and at least one could not be judged. ``.verdict`` says why."""


# Shown under the name that users import them by.
for _public in (NnverifyError, UsageError, NothingToCheck, GradientMismatch, GradientInconclusive):
    _public.__module__ = "nnverify"
