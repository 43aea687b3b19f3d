"""Many rows: how many at a time and where, for how long, and what an earlier run has kept of them."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from nnverify.executing import Crew, Lost
    from nnverify.results import Results

Row = TypeVar("Row")


def many_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--jobs", type=positive, default=1, metavar="N", help="processes to work in (default: 1)")
    parser.add_argument("--dask", metavar="ADDRESS", help="work on this Dask cluster, whose workers see the same files")
    parser.add_argument(
        "--budget", type=_seconds, metavar="SECONDS", help="for each check; one that needs more is open"
    )
    parser.add_argument("--total-budget", type=_seconds, metavar="SECONDS", help="for the whole run")
    parser.add_argument(
        "--resume", metavar="FILE", help="keep results in FILE as they come, and skip those it has for unchanged code"
    )


def positive(text: str) -> int:
    number = int(text) if text.isdecimal() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return number


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds above 0")
    return seconds


@dataclass(frozen=True)
class Piece:
    """One row to make: its argument, the name that its result is kept under, and the hash of what decides it."""

    job: Any
    key: str
    mark: str


@dataclass(frozen=True)
class Many(Generic[Row]):
    """How rows are made.

    task      a piece's job -> its row; runs in the worker
    lost      the row of a job that did not come back
    restored  a row that was kept, from plain types
    settled   whether a row is worth keeping: one that was given up is tried again
    """

    task: Callable[[Any], Row]
    lost: Callable[[Any, Lost], Row]
    restored: Callable[[Any], Row]
    settled: Callable[[Row], bool]

    def rows(self, pieces: Sequence[Piece], options: argparse.Namespace) -> Generator[tuple[int, Row]]:
        """(number, row), those first that an earlier run has kept, then each as soon as it is made."""
        if options.resume is None:
            yield from self._made(list(enumerate(pieces)), options)
            return
        from nnverify.results import Results

        with closing(Results(options.resume)) as results:
            yield from self._resumed(pieces, options, results)

    def _resumed(
        self, pieces: Sequence[Piece], options: argparse.Namespace, results: Results
    ) -> Iterator[tuple[int, Row]]:
        waiting = []
        for number, piece in enumerate(pieces):
            kept = results.kept.get((piece.key, piece.mark))
            if kept is None:
                waiting.append((number, piece))
            else:
                yield number, self.restored(kept)
        for number, row in self._made(waiting, options):
            if self.settled(row):
                results.keep(pieces[number].key, pieces[number].mark, row)
            yield number, row

    def _made(self, waiting: Sequence[tuple[int, Piece]], options: argparse.Namespace) -> Generator[tuple[int, Row]]:
        from nnverify.executing import Budget, Lost, attempted, spread

        jobs = [piece.job for _, piece in waiting]
        crew = _crew(options, len(jobs))
        if crew is None:
            found = ((place, attempted(self.task, job)) for place, job in enumerate(jobs))
        else:
            found = spread(self.task, jobs, crew, Budget(options.budget, options.total_budget))
        with closing(found):
            for place, result in found:
                yield waiting[place][0], self.lost(jobs[place], result) if isinstance(result, Lost) else result


def _crew(options: argparse.Namespace, count: int) -> Crew | None:
    """Where to work; None is here. What has a budget works in a process of its own, which can be ended."""
    if not count:
        return None
    from nnverify.workers import dask, processes

    if options.dask is not None:
        return dask(options.dask)
    limited = options.budget is not None or options.total_budget is not None
    return processes(min(options.jobs, count)) if options.jobs > 1 or limited else None
