"""Functions with their derivatives to 50 digits: the truth that the error bars are held against.

Each derivative is a closed form in decimal arithmetic, written down by hand and not taken from the function.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Any

import numpy as np

D = Decimal
Real = Any  # a float or an array of floats


@dataclass(frozen=True)
class Family:
    name: str
    function: Callable[[Real], Real]
    derivative: Callable[[Decimal], Decimal]


def _sin(x: Decimal) -> Decimal:
    """The Taylor series, with terms added until they no longer count."""
    term = total = x
    n = 1
    while abs(term) > D(10) ** -60:
        term *= -x * x / ((n + 1) * (n + 2))
        total += term
        n += 2
    return total


def _cos(x: Decimal) -> Decimal:
    return 1 - 2 * _sin(x / 2) ** 2


def _cosh(x: Decimal) -> Decimal:
    return (x.exp() + (-x).exp()) / 2


def _logistic(x: Decimal) -> Decimal:
    return 1 / (1 + (-x).exp())


FAMILIES = (
    Family("linear", lambda x: 3 * x + 7, lambda x: D(3)),
    Family("cube", lambda x: x**3, lambda x: 3 * x * x),
    Family("quintic", lambda x: x**5 - 3 * x**3 + x, lambda x: 5 * x**4 - 9 * x * x + 1),
    Family("shallow square", lambda x: (x - 1) ** 2 * 2.0**-20, lambda x: (x - 1) / 2**19),
    Family("bell of rational kind", lambda x: 1 / (1 + x * x), lambda x: -2 * x / (1 + x * x) ** 2),
    Family("hyperbola", lambda x: 1 / (x + 50), lambda x: -1 / (x + 50) ** 2),
    Family("exp", np.exp, lambda x: x.exp()),
    Family("gauss", lambda x: np.exp(-x * x), lambda x: -2 * x * (-x * x).exp()),
    Family("gamma kernel", lambda x: x * np.exp(-x), lambda x: (1 - x) * (-x).exp()),
    Family("log", lambda x: np.log(x * x + 0.125), lambda x: 2 * x / (x * x + D("0.125"))),
    Family("softplus", lambda x: np.log1p(np.exp(x)), _logistic),
    Family("root", lambda x: np.sqrt(1 + x * x), lambda x: x / (1 + x * x).sqrt()),
    Family("tanh", np.tanh, lambda x: 1 / _cosh(x) ** 2),
    Family("steep tanh", lambda x: np.tanh(16 * x), lambda x: 16 / _cosh(16 * x) ** 2),
    Family("logistic", lambda x: 1 / (1 + np.exp(-x)), lambda x: _logistic(x) * _logistic(-x)),
    Family("sin", np.sin, _cos),
    Family("fast cos", lambda x: np.cos(8 * x), lambda x: -8 * _sin(8 * x)),
    Family("arctan", np.arctan, lambda x: 1 / (1 + x * x)),
    Family("power of itself", lambda x: np.abs(x) ** (x / 8), lambda x: _abs_power(x)),
    Family("quantised", lambda x: (2.0**12 + x * x) - 2.0**12, lambda x: 2 * x),
)


def _abs_power(x: Decimal) -> Decimal:
    """|x|^(x/8) = exp((x/8) ln|x|), so its derivative is itself times (ln|x| + 1)/8."""
    log = abs(x).ln()
    return (x * log / 8).exp() * (log + 1) / 8


def truth(family: Family, x: float, u: float) -> Decimal:
    """The derivative at x along u, to 50 digits: both are exact as they stand."""
    with localcontext() as context:
        context.prec = 60
        return family.derivative(D(x)) * D(u)
