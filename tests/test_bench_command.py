"""`nnverify bench`: pytest's benchmarks, kept as JSON that a report can read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nnverify.cli import main
from nnverify.report.sources import read

FULL = """
def pytest_addoption(parser):
    parser.addoption("--full", action="store_true")
"""
BENCH = """
def test_sum(benchmark, pytestconfig):
    benchmark.extra_info["full"] = pytestconfig.getoption("--full")
    assert benchmark(sum, [1, 2]) == {}


def test_other(benchmark):
    benchmark(len, "a")
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Somebody's project with benchmarks; what surrounds this pytest is none of its."""
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "conftest.py").write_text(FULL, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\naddopts = -p no:cacheprovider --benchmark-max-time=0.01 --benchmark-min-rounds=1\n", encoding="utf-8"
    )
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("PYTEST_", "GITHUB_", "COV_"))]:
        monkeypatch.delenv(name)
    return tmp_path


def _write(folder: Path, result: int) -> None:
    (folder / "benchmarks" / "test_a.py").write_text(BENCH.format(result), encoding="utf-8")


def test_results_are_kept_and_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And GitHub gets the tables, where it asks for them."""
    _write(folder, 3)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(folder / "summary.md"))
    assert main(["bench", "-o", "kept.json", "--only", "sum", "--full"]) == 0
    (one,) = read(["kept.json"]).benches
    assert (one.name, one.info, one.median > 0) == ("test_sum", {"full": True}, True)
    assert "| test&#95;sum" in (folder / "summary.md").read_text(encoding="utf-8")


def test_a_benchmark_that_fails_leaves_no_results(folder: Path) -> None:
    """Half a result would be reported as a whole one."""
    _write(folder, 4)
    assert main(["bench"]) == 1
    assert not (folder / "bench.json").exists()


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (["nowhere"], 5, "there are no benchmarks here"),
        (["-o", "no/such/bench.json"], 2, "there is no such folder"),
        (["-o", "benchmarks"], 2, "benchmarks: it is a folder"),
    ],
)
def test_what_cannot_run_is_told_before_it_starts(
    arguments: list[str], status: int, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench", *arguments]) == status
    shown = capsys.readouterr().err
    assert sentence in shown
    assert len(shown.splitlines()) == 1


@pytest.mark.slow
def test_an_empty_folder_has_nothing_to_run(folder: Path) -> None:
    (folder / "benchmarks" / "conftest.py").unlink()
    assert main(["bench"]) == 5


@pytest.mark.slow
def test_what_cannot_be_collected_was_not_interrupted(folder: Path) -> None:
    (folder / "benchmarks" / "conftest.py").unlink()
    (folder / "benchmarks" / "test_broken.py").write_text("import nothing_of_this_name", encoding="utf-8")
    assert main(["bench"]) == 2


@pytest.mark.slow
def test_what_selects_no_benchmark_is_told(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--only", "nothing"]) == 5
    printed = capfd.readouterr()
    assert "--only 'nothing' selects none of the benchmarks" in printed.err
    assert "Warning" not in printed.out + printed.err
