"""A test session: what it sets for every check, what its tests found, and how that reads. Loads nothing.

The pytest plug-in writes SESSION; the checks read it. Outside pytest nothing changes it. A record holds plain types
only, because it travels between processes as JSON.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nnverify.subject import Subject
    from nnverify.verdict import Verdict

# Here, and not with the other options, because pytest offers them before NumPy is loaded.
REVEALED = ("none", "hint", "full")
EFFORTS = ("point", "standard", "thorough")
# From best to worst, with the word for a count of tests.
OUTCOMES = {"pass": "passed", "inconclusive": "inconclusive", "fail": "failed"}
_RANK = list(OUTCOMES)
_ROWS = 50  # a step summary of GitHub's holds 1 MiB, and nobody reads a longer table


def _silent(_: str) -> None:
    pass


@dataclass
class Session:
    """Defaults of the options that a caller left out, and the listeners that every verdict is told to.

    reveal how much of a verdict is shown: one of REVEALED
    fault  puts a fault into every subject: `nnverify mutants` looks whether the tests see it
    progress is told how far a search is, in a few words
    """

    seed: int = 0
    effort: str = "standard"
    rtol: float = 0.0
    listeners: list[Callable[[Verdict], None]] = field(default_factory=list)
    reveal: str = "full"
    fault: Callable[[Subject], Subject] | None = None
    progress: Callable[[str], None] = _silent

    @contextmanager
    def using(self, **values: Any) -> Iterator[None]:
        """These values inside the block, and after it those from before."""
        before = {name: getattr(self, name) for name in values}
        vars(self).update(values)
        try:
            yield
        finally:
            vars(self).update(before)


SESSION = Session()


class Found:
    """What the running test found: how many verdicts, the worst of them, and the outcome that it made of them."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        self.count, self.outcome = 0, "pass"
        self.worst: Verdict | None = None

    def hear(self, verdict: Verdict) -> None:
        """One more verdict; of those that are equally bad the last stays: under @given it is the smallest."""
        self.count += 1
        if self.worst is None or badness(verdict) >= badness(self.worst):
            self.worst = verdict

    def refuse(self, verdict: Verdict) -> None:
        """The test failed by this verdict; what is inconclusive later does not excuse a FAIL."""
        if _RANK.index(verdict.outcome) >= _RANK.index(self.outcome):
            self.worst, self.outcome = verdict, verdict.outcome.value

    def as_dict(self) -> dict[str, Any]:
        worst = self.worst.to_dict() if self.worst is not None else None
        return {"outcome": self.outcome, "verdicts": self.count, "worst": worst}


def badness(verdict: Verdict) -> tuple[int, float]:
    """Larger is worse: the outcome; among passes, how coarse the check was."""
    return _RANK.index(verdict.outcome), (verdict.resolution or 0.0) if verdict.outcome == "pass" else 0.0


@dataclass(frozen=True)
class Record:
    """What one test found.

    outcome   of the test as far as gradients decide it: "pass" where a wrong gradient was expected
    verdicts  how many were made
    worst     the verdict that decided, else the worst, as Verdict.to_dict() has it
    """

    test: str
    outcome: str
    verdicts: int
    worst: dict[str, Any]

    @property
    def order(self) -> tuple[int, str]:
        """The worst first, then by name: the same in every run."""
        return -_RANK.index(self.outcome), self.test

    @property
    def gradients(self) -> str:
        """Those that the worst verdict is about."""
        return " ".join(dict.fromkeys(f"d{finding['leaf']}" for finding in self.telling))

    @property
    def telling(self) -> list[dict[str, Any]]:
        return [finding for finding in self.worst["findings"] if finding["outcome"] == self.worst["outcome"]]


def line(record: Record, width: int) -> str:
    """FAIL  tests/test_dense.py::test_dense  dX dW db, after the code of the cause where there is one."""
    word = record.outcome if record.outcome == "pass" else record.outcome.upper()
    return f"  {word:<12}  {record.test:<{width}}  {_gist(record)}".rstrip()


def _gist(record: Record) -> str:
    """The codes and gradients of what is worst, or how fine the checks were."""
    if record.worst["outcome"] == "pass":
        resolution = record.worst["resolution"]
        return f"agree to {resolution:.0e}" if isinstance(resolution, float) else ""
    spite = f"in spite of {record.worst['outcome'].upper()}" if record.outcome == "pass" else ""
    return " ".join(filter(None, [spite, *record.worst["codes"], record.gradients]))


def markdown(records: Sequence[Record]) -> Iterator[str]:
    """One sentence, and one row for each test that did not pass."""
    counts = Counter(record.outcome for record in records)
    yield f"### nnverify: {', '.join(f'{counts[one]} {OUTCOMES[one]}' for one in reversed(_RANK) if counts[one])}"
    yield ""
    bad = [record for record in records if record.outcome != "pass"]
    if bad:
        yield "| verdict | test | gradient | finding | at |"
        yield "|---|---|---|---|---|"
    yield from map(_row, bad[:_ROWS])
    if len(bad) > _ROWS:
        yield ""
        yield f"and {len(bad) - _ROWS} more"


_NOTHING: dict[str, Any] = {"code": None, "message": "nothing was checked", "index": None}


def _row(record: Record) -> str:
    first = next(iter(record.telling), _NOTHING)
    word = "**FAIL**" if record.outcome == "fail" else record.outcome.upper()
    # A code span knows no escape but that of the table.
    test = record.test.replace("`", "'").replace("|", "\\|")
    finding = f"{first['code']}: {first['message']}" if first["code"] else first["message"]
    at = ", ".join(map(str, first["index"] or ()))
    return f"| {word} | `{test}` | {_plain(record.gradients)} | {_plain(finding)} | {at and f'({at})'} |"


def _plain(words: str) -> str:
    """Names and messages are the caller's: none may end a cell, start a code span or become HTML."""
    return "".join(f"&#{ord(letter)};" if letter in "&\\|`*_<>\n" else letter for letter in words)
