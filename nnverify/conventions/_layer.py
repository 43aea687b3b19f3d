"""A layer object, run on copies: its methods, what they are called with, and the output they leave.

Which methods these are is found in _methods.py, which arrays are parameters in _parameters.py, and where their
gradients lie in _sources.py.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import numpy as np

from nnverify._errors import UsageError
from nnverify.conventions import _names
from nnverify.conventions._reach import attributes
from nnverify.conventions._results import result
from nnverify.conventions._slots import is_number
from nnverify.conventions._way import Given, Way


@dataclass(frozen=True)
class Done:
    """One forward: the object it was run on, all it returned, the attributes it set, and the output.

    pullback   of a forward that returns its own gradients
    """

    owner: Any
    returned: Any
    left: tuple[str, ...]
    output: Any
    pullback: Callable[[Any], Any] | None = None


def _nothing() -> None:
    pass


@dataclass(frozen=True)
class Layer:
    """How the object is used.

    backward_name  None: forward returns its own gradients
    places         of the leaves that forward takes             flags  forward's training flags
    fed            leaves that forward finds in attributes      fed_upstream  the attribute backward finds it in
    out            the attribute with the output, if named      way    how backward is called; None until it is known
    finished       the gradients that forward returns ignore the upstream
    calm           puts the world back before each forward
    """

    forward_name: str
    backward_name: str | None
    places: tuple[int, ...]
    flags: dict[str, bool]
    out: str | None
    where: str
    fed: tuple[str, ...] = ()
    fed_upstream: str | None = None
    way: Way | None = None
    finished: bool = False
    calm: Callable[[], None] = field(default=_nothing, compare=False)

    @property
    def terminal(self) -> bool:
        return self.finished or (self.way is not None and self.way.terminal and self.fed_upstream is None)

    def forward(self, owner: Any, values: Sequence[Any]) -> Done:
        """Run forward on the owner; the output is what it returned or left in an attribute."""
        self.calm()
        for name, value in zip(self.fed, values, strict=False):
            setattr(owner, name, value)
        before = {name: id(value) for name, value in attributes(owner).items()}
        given = [values[place] for place in self.places]
        with np.errstate(all="ignore"):
            returned = getattr(owner, self.forward_name)(*given, **self.flags)
        left = tuple(name for name, value in attributes(owner).items() if before.get(name) != id(value))
        if self.backward_name is None:
            found = result(returned, self.where)
            return Done(owner, returned, left, found.output, found.pullback or (lambda _: found.gradients))
        output = self._output(owner, returned, left)
        return Done(owner, returned, left, output if self.way is None else self.way.output(output))

    def _output(self, owner: Any, returned: Any, left: Sequence[str]) -> Any:
        if self.out:
            return getattr(owner, self.out)
        if returned is not None and returned is not owner:
            return returned
        found = outputs(owner, left)
        if not found:
            raise UsageError(
                what=f"{self.forward_name} returned nothing, and left {', '.join(left) or 'nothing'} behind",
                where=self.where,
                fix="name the attribute that holds the output: out='…'",
            )
        return getattr(owner, found[0])

    def backward(self, done: Done, dout: Any, values: Sequence[Any]) -> Any:
        """What backward returns, called on the object that forward was run on."""
        with np.errstate(all="ignore"):
            if done.pullback is not None:
                return done.pullback(dout)
            assert self.way is not None
            if self.fed_upstream is not None:
                setattr(done.owner, self.fed_upstream, dout)
            method = getattr(done.owner, str(self.backward_name))
            return self.way.call(method, Given(dout, values, done.returned, done.output, done.owner))


def outputs(owner: Any, left: Sequence[str]) -> list[str]:
    """The attributes among those that forward has set that are called like an output, likeliest first."""
    return [name for name in _names.OUTPUT_ATTRIBUTES if name in left and is_number(getattr(owner, name))]


def _modules(owner: Any) -> dict[int, Any]:
    """Modules that the object and its parts hold, such as self.xp = numpy: they are shared, not copied."""
    holders = [owner, *attributes(owner).values()]
    found = [one for holder in holders for one in getattr(holder, "__dict__", {}).values()]
    return {id(one): one for one in found if isinstance(one, ModuleType)}


def duplicate(owner: Any, where: str) -> Any:
    """A deep copy. Raises UsageError for what cannot be copied."""
    try:
        return copy.deepcopy(owner, _modules(owner))
    except Exception as error:
        raise UsageError(
            what=f"the object cannot be copied: {type(error).__name__}: {error}",
            where=where,
            fix="keep locks, files and generators out of it, or check a function that builds it",
        ) from error
