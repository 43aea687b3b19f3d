"""What a function or an object can get at: through closures, globals it names, defaults, attributes and containers.

Modules and classes are not entered: what they hold is the program, not the layer.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

_DEEPEST = 6
_MOST = 2_000  # things looked at; beyond, it is a program and no layer
_CLOSED = (type, ModuleType, BuiltinFunctionType, str, bytes, int, float, complex, np.generic)


def reachable(*roots: Any) -> Iterator[Any]:
    """Arrays, generators, containers and objects below the roots, each once, nearest first."""
    seen: set[int] = set()
    level = list(roots)
    for _ in range(_DEEPEST):
        below: list[Any] = []
        for one in level:
            if one is None or isinstance(one, _CLOSED) or id(one) in seen or len(seen) > _MOST:
                continue
            seen.add(id(one))
            yield one
            below.extend(_references(one))
        level = below


def _references(one: Any) -> Iterator[Any]:
    if isinstance(one, FunctionType):
        yield from _of_function(one)
    elif isinstance(one, MethodType):
        yield from (one.__self__, one.__func__)
    elif isinstance(one, partial):
        yield from (one.func, one.args, one.keywords)
    elif isinstance(one, dict):
        yield from one.values()
    elif isinstance(one, list | tuple | set | deque):
        yield from one
    elif not isinstance(one, np.ndarray):
        yield from attributes(one).values()


def attributes(owner: Any) -> dict[str, Any]:
    """Instance attributes, slotted ones included."""
    found = {name: getattr(owner, name) for name in slots(owner) if hasattr(owner, name)}
    return found | getattr(owner, "__dict__", {})


def slots(owner: Any) -> list[str]:
    """The names of its slots, set or not."""
    return [name for kind in type(owner).__mro__ for name in _declared(kind)]


def _declared(kind: type) -> tuple[str, ...]:
    found = kind.__dict__.get("__slots__", ())
    names = (found,) if isinstance(found, str) else tuple(found)
    return tuple(name for name in names if name not in ("__dict__", "__weakref__"))


def _of_function(function: Callable[..., Any]) -> Iterator[Any]:
    code = function.__code__
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # a name that is not bound yet
            continue
    yield from (function.__globals__[name] for name in code.co_names if name in function.__globals__)
    yield from function.__defaults__ or ()
    yield from (function.__kwdefaults__ or {}).values()
