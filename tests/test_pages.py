"""Every code has its page, and `nnverify explain` shows it."""

from __future__ import annotations

import pytest

from nnverify.cli import main
from nnverify.codes import CODES
from nnverify.pages import pages


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    assert list(pages()) == list(CODES)


@pytest.mark.parametrize("code", CODES)
def test_a_page_is_whole_and_fits_the_terminal(code: str) -> None:
    page = pages()[code]
    assert all((page.means, page.seen, page.wrong, page.right, page.fix))
    assert page.wrong != page.right
    assert max(map(len, str(page).splitlines())) <= 100
    # Prose is filled to 80 columns; a line of code may be a little longer, but is never broken.
    assert all(len(line) <= 80 for line in str(page).splitlines() if not line.startswith(("  wrong:", "  right:")))


def test_explain_prints_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "nv103"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("NV103   batch mean against sum   (cause of a FAIL)")
    assert "  right:  dW = X.T @ dout" in shown


def test_explain_lists_every_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "--list"]) == 0
    assert [line[:5] for line in capsys.readouterr().out.splitlines()] == list(CODES)


@pytest.mark.parametrize("arguments", [["explain", "NV999"], ["explain"]], ids=["unknown", "none"])
def test_explain_says_what_to_type(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert "nnverify explain --list" in capsys.readouterr().err
