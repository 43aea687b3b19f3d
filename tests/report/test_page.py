"""The page: every section, escaped, small, and right in a browser; Markdown and tables beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from nnverify import UsageError
from nnverify.cli import main
from nnverify.report.sources import read
from nnverify.report.tables import markdown, text
from tests.report.browser import CHROMIUM, Browser, browser
from tests.report.material import NASTY, RIGHT, WRONG, checks, everything, verdict, write

pytest.importorskip("jinja2", reason="the page is an extra: nnverify[report]")
pytest.importorskip("matplotlib", reason="the page is an extra: nnverify[report]")

SECTIONS = ["verdicts", "wrong", "open", "checked", "benchmarks", "trainings", "method", "environment"]
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")


class _Tree(HTMLParser):
    """Elements, ids and every address of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.handlers: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            self.ids += [value or ""] if name == "id" else []
            self.addresses += [value or ""] if name in ("href", "src", "xlink:href", "action") else []
            self.handlers += [name] if name.startswith("on") else []


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    assert main(["report", *everything(folder), "-o", str(folder / "report.html")]) == 0
    return folder / "report.html"


@pytest.fixture(autouse=True)
def no_step_summary(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("profile")) as one:
        yield one


def test_every_section_is_there_in_order(page: Path) -> None:
    ids = _Tree(page.read_text(encoding="utf-8")).ids
    assert [one for one in ids if one in SECTIONS] == SECTIONS


def test_no_id_occurs_twice(page: Path) -> None:
    """Plots share a page: with one id twice, a marker or a clip would be another plot's."""
    ids = _Tree(page.read_text(encoding="utf-8")).ids
    assert len(set(ids)) == len(ids)


def test_addresses_stay_inside_the_page(page: Path) -> None:
    tree = _Tree(page.read_text(encoding="utf-8"))
    assert [one for one in tree.addresses if not one.startswith("#")] == []
    assert {one[1:] for one in tree.addresses} <= set(tree.ids)


def test_a_name_cannot_break_out(page: Path) -> None:
    """Not into an element, not out of the JSON: one script element, and no handler."""
    shown = page.read_text(encoding="utf-8")
    tree = _Tree(shown)
    assert (tree.tags.count("script"), tree.tags.count("b"), tree.handlers) == (1, 0, [])
    (embedded,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', shown, re.DOTALL)
    assert json.loads(embedded)[0]["verdicts"][0]["subject"] == NASTY


def test_the_plots_are_as_many_as_there_is_to_draw(page: Path) -> None:
    """Two for each of the two wrong gradients, one for each size that varies, three for the training."""
    assert _Tree(page.read_text(encoding="utf-8")).tags.count("svg") == 2 * 2 + 2 + 3


def test_the_page_says_what_the_files_say(page: Path) -> None:
    shown = page.read_text(encoding="utf-8")
    for words in (
        "3 failed", "It is not the step", "kink", "Dense layer, float64: index form as m^1.0·n^2.0", "1,024 ×",
        "0.9999000", "mine.dw: forward raised", "<mfrac>", "benchmarks: threads", "NV103: ", "Why: averaged over",
        "Try: make the mean", "What NV201 means",
    ):  # fmt: skip
        assert words in shown, words


def test_thousands_of_gradients_make_a_page_that_opens(tmp_path: Path) -> None:
    """What fails is all in the table; plots, and rows that pass, are cut off and said to be."""
    many = [verdict(WRONG, RIGHT, name=f"layer {number}") for number in range(200)]
    main(["report", *write(tmp_path, checks=checks(*many)), "-o", str(tmp_path / "many.html")])
    shown = (tmp_path / "many.html").read_text(encoding="utf-8")
    assert _Tree(shown).tags.count("svg") == 12
    assert "and 50 more" in shown
    assert len(re.findall('class="word fail">FAIL</td>\n<td data-label="subject">layer', shown)) == 200


def test_an_empty_page_says_what_to_run(tmp_path: Path) -> None:
    main(["report", *write(tmp_path, checks=checks()), "-o", str(tmp_path / "empty.html")])
    shown = (tmp_path / "empty.html").read_text(encoding="utf-8")
    assert [command in shown for command in ("nnverify check", "nnverify bench", "nnverify train")] == [True] * 3


def test_the_same_files_make_the_same_page(tmp_path: Path, page: Path) -> None:
    """A report that is kept in version control should change only with its results."""
    files = [str(page.parent / f"{name}.json") for name in ("trainings",)]
    for name in ("a", "b"):
        main(["report", *files, "-o", str(tmp_path / f"{name}.html")])
    one, other = ((tmp_path / f"{name}.html").read_text(encoding="utf-8") for name in "ab")
    assert one.replace("a.html", "b.html") == other


@needs_browser
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [400, 1200])
def test_a_browser_shows_it_without_a_word(page: Path, tab: Browser, width: int, dark: bool) -> None:
    """No error, nothing asked for but the page, nothing wider than the window, every section tall enough to be seen."""
    tab.open(page, width=width, dark=dark)
    assert tab.said("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded") == []
    assert [one["request"]["url"] for one in tab.said("Network.requestWillBeSent")] == [page.as_uri()]
    assert tab.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert all(tab.evaluate(f"document.getElementById('{one}').offsetHeight") > 50 for one in SECTIONS)


@needs_browser
def test_figures_and_text_follow_the_colours_of_the_page(page: Path, tab: Browser) -> None:
    """Dark ink on dark ground would be an empty plot."""
    ink = "getComputedStyle(document.querySelector('svg text')).fill"
    ground = "getComputedStyle(document.body).backgroundColor"
    found = []
    for dark in (False, True):
        tab.open(page, width=1200, dark=dark)
        found.append((tab.evaluate(ink), tab.evaluate(ground)))
    assert found == [("rgb(27, 31, 36)", "rgb(255, 255, 255)"), ("rgb(230, 232, 235)", "rgb(20, 23, 27)")]


@needs_browser
def test_print_is_black_on_white_and_closed_parts_are_open(page: Path, tab: Browser) -> None:
    tab.open(page, width=800, dark=True, media="print")
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert tab.evaluate("document.querySelector('details:not([open]) table').offsetHeight") > 0


@needs_browser
def test_the_browser_test_sees_a_page_that_is_wrong(tmp_path: Path, tab: Browser) -> None:
    """Shown what it must refuse: an error, a request and a line that does not break."""
    bad = tmp_path / "bad.html"
    bad.write_text("<pre>" + "x" * 500 + "</pre><img src='nothing.png'><script>nothing()</script>", encoding="utf-8")
    tab.open(bad, width=400)
    assert tab.said("Runtime.exceptionThrown")
    assert len(tab.said("Network.requestWillBeSent")) == 2
    assert not tab.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_tables_fit_their_width_and_hold_everything(page: Path) -> None:
    found = read([str(page.parent / f"{name}.json") for name in ("derivations", "tests", "benchmarks", "trainings")])
    shown = text(found)
    assert max(map(len, shown.splitlines())) <= 100
    for words in ("2 failed", "FAIL", "mine.dw", "1,024 x", "index form as m^1.0", "0.9999000", "test_other"):
        assert words in shown, words


def test_markdown_escapes_names(page: Path) -> None:
    shown = markdown(read([str(page.parent / "checks.json")]))
    assert "<b" not in shown
    assert {line.count("|") for line in shown.splitlines() if line.startswith("|")} == {5}


@pytest.mark.parametrize(
    ("arguments", "start"),
    [([], "nnverify: 1 passed"), (["-o", "r.md"], "### nnverify: 1 passed"), (["-o", "r.html"], "<!doctype html>")],
)
def test_the_name_of_the_output_chooses_the_form(
    arguments: list[str],
    start: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    main(["report", *write(tmp_path, checks=checks(verdict(RIGHT))), *arguments])
    written = (tmp_path / arguments[1]).read_text(encoding="utf-8") if arguments else capsys.readouterr().out
    assert written.startswith(start)


def test_an_ending_that_no_report_has_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files, page = write(tmp_path, checks=checks(verdict(RIGHT))), str(tmp_path / "r.pdf")
    assert main(["report", *files, "-o", page]) == 2
    assert "no report ends in .pdf. Try: a name that ends in .html" in capsys.readouterr().err
    assert not Path(page).exists()
    assert main(["report", *files, "-o", page, "--format", "markdown"]) == 0


def test_a_broken_file_ends_with_status_2_and_no_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.json").write_text("{", encoding="utf-8")
    assert main(["report", str(tmp_path / "a.json"), "-o", str(tmp_path / "r.html")]) == 2
    assert not (tmp_path / "r.html").exists()
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_github_gets_the_markdown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    main(["report", *write(tmp_path, checks=checks(verdict(WRONG))), "-o", str(tmp_path / "r.txt")])
    assert (tmp_path / "summary.md").read_text(encoding="utf-8").startswith("### nnverify: 1 failed")


def test_without_its_extra_the_page_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import builtins
    import sys

    from nnverify.commands import report

    real = builtins.__import__

    def missing(name: str, *rest: object) -> object:
        if name == "jinja2":
            raise ModuleNotFoundError("No module named 'jinja2'", name="jinja2")
        return real(name, *rest)

    monkeypatch.delitem(sys.modules, "nnverify.report.page", raising=False)
    monkeypatch.setattr("nnverify.report.page", None, raising=False)
    monkeypatch.delattr("nnverify.report.page", raising=False)
    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(UsageError, match=r"nnverify\[report\]"):
        report._html(None, None)  # type: ignore[arg-type]
