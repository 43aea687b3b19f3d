"""What the command line calls a target: the file or module, and what in it is to be checked.

"layers.py::Dense", "package.module:Dense", "file.py::forward+backward". Only the file that is named is run.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType
from typing import Any

from nnverify._errors import UsageError
from nnverify.loading import load_one

_LISTED = 20  # names; of more than that those that look alike


@dataclass(frozen=True)
class Target:
    """The objects to check, and the words they were named by."""

    words: str
    module: ModuleType
    names: tuple[str, ...]
    objects: tuple[Any, ...]


def target(words: str, folder: Path) -> Target:
    """Load what the words name. Raises UsageError for a file, module or name that is not there."""
    place, names = _parted(words)
    if not place or not names:
        raise UsageError(
            what=f"{words!r} names no object",
            where="nnverify",
            fix="write layers.py::Dense, layers.py::forward+backward or package.module:Dense",
        )
    module = load_one(place, folder)
    parts = tuple(names.split("+"))
    if len(parts) > 2:
        raise UsageError(
            what=f"{words!r} names {len(parts)} objects", where="nnverify", fix="name a forward and a backward"
        )
    return Target(words, module, parts, tuple(_object(module, name, place) for name in parts))


def _parted(words: str) -> tuple[str, str]:
    """The file or module, and the objects in it."""
    place, _, names = words.partition("::") if "::" in words else words.rpartition(":")
    return place, names


def file_of(words: str, folder: Path) -> Path | None:
    """The file that the words name, or that the module's first name is found in; nothing is run."""
    place, _ = _parted(words)
    path = folder / place
    found = [path, folder / f"{place.partition('.')[0]}.py", folder / place.partition(".")[0]]
    return next((one for one in found if place and one.exists()), None)


def _object(module: ModuleType, dotted: str, place: str) -> Any:
    found: Any = module
    for name in dotted.split("."):
        if not hasattr(found, name):
            public = [key for key in vars(found) if not key.startswith("_")] if hasattr(found, "__dict__") else []
            near = public if len(public) <= _LISTED else get_close_matches(name, public, _LISTED)
            raise UsageError(
                what=f"there is no {name!r} in {place}",
                where=dotted,
                fix=f"choose from {', '.join(near)}" if near else "look for its name in there",
            )
        found = getattr(found, name)
    return found


def made(found: Target, init: str | None) -> tuple[Any, ...]:
    """The objects, a class made with the arguments of ``init``, a text such as "3, 5" or "3, bias=False"."""
    if init is None:
        return found.objects
    first, *rest = found.objects
    args, kwargs = literals(init)
    try:
        return (first(*args, **kwargs), *rest)
    except Exception as error:
        raise UsageError(
            what=f"{found.names[0]}({init}) raised {type(error).__name__}: {error}",
            where=found.words,
            fix="give the constructor's arguments: --init '3, 5'",
        ) from error


def literals(text: str) -> tuple[list[Any], dict[str, Any]]:
    """Positional and keyword arguments that are written as literals."""
    try:
        call = ast.parse(f"f({text})", mode="eval").body
        assert isinstance(call, ast.Call)
        args = [ast.literal_eval(one) for one in call.args]
        return args, {one.arg: ast.literal_eval(one.value) for one in call.keywords if one.arg}
    except (SyntaxError, ValueError, AssertionError) as error:
        raise UsageError(
            what=f"--init {text!r} holds something else than literals",
            where="nnverify",
            fix="write numbers, texts, lists: '3, 5'",
        ) from error
