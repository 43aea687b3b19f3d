"""Two runs of forward and backward that ought to give the same, and how they differ."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnverify._errors import told
from nnverify.claims import nudged
from nnverify.draws import generator, signs
from nnverify.subject import Subject, copied, like
from nnverify.tolerance import differ
from nnverify.watch import Result

Array = np.ndarray[Any, Any]

Upstream = Callable[[Any], Any] | None

_SPREADS = 8.0  # of what rounding was seen to change, as its bound
_DIGITS = 64.0  # square roots of a unit in the last place that a sum in another order may be off


@dataclass(frozen=True)
class Ran:
    """Output and gradients of one run, or what the backward raised."""

    output: Array
    gradients: Result
    eps: float

    @property
    def raised(self) -> str | None:
        return self.gradients.raised

    @property
    def finite(self) -> bool:
        return bool(np.all(np.isfinite(self.output)))


def upstream_of(subject: Subject, output: Any, seed: int) -> Any:
    """A random upstream, shaped like the output; 1 for terms that the pullback adds by itself."""
    size = subject.flatten(output).size
    upstream = signs((size,), generator(seed, subject.name, "layout"), 1.0)
    upstream[size - subject.unit_outputs :] = 1.0
    return like(upstream, output)


def ran(subject: Subject, values: Sequence[Any], seed: int, upstream: Upstream = None) -> Ran | None:
    """One run with exactly these arrays; None where forward raises."""
    try:
        output, pullback = subject.run(*values)
        vector, eps = subject.flatten(output), float(np.max(subject.spacing(output), initial=0.0))
        dout = upstream_of(subject, output, seed) if upstream is None else upstream(output)
    except Exception:
        return None
    try:
        found = Result({name: copied(part) for name, part in pullback(dout).items()})
    except Exception as error:
        found = Result({}, told(error))
    return Ran(vector, found, eps)


def differences(subject: Subject, plain: Ran, found: Ran, beside: Sequence[Ran] = ()) -> Iterator[tuple[str, str]]:
    """(leaf, what is different) for each gradient that is not the same in both runs.

    beside  runs that differ from the plain one by rounding alone: what they differ by is no difference
    """
    first = subject.targets()[0].name
    if found.raised:
        yield first, f"backward raises {found.raised}"
        return
    within = _DIGITS * float(np.sqrt(max(plain.eps, found.eps)))
    spread = _spread(plain.output, [one.output for one in beside])
    if differ(found.output, plain.output, within=within, nothing=spread):
        yield first, "forward gives another output"
        return
    nothing = _nothing(plain)
    for leaf in subject.targets():
        one, two = plain.gradients.gradient(leaf.name), found.gradients.gradient(leaf.name)
        spread = _spread(one, [other.gradients.gradient(leaf.name) for other in beside])
        if one is not None and (two is None or differ(two, one, within=within, nothing=nothing + spread)):
            yield leaf.name, f"d{leaf.name} is another one"


def _spread(plain: Array | None, others: Sequence[Array | None]) -> float:
    """What rounding may change of an array; of no bound where it changes their number, or that there are any."""
    gaps = [
        float(np.max(np.abs(other - plain), initial=0.0))
        if other is not None and other.shape == plain.shape
        else np.inf
        for other in others
        if plain is not None
    ]
    return _SPREADS * max(gaps, default=0.0)


def beside(subject: Subject, values: Sequence[Any], seed: int, upstream: Upstream = None) -> list[Ran]:
    """Runs with the same values, and with all of them a few units in the last place larger or smaller."""
    runs = (ran(subject, [_nudged(value, number) for value in values], seed, upstream) for number in (0, 1, 2, -1, -2))
    return [one for one in runs if one is not None and not one.raised and one.finite]


def _nudged(value: Any, number: int) -> Any:
    floats = getattr(getattr(value, "dtype", None), "kind", "") == "f"
    return nudged(value, number) if floats and number else copied(value)


def _nothing(plain: Ran) -> float:
    """What cannot be told from zero beside the largest gradient."""
    sizes = [np.max(np.abs(part), initial=0.0) for name in plain.gradients.gradients
             if (part := plain.gradients.gradient(name)) is not None]  # fmt: skip
    return float(4096 * plain.eps * max(sizes, default=0.0))
