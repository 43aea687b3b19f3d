"""Layouts: the same values in other strides, as inputs and as upstream, must give the same gradients.

Equal within the rounding of reordered sums. A zero stride needs equal values, so it is compared with a copy of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from nnverify.search.runs import Ran, beside, differences, ran, upstream_of
from nnverify.subject import Subject, copied
from nnverify.verdict import Finding, Outcome

Array = np.ndarray[Any, Any]
Arrange = Callable[[Array], Array]

CHECK = "layout"


def _plain(value: Array) -> Array:
    return np.array(value, order="C")


def _sliced(value: Array) -> Array:
    """Every second entry of a larger array, along every axis."""
    whole = np.full(tuple(2 * size for size in value.shape), np.nan, dtype=value.dtype)
    part = whole[(slice(None, None, 2),) * value.ndim]
    part[...] = value
    return part


def _reversed(value: Array) -> Array:
    """Negative strides along every axis."""
    backwards = (slice(None, None, -1),) * value.ndim
    return value[backwards].copy()[backwards]


def _expanded(value: Array) -> Array:
    """The first entry, or row, with a stride of zero."""
    return np.broadcast_to(value[:1].copy() if value.ndim > 1 else value.reshape(-1)[:1].copy(), value.shape)


_REORDERED: dict[str, Arrange] = {
    "in Fortran order": np.asfortranarray,
    "a slice of a larger array": _sliced,
    "read backwards, with negative strides": _reversed,
}
_REPEATED: dict[str, Arrange] = {
    "one row repeated, with a stride of zero": _expanded,
    "one number repeated, with strides of zero": lambda value: np.broadcast_to(
        value.reshape(-1)[:1].copy(), value.shape
    ),
}
LAYOUTS = _REORDERED | _REPEATED


def layout(subject: Subject, seed: int) -> Iterator[Finding]:
    """A finding for each layout that changes a gradient: of leaves and upstream at once, and then by themselves."""
    values = [copied(leaf.value) for leaf in subject.leaves]
    places = [place for place, leaf in enumerate(subject.leaves) if leaf.differentiable and np.size(leaf.value) > 1]
    same = ran(subject, _with(values, {}), seed) if places else None
    for words in LAYOUTS if places else ():
        look = _Look(subject, seed, words, values, places, same if words in _REORDERED else None)
        if not look.alike():
            yield from look.leaves()
            yield from look.upstream()


@dataclass(frozen=True)
class _Look:
    """One layout of the leaves at some places.

    same  the run with everything as it is, where the layout only reorders it
    """

    subject: Subject
    seed: int
    words: str
    values: Sequence[Any]
    places: Sequence[int]
    same: Ran | None

    def alike(self) -> bool:
        """Whether nothing changes where the leaves and the upstream have this layout."""
        plain = _whole(self.same or self._ran(self._plain(), self._plain_upstream))
        found = self._ran(self._arranged(), self._arranged_upstream)
        return plain is not None and found is not None and not any(differences(self.subject, plain, found))

    def leaves(self) -> Iterator[Finding]:
        """The leaves in this layout."""
        plain = _whole(self.same or self._ran(self._plain()))
        if plain is None:
            return
        names = ", ".join(self.subject.leaves[place].name for place in self.places)
        where = f"{names} {'is' if len(self.places) == 1 else 'are'} {self.words}"
        again = partial(beside, self.subject, self._plain(), self.seed)
        yield from _compared(self.subject, plain, self._ran(self._arranged()), where, again)

    def upstream(self) -> Iterator[Finding]:
        """The same for the upstream gradient, part by part where there are several outputs."""
        plain = _whole(self.same or self._ran(_with(self.values, {}), self._plain_upstream))
        if plain is None:
            return
        found = self._ran(_with(self.values, {}), self._arranged_upstream)
        if found is not None and found.raised and self.subject.stateful and "read-only" in found.raised:
            return
        again = partial(beside, self.subject, _with(self.values, {}), self.seed, self._plain_upstream)
        yield from _compared(self.subject, plain, found, f"the upstream gradient is {self.words}", again)

    def _ran(self, values: Sequence[Any], upstream: Callable[[Any], Any] | None = None) -> Ran | None:
        return ran(self.subject, values, self.seed, upstream)

    def _arranged(self) -> list[Any]:
        return _with(self.values, {place: LAYOUTS[self.words](self.values[place]) for place in self.places})

    def _plain(self) -> list[Any]:
        return _with(self.values, {place: _plain(LAYOUTS[self.words](self.values[place])) for place in self.places})

    def _arranged_upstream(self, output: Any) -> Any:
        return _each(upstream_of(self.subject, output, self.seed), LAYOUTS[self.words])

    def _plain_upstream(self, output: Any) -> Any:
        return _each(self._arranged_upstream(output), _plain)


def _whole(plain: Ran | None) -> Ran | None:
    """The run, if it is one to compare with."""
    return None if plain is None or plain.raised or not plain.finite else plain


def _with(values: Sequence[Any], others: dict[int, Array]) -> list[Any]:
    """Copies of the values, and the others as they are: their strides are the question."""
    return [others.get(place, copied(value)) for place, value in enumerate(values)]


def _each(upstream: Any, arrange: Arrange) -> Any:
    if isinstance(upstream, tuple | list):
        return tuple(_each(part, arrange) for part in upstream)
    return arrange(upstream) if np.size(upstream) > 1 else upstream


def _compared(
    subject: Subject, plain: Ran, found: Ran | None, words: str, again: Callable[[], list[Ran]]
) -> Iterator[Finding]:
    """A finding for each gradient that differs, and by more than rounding, which may be all at equal entries."""
    if found is None or not any(differences(subject, plain, found)):
        return  # forward does not take it, or all is well
    for leaf, message in differences(subject, plain, found, again()):
        yield Finding(CHECK, leaf, Outcome.FAIL, f"{message} where {words}", "NV130")
