"""The complex step: Im f(x + ih·u)/h, without any cancellation, for forwards that are analytic all through.

It lies where a function is not: |z|, norm, var and std, sign, conj, vdot and cov compute with the modulus or the
conjugate and drop or keep the imaginary part wrongly, without a word; a kink gives one of its sides, and a Fourier
transform drowns the part in the rounding of the real ones. What casts to real numbers warns, and that is refused. So
it counts only where it agrees with the ladder; the caller sees to that.

Source: Squire and Trapp, Using complex variables to estimate derivatives of real functions, SIAM Rev. 40 (1998).
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.exceptions import ComplexWarning
from numpy.typing import NDArray

from nnverify.draws import generator
from nnverify.numbers.rounding import RERUNS, measured, nudged
from nnverify.numbers.run import NotAvailable, Run, attempt, running
from nnverify.oracles.estimate import Estimate, Status
from nnverify.subject import Leaf, Subject, copied

Array = NDArray[np.float64]

_STEP = 1e-30  # its square is below the last bit of everything that is not tiny itself
_WILD = 1e20  # slope over value: log(−1 + ih) = πi, and 1/ih, which are no slopes but another sheet and a pole


def complex_step(subject: Subject, u: Mapping[str, Array], upstream: Array | None = None, *, seed: int = 0) -> Estimate:
    """The derivative of each output along u, or of their sum weighted by ``upstream`` (one entry).

    u   {leaf: direction}, shaped like the leaf; leaves that it leaves out are constants
    The bar is that of rounding alone: it says nothing where the forward is not analytic. Raises NotAvailable where
    the forward raises, casts to real, or returns real numbers. NumPy's ComplexWarning is an error meanwhile, in the
    whole process: that is how Python's warnings work.
    """
    rng = generator(seed, subject.name, "complex step")

    def slopes(c: float, one: np.random.Generator | None) -> Array:
        leaves = [_complex_leaf(leaf, u.get(leaf.name), c, one) for leaf in subject.leaves]
        with running(Run(0)), warnings.catch_warnings():
            warnings.simplefilter("error", ComplexWarning)
            return _flat(attempt("forward", subject.forward, *leaves))

    def total(c: float, one: np.random.Generator | None) -> Array:
        found = slopes(c, one)
        return found if upstream is None else np.array([upstream @ found])

    here = slopes(1.0, None)
    if upstream is not None and here.shape != upstream.shape:
        raise NotAvailable(f"{len(here)} outputs, and {len(upstream)} at the point")
    value = here if upstream is None else np.array([upstream @ here])
    size = np.abs(here) if upstream is None else np.array([np.abs(upstream) @ np.abs(here)])
    bar = measured(value, size, total, rng)
    status = Status.SMOOTH if np.all(np.isfinite(here)) else Status.DOMAIN
    return Estimate(value, bar, status, 1 + RERUNS)


def _complex_leaf(leaf: Leaf, u: Array | None, c: float, rng: np.random.Generator | None) -> Any:
    if u is None:
        return copied(leaf.value)
    value = np.asarray(leaf.value, dtype=np.float64)
    value = value if rng is None else nudged(value, rng)
    return (value + 1j * _STEP * c * np.asarray(u, dtype=np.float64))[()]


def _flat(output: Any) -> Array:
    """The imaginary parts of all outputs as one vector, in lengths of the step; NaN outside the domain."""
    parts = [np.asarray(part) for part in (output if isinstance(output, tuple | list) else (output,))]
    if any(part.dtype.kind != "c" for part in parts):
        raise NotAvailable("an output is real: abs, a norm or a cast has dropped the imaginary part")
    vector = np.concatenate([part.astype(np.complex128).reshape(-1) for part in parts])
    with np.errstate(all="ignore"):
        slopes = vector.imag / _STEP
        known = np.isfinite(vector) & (np.abs(slopes) <= _WILD * (1 + np.abs(vector.real)))
    return np.where(known, slopes, np.nan)
