"""What the caller passed, what was declared, and the row by which a convention is known.

A row recognises or refuses; it never looks at whether a gradient is right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nnverify.subject import Leaf, Subject


@dataclass(frozen=True)
class Declared:
    """What only the caller can say. Every one of these has a wrong twin, so none is ever guessed.

    reduction   "mean" or "sum": the loss is that of the output's entries; "batch mean": gradients of parameters are
                divided by the size of the batch axis
    batch_axis  the axis of the samples, for "batch mean"
    terminal    backward ignores its upstream: it starts from the loss, whose upstream is 1
    fused       "softmax cross-entropy" or "sigmoid cross-entropy": backward expects the gradient of the loss by
                the logits as its upstream
    surrogate   the function whose derivative backward means to be, in place of forward
    penalty     a function of the leaves that is added to the loss; backward includes its gradient
    derivative  "input" or "output": backward is f′, of the input or of the output
    """

    reduction: str | None = None
    batch_axis: int = 0
    terminal: bool = False
    fused: str | None = None
    surrogate: Callable[..., Any] | None = None
    penalty: Callable[..., Any] | None = None
    derivative: str | None = None


@dataclass(frozen=True)
class Named:
    """What the caller named because it could not be found, or to be sure."""

    tensor: Callable[[Any], Any] | None = None
    params: Sequence[str] | None = None
    grads: Mapping[str, str] | Sequence[str] | None = None
    out: str | None = None
    dx: str | None = None


@dataclass(frozen=True)
class Call:
    """One call of check_gradients, leaves already drawn."""

    target: Any
    backward: Any
    leaves: tuple[Leaf, ...]
    declared: Declared = field(default_factory=Declared)
    named: Named = field(default_factory=Named)
    convention: str | None = None
    name: str = ""

    @property
    def targets(self) -> tuple[Leaf, ...]:
        return tuple(leaf for leaf in self.leaves if leaf.differentiable)


@dataclass(frozen=True)
class Convention:
    """One row of the table: its name, what it looks like, how it is recognised and turned into a subject."""

    name: str
    looks: str
    recognises: Callable[[Call], bool]
    subject: Callable[[Call], Subject]


def title(target: Any) -> str:
    """What the reports call it."""
    if isinstance(target, type):
        return target.__name__
    name = getattr(target, "__qualname__", None) or type(target).__name__
    return str(name).rpartition("<locals>.")[2] or str(name)
