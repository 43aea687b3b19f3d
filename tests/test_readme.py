"""The README is true: its code runs and its commands print what it says.

Times and resolutions differ between machines; they are compared by form and not by value.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from nnverify.cli import main

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
CONSOLE = [body for language, body in BLOCKS if language == "console"]
PYTHON = [body for language, body in BLOCKS if language == "python"]

# What a machine may print differently: seconds, orders of magnitude of errors, numbers of evaluations and the
# places where a line is broken because of them.
_VARYING = (
    (r"[\d,]+ forward evaluations", "# forward evaluations"),
    (r"\d+(\.\d+)?e-\d+", "#"),
    (r"\d+\.\d+ ?s", "# s"),
)


def _normal(text: str) -> str:
    text = " ".join(text.split())
    for pattern, replacement in _VARYING:
        text = re.sub(pattern, replacement, text)
    return re.sub(r"-{3,}", "---", text)


@pytest.fixture
def beside_readme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with reference/ and the files that the README's Python blocks name in their first line."""
    (tmp_path / "reference").symlink_to(ROOT / "reference")
    for body in PYTHON:
        name = re.match(r"# (\S+\.py)\n", body)
        if name:
            (tmp_path / name[1]).write_text(body, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("body", CONSOLE, ids=lambda body: body.splitlines()[0])
def test_command_prints_what_the_readme_says(
    body: str, beside_readme: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command, _, printed = body.partition("\n")
    program, *arguments = shlex.split(command.removeprefix("$ "))
    if program == "nnverify":
        main(arguments)
        shown = capsys.readouterr().out
    else:
        assert program == "pytest"
        shown = _run(["-m", "pytest", *arguments])
    assert _normal(shown) == _normal(printed)


def _run(arguments: list[str]) -> str:
    """What another process prints at a terminal of 80 columns; under CI pytest would not shorten its lines."""
    surroundings = ("PYTEST_", "GITHUB_", "CI", "BUILD_NUMBER")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(surroundings)}
    run = subprocess.run(
        [sys.executable, *arguments, "-p", "no:cacheprovider"],
        env=environment | {"COLUMNS": "80", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    return run.stdout


@pytest.mark.parametrize("body", PYTHON, ids=lambda body: body.splitlines()[0])
def test_python_runs(body: str, beside_readme: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(beside_readme))
    exec(compile(body, "README.md", "exec"), {"__name__": "readme"})
    sys.modules.pop("layers", None)


def test_the_two_commands_are_there() -> None:
    """`.ci/run` takes the same lines and runs them in a fresh environment."""
    section = README.split("## Install and verify")[1].split("\n## ")[0]
    commands = re.findall(r"^    \$ (.*)$", section, re.MULTILINE)
    assert commands == ["python -m pip install . && nnverify verify", "python -m pytest"]


def test_every_command_the_readme_names_exists() -> None:
    for name in set(re.findall(r"`nnverify ([a-z]+)", README)):
        with pytest.raises(SystemExit) as stopped:
            main([name, "--help"])
        assert stopped.value.code == 0
