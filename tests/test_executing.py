"""Many pieces of work at once: each comes back once, whatever happens to the process that does it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any

import pytest

from nnverify import workers
from nnverify._errors import NnverifyError, UsageError
from nnverify.executing import Budget, Crew, Lost, spread
from nnverify.workers import dask, given, packed, processes, unpacked


def _work(piece: Any) -> Any:
    """What a piece stands for: a number is doubled, a word is a mishap."""
    if piece == "die":
        os._exit(3)
    while piece == "hang":
        time.sleep(0.05)
    if piece == "raise":
        raise ValueError("of the caller's")
    if piece == "leave":
        sys.exit(4)
    return threading.Lock() if piece == "cannot travel" else 2 * piece


@pytest.fixture
def standard_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if joblib, cloudpickle and distributed were not installed."""
    monkeypatch.setattr(workers, "find_spec", lambda _: None)


def _children() -> set[str]:
    """Processes that this one has started and that still run, those that track resources left out."""
    found = subprocess.run(
        ["ps", "--ppid", str(os.getpid()), "-ww", "-o", "pid=,args="], capture_output=True, text=True
    )
    return {line for line in found.stdout.splitlines() if "tracker" not in line and " ps " not in f" {line} "}


@pytest.mark.usefixtures("standard_library")
@pytest.mark.parametrize(
    ("mishap", "sentence", "code"),
    [
        ("die", "its worker process died", "NV210"),
        ("hang", "its budget of 1 s was spent", "NV204"),
        ("raise", "it raised ValueError: of the caller's", "NV210"),
        ("leave", "it raised SystemExit: 4", "NV210"),
        ("cannot travel", "the executor gave it up", "NV210"),
    ],
)
def test_a_mishap_costs_one_piece_and_leaves_no_process(mishap: str, sentence: str, code: str) -> None:
    _one_lost(mishap, sentence, code)


def test_loky_is_used_where_it_is_there_and_no_process_of_its_stays() -> None:
    pytest.importorskip("joblib", reason="the extra `parallel` is not installed")
    executor = processes(1).start()
    assert "loky" in type(executor).__module__
    executor.shutdown()
    _one_lost("die", "its worker process died", "NV210")


def _one_lost(mishap: str, sentence: str, code: str) -> None:
    """The others come back as if nothing had happened, and nothing waits for what will never come."""
    before = _children()
    found = dict(spread(_work, [1, mishap, 2, 3], processes(2), Budget(each=1 if mishap == "hang" else None)))
    lost = found.pop(1)
    assert found == {0: 2, 2: 4, 3: 6}
    assert isinstance(lost, Lost)
    assert sentence in lost.why
    assert lost.code == code
    assert _children() <= before


@pytest.mark.usefixtures("standard_library")
def test_the_budget_of_a_run_ends_it() -> None:
    """Finished work is kept; what hangs and what never started are given up with the reason."""
    found = dict(spread(_work, [1, "hang", 2, "hang", 3], processes(2), Budget(total=1)))
    assert found[0] == 2
    assert all(found[number].code == "NV204" for number in (1, 3))
    assert sorted(found) == [0, 1, 2, 3, 4]


def test_an_executor_that_breaks_loses_the_rest_and_keeps_what_was_done() -> None:
    """Nobody may end or replace the caller's executor: there is nothing left to run the others on."""

    class Broken(Executor):
        def submit(self, call: Any, /, *arguments: Any, **named: Any) -> Future[Any]:
            if arguments[1] == 2:
                raise RuntimeError("cannot schedule new futures after shutdown")
            done: Future[Any] = Future()
            done.set_result(call(*arguments, **named))
            return done

    found = dict(spread(_work, [0, 1, 2, 3], Crew(Broken, 1)))
    assert (found[0], found[1]) == (0, 2)
    assert "cannot schedule new futures" in found[2].why
    assert isinstance(found[3], Lost)


@pytest.mark.parametrize(("failures", "kept"), [(1, True), (2, False)])
def test_what_the_executor_gives_up_is_tried_once_more_by_itself(failures: int, kept: bool) -> None:
    """As where a worker dies of another piece, and takes a result along that was already there."""
    submitted: list[int] = []

    class Forgetful(Executor):
        def submit(self, call: Any, /, *arguments: Any, **named: Any) -> Future[Any]:
            submitted.append(arguments[1])
            done: Future[Any] = Future()
            if arguments[1] == 2 and submitted.count(2) <= failures:
                done.set_exception(TypeError("lost on its way"))
            else:
                done.set_result(call(*arguments, **named))
            return done

    found = dict(spread(_work, [1, 2, 3], Crew(Forgetful, 1)))
    assert (found[0], found[2]) == (2, 6)
    assert found[1] == 4 if kept else "lost on its way" in found[1].why
    assert submitted.count(2) == 2


def test_a_process_does_one_piece_at_a_time() -> None:
    """A check puts global random states back: beside another one in the same process both would be wrong."""
    under_way, most = 0, 0

    def piece(_: int) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        time.sleep(0.02)
        under_way -= 1

    with ThreadPoolExecutor(4) as executor:
        list(spread(piece, range(8), given(executor, "test")))
    assert most == 1


def test_workers_end_with_their_parent(tmp_path: Any) -> None:
    """A run that is killed outright cannot clean up: its workers notice."""
    script = tmp_path / "parent.py"
    script.write_text(
        "import os\nfrom nnverify.workers import processes\n\n"
        "if __name__ == '__main__':\n"
        "    executor = processes(1).start()\n"
        "    print(executor.submit(os.getpid).result(), flush=True)\n"
        "    executor.submit(__import__('time').sleep, 60)\n"
        "    executor.submit(os.getpid).result()\n"
    )
    parent = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    worker = int(parent.stdout.readline())
    parent.kill()
    parent.communicate()
    for _ in range(100):
        if not _runs(worker):
            return
        time.sleep(0.1)
    pytest.fail(f"worker {worker} outlived its parent")


def _runs(process: int) -> bool:
    found = subprocess.run(["ps", "-p", str(process), "-o", "stat="], capture_output=True, text=True)
    return bool(found.stdout.strip()) and not found.stdout.startswith("Z")


def test_what_cannot_be_sent_is_refused_where_it_is_read() -> None:
    """In a worker nobody would read the reason. A thread needs nothing to be sent."""
    lock = threading.Lock()
    with ThreadPoolExecutor(1) as threads:
        assert unpacked(packed(lock, threads, "Dense")) is lock
    with pytest.raises(UsageError, match=r"Dense: it cannot be sent to another process: TypeError.*Thread"):
        packed(lock, Executor(), "Dense")


def test_a_closure_can_be_sent_where_cloudpickle_is_there() -> None:
    pytest.importorskip("joblib", reason="the extra `parallel` is not installed")
    three = 3
    assert unpacked(packed(lambda x: x * three, Executor(), "Dense"))(2) == 6


@pytest.mark.usefixtures("standard_library")
def test_without_cloudpickle_the_extra_is_named() -> None:
    with pytest.raises(UsageError, match=r"nnverify\[parallel\]"):
        packed(lambda x: x, Executor(), "Dense")


def test_what_is_no_executor_is_refused() -> None:
    with pytest.raises(UsageError, match=r"executor=4 is no concurrent\.futures\.Executor"):
        given(4, "Dense")


@pytest.mark.usefixtures("standard_library")
def test_without_distributed_the_extra_is_named() -> None:
    with pytest.raises(NnverifyError, match=r"nnverify\[cluster\]"):
        dask("tcp://127.0.0.1:1")
