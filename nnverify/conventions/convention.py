"""What the caller passed, what was declared, and the row by which a convention is known.

A row recognises or refuses; it never looks at whether a gradient is right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nnverify._errors import UsageError, told
from nnverify.conventions._randomness import World
from nnverify.subject import Leaf, Subject, copied
from nnverify.trees import grown


@dataclass(frozen=True)
class Declared:
    """What only the caller can say. Every one of these has a wrong twin, so none is ever guessed.

    reduction   "mean" or "sum": the loss is that of the output's entries; "batch mean": gradients of parameters are
                divided by the size of the batch axis
    batch_axis  the axis of the samples, for "batch mean" and for the mean of a fused loss of samples
    terminal    backward ignores its upstream: it starts from the loss, whose upstream is 1
    fused       one of _losses.FUSED, such as "softmax cross-entropy": backward expects the gradient of the loss by
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
    """One call of check_gradients, leaves already drawn.

    method  the forward, where a bound method of the target was passed
    world   random states and the state in reach, taken before anything was run
    """

    target: Any
    backward: Any
    leaves: tuple[Leaf, ...]
    declared: Declared = field(default_factory=Declared)
    named: Named = field(default_factory=Named)
    convention: str | None = None
    name: str = ""
    method: str | None = None
    world: World | None = None

    @property
    def targets(self) -> list[Leaf]:
        return [leaf for leaf in self.leaves if leaf.differentiable]

    @property
    def names(self) -> list[str]:
        return [leaf.name for leaf in self.leaves]

    @property
    def order(self) -> Sequence[str] | None:
        """The leaves that the returned gradients belong to, where the caller listed them."""
        return self.named.grads if isinstance(self.named.grads, list | tuple) else None

    def values(self) -> list[Any]:
        """Copies of the leaves' values."""
        return [grown(copied(leaf.value), {}) for leaf in self.leaves]

    def tried(self, forward: Callable[..., Any]) -> Any:
        """What forward returns. Raises UsageError where it raises."""
        try:
            return forward(*self.values())
        except UsageError:
            raise
        except Exception as error:
            raise self.raised(error, "forward") from error

    def raised(self, error: Exception, what: str = "running it") -> UsageError:
        shapes = ", ".join(f"{leaf.name} {_extent(leaf.value)}" for leaf in self.leaves)
        return UsageError(
            what=f"{what} raised {told(error)}",
            where=self.name or title(self.target),
            fix=f"call forward and backward once by hand with {shapes}" if shapes else "pass the leaves it takes",
        )


@dataclass(frozen=True)
class Adapted(Subject):
    """A subject as a row makes it.

    terminal   the pullback ignores its upstream: what it returns are the finished gradients of the output
    target     the place of a leaf that forward does not take: what the loss inside backward compares with
    extreme    a loss is clipped here, and its gradient beyond measure: these values are no probabilities
    """

    terminal: bool = False
    target: int | None = None
    extreme: bool = False


@dataclass(frozen=True)
class Convention:
    """One row of the table: its name, what it looks like, how it is recognised and turned into a subject."""

    name: str
    looks: str
    recognises: Callable[[Call], bool]
    subject: Callable[[Call], Adapted]


def _extent(value: Any) -> str:
    """The shape of an array, and the type of anything else."""
    array = isinstance(value, np.ndarray | np.generic | float | int)
    return str(np.shape(value)) if array else type(value).__name__


def title(target: Any) -> str:
    """What the reports call it."""
    if isinstance(target, type):
        return target.__name__
    name = getattr(target, "__qualname__", None) or type(target).__name__
    return str(name).rpartition("<locals>.")[2] or str(name)
