"""The caller's code as modules: a package or folder by path or by name. Runs only what was named."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

from nnverify._errors import UsageError


def load(target: str, folder: Path, mark: str = "") -> tuple[ModuleType, ...]:
    """The modules of a package, a folder of Python files, one file, or an importable name.

    In the order of the package's __all__ where that names them, else in alphabetical order.

    ``folder`` is where relative paths and names start. A package that was loaded with another ``mark`` is loaded
    again. Raises UsageError where nothing is found, or where a module cannot be imported.
    """
    path = (folder / target).resolve()
    _forget_older(path, mark)
    if path.is_file() and path.suffix == ".py":
        return (_run(path),)
    if path.is_dir():
        return _package(path)
    if "/" in target or target.endswith(".py") or not all(part.isidentifier() for part in target.split(".")):
        raise UsageError(
            what=f"there is no file or folder {str(path)!r}",
            where=target,
            fix="give the path of a folder with Python modules, or the name of an importable package",
        )
    return _walk(_import(target, folder))


def load_one(target: str, folder: Path) -> ModuleType:
    """One module: a file by its path, or an importable name. Raises UsageError as load does."""
    path = (folder / target).resolve()
    if path.is_file() and path.suffix == ".py":
        return _run(path)
    if path.exists() and not target.isidentifier():
        raise UsageError(what="it is no Python file", where=str(path), fix="name the .py file that holds the layer")
    if "/" in target or target.endswith(".py") or not all(part.isidentifier() for part in target.split(".")):
        raise UsageError(
            what=f"there is no file {str(path)!r}",
            where=target,
            fix="give the path of a Python file, or a module's name",
        )
    return _import(target, folder)


def _package(path: Path) -> tuple[ModuleType, ...]:
    """A folder with __init__.py is imported as the package it is, any other file by file."""
    if (path / "__init__.py").is_file():
        return _walk(_import(path.name, path.parent))
    sources = sorted(path.glob("*.py"))
    return tuple(_run(source) for source in sources)


def _walk(package: ModuleType) -> tuple[ModuleType, ...]:
    """The module itself and, below a package, every module of it."""
    if not hasattr(package, "__path__"):
        return (package,)
    prefix = f"{package.__name__}."
    names = [found.name for found in pkgutil.walk_packages(package.__path__, prefix)]
    first = [prefix + name for name in getattr(package, "__all__", ())]
    ordered = sorted(names, key=lambda name: (first.index(name) if name in first else len(first), name))
    return (package, *(_import(name, None) for name in ordered if not name.endswith("__main__")))


def _import(name: str, folder: Path | None) -> ModuleType:
    """Import by name, from ``folder`` first; a module of that name from elsewhere must not stand in for it."""
    if folder is not None:
        sys.path.insert(0, str(folder))
        _forget_others(name, folder)
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name == name.partition(".")[0]:
            raise UsageError(
                what=f"there is no package or folder {name!r} here",
                where=str(folder or Path.cwd()),
                fix="change to the folder that holds it, or give its path",
            ) from None
        raise _failed(name, error) from error
    except (Exception, SystemExit) as error:
        raise _failed(name, error) from error


def _forget_older(path: Path, mark: str) -> None:
    if _MARKS.setdefault(path, mark) != mark:
        inside = [
            key for key, one in sys.modules.items() if path in Path(getattr(one, "__file__", None) or "/").parents
        ]
        for key in inside:
            del sys.modules[key]
        _MARKS[path] = mark


_MARKS: dict[Path, str] = {}  # of what this process has loaded


def _forget_others(name: str, folder: Path) -> None:
    known = sys.modules.get(name)
    here = [str(folder / name)]
    if known is not None and (folder / name).is_dir() and list(getattr(known, "__path__", here)) != here:
        for loaded in [key for key in sys.modules if key == name or key.startswith(f"{name}.")]:
            del sys.modules[loaded]
    importlib.invalidate_caches()


def _run(path: Path) -> ModuleType:
    """Execute one file as a module of its own; its folder may be imported from.

    Its source as it is now: a file that Python has cached is taken for unchanged within a second.
    """
    if str(path.parent) not in sys.path:
        sys.path.insert(0, str(path.parent))
    loader = SourceFileLoader(path.stem, str(path))
    spec = importlib.util.spec_from_file_location(path.stem, path, loader=loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up. What somebody else has imported under that name stays.
    before = sys.modules.get(path.stem)
    if before is _RUN.get(path.stem):
        sys.modules[path.stem] = _RUN[path.stem] = module
    try:
        exec(loader.source_to_code(loader.get_data(str(path)), str(path)), vars(module))
    except (Exception, SystemExit) as error:
        if sys.modules.get(path.stem) is module:
            del sys.modules[path.stem], _RUN[path.stem]
        raise _failed(str(path), error) from error
    return module


_RUN: dict[str, ModuleType] = {}  # by name, the files that this process has run last


def _failed(name: str, error: BaseException) -> UsageError:
    frame, last = error.__traceback__, ""
    while frame is not None:
        last = f"{frame.tb_frame.f_code.co_filename}:{frame.tb_lineno}"
        frame = frame.tb_next
    place = f"{error.filename}:{error.lineno}" if isinstance(error, SyntaxError) else last
    return UsageError(
        what=f"importing it raised {type(error).__name__}: {error}",
        where=name,
        fix=f"mend {place}, then run the same command again",
    )
