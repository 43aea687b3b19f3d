"""One forward on arrays of its own and pullbacks of it, watched: what they change, and whose memory they return."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnverify._compare import identical
from nnverify._errors import told
from nnverify.subject import Subject, copied, like

Array = NDArray[np.float64]

_MOST_WORK = 10_000  # of deciding whether two strided arrays overlap


@dataclass(frozen=True)
class Result:
    """What one pullback returned: gradients by leaf, or what it raised."""

    gradients: Mapping[str, Any]
    raised: str | None = None

    def kept(self, known: Mapping[str, Any] | None = None, factor: float = 1.0) -> Result:
        """Copies: what a later call writes into its buffers must not reach them.

        What is ``factor`` times a known gradient, to the last bit, takes no memory of its own.
        """
        known = known or {}
        parts = {name: kept(part, known.get(name), factor) for name, part in self.gradients.items()}
        return Result(parts, self.raised)

    def without_zeros(self) -> Result:
        """The same, whatever is zero everywhere taking no memory of its own."""
        zeros = {name: np.broadcast_to(np.zeros((), part.dtype), part.shape) for name, part in self.gradients.items()
                 if isinstance(part, np.ndarray) and part.dtype.kind in "fiub"}  # fmt: skip
        return self.kept(zeros)

    def gradient(self, leaf: str) -> Array | None:
        """As float64; None where there is none, or not of finite numbers: that is another finding."""
        found = self.gradients.get(leaf)
        array = None if found is None else np.asarray(found)
        if array is None or array.dtype.kind not in "fiub" or not np.all(np.isfinite(array)):
            return None
        return array.astype(np.float64, copy=False)


@dataclass(frozen=True)
class _Multiple:
    """An array that is so many times another, made when it is asked for."""

    array: Array
    factor: float

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.asarray(self.factor * self.array, dtype)


def kept(part: Any, known: Any, factor: float = 1.0) -> Any:
    """A copy; or what is known already, where that is the same to the last bit."""
    arrays = isinstance(part, np.ndarray) and isinstance(known, np.ndarray)
    if not arrays or part.dtype != known.dtype or part.dtype.kind == "O" or np.may_share_memory(part, known):
        return copied(part)
    if not np.array_equal(part, known if factor == 1 else factor * known):
        return copied(part)
    return known if factor == 1 else _Multiple(known, factor)


class Watch:
    """``changed`` collects "X by forward", "dout by backward", …: arguments that are not as they were."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        # The subject's own arrays are never handed out, and tell what a copy of them was.
        self._before = [leaf.value for leaf in subject.leaves]
        self._values = [copied(leaf.value) for leaf in subject.leaves]
        self.changed: list[str] = []
        self._outputs: list[tuple[Any, Any]] = []
        self._upstreams: Sequence[Any] = ()

    def forward(self) -> tuple[Any, Callable[[Any], Any]]:
        """Output and pullback of one call."""
        output, pullback = self._subject.run(*self._values)
        self._compare("forward")
        self._outputs = [(part, copied(part)) for part in _parts(output)]
        return output, pullback

    def backward(self, pullback: Callable[[Any], Any], output: Any, upstream: Array) -> Result:
        """What the pullback returned for the upstream, or raised."""
        dout = like(upstream.copy(), output)
        before = [copied(part) for part in _parts(dout)]
        self._upstreams = _parts(dout)
        try:
            gradients = pullback(dout)
        except Exception as error:
            return Result({}, told(error))
        self._compare("backward")
        if any(not _same(part, was) for part, was in zip(self._upstreams, before, strict=True)):
            self.changed.append("dout by backward")
        if any(not _same(part, was) for part, was in self._outputs):
            self.changed.append("the output by backward")
        return Result(dict(gradients) if isinstance(gradients, Mapping) else {})

    def _compare(self, who: str) -> None:
        """What is not as before; from then on it is compared with what it is now."""
        for place, (leaf, value) in enumerate(zip(self._subject.leaves, self._values, strict=True)):
            if not _same(value, self._before[place]):
                self.changed.append(f"{leaf.name} by {who}")
                self._before[place] = copied(value)

    def shared(self, found: Result) -> Iterator[tuple[str, str]]:
        """Names of gradients and of what they share memory with."""
        arrays = {f"d{name}": part for name, part in found.gradients.items() if isinstance(part, np.ndarray)}
        others = {leaf.name: value for leaf, value in zip(self._subject.leaves, self._values, strict=True)}
        parts = [*others.items(), *(("dout", part) for part in self._upstreams)]
        parts += [("the output", part) for part, _ in self._outputs]
        names = list(arrays)
        for place, name in enumerate(names):
            yield from ((name, other) for other in names[place + 1 :] if overlap(arrays[name], arrays[other]))
            yield from ((name, other) for other, value in parts if overlap(arrays[name], value))


def _parts(value: Any) -> Sequence[Any]:
    return value if isinstance(value, tuple | list) else (value,)


def _same(one: Any, two: Any) -> bool:
    if not isinstance(one, np.ndarray) or not isinstance(two, np.ndarray):
        return True
    return identical(one, two)


def overlap(one: Any, two: Any) -> bool:
    """Whether two arrays share memory; what is too hard to decide counts as no."""
    if not isinstance(one, np.ndarray) or not isinstance(two, np.ndarray) or not np.may_share_memory(one, two):
        return False
    try:
        return np.shares_memory(one, two, max_work=_MOST_WORK)  # type: ignore[arg-type]
    except np.exceptions.TooHardError:
        return False
