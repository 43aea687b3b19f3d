"""A complete program that fails as the check did, to be pasted as a regression test."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from nnverify.options import NAMES
from nnverify.search.layer import Layer, Point
from nnverify.search.writing import Written, call, description, literal

_DECLARED = {"reduction": None, "batch_axis": 0, "terminal": False, "fused": None, "derivative": None}
_NAMED = ("params", "grads", "out", "dx")
_FUNCTIONS = ("surrogate", "penalty", "tensor")


def at_point(layer: Layer, point: Point) -> str:
    """The program that checks this point alone."""
    leaves = {leaf.name: _leaf(leaf.value, constant=not leaf.differentiable) for leaf in point.leaves}
    return _program(layer, leaves, {"effort": '"point"'}, point)


def searching(layer: Layer, point: Point) -> str:
    """The program that searches again, from what was said of the leaves."""
    leaves = {name: description(spec) or "..." for name, spec in layer.found.items()}
    return _program(layer, leaves, {"effort": '"thorough"'}, point)


def _leaf(value: Any, *, constant: bool) -> str:
    text = literal(value) or "..."
    whole = not isinstance(value, np.ndarray | float) or np.asarray(value).dtype.kind != "f"
    return f"leaf({text}, grad=False)" if constant and not whole else text


def _program(layer: Layer, leaves: Mapping[str, str], settings: dict[str, str], point: Point) -> str:
    written = Written()
    targets = [written.target(layer.forward, "layer" if layer.backward is None else "forward")]
    targets += [written.target(layer.backward, "backward")] if layer.backward is not None else []
    settings |= dict(_settings(layer, point, written))
    if set(leaves) & {*NAMES, "leaves"} or not all(name.isidentifier() for name in leaves):
        settings["leaves"] = "{" + ", ".join(f"{literal(name)}: {text}" for name, text in leaves.items()) + "}"
        leaves = {}
    check = call("assert_gradients", settings | dict(leaves), targets)
    used = "leaf(" in check
    imports = [f"from {module} import {', '.join(names)}" for module, names in written.imports.items()]
    own = f"from nnverify import assert_gradients{', leaf' if used else ''}"
    body = textwrap.indent("\n".join([*written.lines, check]), "    ")
    test = f"def test_gradients_of_{_identifier(layer.where)}():\n{body}\n"
    head = ["from __future__ import annotations", ""] if any("def " in one for one in written.sources) else []
    blocks = ["\n".join([*head, "import numpy as np", *sorted([own, *imports])]), *written.sources, test]
    return "\n\n\n".join(blocks)


def _identifier(words: str) -> str:
    return "".join(letter.lower() if letter.isalnum() else "_" for letter in words).strip("_") or "layer"


def _settings(layer: Layer, point: Point, written: Written) -> Iterator[tuple[str, str]]:
    """The options that the program needs, each as text."""
    chosen = layer.chosen
    dtype = point.dtype or chosen.dtype
    if dtype is not None and np.dtype(dtype) != np.float64:
        yield "dtype", f"np.{np.dtype(dtype).name}"
    told = {"seed": (chosen.seed, 0), "rtol": (chosen.rtol, 0.0), "kink": (chosen.kink, "subgradient")}
    told |= {"convention": (chosen.convention, None)}
    told |= {name: (getattr(chosen.declared, name), usual) for name, usual in _DECLARED.items()}
    told |= {name: (getattr(chosen.named, name), None) for name in _NAMED}
    yield from ((name, literal(value) or repr(value)) for name, (value, usual) in told.items() if value != usual)
    for name in _FUNCTIONS:
        function = getattr(chosen.declared, name, None) or getattr(chosen.named, name, None)
        if function is not None:
            yield name, written.target(function, name)
    if point.options:
        yield "options", literal({name: [value] for name, value in point.options.items()}) or repr(point.options)
