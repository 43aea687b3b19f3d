"""How one backward is called, and how the right one of several ways is chosen.

The one that runs and returns gradients of the leaves' shapes is it; whether a gradient is right is never looked at.
Two that run, and that no name tells apart, are an error that lists them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnverify._errors import UsageError
from nnverify.conventions._signature import Role, Signature
from nnverify.subject import Leaf
from nnverify.trees import Tree

Roles = tuple[Role, ...]
Tiers = list[list["Way"]]


@dataclass(frozen=True)
class Way:
    """The roles of backward's parameters, by position and by name, and what of forward's result is output.

    outputs   so many of the things that forward returned; None: all of it is the output
    """

    roles: Roles
    outputs: int | None = None
    named: Mapping[str, Role] | None = None

    @property
    def every(self) -> Roles:
        return (*self.roles, *(self.named or {}).values())

    @property
    def cached(self) -> bool:
        return any(role.kind == "part" for role in self.every)

    @property
    def terminal(self) -> bool:
        """Whether backward is given no upstream: what it returns is the gradient of the output itself."""
        return not any(role.kind == "upstream" for role in self.every)

    def output(self, returned: Any) -> Any:
        if self.outputs is None:
            return returned
        return returned[0] if self.outputs == 1 else tuple(returned[: self.outputs])

    def call(self, backward: Callable[..., Any], given: Given) -> Any:
        """What backward returns for this upstream."""
        by_name = {name: given.value(role) for name, role in (self.named or {}).items()}
        return backward(*map(given.value, self.roles), **by_name)


@dataclass(frozen=True)
class Given:
    """What the roles are played by: dout, copies of the leaves, all that forward returned, its output, its object."""

    dout: Any
    leaves: Sequence[Any]
    returned: Any
    output: Any
    owner: Any = None

    def value(self, role: Role) -> Any:
        values: dict[str, Callable[[], Any]] = {
            "upstream": lambda: self.dout if role.key is None else self.dout[role.key],
            "leaf": lambda: self.leaves[role.key],
            "part": lambda: self.returned[role.key],
            "left": lambda: getattr(self.owner, role.key),
            "output": lambda: self.output,
            "rate": lambda: 1.0,
            "nothing": lambda: 0.0,
            "training": lambda: True,
            "optimizer": Descent,
        }
        return values[role.kind]()


class Descent:
    """Plain gradient descent at rate 1, as an optimizer that is handed to backward."""

    learning_rate = lr = 1.0

    def update(self, value: Any, gradient: Any) -> Any:
        return value - gradient

    step = __call__ = update


def chosen(ways: Tiers, works: Callable[[Way], bool], refusal: Callable[[Sequence[Way]], UsageError]) -> Way:
    """The way that works in the first tier that has one; where none does, the one there is to blame.

    The only one there is need not be tried.
    """
    if [len(tier) for tier in ways] == [1]:
        return ways[0][0]
    for rank, tier in enumerate(ways):
        fit = [way for way in tier if works(way)]
        if len(fit) > 1 and (rank == 0 or len(ways[0]) > 1):
            raise refusal(fit)
        if len(fit) == 1:
            return fit[0]
    if not ways or len(ways[0]) > 1:
        raise refusal([way for tier in ways for way in tier])
    return ways[0][0]


def refuse_slope(way: Way, leaves: Sequence[Leaf], output: Any, where: str) -> None:
    """Raise UsageError for f′(x) of the only array: nothing shows whether it wants the input or the output of f."""
    given = [leaves[role.key] for role in way.every if role.kind == "leaf"]
    alone = len(given) == 1 and given[0].differentiable and not isinstance(given[0], Tree)
    if way.terminal and not way.cached and alone and np.shape(output) == np.shape(given[0].value) != ():
        raise UsageError(
            what=f"backward takes one array and no upstream: it could be the derivative at {given[0].name}, or at the "
            "output",
            where=where,
            fix="say which: derivative='input' or derivative='output'",
        )


def taken(leaves: Sequence[str], forward: Signature | None, backward: Signature | None) -> tuple[int, ...]:
    """The places of the leaves that forward takes; the others are backward's own, such as the target of a loss.

    Those are leaves that forward has no parameter left for, or only one with a default and another name, while
    backward names them.
    """
    everything = tuple(range(len(leaves)))
    if forward is None or forward.variadic:
        return everything
    own = set(backward.names if backward else ()) - set(forward.names)
    kept = [
        place for place, name in enumerate(leaves)
        if name not in own or place < forward.required
    ]  # fmt: skip
    fits = everything if len(kept) == len(leaves) or not forward.takes(len(kept)) else tuple(kept)
    return fits[: len(forward.names)] if len(fits) > len(forward.names) else fits
