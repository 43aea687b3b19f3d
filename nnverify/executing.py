"""Independent pieces of work on an executor: each comes back once, as what it returned or as what kept it from it.

Nothing here waits for a worker that has died or hangs, and no process outlives the block that started it. Results come
as they finish; what a piece returns must depend on nothing but its argument, so that their order says nothing.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, Future, wait
from dataclasses import dataclass
from typing import Any

BUDGET, UNFINISHED = "NV204", "NV210"
_READY = 60.0  # seconds that a worker may take to start before budgets count
_TICK = 0.2  # seconds between two looks at the clocks


@dataclass(frozen=True)
class Lost:
    """A piece of work that returned nothing: why, in words, and the code of that reason."""

    why: str
    code: str


@dataclass(frozen=True)
class Crew:
    """Where pieces of work are done.

    start    makes the executor
    workers  pieces under way at the same time
    stop     lets it go; an executor of the caller's is left as it is
    ours     stop ends the processes, whatever they do, and start makes new ones
    """

    start: Callable[[], Executor]
    workers: int
    stop: Callable[[Executor], None] = lambda _: None
    ours: bool = False


@dataclass(frozen=True)
class Budget:
    """Seconds for one piece and for all of them; None is no limit."""

    each: float | None = None
    total: float | None = None


def spread(
    task: Callable[[Any], Any], pieces: Sequence[Any], crew: Crew, budget: Budget = Budget()
) -> Generator[tuple[int, Any]]:
    """(number, what task(piece) returned, or Lost), each as soon as it is known."""
    run = _Run(task, pieces, crew, budget)
    try:
        yield from run.results()
    finally:
        run.end()


def alone(task: Callable[[Any], Any], piece: Any) -> Any:
    """What the worker runs: a check puts random states back, so a process does one piece at a time."""
    with _ONE:
        return attempted(task, piece)


def attempted(task: Callable[[Any], Any], piece: Any) -> Any:
    """What the task returns. What it raises comes back as Lost: not every exception survives between processes."""
    try:
        return task(piece)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return Lost(f"it raised {type(error).__name__}: {error}", UNFINISHED)


_ONE = threading.Lock()


def _arrive(_: Callable[[Any], Any]) -> None:
    """Has what the task needs imported, in one worker each: a budget is not for that."""
    time.sleep(_TICK / 2)


class _Run:
    """One executor at a time, replaced where a worker died or had to be ended, and the pieces under way."""

    def __init__(self, task: Callable[[Any], Any], pieces: Sequence[Any], crew: Crew, budget: Budget) -> None:
        self._task, self._pieces, self._crew, self._budget = task, pieces, crew, budget
        self._waiting = deque(range(len(pieces)))
        self._suspects: deque[int] = deque()  # one of them killed its worker: they are tried one by one
        self._given_up: set[int] = set()  # once, by the executor: what ran beside them may have been the reason
        self._running: dict[Future[Any], tuple[int, float]] = {}
        self._executor: Executor | None = None
        self._until = float("inf")

    def results(self) -> Iterator[tuple[int, Any]]:
        while self._running or self._waiting or self._suspects:
            yield from self._submit()
            if self._running:
                done, _ = wait(self._running, self._patience(), FIRST_COMPLETED)
                yield from self._collected(done)
            yield from self._late()
            if time.monotonic() > self._until:
                yield from self._rest(Lost(f"the run's budget of {self._budget.total:g} s was spent", BUDGET))

    def end(self) -> None:
        """Nothing is left under way, and no process of ours."""
        for future in self._running:
            future.cancel()
        if self._executor is not None:
            self._crew.stop(self._executor)
        self._executor = None

    def _submit(self) -> Iterator[tuple[int, Any]]:
        """As many pieces as there are workers: a piece that waits in a queue would spend its budget there."""
        room = 1 if self._suspects else self._crew.workers
        queue = self._suspects or self._waiting
        while queue and len(self._running) < room:
            try:
                future = self._started().submit(alone, self._task, self._pieces[queue[0]])
            except Exception as error:
                if not self._running:
                    yield from self._died([(queue.popleft(), error)])
                return
            self._running[future] = (queue.popleft(), time.monotonic())

    def _started(self) -> Executor:
        if self._executor is None:
            self._executor = self._crew.start()
            if self._budget != Budget() and self._crew.ours:
                wait([self._executor.submit(_arrive, self._task) for _ in range(self._crew.workers)], _READY)
            if self._budget.total is not None:
                self._until = min(self._until, time.monotonic() + self._budget.total)
        return self._executor

    def _patience(self) -> float | None:
        return None if self._budget == Budget() else _TICK

    def _collected(self, done: set[Future[Any]]) -> Iterator[tuple[int, Any]]:
        broken: list[tuple[int, BaseException]] = []
        for future in done:
            number, _ = self._running.pop(future)
            try:
                result = future.result()
            except (BrokenExecutor, CancelledError) as error:
                broken.append((number, error))
                continue
            except Exception as error:
                if number not in self._given_up:
                    self._given_up.add(number)
                    self._suspects.append(number)
                    continue
                result = Lost(f"the executor gave it up: {type(error).__name__}: {error}", UNFINISHED)
            yield number, result
        if broken:
            yield from self._died(broken)

    def _died(self, broken: list[tuple[int, BaseException]]) -> Iterator[tuple[int, Any]]:
        """A worker died, and with it the executor: the piece that did it is lost, the others are run again."""
        numbers = sorted([number for number, _ in broken] + [number for number, _ in self._running.values()])
        self._renew()
        if not self._crew.ours:
            self._waiting.extendleft(reversed(numbers))
            error = broken[0][1]
            yield from self._rest(Lost(f"the executor broke: {type(error).__name__} {error}".rstrip(), UNFINISHED))
        elif len(numbers) == 1:
            yield numbers[0], Lost("its worker process died", UNFINISHED)
        else:
            self._suspects.extend(numbers)

    def _renew(self) -> None:
        self.end()
        self._running.clear()

    def _late(self) -> Iterator[tuple[int, Any]]:
        """Pieces over their budget: their worker is ended, and what ran beside them is run again."""
        limit = self._budget.each
        late = {
            future: number
            for future, (number, start) in self._running.items()
            if limit is not None and time.monotonic() > start + limit and not future.done()
        }
        if not late:
            return
        if self._crew.ours:
            again = [number for future, (number, _) in self._running.items() if future not in late]
            self._renew()
            self._waiting.extendleft(reversed(again))
        for future, number in late.items():
            future.cancel()
            self._running.pop(future, None)
            yield number, Lost(f"its budget of {limit:g} s was spent", BUDGET)

    def _rest(self, lost: Lost) -> Iterator[tuple[int, Any]]:
        """All that is left, given up."""
        numbers = [*(number for number, _ in self._running.values()), *self._suspects, *self._waiting]
        self._renew()
        self._suspects.clear()
        self._waiting.clear()
        for number in numbers:
            yield number, lost
