"""One look at a subject: a random upstream, the gradients it brings, and a line through the point.

A probe knows both sides of ⟨B(w), u⟩ = ⟨w, J u⟩ and judges neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnverify._errors import NnverifyError, UsageError
from nnverify.draws import generator, signs
from nnverify.oracles.line import Line
from nnverify.subject import Leaf, Subject, copied, like

Array = NDArray[np.float64]
_BITS = 25  # 26 more in the steps, and 1 where x + u has a larger exponent than both


@dataclass(frozen=True)
class Probe:
    """Upstream w, one entry per output, and what the pullback returned for it, by leaf, unchanged.

    ``raised`` is what the pullback raised instead, in words.
    """

    number: int
    output: Array
    output_shape: str
    upstream: Array
    gradients: Mapping[str, Any]
    raised: str | None = None


def probe(subject: Subject, number: int, seed: int) -> Probe:
    """Draw upstream ``number`` and run forward and backward once with it, on copies."""
    output, pullback = subject.at_point()
    vector = subject.flatten(output)
    shape = _shape(output)
    upstream = signs(vector.shape, generator(seed, subject.name, "upstream", number), 1.0, 2.0)
    upstream[len(upstream) - subject.unit_outputs :] = 1.0
    try:
        gradients = pullback(like(upstream.copy(), output))
    except NnverifyError:
        raise
    except Exception as error:
        return Probe(number, vector, shape, upstream, {}, f"{type(error).__name__}: {error}")
    if not isinstance(gradients, Mapping):
        raise UsageError(
            what=f"backward returned {type(gradients).__name__}, not a gradient for each leaf",
            where=subject.name,
            fix="return a dict from leaf name to gradient",
        )
    return Probe(number, vector, shape, upstream, gradients)


def _shape(output: Any) -> str:
    if isinstance(output, tuple | list):
        return ", ".join(_shape(part) for part in output)
    return "scalar" if np.ndim(output) == 0 else str(np.shape(output))


def direction(subject: Subject, leaf: Leaf, number: int, seed: int) -> Array:
    """A perturbation of one leaf, shaped like it: random signs, magnitudes half to whole of the leaf's own size."""
    value = np.asarray(leaf.value, dtype=np.float64)
    size = float(np.sqrt(np.mean(value**2))) if value.size else 0.0
    u = signs(value.shape, generator(seed, subject.name, leaf.name, number), 0.5, 1.0)
    return exact_steps(value, u * (size or 1.0))


def exact_steps(x: Array, u: Array) -> Array:
    """u with few enough bits for x + u·2⁻ᵏ to be exact to the last bit of the step, k up to 26.

    Else the last bits of u are cut off at every step, always to the same side: an error no noise level shows.
    """
    _, exponent = np.frexp(np.maximum(np.abs(x), np.abs(u)))
    return np.ldexp(np.rint(np.ldexp(u, _BITS - exponent)), exponent - _BITS)


def along(subject: Subject, u: Mapping[str, Array]) -> Line:
    """The subject's outputs, as one vector, on the line through its point in the direction u."""

    def value(t: float) -> Array:
        moved = [_moved(leaf, u.get(leaf.name), t) for leaf in subject.leaves]
        return subject.flatten(subject.forward(*moved))

    return Line(value)


def _moved(leaf: Leaf, u: Array | None, t: float) -> Any:
    if u is None or t == 0:
        return copied(leaf.value)
    return (np.asarray(leaf.value) + t * u)[()]
