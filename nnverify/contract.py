"""The calls that the contract checks share: four forwards and four backwards beside those of the probes.

What they returned, what they did to their arguments, and what shares memory with what. Nothing is judged here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnverify.draws import generator
from nnverify.probe import Probe
from nnverify.subject import Subject, copied, like

Array = NDArray[np.float64]

# Of a gradient's largest entry: threads may reorder sums, and cancellation magnify that. Errors of use are larger.
REORDERED = 1e-6
_ROUNDING = 1e-12
FACTOR = -4.0  # a power of two and a sign: exact in every arithmetic, and larger than any upstream drawn so far


@dataclass(frozen=True)
class Result:
    """What one pullback returned: gradients by leaf, or what it raised."""

    gradients: Mapping[str, Any]
    raised: str | None = None

    def kept(self) -> Result:
        """Copies: what a later call writes into its buffers must not reach them."""
        return Result({name: copied(part) for name, part in self.gradients.items()}, self.raised)

    def gradient(self, leaf: str) -> Array | None:
        """As float64; None where there is none, or no array of numbers."""
        found = self.gradients.get(leaf)
        array = None if found is None else np.asarray(found)
        return None if array is None or array.dtype.kind not in "fiub" else array.astype(np.float64)


@dataclass(frozen=True)
class Calls:
    """Everything the contract's calls have shown.

    first, second   the probes: upstreams w and w′ with their gradients
    outputs         of forward at the point, call by call
    scaled          the gradients for FACTOR·w
    again           the same pullback, called a second time with the same upstream
    zero            the gradients for no upstream
    mixed           the gradients for w + w′, another forward having run between forward and pullback
    plain           the same without that forward; called only where the mixed ones do not add up
    changed         "X by forward", "dout by backward", …: arguments that are not as they were
    shared          pairs of names whose arrays share memory
    """

    first: Probe
    second: Probe
    outputs: tuple[Array, ...]
    scaled: Result
    again: Result
    zero: Result
    mixed: Result
    plain: Result | None
    changed: tuple[str, ...]
    shared: tuple[tuple[str, str], ...]


def call(subject: Subject, first: Probe, second: Probe, seed: int) -> Calls:
    """Make the calls. Raises what forward raises; a pullback that raises is recorded."""
    watch = _Watch(subject)
    output, pullback = watch.forward()
    scaled = watch.backward(pullback, output, FACTOR * first.upstream)
    shared = tuple(watch.shared(scaled))
    scaled = scaled.kept()
    again = watch.backward(pullback, output, FACTOR * first.upstream).kept()
    zero = _plain(subject, np.zeros_like(first.upstream))
    other = _Watch(subject)
    between, mixing = other.forward()
    subject.run(*_elsewhere(subject, seed))
    mixed = other.backward(mixing, between, first.upstream + second.upstream)
    plain = None if adds_up(subject, first, second, mixed) else _plain(subject, first.upstream + second.upstream)
    outputs = (first.output, second.output, subject.flatten(output), subject.flatten(between))
    changed = dict.fromkeys((*watch.changed, *other.changed))
    return Calls(first, second, outputs, scaled, again, zero, mixed, plain, tuple(changed), shared)


def _plain(subject: Subject, upstream: Array) -> Result:
    """The gradients for an upstream, after a forward of its own."""
    watch = _Watch(subject)
    output, pullback = watch.forward()
    return watch.backward(pullback, output, upstream)


def floor(first: Probe, second: Probe) -> float:
    """What no gradient can be told from zero below: the rounding of the largest one."""
    sizes = [Result(one.gradients).gradient(name) for one in (first, second) for name in one.gradients]
    return _ROUNDING * max(
        (float(np.max(np.abs(size), initial=0.0)) for size in sizes if size is not None), default=0.0
    )


def adds_up(subject: Subject, first: Probe, second: Probe, found: Result) -> bool:
    """Whether the gradients for the sum of two upstreams are the sum of those for each, within reordered sums."""
    for leaf in subject.targets():
        one, two = (Result(probe.gradients).gradient(leaf.name) for probe in (first, second))
        both = found.gradient(leaf.name)
        if (
            one is not None
            and two is not None
            and both is not None
            and differ(both, one + two, one, two, floor=floor(first, second))
        ):
            return False
    return True


def differ(found: Array, wanted: Array, *others: Array, floor: float = 0.0) -> bool:
    """Whether two gradients differ by more than reordered sums can, relative to the largest entry of any."""
    if found.shape != wanted.shape:
        return True
    size = max(float(np.max(np.abs(array), initial=0.0)) for array in (found, wanted, *others))
    near = np.abs(found - wanted) <= REORDERED * size + floor
    return not bool(np.all(near | (np.isnan(found) & np.isnan(wanted)) | (found == wanted)))


def _elsewhere(subject: Subject, seed: int) -> list[Any]:
    """Other values for the floats, of the same sign, so that forward's domain is not left."""
    rng = generator(seed, subject.name, "elsewhere")
    return [
        (np.asarray(leaf.value) * rng.uniform(0.5, 1.0, np.shape(leaf.value))).astype(np.asarray(leaf.value).dtype)[()]
        if leaf.differentiable
        else copied(leaf.value)
        for leaf in subject.leaves
    ]


class _Watch:
    """One forward on arrays of our own, and pullbacks of it, with what they change."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._values = [copied(leaf.value) for leaf in subject.leaves]
        self.changed: list[str] = []
        self._outputs: list[tuple[Any, Any]] = []
        self._upstreams: Sequence[Any] = ()

    def forward(self) -> tuple[Any, Callable[[Any], Any]]:
        output, pullback = self._subject.run(*self._values)
        self._compare("forward")
        self._outputs = [(part, copied(part)) for part in _parts(output)]
        return output, pullback

    def backward(self, pullback: Callable[[Any], Any], output: Any, upstream: Array) -> Result:
        dout = like(upstream.copy(), output)
        before = [copied(part) for part in _parts(dout)]
        self._upstreams = _parts(dout)
        try:
            gradients = pullback(dout)
        except Exception as error:
            return Result({}, f"{type(error).__name__}: {error}")
        self._compare("backward")
        if any(not _same(part, was) for part, was in zip(self._upstreams, before, strict=True)):
            self.changed.append("dout by backward")
        if any(not _same(part, was) for part, was in self._outputs):
            self.changed.append("the output by backward")
        return Result(dict(gradients))

    def _compare(self, who: str) -> None:
        for leaf, value in zip(self._subject.leaves, self._values, strict=True):
            if not _same(value, leaf.value):
                self.changed.append(f"{leaf.name} by {who}")

    def shared(self, found: Result) -> Iterator[tuple[str, str]]:
        """Names of gradients and of what they share memory with."""
        arrays = {f"d{name}": part for name, part in found.gradients.items() if isinstance(part, np.ndarray)}
        others = {leaf.name: value for leaf, value in zip(self._subject.leaves, self._values, strict=True)}
        parts = [*others.items(), *(("dout", part) for part in self._upstreams)]
        parts += [("the output", part) for part, _ in self._outputs]
        names = list(arrays)
        for place, name in enumerate(names):
            yield from ((name, other) for other in names[place + 1 :] if _overlap(arrays[name], arrays[other]))
            yield from ((name, other) for other, value in parts if _overlap(arrays[name], value))


def _parts(value: Any) -> Sequence[Any]:
    return value if isinstance(value, tuple | list) else (value,)


def _same(one: Any, two: Any) -> bool:
    if not isinstance(one, np.ndarray) or not isinstance(two, np.ndarray):
        return True
    return one.shape == two.shape and np.array_equal(one, two, equal_nan=one.dtype.kind == "f")


def _overlap(one: Any, two: Any) -> bool:
    if not isinstance(one, np.ndarray) or not isinstance(two, np.ndarray) or not np.may_share_memory(one, two):
        return False
    try:
        return np.shares_memory(one, two, max_work=10_000)  # type: ignore[arg-type]
    except np.exceptions.TooHardError:
        return False
