"""`nnverify check` and `nnverify scaffold` on a user's file."""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnverify import check_gradients
from nnverify.cli import main
from nnverify.commands import check
from nnverify.commands._checking import Job, carry_out

Captured = pytest.CaptureFixture[str]
LAYERS = """
import numpy as np

DIVISOR = 1


class Dense:
    def __init__(self, n, p):
        self.weights = np.arange(1.0, n * p + 1).reshape(n, p) % 7 - 3
        self.biases = np.zeros((1, p))

    def forward(self, inputs):
        self.inputs = inputs
        self.output = inputs @ self.weights + self.biases

    def backward(self, dvalues):
        self.dweights = self.inputs.T @ dvalues
        self.dbiases = dvalues.sum(axis=0, keepdims=True)
        self.dinputs = dvalues @ self.weights.T


class Mean(Dense):
    def backward(self, dvalues):
        super().backward(dvalues)
        self.dweights /= len(dvalues)


class Named:
    def __init__(self, mode):
        self.mode = {"double": 2.0}[mode]

    def forward(self, x):
        return self.mode * x

    def backward(self, dout):
        return self.mode * dout


class Product:
    @staticmethod
    def forward(ctx, a, b):
        ctx.save_for_backward(a, b)
        return a @ b

    @staticmethod
    def backward(ctx, dout):
        a, b = ctx.saved_tensors
        return dout @ b.T, a.T @ dout


def affine(x, w, b):
    return x @ w + b, (x, w)


def affine_back(dout, cache):
    x, w = cache
    return dout @ w.T, x.T @ dout, dout.sum(0)


def kink(x):
    return np.abs(x)


def kink_back(dout, x):
    return dout * np.sign(x)


def raising(x):
    raise KeyError("mine")


def rows(W, ids):
    return W[ids]


def rows_back(dout, W, ids):
    dW = np.zeros_like(W)
    np.add.at(dW, ids, dout)
    return dW
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "my_layers.py").write_text(LAYERS, encoding="utf-8")
    (tmp_path / "notes.txt").write_text("no code", encoding="utf-8")
    (tmp_path / "empty.npy").write_bytes(b"")
    (tmp_path / "torn.npz").write_bytes(b"PK\3\4torn")
    (tmp_path / "stops.py").write_text("raise SystemExit(3)", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("my_layers.py::Dense", 0),
        ("my_layers.py::Mean", 1),
        ("my_layers.py::Product", 0),
        ("my_layers.py::affine+affine_back", 0),
        ("my_layers:Dense", 0),
        ("my_layers.py::kink+kink_back", 0),
    ],
)
def test_a_target_is_checked_with_guessed_leaves(target: str, status: int, capsys: Captured) -> None:
    assert main(["check", target]) == status
    shown = capsys.readouterr().out
    assert "Guessed: --leaf" in shown
    assert max(map(len, shown.splitlines())) <= 80


@pytest.mark.parametrize("form", ["text", "json", "markdown", "junit"])
def test_targets_of_one_name_are_told_apart_by_their_files(form: str, folder: Path, capsys: Captured) -> None:
    for name in ("mine.py", "yours.py"):
        (folder / name).write_text(LAYERS, encoding="utf-8")
    main(["check", "mine.py::Mean", "yours.py::Mean", "yours.py::Dense", "--format", form])
    shown = capsys.readouterr().out.replace("Repeat: nnverify check yours.py::Dense", "")
    assert "mine.py::Mean" in shown
    assert "yours.py::Mean" in shown
    assert "yours.py::Dense" not in shown.replace("yours.py::Dense: ", "")


def test_a_failure_says_where_and_how_to_repeat(capsys: Captured) -> None:
    main(["check", "my_layers.py::Mean", "--seed", "3"])
    shown = " ".join(capsys.readouterr().out.split())
    assert "dweights is 0.25 x the numerical gradient in all 15 entries" in shown
    assert "Repeat: nnverify check my_layers.py::Mean --seed 3" in shown


def test_what_was_told_is_repeated(capsys: Captured) -> None:
    """Options that decide nothing are not; the command itself finds the same again."""
    told = ["my_layers.py::Mean", "--leaf", "inputs=7,2", "--init", "2, 3", "--reduction", "sum"]
    assert main(["check", *told, "--color", "never", "--jobs", "1"]) == 1
    shown = capsys.readouterr().out
    (line,) = (line.strip() for line in shown.splitlines() if "Repeat:" in line)
    assert line == f"Repeat: nnverify check {shlex.join(told)}"
    assert main(shlex.split(line)[2:]) == 1
    assert capsys.readouterr().out == shown


@pytest.mark.parametrize(
    "arguments",
    [
        ["my_layers.py::Dense", "--init", "2, 3", "--leaf", "inputs=7,2"],
        ["my_layers.py::Named", "--init", "'double'"],
        ["my_layers.py::Named", "--init", "mode='double'", "--leaf", "x=m n from 0 to 1"],
        ["my_layers.py::affine+affine_back", "--leaf", "x=m n", "--leaf", "w=n p", "--leaf", "b=p"],
        ["my_layers.py::rows+rows_back", "--leaf", "W=V d", "--leaf", "ids=m below V"],
        ["my_layers.py::rows+rows_back", "--leaf", "W=5,2", "--leaf", "ids=9, below 5"],
        ["my_layers.py::kink+kink_back", "--leaf", "x="],
        ["my_layers.py::kink+kink_back", "--leaf", "x=3,"],
    ],
)
def test_leaves_and_constructors_can_be_said(arguments: list[str]) -> None:
    assert main(["check", *arguments]) == 0


def test_arrays_come_from_a_file(folder: Path, capsys: Captured) -> None:
    """What is inconclusive has an exit status of its own."""
    np.savez(folder / "point.npz", x=np.array([0.0, 1.0]))
    assert main(["check", "my_layers.py::kink+kink_back", "--at", "point.npz", "--kink", "inconclusive"]) == 3
    assert "NV201" in capsys.readouterr().out
    assert main(["check", "my_layers.py::kink+kink_back", "--at", "point.npz"]) == 0
    np.save(folder / "point.npy", np.array([2.0, 1.0]))
    assert main(["check", "my_layers.py::kink+kink_back", "--at", "point.npy"]) == 0


def test_param_selects_what_is_judged(capsys: Captured) -> None:
    assert main(["check", "my_layers.py::Mean", "--param", "bias*"]) == 0
    assert main(["check", "my_layers.py::Mean", "--param", "dweights"]) == 1
    assert main(["check", "my_layers.py::Mean", "--param", "V*"]) == 5
    assert "choose from inputs, weights, biases" in capsys.readouterr().err


def test_only_problems_leaves_out_the_rest(capsys: Captured) -> None:
    main(["check", "my_layers.py::Mean", "--only-problems"])
    shown = capsys.readouterr().out
    assert ("dinputs" in shown, "dweights" in shown) == (False, True)


def test_json_is_for_programs(capsys: Captured) -> None:
    assert main(["check", "my_layers.py::Mean", "--format", "json"]) == 1
    report = json.loads(capsys.readouterr().out)
    (verdict,) = report["verdicts"]
    assert report["guessed"] == {"inputs": "4,5"}
    assert {one["leaf"]: one["outcome"] for one in verdict["findings"]}["weights"] == "fail"


def test_json_holds_what_there_is_to_draw_of_a_wrong_gradient(capsys: Captured) -> None:
    """Every entry, and the V of a right gradient: numerical errors fall with the step, then rise by rounding."""
    main(["check", "my_layers.py::Mean", "--format", "json"])
    (verdict,) = json.loads(capsys.readouterr().out)["verdicts"]
    drawn = {one["leaf"]: one["details"] for one in verdict["findings"]}
    assert drawn["biases"] is None
    assert len(drawn["weights"]["entries"]) == np.prod(drawn["weights"]["shape"]) == 15
    assert [one["step"] for one in drawn["weights"]["steps"]] == [10.0**-k for k in range(1, 13)]
    assert all(one["numerical"] < one["backward"] / 1e3 for one in drawn["weights"]["steps"])


@pytest.mark.parametrize(("when", "escapes"), [("always", True), ("never", False), ("auto", False)])
def test_colour_is_an_addition(when: str, escapes: bool, capsys: Captured) -> None:
    main(["check", "my_layers.py::Mean", "--color", when])
    shown = capsys.readouterr().out
    assert ("\x1b[31mFAIL" in shown) is escapes
    assert "FAIL" in shown


@pytest.mark.parametrize(("variable", "escapes"), [("NO_COLOR", False), ("FORCE_COLOR", True)])
def test_colour_follows_the_usual_variables(
    variable: str, escapes: bool, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, "1")
    main(["check", "my_layers.py::Mean"])
    assert ("\x1b[" in capsys.readouterr().out) is escapes


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["my_layers.py"], "names no object"),
        (["my_layers.py::Dens"], "there is no 'Dens' in my_layers.py"),
        (["my_layer.py::Dense"], "there is no file"),
        (["my_layer:Dense"], "there is no package or folder 'my_layer' here"),
        (["my_layers.py::a+b+c"], "names 3 objects"),
        (["my_layers.py::Named"], "cannot be made with 1 whole numbers"),
        (["my_layers.py::Dense", "--init", "n, p"], "something else than literals"),
        (["my_layers.py::Dense", "--init", "3"], "Dense(3) raised TypeError"),
        (["my_layers.py::Dense", "--leaf", "4,5"], "has no name"),
        (["my_layers.py::Dense", "--leaf", "inputs=4,x"], "'4,x' is no shape"),
        (["my_layers.py::Dense", "--leaf", "inputs=4,9"], "raised ValueError"),
        (["my_layers.py::Dense", "--leaf", "inputs=m n from a to b"], "'a' is no number"),
        (["my_layers.py::kink+kink_back", "--at", "nothing.npz"], "could not be read: No such file"),
        (["my_layers.py::kink+kink_back", "--at", "notes.txt"], "could not be read: it is no file of plain arrays"),
        (["my_layers.py::kink+kink_back", "--at", "empty.npy"], "could not be read: it is no file of plain arrays"),
        (["my_layers.py::kink+kink_back", "--at", "torn.npz"], "could not be read: it is no file of plain arrays"),
        (["my_layers.py::rows+rows_back", "--leaf", "W=q,"], "'q,' is no shape"),
        (["my_layers.py::kink"], "kink: it returned one array, and no backward was given"),
        (["my_layers.py::DIVISOR"], "no convention fits the int 1"),
        (["my_layers.py::raising+kink_back"], "raising: forward raised KeyError: 'mine' (my_layers.py:"),
        (["notes.txt::kink"], "notes.txt: it is no Python file"),
        (["stops.py::kink"], "importing it raised SystemExit: 3. Try: mend"),
        (["my_layers.py::kink+kink_back", "--leaf", "x=3", "--leaf", "x=4"], "x is told to be '3', and '4'"),
        (["my_layers.py::kink+kink_back", "--leaf", "x=m below"], "does not say below or from what"),
        (["my_layers.py::kink+kink_back", "--leaf", "x=m from 1 to 0"], "no number lies between"),
        (["numpy:tahn"], "there is no 'tahn' in numpy. Try: choose from tan, tanh"),
    ],
)
def test_bad_targets_are_told_in_one_line(arguments: list[str], sentence: str, capsys: Captured) -> None:
    assert main(["check", *arguments]) == 2
    captured = capsys.readouterr()
    assert sentence in captured.err
    assert (len(captured.err.splitlines()), captured.out) == (1, "")


def _pytest(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True)


SCAFFOLDS = {
    "test_dense.py": (["my_layers.py::Dense"], "PASSED"),
    "test_mean.py": (["my_layers.py::Mean"], "FAILED"),
    "test_affine.py": (["my_layers.py::affine+affine_back"], "PASSED"),
    "test_product.py": (["my_layers.py::Product"], "PASSED"),
    "test_rows.py": (["my_layers.py::rows+rows_back", "--leaf", "W=V d", "--leaf", "ids=m below V"], "PASSED"),
    "test_named.py": (["my_layers.py::Named", "--init", "'double'"], "PASSED"),
}


def test_scaffolds_run_as_they_are(folder: Path) -> None:
    """One run of pytest for all: what takes long is its start."""
    for file, (arguments, _) in SCAFFOLDS.items():
        assert main(["scaffold", *arguments, "--output", file]) == 0
    said = _pytest(*SCAFFOLDS).stdout
    found = {file: re.findall(rf"^(PASSED|FAILED|ERROR) {file}", said, re.MULTILINE) for file in SCAFFOLDS}
    assert found == {file: [outcome] for file, (_, outcome) in SCAFFOLDS.items()}, said


def test_a_scaffold_finds_a_layer_in_another_folder(folder: Path) -> None:
    (folder / "tests").mkdir()
    main(["scaffold", "my_layers.py::Dense", "--output", "tests/test_it.py"])
    assert _pytest("tests").returncode == 0


def test_a_scaffold_goes_to_the_screen(capsys: Captured) -> None:
    assert main(["scaffold", "my_layers.py::Dense"]) == 0
    assert "assert_gradients(Dense(5, 3), inputs=(4, 5))" in capsys.readouterr().out


def test_a_target_that_could_not_be_run_is_in_the_report(capsys: Captured) -> None:
    assert main(["check", "my_layers.py::Dense", "my_layers.py::Nothing", "--format", "json"]) == 2
    report = json.loads(capsys.readouterr().out)
    assert [one["outcome"] for one in report["verdicts"]] == ["pass"]
    assert "there is no 'Nothing'" in report["errors"]["my_layers.py::Nothing"]
    assert main(["check", "my_layers.py::Nothing", "--format", "junit"]) == 2
    assert 'errors="1"' in capsys.readouterr().out


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full is Linux's")
def test_a_full_disk_is_told_in_one_line() -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        command = [sys.executable, "-m", "nnverify", "check", "my_layers.py::Dense"]
        run = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert run.returncode == 2
    assert run.stderr.startswith("nnverify: standard output: the report could not be written: No space left")
    assert len(run.stderr.splitlines()) == 1


DATACLASS = """
from __future__ import annotations
from dataclasses import dataclass

@dataclass
class Scale:
    factor: float = 2.0

    def forward(self, x):
        return self.factor * x

    def backward(self, dout):
        return self.factor * dout

class Wrong(Scale):
    def backward(self, dout):
        return 3 * dout
"""


def test_a_file_with_dataclasses_is_loaded(folder: Path, capsys: Captured) -> None:
    (folder / "scales.py").write_text(DATACLASS, encoding="utf-8")
    assert main(["check", "scales.py::Scale"]) == 0
    (folder / "scales.py").write_text(DATACLASS.replace("2.0", "'a'"), encoding="utf-8")
    assert main(["check", "scales.py::Scale"]) == 2, "the file is read again, whatever has its name"


def test_a_file_that_checks_something_while_it_is_loaded(folder: Path) -> None:
    """Its threads wait for nobody."""
    source = """
        from concurrent.futures import ThreadPoolExecutor
        from nnverify import check_gradients

        def double(x):
            return 2 * x

        def doubled(dout, x):
            return 2 * dout

        with ThreadPoolExecutor(2) as executor:
            assert check_gradients(double, doubled, x="m n", executor=executor).outcome == "pass"
    """
    (folder / "checks.py").write_text(textwrap.dedent(source), encoding="utf-8")
    command = [sys.executable, "-m", "nnverify", "check", "checks.py::double+doubled"]
    assert subprocess.run(command, timeout=60, capture_output=True, check=False).returncode == 0


def test_a_reader_that_leaves_changes_no_exit_status() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "nnverify", "check", "my_layers.py::Mean"]
    run = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert (run.returncode, run.stderr) == (1, "")


def test_a_terminal_without_the_letters_is_written_to() -> None:
    command = [sys.executable, "-m", "nnverify", "check", "my_layers.py::Mean"]
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (1, "")
    assert "\\xb1" in run.stdout


@pytest.mark.parametrize(("arguments", "soft"), [(["--budget", "8"], 6.0), ([], None)])
def test_a_check_ends_by_itself_before_its_budget_ends_it(
    arguments: list[str], soft: float | None, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: dict[str, Any] = {}

    def heard(*_: Any, **options: Any) -> Any:
        told.update(options)
        return check_gradients(np.sin, lambda dout, x: dout * np.cos(x), x=(3,))

    monkeypatch.setattr("nnverify.commands._checking.check_gradients", heard)
    parser = argparse.ArgumentParser()
    check.arguments(parser)
    options = parser.parse_args(["my_layers.py::Dense", *arguments])
    assert carry_out(Job("my_layers.py::Dense", folder, options)).status == 0
    assert told.get("budget") == soft
