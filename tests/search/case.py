"""A right layer, and the mistakes in its backward that one generic point does not show.

Records only; the tables beside this module fill them, and the tests judge.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Wrong:
    """One mistake.

    needs     what has to be searched for it: shape, value, index, layout, dtype, option, state, composition
    backward  as that of the layer; for objects, a function that makes the wrong object
    """

    needs: str
    name: str
    backward: Callable[..., Any]


@dataclass(frozen=True)
class Layer:
    """forward with a right backward(dout, *leaves); ``made`` makes a right object in place of both."""

    name: str
    leaves: Mapping[str, Any]
    wrong: tuple[Wrong, ...]
    forward: Callable[..., Any] | None = None
    backward: Callable[..., Any] | None = None
    made: Callable[[], Any] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    def right(self) -> tuple[Any, ...]:
        """What a user passes."""
        return (self.made(),) if self.made is not None else (self.forward, self.backward)

    def mistaken(self, wrong: Wrong) -> tuple[Any, ...]:
        return (wrong.backward(),) if self.made is not None else (self.forward, wrong.backward)

    def __str__(self) -> str:
        return self.name
