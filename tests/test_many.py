"""Many checks from the command line: over processes and clusters, interrupted and resumed, with the same verdicts."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nnverify.cli import main
from nnverify.commands import _output

Captured = pytest.CaptureFixture[str]
ROOT = Path(__file__).parent.parent

# Three formulas in one package; the source of the second one says what happens to the process that checks it.
PACKAGE = """
import os, time
from types import SimpleNamespace

RUNS = os.path.join(os.path.dirname(__file__), "runs.txt")


def loss(x):
    return (x * x).sum() / 2


def index(x):
    return type(x)(x.shape, x.dtype) * 0 + x if False else x + 0


def gradient(name):
    def vector(x):
        with open(RUNS, "a") as file:
            file.write(name + "\\n")
        MISHAP if name == "b" else None
        return x + 0
    return vector


FORMULAS = [
    SimpleNamespace(
        identifier=f"sum.{name}", statement="dx = x", source="hand", forward=loss, arguments={"x": "n"}, leaf="x",
        jacobian=gradient(name), index=gradient(name), vector=gradient(name),
    )
    for name in "abc"
]
"""
MISHAPS = {"dies": "os._exit(3)", "hangs": "time.sleep(1000)"}
OPEN = {"sum.a": "pass", "sum.b": "inconclusive", "sum.c": "pass"}


def _package(folder: Path, mishap: str = "None") -> Path:
    package = folder / "sums"
    package.mkdir(exist_ok=True)
    (package / "__init__.py").write_text("")
    (package / "formulas.py").write_text(PACKAGE.replace("MISHAP", mishap))
    return package


def _rows(printed: str) -> dict[str, Any]:
    return {row["identifier"]: _timeless(row) for row in json.loads(printed)["rows"]}


def _timeless(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != "seconds"}


def test_processes_change_no_verdict(capsys: Captured) -> None:
    """Same seed, same verdict, to the last digit, whatever the number of workers."""
    arguments = ["verify", str(ROOT / "reference"), "--only", "batch.d*", "--draws", "3", "--format", "json"]
    assert main(arguments) == 0
    alone = _rows(capsys.readouterr().out)
    assert main([*arguments, "--jobs", "2"]) == 0
    assert _rows(capsys.readouterr().out) == alone
    assert len(alone) > 3


@pytest.mark.parametrize(
    ("mishap", "words", "code"),
    [("dies", "its worker process died", "NV210"), ("hangs", "its budget of 3 s was spent", "NV204")],
)
def test_a_formula_that_ends_its_worker_costs_only_its_own_row(
    mishap: str, words: str, code: str, tmp_path: Path, capsys: Captured
) -> None:
    """Without a word the run would wait for ever, or the two others would be lost with it."""
    package = str(_package(tmp_path, MISHAPS[mishap]) / "formulas.py")
    limit = ["--budget", "3"] if mishap == "hangs" else []
    assert main(["verify", package, "--jobs", "2", *limit, "--draws", "2", "--format", "json"]) == 3
    rows = _rows(capsys.readouterr().out)
    assert {name: row["outcome"] for name, row in rows.items()} == OPEN
    (finding,) = rows["sum.b"]["findings"]
    assert words in finding["message"]
    assert finding["code"] == code


@pytest.fixture
def interruptible() -> Iterator[None]:
    """A process that was started in the background may ignore Ctrl-C, and so would its children."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_keeps_what_was_finished_and_resume_goes_on(
    tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows made so far are printed and kept; the next run makes the others only, and no process stays behind."""
    package = _package(tmp_path, MISHAPS["hangs"])
    command = [
        sys.executable,
        "-m",
        "nnverify",
        "verify",
        "sums",
        "--draws",
        "2",
        "--jobs",
        "2",
        "--resume",
        "kept.jsonl",
    ]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    run = subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    kept = tmp_path / "kept.jsonl"
    _until(lambda: kept.is_file() and kept.read_text().count("\n") == 2)
    workers = _children(run.pid)
    run.send_signal(signal.SIGINT)
    printed, complaint = run.communicate(timeout=30)
    assert run.returncode == 130
    assert "interrupted; 2 of 3 rows are made, and kept in kept.jsonl" in complaint
    assert "Traceback" not in complaint
    assert re.findall(r"sum\.\w", printed) == ["sum.a", "sum.c"]
    assert workers
    _until(lambda: not any(Path(f"/proc/{worker}").exists() for worker in workers))

    (package / "runs.txt").unlink()
    again = ["verify", "sums", "--draws", "2", "--budget", "1", "--resume", "kept.jsonl", "--format", "json"]
    monkeypatch.chdir(tmp_path)
    assert main(again) == 3
    assert {name: row["outcome"] for name, row in _rows(capsys.readouterr().out).items()} == OPEN
    assert set((package / "runs.txt").read_text().split()) == {"b"}


def _untimed(shown: str) -> str:
    """Without the seconds of the whole run, which are the clock's."""
    return re.sub(r"in \d+\.\d s", "", shown)


def _until(true: Any, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def _children(process: int) -> list[str]:
    found = subprocess.run(["ps", "--ppid", str(process), "-o", "pid="], capture_output=True, text=True, check=True)
    return found.stdout.split()


def test_resume_skips_what_is_unchanged_and_nothing_else(tmp_path: Path, capsys: Captured) -> None:
    """Another draw count, or one changed character of the sources, and everything is done again."""
    package = _package(tmp_path)
    runs, kept = package / "runs.txt", str(tmp_path / "kept.jsonl")

    def made(*more: str) -> set[str]:
        runs.write_text("")
        assert main(["verify", str(package / "formulas.py"), "--draws", "2", "--resume", kept, *more]) == 0
        return set(runs.read_text().split())

    assert made("--only", "sum.a") == {"a"}
    first = capsys.readouterr().out
    assert made("--only", "sum.a") == set()
    assert _untimed(capsys.readouterr().out) == _untimed(first)
    assert made() == {"b", "c"}
    assert made() == set()
    assert made("--draws", "3") == {"a", "b", "c"}
    source = package / "formulas.py"
    source.write_text(source.read_text() + "\n")
    assert made() == {"a", "b", "c"}


LAYERS = """
import numpy as np

class Right:
    def forward(self, x):
        self.x = x
        return x ** 2
    def backward(self, dout):
        return 2 * self.x * dout

class Wrong(Right):
    def backward(self, dout):
        return self.x * dout
"""


def test_several_targets_are_checked_at_once(tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is not there is said, and hides neither the right one nor the wrong one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "squares.py").write_text(LAYERS)
    targets = ["squares.py::Right", "squares.py::Nothing", "squares.py::Wrong"]
    assert main(["check", *targets, "--leaf", "x=2,3", "--seed", "3"]) == 2
    alone = capsys.readouterr()
    assert "there is no 'Nothing'" in alone.err
    assert "PASS   1 of 1 gradients agree" in alone.out
    assert "Repeat: nnverify check squares.py::Wrong --leaf x=2,3 --seed 3" in alone.out
    assert main(["check", *targets, "--leaf", "x=2,3", "--seed", "3", "--jobs", "2"]) == 2
    assert capsys.readouterr() == alone
    assert main(["check", *targets[::2], "--leaf", "x=2,3"]) == 1


@pytest.mark.parametrize("form", ["json", "markdown", "junit"])
def test_several_targets_make_one_report(
    form: str, tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "squares.py").write_text(LAYERS)
    assert main(["check", "squares.py::Right", "squares.py::Wrong", "--format", form]) == 1
    shown = capsys.readouterr().out
    assert "Right" in shown
    assert "Wrong" in shown
    if form == "json":
        assert list(json.loads(shown)["guessed"]) == ["squares.py::Right: x", "squares.py::Wrong: x"]


@pytest.mark.parametrize(
    ("option", "value"),
    [("--jobs", "0"), ("--jobs", "two"), ("--budget", "-1"), ("--budget", "nan"), ("--budget", "x")],
)
def test_nonsense_is_refused(option: str, value: str, capsys: Captured) -> None:
    with pytest.raises(SystemExit) as refused:
        main(["verify", option, value])
    assert refused.value.code == 2
    assert value in capsys.readouterr().err


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("bar", [True, False], ids=["with tqdm", "without"])
def test_progress_has_a_rate_and_leaves_nothing_behind(
    bar: bool, tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a terminal only: in a log file it would be noise."""
    if bar:
        pytest.importorskip("tqdm", reason="the extra `progress` is not installed")
    else:
        monkeypatch.setattr(_output, "find_spec", lambda _: None)
    terminal = _Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    assert main(["verify", str(_package(tmp_path) / "formulas.py"), "--draws", "2"]) == 0
    shown = terminal.getvalue()
    assert "3/3" in shown
    assert re.search(r"\d/s" if not bar else r"row(/s|\b)", shown)
    last = re.split(r"\r", shown)[-1]
    assert last.removeprefix("\x1b[K").strip() == ""


def test_progress_is_not_shown_to_a_file(tmp_path: Path, capsys: Captured) -> None:
    assert main(["verify", str(_package(tmp_path) / "formulas.py"), "--draws", "2"]) == 0
    assert capsys.readouterr().err == ""
