"""Derivation formulas: arguments drawn for them, and their gradients turned into subjects.

An argument's axes may also be "function", an elementwise function, or "derivative of f"; a trailing [l], as in
"function[l]" and "n[l] n[l-1]", means one per layer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnverify import _shapes
from nnverify.draws import halves, normals, rationals, sizes
from nnverify.numbers.arrays import residues
from nnverify.numbers.rational import Rational, keyed
from nnverify.numbers.uninterpreted import free
from nnverify.records import FormulaLike
from nnverify.subject import Leaf, Pullback, Subject, copied

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Drawn:
    """Arguments for one formula, in its order, and the sizes they were drawn with."""

    values: tuple[Any, ...]
    sizes: Mapping[str, int]

    def copies(self) -> list[Any]:
        """The arguments once more, for a call that may write into them."""
        return [tuple(map(copied, value)) if isinstance(value, tuple) else copied(value) for value in self.values]

    def __str__(self) -> str:
        return " ".join(f"{name}={size}" for name, size in self.sizes.items())


# Elementwise functions with their derivatives, for numerical checks; several, so that mixing them up shows.
_SMOOTH: tuple[tuple[Callable[[Array], Array], Callable[[Array], Array]], ...] = (
    (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
    (np.sin, np.cos),
    (lambda z: z + z**2 / 4, lambda z: 1 + z / 2),
    (np.arctan, lambda z: 1 / (1 + z**2)),
)


def draw_exact(formula: FormulaLike, number: int, rng: np.random.Generator, *, whole: bool = False) -> Drawn:
    """Rational arguments. Functions are free ones, keyed by the argument; in every third draw a ReLU instead."""
    relu = number % 3 == 1

    def function(name: str, derivative: bool) -> Callable[[Any], Any]:
        if relu:
            return _elementwise((lambda z: Rational(int(z > 0))) if derivative else (lambda z: max(z, Rational(0))))
        return _elementwise(lambda z: keyed(f"{'d' * derivative}{name}", z))

    return _draw(formula, number, rng, lambda shape: rationals(shape, rng, whole=whole), function)


def _elementwise(scalar: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The function on a scalar, and entry by entry on an array."""
    function: Callable[[Any], Any] = np.frompyfunc(scalar, 1, 1)
    return function


def draw_field(formula: FormulaLike, number: int, rng: np.random.Generator) -> Drawn:
    """Residues of a prime field, which follow the branches of normal values; every function is a free one."""

    def array(shape: tuple[int, ...]) -> Array:
        return residues(rng.standard_normal(shape), rng)

    return _draw(formula, number, rng, array, lambda name, derivative: free(f"{'d' * derivative}{name}"))


def draw_float(formula: FormulaLike, number: int, rng: np.random.Generator) -> Drawn:
    """Normal float64 arguments, every fourth time with zeros and ties; a smooth function for each name."""
    values = halves if number % 4 == 3 else normals

    def function(name: str, derivative: bool) -> Callable[[Any], Any]:
        return _SMOOTH[(number + sum(map(ord, name))) % len(_SMOOTH)][derivative]

    return _draw(formula, number, rng, lambda shape: values(shape, rng), function)


def _draw(
    formula: FormulaLike,
    number: int,
    rng: np.random.Generator,
    array: Callable[[tuple[int, ...]], Array],
    function: Callable[[str, bool], Callable[[Any], Any]],
) -> Drawn:
    words = {name: spec for name, spec in formula.arguments.items() if not _is_function(spec)}
    axes = {name: _shapes.parse(spec, f"{formula.identifier}, argument {name!r}") for name, spec in words.items()}
    layered = any(_shapes.repeats(found) for found in axes.values())
    depth = (2, 1, 3)[number % 3] if layered else 1
    names = list(dict.fromkeys(key for found in axes.values() for key in _shapes.keys(found, depth)))
    size = sizes(names, number, rng)

    def one(name: str, layer: int) -> Any:
        if name in axes:
            return array(_shapes.shape(axes[name], size, layer, depth))[()]
        spec = formula.arguments[name].removesuffix("[l]")
        original = spec.removeprefix("derivative of ").removesuffix("[l]")
        return function(f"{name if spec == 'function' else original}{layer}", spec != "function")

    def value(name: str) -> Any:
        if formula.arguments[name].endswith("[l]") or _shapes.repeats(axes.get(name, ())):
            return tuple(one(name, layer) for layer in range(1, depth + 1))
        return one(name, 1)

    return Drawn(tuple(value(name) for name in formula.arguments), size)


def _is_function(spec: str) -> bool:
    return spec.startswith(("function", "derivative of "))


def subjects(formula: FormulaLike, vector: Callable[..., Any], drawn: Drawn) -> Iterator[Subject]:
    """The scalar loss with ``vector`` as its gradient; and the output with ``vector`` as its pullback, if there is one.

    The pullback's ``dout`` is then any upstream, where the loss has the one that was drawn.
    """
    yield _subject(formula, drawn, formula.forward, lambda values, dout: _times(vector(*values), dout))
    output = getattr(formula, "output", None)
    if output is not None:
        place = list(formula.arguments).index("dout")
        yield _subject(
            formula,
            drawn,
            lambda *values: output(*values[:place], *values[place + 1 :]),
            lambda values, dout: vector(*values[:place], dout, *values[place + 1 :]),
        )


def _subject(
    formula: FormulaLike,
    drawn: Drawn,
    forward: Callable[..., Any],
    gradient: Callable[[Sequence[Any], Any], Any],
) -> Subject:
    """Arrays are leaves, of which those of the formula's leaf get a gradient; functions stay as they are."""
    names = list(formula.arguments)
    place = names.index(formula.leaf)
    layered = isinstance(drawn.values[place], tuple)
    own = drawn.values[place] if layered else (drawn.values[place],)
    labels = [f"{formula.leaf}[{layer}]" for layer in range(1, len(own) + 1)] if layered else [formula.leaf]

    def arguments(leaves: Sequence[Any]) -> list[Any]:
        values = drawn.copies()
        values[place] = tuple(leaves) if layered else leaves[0]
        return values

    def run(*leaves: Any) -> tuple[Any, Pullback]:
        values = arguments(leaves)

        def pullback(dout: Any) -> dict[str, Any]:
            found = gradient(values, dout)
            return dict(zip(labels, found if layered else (found,), strict=False))

        return forward(*arguments(leaves)), pullback

    leaves = tuple(Leaf(label, value) for label, value in zip(labels, own, strict=True))
    return Subject(formula.identifier, leaves, run, lambda *leaves: forward(*arguments(leaves)))


def _times(gradient: Any, dout: Any) -> Any:
    return tuple(dout * part for part in gradient) if isinstance(gradient, tuple | list) else dout * gradient
