"""`nnverify verify` as a user meets it: what it prints, what it refuses, and the exit status of each."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from nnverify.cli import main
from tests.foreign import MISTAKES, RECORD, write

Captured = pytest.CaptureFixture[str]
ROOT = Path(__file__).parent.parent


def test_a_foreign_package_is_verified(tmp_path: Path, capsys: Captured) -> None:
    """Nothing needs to be imported from nnverify or reference: records are read by attribute."""
    assert main(["verify", str(write(tmp_path))]) == 0
    shown = capsys.readouterr().out
    assert "least_squares.dw  200 draws" in shown
    assert shown.splitlines()[-1].startswith("PASS: 1 pass in ")


@pytest.mark.parametrize(("old", "new", "sentence"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_in_a_foreign_package_is_named(
    old: str, new: str, sentence: str, tmp_path: Path, capsys: Captured
) -> None:
    assert old in RECORD
    assert main(["verify", str(write(tmp_path, RECORD.replace(old, new)))]) == 1
    shown = capsys.readouterr().out
    assert sentence in " ".join(shown.split())
    assert "FAIL" in shown.splitlines()[-1]


ROUNDED = "return (X.T @ (X @ w - r)).astype(float)"


@pytest.mark.parametrize(("form", "status"), [(ROUNDED, 3), (ROUNDED.replace("return", "return 2 *"), 1)])
def test_forms_that_cannot_be_compared_exactly_are_checked_numerically(form: str, status: int, tmp_path: Path) -> None:
    """A float in a right form is no mistake, only unproved; a wrong one must not hide behind it."""
    right = "return ((X @ w - r)[None, :] @ X)[0]"
    assert right in RECORD
    assert main(["verify", str(write(tmp_path, RECORD.replace(right, form)))]) == status


def test_a_wrong_forward_is_not_hidden_by_equal_forms(tmp_path: Path, capsys: Captured) -> None:
    """Three forms may share one mistake: the numerical gradient is the witness outside them."""
    old, new, _ = MISTAKES["all forms wrong"]
    main(["verify", str(write(tmp_path, RECORD.replace(old, new))), "--format", "json"])
    (row,) = json.loads(capsys.readouterr().out)["rows"]
    outcomes = {finding["check"]: finding["outcome"] for finding in row["findings"]}
    assert outcomes == {"forms": "pass", "proof": "fail", "gradient": "fail"}


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("nowhere", "there is no package or folder 'nowhere' here"),
        ("./nowhere", "there is no file or folder"),
        ("nowhere.py", "there is no file or folder"),
    ],
)
def test_what_is_not_there_is_said(target: str, sentence: str, capsys: Captured) -> None:
    assert main(["verify", target]) == 2
    assert sentence in capsys.readouterr().err


def test_the_default_package_is_missed_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    """`nnverify verify` needs the folder reference/, which a wheel does not bring."""
    monkeypatch.chdir(tmp_path)
    assert main(["verify"]) == 2
    error = capsys.readouterr().err
    assert "there is no file or folder" in error
    assert len(error.splitlines()) == 1


@pytest.mark.parametrize(
    ("source", "status", "sentence"),
    [
        ("FORMULAS = []", 5, "no module lists formulas"),
        ("x = 1", 5, "no module lists formulas"),
        ("import nothing_of_that_name", 2, "ModuleNotFoundError: No module named 'nothing_of_that_name'"),
        ("1 / 0", 2, "ZeroDivisionError: division by zero"),
        ("def broken(:", 2, "SyntaxError"),
        ("FORMULAS = [object()]", 2, "has no identifier, statement"),
        (RECORD.replace('leaf="w"', 'leaf="v"'), 2, "leaf='v' is none of the arguments X, w, r"),
        (RECORD.replace('"w": "n"', '"w": "n?"'), 2, "holds 'n?', which is no axis word"),
        (RECORD + "\nFORMULAS = FORMULAS * 2\nFORMULAS[1] = SimpleNamespace(**vars(FORMULAS[0]))", 2, "two formulas"),
        (RECORD.replace("return ((X @ w - r) ** 2).sum() / 2", "raise ValueError('no')"), 2, "raised ValueError: no"),
        (RECORD.replace("return ((X @ w - r) ** 2).sum() / 2", "return None"), 2, "returned NoneType"),
    ],
    ids=range(11),
)
def test_a_package_that_cannot_be_verified_is_refused_in_one_sentence(
    source: str, status: int, sentence: str, tmp_path: Path, capsys: Captured
) -> None:
    assert main(["verify", str(write(tmp_path, source))]) == status
    captured = capsys.readouterr()
    assert sentence in " ".join((captured.out + captured.err).split())
    assert "Traceback" not in captured.out + captured.err


def test_an_import_error_names_file_and_line(tmp_path: Path, capsys: Captured) -> None:
    package = write(tmp_path, "\n\n1 / 0\n")
    main(["verify", str(package)])
    assert f"{package / 'least_squares.py'}:3" in capsys.readouterr().err


@pytest.mark.parametrize("folder", ["my-formulas", "plain"])
def test_a_folder_without_init_is_read_file_by_file(folder: str, tmp_path: Path) -> None:
    """A student's folder need not be a package, nor have an importable name."""
    (tmp_path / folder).mkdir()
    (tmp_path / folder / "some formulas.py").write_text(RECORD, encoding="utf-8")
    assert main(["verify", str(tmp_path / folder)]) == 0


def test_a_single_file_is_enough(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(RECORD, encoding="utf-8")
    assert main(["verify", str(tmp_path / "mine.py")]) == 0


def test_a_package_is_not_mistaken_for_another_of_its_name(tmp_path: Path, capsys: Captured) -> None:
    """Python keeps imported modules by name; the second folder must not be judged by the first."""
    for folder, source in (("one", RECORD), ("two", RECORD.replace("return X.T", "return -X.T"))):
        (tmp_path / folder).mkdir()
        write(tmp_path / folder, source, "twins")
    statuses = [main(["verify", str(tmp_path / folder / "twins")]) for folder in ("one", "two", "one")]
    assert statuses == [0, 1, 0]


def test_only_selects_formulas_by_pattern(capsys: Captured) -> None:
    assert main(["verify", "--only", "neuron.d[wb]", "--draws", "2", "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert {row["identifier"] for row in rows} == {"neuron.dw", "neuron.db"}


def test_a_pattern_that_selects_nothing_lists_the_choice(capsys: Captured) -> None:
    assert main(["verify", "--only", "neurn.*"]) == 5
    assert "choose from calculus.dot_dw, calculus.dot_dx" in capsys.readouterr().err


def test_seed_changes_the_draws_and_is_reported(capsys: Captured) -> None:
    values = []
    for seed in ("1", "2", "1"):
        main(["verify", "--only", "neuron.dw", "--draws", "1", "--seed", seed, "--format", "json"])
        report = json.loads(capsys.readouterr().out)
        values.append((report["seed"], report["rows"][0]["findings"][1]["numerical"]))
    assert values[0] == values[2] != values[1]


def test_report_goes_to_a_file(tmp_path: Path, capsys: Captured) -> None:
    target = tmp_path / "report.json"
    assert main(["verify", "--only", "neuron.dw", "--draws", "1", "--format", "json", "-o", str(target)]) == 0
    assert json.loads(target.read_text(encoding="utf-8"))["outcome"] == "pass"
    assert capsys.readouterr().out == ""


def test_a_report_that_cannot_be_written_is_said(tmp_path: Path, capsys: Captured) -> None:
    assert main(["verify", "--only", "neuron.dw", "--draws", "1", "--output", str(tmp_path / "no" / "x")]) == 2
    assert "the report could not be written: No such file or directory" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["verify", "--draws", "0"], ["verify", "--draws", "x"], ["verfy"], []])
def test_bad_arguments_are_refused(arguments: list[str], capsys: Captured) -> None:
    with pytest.raises(SystemExit) as error:
        main(arguments)
    assert error.value.code == 2
    assert "usage: nnverify" in capsys.readouterr().err


def test_the_version_is_that_of_the_installed_package(capsys: Captured) -> None:
    with pytest.raises(SystemExit) as left:
        main(["--version"])
    assert left.value.code == 0
    assert capsys.readouterr().out == f"nnverify {version('nnverify')}\n"


def test_an_interruption_has_its_own_status(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("nnverify.derivations.plan", interrupted)
    assert main(["verify"]) == 130
    assert capsys.readouterr().err == "nnverify: interrupted\n"


def test_a_reader_that_leaves_early_is_no_error() -> None:
    """`nnverify verify | head -1` must not end in a traceback."""
    command = f"{sys.executable} -m nnverify verify --only 'neuron.*' --draws 1 | head -1"
    run = subprocess.run(command, shell=True, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (run.stderr, run.stdout.count("\n")) == ("", 1)


@pytest.mark.parametrize("only", ["neuron.*", "dense.literal*", pytest.param("*", marks=pytest.mark.slow)])
def test_no_line_is_wider_than_80_columns(only: str, tmp_path: Path, capsys: Captured) -> None:
    main(["verify", "--only", only, "--draws", "1"])
    old, new, _ = MISTAKES["vector form wrong"]
    main(["verify", str(write(tmp_path, RECORD.replace(old, new)))])
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80
