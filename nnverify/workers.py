"""Where checks can run: in processes of this machine, on a Dask cluster, or on any executor of the caller's.

A worker ignores Ctrl-C, which is its parent's to hear, ends with its parent, and shares the cores with the others.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
import time
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from nnverify._errors import NnverifyError, UsageError
from nnverify.executing import Crew

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
_CONNECT = 5  # seconds
_KILL = getattr(signal, "SIGKILL", signal.SIGTERM)
_WATCH = 0.5  # seconds between two looks whether the parent is there


def processes(jobs: int) -> Crew:
    """So many processes: loky's where joblib is installed, else the standard library's, started afresh."""
    threads = max(1, (os.cpu_count() or 1) // jobs)
    environment = {name: str(threads) for name in _THREADS if name not in os.environ}
    settings: dict[str, Any] = {"initializer": _settle, "initargs": (os.getpid(), environment)}

    def start() -> Executor:
        if find_spec("joblib") is not None:
            loky = import_module("joblib.externals.loky")
            return loky.ProcessPoolExecutor(jobs, env=environment, **settings)
        return ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn"), **settings)

    return Crew(start, jobs, _end, ours=True)


def _settle(parent: int, environment: dict[str, str]) -> None:
    """Runs first in each worker: the standard library's has not loaded NumPy then, and loky's has the environment."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.update(environment)
    threading.Thread(target=_follow, args=(parent,), daemon=True).start()


def _follow(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_WATCH)
    os._exit(1)


def _end(executor: Executor) -> None:
    """End the executor's processes, whatever they do."""
    started = list((getattr(executor, "_processes", None) or {}).values())
    for process in started:
        with suppress(ProcessLookupError):
            os.kill(process.pid, _KILL)
    executor.shutdown(wait=True)
    for process in started:
        process.join()


def dask(address: str) -> Crew:
    """The workers of a running Dask cluster. Raises NnverifyError where there is none, or no distributed here."""
    if find_spec("distributed") is None:
        raise UsageError(
            what="--dask needs the package distributed, which is not installed",
            where="nnverify",
            fix="pip install 'nnverify[cluster]', or use --jobs",
        )
    try:
        import_module("distributed.comm").resolve_address(address)  # a client that cannot be made is hard to end
        client = import_module("distributed").Client(address, timeout=_CONNECT, set_as_default=False)
    except (OSError, ValueError) as error:
        raise NnverifyError(
            what=f"no Dask scheduler answers: {error}",
            where=f"--dask {address}",
            fix="start one with `dask scheduler` and `dask worker ADDRESS`, and give its address: tcp://host:8786",
        ) from error
    try:
        client.wait_for_workers(1, timeout=_CONNECT)
    except TimeoutError as error:
        client.close()
        raise NnverifyError(
            what="the Dask cluster has no workers", where=f"--dask {address}", fix=f"start some: dask worker {address}"
        ) from error
    workers = len(client.scheduler_info()["workers"])
    return Crew(lambda: client.get_executor(pure=False), workers, lambda _: client.close())


def given(executor: Any, where: str) -> Crew:
    """An executor of the caller's, as it is."""
    if not isinstance(executor, Executor):
        raise UsageError(
            what=f"executor={executor!r:.60} is no concurrent.futures.Executor",
            where=where,
            fix="pass a ProcessPoolExecutor, a ThreadPoolExecutor, loky's, or client.get_executor() of Dask",
        )
    return Crew(lambda: executor, getattr(executor, "_max_workers", None) or os.cpu_count() or 1)


def packed(payload: Any, executor: Executor, where: str) -> Any:
    """The payload as bytes for another process, functions made on the spot included; as it is for threads.

    Raises UsageError for what cannot be sent: better here than in a worker, where nobody reads it.
    """
    if isinstance(executor, ThreadPoolExecutor):
        return payload
    known = [name for name in ("cloudpickle", "joblib.externals.cloudpickle") if _there(name)]
    try:
        return (import_module(known[0]) if known else pickle).dumps(payload)
    except Exception as error:
        hint = "" if known else "pip install 'nnverify[parallel]', "
        raise UsageError(
            what=f"it cannot be sent to another process: {type(error).__name__}: {error}",
            where=where,
            fix=f"{hint}define it at the top of a module, or use a ThreadPoolExecutor",
        ) from error


def _there(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def unpacked(payload: Any) -> Any:
    return pickle.loads(payload) if isinstance(payload, bytes) else payload
