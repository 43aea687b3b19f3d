"""What is checked: leaves, a forward, a pullback. Every foreign convention becomes a Subject once, at the edge.

The engine sees float64 vectors: all outputs flattened into one, each leaf by itself. What the caller's functions
return is validated here; nothing is judged.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnverify._errors import NnverifyError, UsageError, told

Array = NDArray[np.float64]
Pullback = Callable[[Any], Mapping[str, Any]]


@dataclass(frozen=True)
class Leaf:
    """One named array that may receive a gradient; ``differentiable=False`` makes it a constant."""

    name: str
    value: Any
    differentiable: bool = True


@dataclass(frozen=True)
class Subject:
    """Leaves, and a function of them that returns the output and the pullback of that call.

    run      (values in leaf order) -> (output, pullback); output an array, a scalar or a tuple of them
    forward  the output alone, for the many evaluations that need no gradient
    pullback (upstream, shaped like the output) -> {leaf: gradient}
    convention, notes
             how the caller's functions are called, and what the caller should know of it
    stateful an object, which may keep state between its own calls and work on the upstream it is handed
    reused   (other values, output -> upstream, values) -> (output, gradients) of a second use of the same object;
             gradients that accumulate count from zero. None where nothing is kept between calls
    unit_outputs
             so many outputs, the last ones, have an upstream of 1: terms of the loss that the pullback adds by itself
    """

    name: str
    leaves: tuple[Leaf, ...]
    run: Callable[..., tuple[Any, Pullback]]
    forward: Callable[..., Any]
    convention: str = ""
    notes: tuple[str, ...] = ()
    unit_outputs: int = 0
    stateful: bool = False
    reused: Callable[..., tuple[Any, Mapping[str, Any]]] | None = None

    def targets(self) -> tuple[Leaf, ...]:
        """The leaves whose gradients are checked."""
        return tuple(leaf for leaf in self.leaves if leaf.differentiable)

    def at_point(self) -> tuple[Any, Pullback]:
        """Output and pullback at the subject's own point. Raises UsageError where forward does."""
        values = [copied(leaf.value) for leaf in self.leaves]
        try:
            return self.run(*values)
        except NnverifyError:
            raise
        except Exception as error:
            raise UsageError(
                what=f"forward raised {told(error)}",
                where=self.name,
                fix=f"call forward once by hand with leaves of these shapes: {self._shapes()}",
            ) from error

    def flatten(self, output: Any) -> Array:
        """All outputs as one float64 vector. Raises UsageError for what is no array of real numbers."""
        parts = output if isinstance(output, tuple | list) else (output,)
        vectors = [self._vector(part) for part in parts]
        if not vectors:
            what, fix = (
                "forward returned an empty tuple",
                "return an array of real numbers, a scalar or a tuple of arrays",
            )
            raise UsageError(what=what, where=self.name, fix=fix)
        return vectors[0] if len(vectors) == 1 else np.concatenate(vectors)

    def _vector(self, part: Any) -> Array:
        array = np.asarray(part)
        if array.dtype.kind not in "fiub":
            kind = f"an array of {array.dtype}" if isinstance(part, np.ndarray) else type(part).__name__
            raise UsageError(
                what=f"forward returned {kind}",
                where=self.name,
                fix="return an array of real numbers, a scalar or a tuple of arrays",
            )
        return array.astype(np.float64).reshape(-1)

    def spacing(self, output: Any, least: float = 0.0) -> Array:
        """The spacing of each output's floats relative to it: that of the part's own dtype, or ``least``."""
        parts = output if isinstance(output, tuple | list) else (output,)
        each = [np.broadcast_to(max(_eps(np.asarray(part).dtype), least), np.size(part)) for part in parts]
        return each[0] if len(each) == 1 else np.concatenate(each)

    def _shapes(self) -> str:
        return ", ".join(f"{leaf.name} {np.shape(leaf.value)}" for leaf in self.leaves)


def _eps(dtype: np.dtype[Any]) -> float:
    return float(np.finfo(dtype).eps) if dtype.kind == "f" else float(np.finfo(np.float64).eps)


def copied(value: Any) -> Any:
    """A copy of an array, of nested lists and dictionaries of them, or of an object that functions keep state in."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, dict | list):
        return copy.deepcopy(value)
    if isinstance(value, _SHARED) or not hasattr(value, "__dict__"):
        return value
    try:
        return copy.deepcopy(value)
    except Exception:  # locks, files and generators cannot be copied, and are shared
        return value


_SHARED = (type, FunctionType, MethodType, ModuleType)


def like(vector: Array, output: Any) -> Any:
    """The vector cut and shaped like the output: the inverse of flatten."""
    if not isinstance(output, tuple | list):
        return vector.reshape(np.shape(output))[()]
    ends = np.cumsum([np.size(part) for part in output])[:-1]
    pieces = zip(np.split(vector, ends), output, strict=True)
    return tuple(piece.reshape(np.shape(part))[()] for piece, part in pieces)
