"""The target of a command: the words that name it, and the objects and leaves they come to."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

from nnverify._errors import UsageError

if TYPE_CHECKING:
    from nnverify.targets import Target

DECLARED = ("convention", "reduction", "derivative", "terminal", "fused")


def target_options(parser: argparse.ArgumentParser) -> None:
    """What a target may need to be told, as check_gradients is told it."""
    parser.add_argument(
        "--leaf",
        action="append",
        default=[],
        metavar="NAME=WORDS",
        help="X=8,4 (a shape), 'X=m n' (axis words), 'ids=m below 10', 'p=m n from 0 to 1'; once for each leaf",
    )
    parser.add_argument("--init", metavar="ARGS", help="the constructor's arguments, such as '3, 5'")
    parser.add_argument("--convention", help="instead of recognising it")
    parser.add_argument("--reduction", choices=("mean", "sum", "batch mean"))
    parser.add_argument("--derivative", choices=("input", "output"), help="backward is f', of the input or the output")
    parser.add_argument("--terminal", action="store_true", default=None, help="backward ignores its upstream")
    parser.add_argument("--fused", help="the loss that backward starts from, such as 'softmax cross-entropy'")


@dataclass(frozen=True)
class Prepared:
    """What the words of a command came to.

    objects   what check_gradients takes first
    leaves    by name, as check_gradients takes them
    guess     the words of the leaves that were guessed
    init      the constructor's arguments, as one would type them; None where nothing was made
    """

    target: Target
    objects: tuple[Any, ...]
    leaves: dict[str, Any]
    guess: dict[str, str]
    init: str | None


def prepared(options: argparse.Namespace, folder: Path) -> Prepared:
    """Load the target, seen from the folder, make it, give it leaves. Raises UsageError where any of this fails."""
    from nnverify.guessing import guessed, instance, parsed
    from nnverify.targets import made, target

    found = target(options.target, folder)
    objects, init = made(found, options.init), options.init
    if init is None:
        first = instance(objects[0])
        objects, init = (first.made, *objects[1:]), first.init
    backward = objects[1] if len(objects) > 1 else None
    given = {name: parsed(words) for name, words in _once(map(_leaf, options.leaf)).items()}
    leaves = given | _arrays(getattr(options, "at", None), objects[0], backward)
    guess = {} if leaves else guessed(objects[0], backward)
    return Prepared(found, objects, leaves or {name: parsed(words) for name, words in guess.items()}, guess, init)


def _leaf(words: str) -> tuple[str, str]:
    name, separator, rest = words.partition("=")
    if not separator or not name.strip():
        raise UsageError(what=f"--leaf {words!r} has no name", where="nnverify check", fix="write --leaf X=8,4")
    return name.strip(), rest.strip()


def _once(told: Iterable[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, words in told:
        if name in found:
            what = f"{name} is told to be {found[name]!r}, and {words!r}"
            raise UsageError(what=what, where="--leaf", fix="say it once for each leaf")
        found[name] = words
    return found


def _arrays(path: str | None, target: Any, backward: Any) -> dict[str, Any]:
    """The arrays of an .npz file by name; that of an .npy file is the first leaf."""
    import numpy as np

    if path is None:
        return {}
    try:
        with Path(path).open("rb") as file:
            loaded = np.load(file, allow_pickle=False)
            arrays = {} if isinstance(loaded, np.ndarray) else {name: loaded[name] for name in loaded.files}
    except (OSError, ValueError, EOFError, BadZipFile) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else "it is no file of plain arrays"
        raise UsageError(
            what=f"it could not be read: {why}", where=path, fix="save the arrays with numpy.savez(file, X=X, …)"
        ) from error
    if isinstance(loaded, np.ndarray):
        from nnverify.guessing import argument_names

        return {argument_names(target, backward)[0]: loaded}
    return arrays
