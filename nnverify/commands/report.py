"""nnverify report: result files into one page that people read, Markdown, or tables for a terminal."""

from __future__ import annotations

import argparse
import platform
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from nnverify._errors import UsageError
from nnverify.commands._output import PASS, step_summary, write

if TYPE_CHECKING:
    from nnverify.report.sources import Material

HELP = "turn result files into a page, Markdown or tables"
DESCRIPTION = (
    "Read what check, verify, train, bench and pytest --nnverify-report wrote, and make one self-contained HTML page "
    "of it, Markdown, or tables. Where GitHub asks for a step summary, it gets the Markdown too."
)
_BY_NAME = {".html": "html", ".htm": "html", ".md": "markdown", ".txt": "text", "": "text"}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", metavar="FILE", help="JSON files; what they hold is recognised")
    parser.add_argument("-o", "--output", metavar="FILE", help="report.html, report.md or report.txt")
    parser.add_argument("--format", choices=("html", "markdown", "text"), help="default: as the output's name says")


def run(options: argparse.Namespace) -> int:
    from nnverify.report import sources, tables

    found = sources.read(options.files)
    make = {"markdown": tables.markdown, "text": tables.text}
    form = options.format or _by_name(options.output or "")
    write(_html(found, options) if form == "html" else make[form](found), options.output)
    step_summary(lambda: tables.markdown(found))
    return PASS


def _by_name(output: str) -> str:
    suffix = Path(output).suffix.lower()
    if suffix in _BY_NAME:
        return _BY_NAME[suffix]
    fix = f"a name that ends in {', '.join(filter(None, _BY_NAME))}, or --format"
    raise UsageError(what=f"no report ends in {suffix}", where=output, fix=fix)


def _html(found: Material, options: argparse.Namespace) -> str:
    """The page; what it takes is an extra."""
    try:
        from nnverify.report import page
    except ModuleNotFoundError as error:
        raise UsageError(
            what=f"the page needs {error.name}, which is not installed",
            where="nnverify report",
            fix="python -m pip install 'nnverify[report]', or write Markdown: -o report.md",
        ) from error
    return page.html(found, _about(options))


def _about(options: argparse.Namespace) -> dict[str, str]:
    """What made the page."""
    from importlib.metadata import version

    packages = ", ".join(f"{name} {version(name)}" for name in ("nnverify", "numpy", "matplotlib"))
    return {
        "made with": f"{packages}, Python {platform.python_version()}",
        "repeat": f"nnverify {shlex.join(['report', *options.files, '-o', options.output or 'report.html'])}",
    }
