"""The functions of residues: those made of exp, log, a rotation and roots, and free ones for any f with its f′.

Each is put together from what numbers.field knows, so that its slope follows by arithmetic and the identities between
the functions hold. Its float is NumPy's, not the composition's, which overflows earlier.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

import numpy as np

from nnverify.numbers.field import Residue, constant
from nnverify.numbers.quadratic import I, parts
from nnverify.numbers.run import Unlucky, current
from nnverify.numbers.tower import VALUES, P, Q, hashed

_THIRD = pow(3, -1, P - 1)
_I = Residue(1.0, I, I)


def _sinh(x: Residue) -> Residue:
    up = x.exp()
    return (up - 1 / up) / 2


def _cosh(x: Residue) -> Residue:
    up = x.exp()
    return (up + 1 / up) / 2


def _tanh(x: Residue) -> Residue:
    up = (2 * x).exp()
    return (up - 1) / (up + 1)


def _sin(x: Residue) -> Residue:
    up = x.turn()
    return (up - 1 / up) / (2 * _I)


def _cos(x: Residue) -> Residue:
    up = x.turn()
    return (up + 1 / up) / 2


def _arctan(x: Residue) -> Residue:
    return ((1 + _I * x) / (1 - _I * x)).log() / (2 * _I)


def _arcsin(x: Residue) -> Residue:
    return _arctan(x / (1 - x * x).sqrt())


def _cbrt(x: Residue) -> Residue:
    """3 does not divide P − 1, so every residue has one cube root."""
    if parts(x.residue)[1]:
        raise Unlucky("a cube root of a number that is no residue")
    root = pow(x.residue, _THIRD, P)
    slope = VALUES.times(x.slope, VALUES.inverse(3 * root * root % P))
    return Residue(1.0, root, hashed("cbrt", x.exponent) % Q, slope)


_FUNCTIONS: dict[str, Callable[[Residue], Residue]] = {
    "exp2": lambda x: (x * constant(2).log()).exp(),
    "expm1": lambda x: x.exp() - 1,
    "log2": lambda x: x.log() / constant(2).log(),
    "log10": lambda x: x.log() / constant(10).log(),
    "log1p": lambda x: (1 + x).log(),
    "cbrt": _cbrt,
    "sin": _sin,
    "cos": _cos,
    "tan": lambda x: _sin(x) / _cos(x),
    "arcsin": _arcsin,
    "arccos": lambda x: np.pi / 2 - _arcsin(x),
    "arctan": _arctan,
    "sinh": _sinh,
    "cosh": _cosh,
    "tanh": _tanh,
    "arcsinh": lambda x: (x + (x * x + 1).sqrt()).log(),
    "arccosh": lambda x: (x + (x * x - 1).sqrt()).log(),
    "arctanh": lambda x: ((1 + x) / (1 - x)).log() / 2,
    "fabs": abs,
    "radians": lambda x: x * (np.pi / 180),
    "deg2rad": lambda x: x * (np.pi / 180),
    "degrees": lambda x: x * (180 / np.pi),
    "rad2deg": lambda x: x * (180 / np.pi),
}
_OF_TWO: dict[str, Callable[[Residue, Residue], Residue]] = {
    "hypot": lambda x, y: (x * x + y * y).sqrt(),
    "arctan2": lambda y, x: _arctan(y / x),
    "logaddexp": lambda x, y: (x.exp() + y.exp()).log(),
    "logaddexp2": lambda x, y: (
        ((x * constant(2).log()).exp() + (y * constant(2).log()).exp()).log() / constant(2).log()
    ),
}


def _method(name: str, function: Callable[[Residue], Residue]) -> Callable[[Residue], Residue]:
    of_float = getattr(np, name)
    return lambda self: function(self).seen_as(of_float(np.float64(self.value)))


def _method_of_two(name: str, function: Callable[..., Residue]) -> Callable[[Residue, Any], Residue]:
    of_float = getattr(np, name)

    def method(self: Residue, other: Any) -> Residue:
        lifted = Residue.lift(other)
        return function(self, lifted).seen_as(of_float(np.float64(self.value), lifted.value))

    return method


for _name, _function in _FUNCTIONS.items():
    setattr(Residue, _name, _method(_name, _function))
for _name, _two in _OF_TWO.items():
    setattr(Residue, _name, _method_of_two(_name, _two))


def free(name: str) -> Callable[[Any], Any]:
    """A function of which nothing is known but that the slope of ``free(name)`` is ``free("d" + name)``.

    It takes single numbers and, entry by entry, arrays. Two expressions that are equal for it are equal for every f.
    """

    def value(z: Any) -> Residue:
        next(current().ticks)
        z = Residue.lift(z)
        drawn = hashed(name, z.residue)
        slope = VALUES.times(hashed("d" + name, z.residue) % P, z.slope)
        seen = zlib.crc32(f"{name} {z.value}".encode()) / 2**30 - 2
        return Residue(seen, drawn % P, drawn % Q, slope)

    function: Callable[[Any], Any] = np.frompyfunc(value, 1, 1)
    return function
