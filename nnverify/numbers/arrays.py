"""Object arrays that know which number type they hold.

A ReLU leaves the integer 0 beside the numbers, and np.tanh then asks that 0 for a method it does not have. These arrays
turn plain numbers into elements before such a function sees them, and have the functions that NumPy keeps for floats.
What strips the subclass, as np.asarray does, leaves an ordinary object array: less is available, nothing is wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

import nnverify.numbers.uninterpreted  # noqa: F401 it gives Residue its functions
from nnverify.numbers.dual import RULES, Dual
from nnverify.numbers.element import Element
from nnverify.numbers.field import Residue
from nnverify.numbers.tower import P, Q

# NumPy asks each element for a method of this name.
_METHODS = RULES.keys() | {"rint", "fabs", "hypot", "arctan2", "fmod"}
# NumPy has no loop for objects; the element has a method.
_ADDED = frozenset({"logaddexp", "logaddexp2", "heaviside"})
_ASKED = frozenset({"isfinite", "isnan", "isinf"})
# For objects they return one of their operands, where floats give a truth value.
_LOGICAL = frozenset({"logical_and", "logical_or", "logical_xor", "logical_not"})


class Numbers(np.ndarray[Any, np.dtype[np.object_]]):
    """An object array of one element type, plain numbers among them."""

    kind: ClassVar[type[Element]]

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        name, out = ufunc.__name__, options.get("out")
        given = [_plain(one) for one in inputs]
        if name in _METHODS and method != "at":
            given = [np.frompyfunc(self.kind.lift, 1, 1)(one) for one in given]
        elif name in _LOGICAL:
            given = [_truth(one) for one in given]
        if name in _ADDED | _ASKED and method == "__call__" and not options:
            return self._by_element(name, *given)
        if out is None:
            return self._wrapped(getattr(ufunc, method)(*given, **options))
        getattr(ufunc, method)(*given, **options | {"out": tuple(_plain(one) for one in out)})
        return out[0] if len(out) == 1 else out

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if func is np.where:
            args = (_truth(_plain(args[0])), *args[1:])
        return self._wrapped(super().__array_function__(func, types, args, kwargs))

    def astype(self, dtype: Any, *arguments: Any, **options: Any) -> Any:
        """float64 is what the elements stand for already; anything narrower they refuse."""
        if np.dtype(dtype) == np.float64:
            return self.copy()
        return _truth(_plain(self)) if np.dtype(dtype) == bool else _plain(self).astype(dtype, *arguments, **options)

    def _by_element(self, name: str, *given: Any) -> Any:
        function = np.frompyfunc(lambda one, *more: getattr(self.kind.lift(one), name)(*more), len(given), 1)
        found = function(*given)
        return np.asarray(found, dtype=bool)[()] if name in _ASKED else self._wrapped(found)

    def _wrapped(self, found: Any) -> Any:
        if type(found) in (tuple, list):
            return type(found)(map(self._wrapped, found))
        if type(found) is np.ndarray and found.dtype == object:
            return found.view(type(self))
        return found


class DualNumbers(Numbers):
    kind = Dual


class ResidueNumbers(Numbers):
    kind = Residue


_ARRAYS: dict[type[Element], type[Numbers]] = {Dual: DualNumbers, Residue: ResidueNumbers}


def numbers(made: Sequence[Element], shape: tuple[int, ...]) -> Any:
    """The elements as an array of this shape."""
    values = np.empty(len(made), dtype=object)
    values[:] = made
    return values.reshape(shape).view(_ARRAYS[type(made[0])] if made else np.ndarray)


def residues(values: Any, rng: np.random.Generator, *, moving: bool = False) -> Any:
    """Independent random residues with these floats, and slopes if they move."""
    seen = np.asarray(values, dtype=object)
    made = [_drawn(float(getattr(one, "value", one)), rng, moving) for one in seen.flat]
    return numbers(made, seen.shape)


def _drawn(value: float, rng: np.random.Generator, moving: bool) -> Residue:
    residue, exponent, slope = (int.from_bytes(rng.bytes(16), "little") for _ in range(3))
    return Residue(value, residue % P, exponent % Q, slope % P if moving else 0)


def _plain(one: Any) -> Any:
    return one.view(np.ndarray) if isinstance(one, Numbers) else one


def _truth(one: Any) -> Any:
    """What is not zero: the truth of numbers, by a comparison that is recorded."""
    return one if np.asarray(one).dtype == bool else np.not_equal(one, 0)
