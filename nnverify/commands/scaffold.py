"""nnverify scaffold: a pytest file for a layer, which runs as it is."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from nnverify.commands._output import PASS, write
from nnverify.commands._target import DECLARED, prepared, target_options

HELP = "write a pytest file for a layer"
DESCRIPTION = "Print a test of the layer's gradients that runs as it is; what was guessed can be edited there."

_TEST = '''"""Gradients of {words}, against the numerical ones."""
{path}
from {module} import {imports}
from nnverify import assert_gradients{leaf}


def test_{name}_gradients():
    """Every gradient of {words} agrees with the numerical one."""
    assert_gradients({call})
'''
_PATH = """
import sys

sys.path.insert(0, {folder!r})
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("target", help="layers.py::Dense, layers.py::forward+backward or package.module:Dense")
    target_options(parser)
    parser.add_argument("-o", "--output", metavar="FILE", help="write the test to FILE, else to standard output")


def run(options: argparse.Namespace) -> int:
    found = prepared(options, Path.cwd())
    first, *rest = found.target.names
    leaves = [f"{name}={_shown(value)}" for name, value in found.leaves.items()]
    told = [f"{name}={value!r}" for name in DECLARED if (value := getattr(options, name)) is not None]
    module, path = _import(options.target, options.output)
    filled = _TEST.format(
        words=" and ".join(found.target.names),
        path=path,
        module=module,
        imports=", ".join(sorted({name.partition(".")[0] for name in found.target.names})),
        name=first.lower().replace(".", "_"),
        call=", ".join([first if found.init is None else f"{first}({found.init})", *rest, *leaves, *told]),
        leaf=", leaf" if any("=leaf(" in one for one in leaves) else "",
    )
    write(filled.rstrip(), options.output)
    return PASS


def _import(words: str, output: str | None) -> tuple[str, str]:
    """The module to import from and, where it is a file in another folder than the test's, how to reach it."""
    place = words.partition("::")[0] if "::" in words else words.rpartition(":")[0]
    if not place.endswith(".py"):
        return place, ""
    folder = Path(place).resolve().parent
    beside = Path(output).resolve().parent if output else Path.cwd()
    return Path(place).stem, "" if folder == beside else _PATH.format(folder=str(folder))


def _shown(value: Any) -> str:
    """A leaf as one would type it."""
    from nnverify.leaves import LeafSpec

    if not isinstance(value, LeafSpec):
        return repr(value)
    told = [
        f"{name}={part!r}" for name in ("low", "high", "integers_below") if (part := getattr(value, name)) is not None
    ]
    return f"leaf({', '.join([repr(value.axes or value.shape or ''), *told])})"
