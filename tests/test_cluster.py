"""A real Dask cluster of two workers on this machine: the same verdicts, and a clear word when it fails."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nnverify import Outcome, Verdict, check_gradients
from nnverify.cli import main
from nnverify.executing import Lost, spread
from nnverify.workers import dask
from tests.foreign import MISTAKES, RECORD, write

distributed = pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
pytestmark = pytest.mark.filterwarnings("ignore")  # tornado's and distributed's own, at start and end

Captured = pytest.CaptureFixture[str]
ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        yield cluster.scheduler_address


@pytest.fixture(autouse=True)
def two_workers(address: str) -> None:
    """Those that an earlier test has ended are being started again."""
    with distributed.Client(address, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=60)


def _rows(printed: str) -> dict[str, Any]:
    return {row["identifier"]: row | {"seconds": None} for row in json.loads(printed)["rows"]}


def test_a_cluster_changes_no_verdict(address: str, capsys: Captured) -> None:
    arguments = ["verify", str(ROOT / "reference"), "--only", "batch.d*", "--draws", "3", "--format", "json"]
    assert main(arguments) == 0
    alone = _rows(capsys.readouterr().out)
    assert main([*arguments, "--dask", address]) == 0
    assert _rows(capsys.readouterr().out) == alone


def test_a_check_takes_the_executor_of_a_cluster(address: str) -> None:
    """Closures included: the cluster brings what they travel in."""
    factor = 3.0

    def check(executor: Any) -> Verdict:
        layer = lambda x: factor * x, lambda dout, x: factor * dout * (1 + (len(x) == 1))
        return check_gradients(*layer, x="m n", executor=executor)

    with distributed.Client(address, set_as_default=False) as client:
        found = check(client.get_executor())
    assert found == check(None)
    assert found.outcome is Outcome.FAIL


def test_both_workers_work(address: str) -> None:
    crew = dask(address)
    assert crew.workers == 2
    assert len({process for _, process in spread(_process, range(8), crew)}) == 2


def _process(_: int) -> int:
    import os
    import time

    time.sleep(0.1)
    return os.getpid()


def test_a_piece_that_kills_its_workers_costs_only_itself(address: str) -> None:
    """Dask starts a worker again, tries the piece on others, and gives it up then."""
    found = dict(spread(_deadly, [0, 1, 2], dask(address)))
    assert (found[0], found[2]) == (0, 4)
    assert isinstance(found[1], Lost)
    assert found[1].code == "NV210"


def _deadly(piece: int) -> int:
    import os

    return os._exit(1) if piece == 1 else 2 * piece


def test_changed_sources_are_loaded_again(address: str, tmp_path: Path, capsys: Captured) -> None:
    """The workers outlive the run: what they loaded for the last one must not stand in for what is there."""
    old, new, _ = MISTAKES["vector form wrong"]
    folder = write(tmp_path)
    assert main(["verify", str(folder), "--draws", "2", "--dask", address]) == 0
    (folder / "least_squares.py").write_text(RECORD.replace(old, new), encoding="utf-8")
    assert main(["verify", str(folder), "--draws", "2", "--dask", address]) == 1


@pytest.mark.parametrize("nowhere", ["tcp://127.0.0.1:9", "nonsense", "foo://bar:1"])
def test_no_scheduler_is_said_in_one_line(nowhere: str) -> None:
    """A client that was half made complains at the end of the process, ten seconds later."""
    command = [sys.executable, "-m", "nnverify", "verify", str(ROOT / "reference"), "--dask", nowhere]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert "no Dask scheduler answers" in run.stderr
    assert len(run.stderr.splitlines()) == 1
