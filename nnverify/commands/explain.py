"""nnverify explain: the page of a code, or the list of all."""

from __future__ import annotations

import argparse

from nnverify._errors import UsageError
from nnverify.commands._output import PASS, write

HELP = "explain a code, such as NV103"
DESCRIPTION = "What a code means, how it is recognised, a typical wrong and right line, and what to do."


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("code", nargs="*", help="codes, such as NV103")
    parser.add_argument("--list", action="store_true", help="list all codes")
    parser.add_argument("-o", "--output", metavar="FILE", help="write it to FILE")


def run(options: argparse.Namespace) -> int:
    from nnverify.pages import listed, page

    if not options.code and not options.list:
        raise UsageError(
            what="no code was named", where="nnverify explain", fix="nnverify explain NV103, or nnverify explain --list"
        )
    parts = ["\n".join(listed())] if options.list else []
    write("\n\n".join([*parts, *(str(page(code)) for code in options.code)]), options.output)
    return PASS
