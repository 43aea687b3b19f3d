"""One check on an executor of the caller's: the same verdict, to the last digit, whoever does the work."""

from __future__ import annotations

import multiprocessing
import os
import random
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from importlib import import_module
from typing import Any

import numpy as np
import pytest

from nnverify import Outcome, UsageError, Verdict, check_gradients


def forward(X: Any, W: Any) -> Any:
    return np.tanh(X @ W)


def backward(dout: Any, X: Any, W: Any) -> Any:
    local = dout * (1 - np.tanh(X @ W) ** 2)
    return {"X": local @ W.T, "W": X.T @ local}


def wrong_for_one_sample(dout: Any, X: Any, W: Any) -> Any:
    found = backward(dout, X, W)
    return found if len(X) > 1 else found | {"W": 2 * found["W"]}


def deadly_for_one_sample(X: Any, W: Any) -> Any:
    return forward(X, W) if len(X) > 1 else os._exit(1)


def dropped(X: Any, W: Any) -> Any:
    mask = np.random.random(X.shape) < 0.5  # noqa: NPY002
    scale = random.random()
    return scale * ((X * mask) @ W), lambda dout: (scale * mask * (dout @ W.T), scale * (X * mask).T @ dout)


class Layer:
    """Keeps what its backward needs, and counts its calls."""

    def __init__(self) -> None:
        self.W = np.random.default_rng(0).standard_normal((3, 2))
        self.calls = 0

    def forward(self, X: Any) -> Any:
        self.X, self.calls = X, self.calls + 1
        return X @ self.W

    def backward(self, dout: Any) -> Any:
        self.dW = self.X.T @ dout
        return dout @ self.W.T


def _threads() -> Executor:
    return ThreadPoolExecutor(3)


def _processes() -> Executor:
    return ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn"))


def _loky() -> Executor:
    return import_module("joblib.externals.loky").ProcessPoolExecutor(2)


@pytest.fixture(scope="module", params=[_threads, _processes, _loky], ids=["threads", "processes", "loky"])
def executor(request: pytest.FixtureRequest) -> Iterator[Executor]:
    if request.param is _loky:
        pytest.importorskip("joblib", reason="the extra `parallel` is not installed")
    made = request.param()
    yield made
    made.shutdown()


def _dense(**options: Any) -> Verdict:
    return check_gradients(forward, backward, X="m n", W="n p", **options)


CHECKS = {
    "right": _dense,
    "wrong at one draw": lambda **more: check_gradients(forward, wrong_for_one_sample, X="m n", W="n p", **more),
    "random": lambda **more: check_gradients(dropped, X="m n", W="n p", **more),
    "an object": lambda **more: check_gradients(Layer(), X="m 3", **more),
}


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
def test_the_executor_decides_nothing(check: Any, executor: Executor) -> None:
    """Messages, resolutions and evaluations are compared: nothing may depend on who came first."""
    alone = check(seed=5)
    assert check(seed=5, executor=executor) == alone
    assert alone.outcome is (Outcome.FAIL if check is CHECKS["wrong at one draw"] else Outcome.PASS)


def test_nothing_of_the_callers_changes(executor: Executor) -> None:
    layer, before = Layer(), np.random.get_state(legacy=False)["state"]["key"].copy()  # noqa: NPY002
    check_gradients(layer, X="m 3", executor=executor)
    check_gradients(dropped, X="m n", W="n p", executor=executor)
    assert layer.calls == 0
    assert np.array_equal(np.random.get_state(legacy=False)["state"]["key"], before)  # noqa: NPY002


def test_a_closure_travels_where_cloudpickle_is_there() -> None:
    pytest.importorskip("joblib", reason="the extra `parallel` is not installed")
    factor = 3.0
    with _processes() as processes:
        verdict = check_gradients(lambda x: factor * x, lambda dout, x: factor * dout, x="m n", executor=processes)
    assert verdict.outcome is Outcome.PASS


def test_what_cannot_travel_is_said_at_once() -> None:
    lock = threading.Lock()

    def locked(x: Any) -> Any:
        with lock:
            return 3 * x

    with _processes() as processes, pytest.raises(UsageError, match="it cannot be sent to another process"):
        check_gradients(locked, lambda dout, x: 3 * dout, x="m n", executor=processes)


def test_a_worker_that_dies_leaves_the_rest_open() -> None:
    """The first draw was right, and what the others would have shown is not known."""
    with _processes() as processes:
        verdict = check_gradients(deadly_for_one_sample, backward, X="m n", W="n p", executor=processes)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.codes == ("NV210",)
    assert "further points: the executor broke" in verdict.findings[-1].message


def test_a_number_of_workers_is_no_executor() -> None:
    with pytest.raises(UsageError, match=r"executor=4 is not a concurrent\.futures\.Executor"):
        _dense(executor=4)
