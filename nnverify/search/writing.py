"""Python text for values, functions and objects, as a person would type them.

What cannot be typed is None here, and a comment in the program.
"""

from __future__ import annotations

import inspect
import sys
import textwrap
from collections.abc import Mapping
from typing import Any

import numpy as np

from nnverify.conventions._reach import attributes
from nnverify.leaves import LeafSpec

_PLAIN = (int, float, bool, type(None))
_USUAL = (np.float64, np.int64, np.bool_)


def literal(value: Any) -> str | None:
    """The expression for an array, a number, a text, or lists and dictionaries of them."""
    if isinstance(value, np.ndarray):
        return _array(value) if value.dtype.kind in "fiub" else None
    if isinstance(value, np.generic):
        return _number(value.item())
    if isinstance(value, str):
        return f'"{value}"' if value.isprintable() and not {'"', "\\"} & set(value) else repr(value)
    if isinstance(value, _PLAIN):
        return _number(value)
    if type(value) is dict:
        parts = {literal(key): literal(one) for key, one in value.items()}
        return None if None in (*parts, *parts.values()) else f"{{{', '.join(f'{a}: {b}' for a, b in parts.items())}}}"
    return _sequence(value) if type(value) in (list, tuple) else None


def _sequence(value: Any) -> str | None:
    found = [literal(one) for one in value]
    if any(one is None for one in found):
        return None
    inner = ", ".join(map(str, found))
    return f"[{inner}]" if isinstance(value, list) else f"({inner}{',' if len(found) == 1 else ''})"


def _number(value: Any) -> str:
    if not isinstance(value, float) or np.isfinite(value):
        return repr(value)
    return f"{'-' if value < 0 else ''}np.{abs(value)}"


def _array(value: Any) -> str:
    dtype = "" if value.dtype in _USUAL else f", dtype=np.{value.dtype.name}"
    if not value.size:
        return f"np.zeros({value.shape}{dtype or (', dtype=int' if value.dtype.kind in 'iu' else '')})"
    return f"np.array({literal(value.tolist())}{dtype})"


def description(spec: LeafSpec) -> str | None:
    """What was said of a leaf, as it was said; None for what holds functions."""
    what = literal(spec.axes or spec.shape) if spec.axes is not None or spec.shape is not None else literal(spec.value)
    if spec.parts or spec.draw is not None or what is None:
        return None
    told = {"low": spec.low, "high": spec.high, "integers_below": spec.integers_below}
    more = [f"{name}={literal(value)}" for name, value in told.items() if value is not None]
    more += [f"dtype=np.{np.dtype(spec.dtype).name}"] if spec.dtype is not None else []
    more += ["grad=False"] if not spec.grad and spec.integers_below is None and not _whole(spec.value) else []
    return f"leaf({', '.join([what, *more])})" if more else what


def _whole(value: Any) -> bool:
    return value is None or np.asarray(value).dtype.kind in "iub"


class Written:
    """What expressions need: names to import by module, sources to repeat, and lines that come first."""

    def __init__(self) -> None:
        self.imports: dict[str, list[str]] = {}
        self.sources: list[str] = []
        self.lines: list[str] = []

    def target(self, target: Any, name: str) -> str:
        """The expression for a function, a class or an object; whatever it needs is written before."""
        owner = getattr(target, "__self__", None)
        if inspect.ismethod(target) and owner is not None and not isinstance(owner, type):
            return f"{self.target(owner, 'layer')}.{target.__name__}"
        if isinstance(target, type | np.ufunc) or inspect.isroutine(target):
            return self._named(target, name)
        return self._object(target, name)

    def _named(self, target: Any, name: str) -> str:
        qualified = str(getattr(target, "__qualname__", None) or getattr(target, "__name__", ""))
        module = "numpy" if isinstance(target, np.ufunc) else str(getattr(target, "__module__", None))
        if module == "__main__" or not _found(module, qualified, target):
            return self._source(target, qualified.rpartition(".")[2], name)
        if module == "numpy":
            return f"np.{qualified}"
        names, first = self.imports.setdefault(module, []), qualified.partition(".")[0]
        if first not in names:
            names.append(first)
        return qualified

    def _source(self, target: Any, own: str, name: str) -> str:
        """The function's own text where it stands alone; else a comment in its place."""
        try:
            text = textwrap.dedent(inspect.getsource(target)).rstrip()
        except (OSError, TypeError):
            text = ""
        own = name if own == "<lambda>" else own
        if not (text.startswith(("def ", "class ")) and _alone(target)):
            text = f"# {own}: as in {getattr(target, '__module__', 'your program')}"
        if text not in self.sources:
            self.sources.append(text)
        return own

    def _object(self, target: Any, name: str) -> str:
        """An object, its attributes written one by one where they can be."""
        kind = self._named(type(target), type(target).__name__)
        held = {key: literal(value) for key, value in attributes(target).items()}
        if any(text is None for text in held.values()) or not hasattr(target, "__dict__"):
            self.lines.append(f"{name} = {kind}(...)  # with the arguments it was made with")
        else:
            self.lines.append(f"{name} = object.__new__({kind})")
            self.lines += [f"{name}.{key} = {text}" for key, text in held.items()]
        return name


def _alone(target: Any) -> bool:
    """Whether a function, or every method of a class without a base, names nothing but NumPy from outside."""
    if isinstance(target, type):
        own = [one for one in vars(target).values() if inspect.isfunction(one)]
        return target.__bases__ == (object,) and all(map(_alone, own))
    found = inspect.getclosurevars(target)
    return not found.nonlocals and set(found.globals) <= {"np"}


def _found(module: str, qualified: str, target: Any) -> bool:
    """Whether the module, loaded or the target's own, holds the target under this name."""
    own = (
        [target, *(one for one in vars(target).values() if inspect.isfunction(one))]
        if hasattr(target, "__dict__")
        else []
    )
    spaces = [vars(sys.modules[module])] if module in sys.modules else [getattr(one, "__globals__", {}) for one in own]
    first, *rest = qualified.split(".")
    for space in spaces:
        found = space.get(first)
        for name in rest:
            found = getattr(found, name, None)
        if found is target:
            return True
    return False


def call(function: str, arguments: Mapping[str, str], positional: list[str]) -> str:
    """The call, on one line where that is short."""
    every = [*positional, *(f"{name}={text}" for name, text in arguments.items())]
    line = f"{function}({', '.join(every)})"
    return line if len(line) <= 76 else f"{function}(\n" + "".join(f"    {one},\n" for one in every) + ")"
