"""The exceptions: one for the caller's misuse, two that turn a verdict into a failed assertion.

A wrong gradient is a finding, not an exception; only assert_gradients turns one into the other.
"""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
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


def for_callers(error: BaseException | None) -> None:
    """Cut our own frames out of the traceback of an error of ours, and of what it came from: they help nobody."""
    if not isinstance(error, NnverifyError):
        return
    last = frame = error.__traceback__
    while frame is not None:
        last, frame = frame if not _ours(frame) else last, frame.tb_next
    if last is not None:
        last.tb_next = None
    cause = error.__cause__
    while cause is not None and cause.__traceback__ is not None and _ours(cause.__traceback__):
        cause.__traceback__ = cause.__traceback__.tb_next


_LIBRARY = Path(os.__file__).parent.name  # python3.11, among the parts of whatever lies in the standard library


def told(error: BaseException) -> str:
    """An exception of the caller's code in words, with the line of that code where it was raised."""
    frame, place = error.__traceback__, ""
    while frame is not None:
        file = Path(frame.tb_frame.f_code.co_filename)
        if not _ours(frame) and file.is_file() and not {"site-packages", "dist-packages", _LIBRARY} & {*file.parts}:
            place = f" ({file.name}:{frame.tb_lineno})"
        frame = frame.tb_next
    return f"{type(error).__name__}: {error}{place}"


def _ours(frame: TracebackType) -> bool:
    return str(frame.tb_frame.f_globals.get("__name__")).partition(".")[0] == "nnverify"


# Shown under the name that users import them by.
for _public in (NnverifyError, UsageError, NothingToCheck, GradientMismatch, GradientInconclusive):
    _public.__module__ = "nnverify"
