"""A file of results that grows as they come in, one JSON object a line, and what in it still holds.

A line is written by one call and forced to the disk; a last line that a crash has cut off is dropped. What was
found holds for the same sources, nnverify, NumPy and options, of which every line has the hash.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import lru_cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, NoReturn, get_args, get_origin, get_type_hints

from nnverify._errors import NnverifyError, UsageError


def fingerprint(paths: Iterable[Path], *told: Any) -> str:
    """A hash of the Python sources there and beside them, and of whatever else decides a result."""
    found = hashlib.sha256(repr((_engine(), *told)).encode())
    for source in sorted({one for path in paths for one in sources(path)}):
        found.update(f"\0{source.name}\0".encode() + source.read_bytes())
    return found.hexdigest()[:32]


@lru_cache
def _engine() -> tuple[str, str]:
    """What checks: this nnverify and this NumPy."""
    import numpy as np

    own = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.rglob("*.py"))))
    return own.hexdigest(), np.__version__


def sources(path: Path) -> list[Path]:
    """The Python files of a folder with its subfolders; of a file, those beside it, and those below in a package."""
    folder = path if path.is_dir() else path.parent
    deep = path.is_dir() or (folder / "__init__.py").is_file()
    return sorted(folder.rglob("*.py") if deep else folder.glob("*.py"))


class Results:
    """The file at ``path``; ``kept`` has its results by key and fingerprint. Raises UsageError for any other file."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        self.kept: dict[tuple[str, str], Any] = {}
        try:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o644)
            text = self._path.read_bytes()
        except OSError as error:
            raise NnverifyError(
                what=f"the results cannot be kept: {error.strerror}", where=path, fix="name a file that can be written"
            ) from error
        # What follows the last newline was cut off by a crash; a file of somebody else's is left as it is.
        whole = text[: text.rfind(b"\n") + 1]
        if text and not whole:
            self._refuse()
        for line in whole.splitlines():
            self._read(line)
        os.truncate(self._file, len(whole))
        os.lseek(self._file, 0, os.SEEK_END)

    def _read(self, line: bytes) -> None:
        try:
            found = json.loads(line)
            self.kept[found["key"], found["fingerprint"]] = found["result"]
        except (ValueError, TypeError, KeyError) as error:
            self._refuse(error)

    def _refuse(self, cause: Exception | None = None) -> NoReturn:
        self.close()
        raise UsageError(
            what="it holds something else than results of nnverify",
            where=str(self._path),
            fix="name a new file, or one that --resume has written",
        ) from cause

    def keep(self, key: str, mark: str, result: Any) -> None:
        """One more line, on the disk when this returns."""
        line = {"key": key, "fingerprint": mark, "result": plain(result)}
        os.write(self._file, json.dumps(line, allow_nan=False).encode() + b"\n")
        os.fsync(self._file)

    def close(self) -> None:
        os.close(self._file)


def plain(value: Any) -> Any:
    """Records as what JSON knows; numbers that it does not know as text."""
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        return {key: plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    if isinstance(value, float) and value - value != 0:
        return str(float(value))
    return value.value if isinstance(value, Enum) else value.item() if hasattr(value, "item") else value


def restored(kind: Any, value: Any) -> Any:
    """The record of this kind that ``plain`` made the value of."""
    origin, parts = get_origin(kind), get_args(kind)
    if origin is UnionType:
        return None if value is None else restored(next(part for part in parts if part is not NoneType), value)
    if origin is tuple:
        return tuple(restored(parts[0] if parts[-1] is Ellipsis else part, one) for part, one in _pairs(parts, value))
    if origin is dict:
        return {key: restored(parts[1], part) for key, part in value.items()}
    if isinstance(kind, type) and is_dataclass(kind):
        types = get_type_hints(kind)
        return kind(**{name: restored(types[name], part) for name, part in value.items()})
    return kind(value) if kind is float or (isinstance(kind, type) and issubclass(kind, Enum)) else value


def _pairs(parts: tuple[Any, ...], value: list[Any]) -> list[tuple[Any, Any]]:
    return [(parts[min(place, len(parts) - 1)], one) for place, one in enumerate(value)]
