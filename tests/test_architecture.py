"""The layout of the source holds: how long things are, how they are named, and what loads nothing.

What may import what is import-linter's to check.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

import nnverify

ROOT = Path(__file__).parent.parent
PACKAGE = Path(nnverify.__file__).parent
SOURCES = sorted([*PACKAGE.glob("**/*.py"), *ROOT.glob("reference/*.py")])
MOST_LINES, MOST_FUNCTION_LINES, MEDIAN_FUNCTION_LINES = 250, 40, 8


def _label(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def _functions(path: Path) -> Iterator[tuple[str, int]]:
    """Every function of a file with its length, docstring left out."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef):
            docstring = ast.get_docstring(node, clean=False)
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            yield node.name, lines - (docstring.count("\n") + 1 if docstring else 0)


@pytest.mark.parametrize("path", SOURCES, ids=_label)
def test_a_file_has_one_idea_and_says_it_first(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= MOST_LINES
    assert ast.get_docstring(ast.parse(text))


@pytest.mark.parametrize("path", SOURCES, ids=_label)
def test_a_function_has_one_job(path: Path) -> None:
    assert [name for name, lines in _functions(path) if lines > MOST_FUNCTION_LINES] == []


def test_the_median_function_is_short() -> None:
    assert median(lines for path in SOURCES for _, lines in _functions(path)) <= MEDIAN_FUNCTION_LINES


@pytest.mark.parametrize("path", SOURCES, ids=_label)
def test_names_survive_normalisation(path: Path) -> None:
    """Python folds 𝐖 into W without a word: two letters of a formula would become one variable."""
    tree = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    names = {node.id for node in tree if isinstance(node, ast.Name)}
    assert {name for name in names if unicodedata.normalize("NFKC", name) != name} == set()
    text = path.read_text(encoding="utf-8")
    assert not any(0x1D400 <= ord(letter) <= 0x1D7FF for letter in text)


def test_every_code_is_listed_and_used() -> None:
    """A code that nobody explains, or an explanation of a code that nothing returns, is half done."""
    from nnverify.codes import CODES

    sources = [path for path in SOURCES if path.name != "codes.py"]
    used = {code for path in sources for code in re.findall(r"NV\d{3}", path.read_text(encoding="utf-8"))}
    assert used == set(CODES)


@pytest.mark.parametrize("module", ["nnverify", "nnverify.cli"])
def test_importing_loads_nothing_heavy(module: str) -> None:
    """NumPy takes 100 ms; --help and a plug-in that is not used must not pay for it."""
    code = f"import sys, {module}; print(*{{'numpy', 'pytest', 'hypothesis', 'tabulate'}} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == ""


def test_every_public_name_is_there() -> None:
    assert [name for name in nnverify.__all__ if getattr(nnverify, name, None) is None] == []
    assert dir(nnverify) == nnverify.__all__
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = nnverify.nothing
