"""Layouts: the same values in other strides, as inputs and as upstream, must give the same gradients.

Equal within the rounding of reordered sums. A zero stride needs equal values, so it is compared with a copy of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
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
    """A finding for each layout of all leaves, or of the upstream, that changes a gradient."""
    values = [copied(leaf.value) for leaf in subject.leaves]
    places = [place for place, leaf in enumerate(subject.leaves) if leaf.differentiable and np.size(leaf.value) > 1]
    same = ran(subject, _with(values, {}), seed) if places else None
    for words, arrange in LAYOUTS.items() if places else ():
        arranged = {place: arrange(values[place]) for place in places}
        names = ", ".join(subject.leaves[place].name for place in arranged)
        alike = _with(values, {place: _plain(one) for place, one in arranged.items()})
        plain = same if words in _REORDERED else ran(subject, [copied(value) for value in alike], seed)
        if plain is None or plain.raised or not plain.finite:
            continue
        where = f"{names} {'is' if len(arranged) == 1 else 'are'} {words}"
        found = ran(subject, _with(values, arranged), seed)
        yield from _compared(subject, plain, found, where, partial(beside, subject, alike, seed))
        yield from _upstream(subject, values, seed, words, same if words in _REORDERED else None)


def _with(values: Sequence[Any], others: dict[int, Array]) -> list[Any]:
    """Copies of the values, and the others as they are: their strides are the question."""
    return [others.get(place, copied(value)) for place, value in enumerate(values)]


def _upstream(subject: Subject, values: Sequence[Any], seed: int, words: str, same: Ran | None) -> Iterator[Finding]:
    """The same for the upstream gradient, part by part where there are several outputs.

    same  the run with the upstream as it is, where this layout only reorders it
    """

    def arranged(output: Any) -> Any:
        return _each(upstream_of(subject, output, seed), LAYOUTS[words])

    def plain(output: Any) -> Any:
        return _each(arranged(output), _plain)

    one = same or ran(subject, _with(values, {}), seed, plain)
    if one is not None and not one.raised and one.finite:
        two = ran(subject, _with(values, {}), seed, arranged)
        if two is not None and not (two.raised and subject.stateful and "read-only" in two.raised):
            again = partial(beside, subject, _with(values, {}), seed, plain)
            yield from _compared(subject, one, two, f"the upstream gradient is {words}", again)


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
