"""Big, tiny and mixed scales, in one leaf and between leaves; outputs near the ends of the range; high frequency."""

from __future__ import annotations

from functools import partial

import numpy as np

from tests.hard.case import Array, Case, Mistake, around, between, changed_at, normal, scaled_by

_case = partial(Case, "scales")

DECADES = 10.0 ** np.arange(-12.0, 13.0)
SOME = 10.0 ** np.arange(-6.0, 7.0, 3)


def squares(x: Array) -> Array:
    return x * x


def square_back(g: Array, x: Array) -> Array:
    return g * 2 * x


def total_back(g: Array, x: Array) -> Array:
    return g * 2 * x


def sin_back(g: Array, x: Array) -> Array:
    return g * np.cos(x)


def product(x: Array, z: Array) -> Array:
    return x * z


def product_back(g: Array, x: Array, z: Array) -> tuple[Array, Array]:
    return g * z, g * x


def dense(X: Array, W: Array, b: Array) -> Array:
    return X @ W + b


def dense_back(g: Array, X: Array, W: Array, b: Array) -> tuple[Array, ...]:
    return g @ W.T, X.T @ g, g.sum(axis=0)


def beside(x: Array, z: Array) -> Array:
    return (x**3).sum() + 1e-9 * np.sin(z).sum()


def beside_back(g: Array, x: Array, z: Array) -> tuple[Array, Array]:
    return g * 3 * x**2, g * 1e-9 * np.cos(z)


def unit_rows(X: Array) -> Array:
    return X / np.sqrt((X * X).sum(axis=1, keepdims=True))


def unit_rows_back(g: Array, X: Array) -> Array:
    r = np.sqrt((X * X).sum(axis=1, keepdims=True))
    return g / r - X * (g * X).sum(axis=1, keepdims=True) / r**3


def rosenbrock(x: Array) -> Array:
    return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


def rosenbrock_back(g: Array, x: Array) -> Array:
    back, d = np.zeros_like(x), x[1:] - x[:-1] ** 2
    back[1:] += 200 * d
    back[:-1] += -400 * x[:-1] * d - 2 * (1 - x[:-1])
    return g * back


def quadratic(x: Array) -> Array:
    return 0.5 * (DECADES[::4] * x * x).sum()


MIXED = _case("squares from 1e-12 to 1e12 in one leaf", squares, square_back, {"x": DECADES})
SUMMED = _case("one sum of squares from 1e-6 to 1e6", lambda x: (x * x).sum(), total_back, {"x": SOME})
TINY = _case("squares of 1e-12", squares, square_back, {"x": normal(5, scale=1e-12)})
HUGE = _case("squares of 1e12", squares, square_back, {"x": normal(5, scale=1e12)})
LEAVES = _case(
    "a product of 1e12 and 1e-12", product, product_back, {"x": normal(4, scale=1e12), "z": normal(4, scale=1e-12)}
)
DENSE = _case(
    "a layer with X of 1e6, W of 1e-6",
    dense,
    dense_back,
    {"X": normal(4, 3, scale=1e6), "W": normal(3, 5, scale=1e-6), "b": normal(5)},
)
BESIDE = _case("a leaf that hardly matters beside another", beside, beside_back, {"x": normal(4), "z": normal(3)})
ROWS = _case("unit rows of vectors of 1e-5", unit_rows, unit_rows_back, {"X": normal(4, 3, scale=1e-5)})
FAST = _case("sin(1000 x)", lambda x: np.sin(1000 * x), lambda g, x: g * 1000 * np.cos(1000 * x), {"x": normal(5)})
YEARS = _case(
    "sin of a time in seconds since 1970",
    lambda x: np.sin(x / 3600),
    lambda g, x: g * np.cos(x / 3600) / 3600,
    {"x": around(np.full(4, 1.7e9), 1e5)},
)
ROSENBROCK = _case("next to the optimum", rosenbrock, rosenbrock_back, {"x": around(np.ones(5), 1e-6)})
STIFF = _case("curvatures from 1e-12 to 1e12", quadratic, lambda g, x: g * DECADES[::4] * x, {"x": normal(7)})


def product_back(g: Array, x: Array) -> Array:
    return g * np.array([np.delete(x, place).prod() for place in range(len(x))])


RIGHT = (
    MIXED,
    SUMMED,
    TINY,
    HUGE,
    LEAVES,
    DENSE,
    BESIDE,
    ROWS,
    FAST,
    YEARS,
    ROSENBROCK,
    STIFF,
    _case("sin from 1e-12 to 1e12 in one leaf", np.sin, sin_back, {"x": DECADES}),
    _case("sin of 1e6", np.sin, sin_back, {"x": normal(5, scale=1e6)}),
    _case("sin of 1e9", np.sin, sin_back, {"x": normal(5, scale=1e9)}),
    _case("sin of 1e12", np.sin, sin_back, {"x": normal(5, scale=1e12)}, open=("NV202", "NV208", "NV209")),
    _case("tanh of 1e-300", np.tanh, lambda g, x: g * (1 - np.tanh(x) ** 2), {"x": normal(5, scale=1e-300)}),
    _case("tanh of the smallest numbers", np.tanh, lambda g, x: g * (1 - np.tanh(x) ** 2), {"x": np.array([5e-324, 1e-320, -1e-310])}),
    _case("arctan of 1e12", np.arctan, lambda g, x: g / (1 + x * x), {"x": normal(5, scale=1e12)}),
    _case("log of numbers from 1e-300 to 1e300", np.log, lambda g, x: g / x, {"x": 10.0 ** np.arange(-300.0, 301, 50)}),
    _case("reciprocals from 1e-12 to 1e12", lambda x: 1 / x, lambda g, x: -g / x**2, {"x": DECADES}),
    _case("outputs of 1e300", lambda x: 1e300 * np.sin(x), lambda g, x: g * 1e300 * np.cos(x), {"x": normal(5)}),
    _case("outputs of 1e-300", lambda x: 1e-300 * np.sin(x), lambda g, x: g * 1e-300 * np.cos(x), {"x": normal(5)}),
    _case("outputs of 1e-310", lambda x: 1e-310 * np.sin(x), lambda g, x: g * 1e-310 * np.cos(x), {"x": normal(5)}),
    _case("outputs from 1e-12 to 1e12", lambda x: DECADES * np.sin(x), lambda g, x: g * DECADES * np.cos(x), {"x": normal(25)}),
    _case("sin(1e6 x)", lambda x: np.sin(1e6 * x), lambda g, x: g * 1e6 * np.cos(1e6 * x), {"x": normal(5)}),
    _case("sin(1e9 x)", lambda x: np.sin(1e9 * x), lambda g, x: g * 1e9 * np.cos(1e9 * x), {"x": normal(5)}),
    _case("a slow and a fast wave", lambda x: np.sin(x) + 1e-6 * np.sin(1e6 * x), lambda g, x: g * (np.cos(x) + np.cos(1e6 * x)), {"x": normal(5)}),
    _case("x^20 at 3", lambda x: x**20, lambda g, x: g * 20 * x**19, {"x": around(np.full(4, 3.0), 0.1)}),
    _case("a narrow bell, at its flank", lambda x: np.exp(-(((x - 5) / 1e-4) ** 2)), lambda g, x: g * -2 * (x - 5) / 1e-8 * np.exp(-(((x - 5) / 1e-4) ** 2)), {"x": np.array([5.00005, 4.9999])}),
    _case("a far tail of a bell", lambda x: np.exp(-x * x), lambda g, x: g * -2 * x * np.exp(-x * x), {"x": np.array([20.0, -22.0, 1.0])}),
    _case("a product of 50", lambda x: x.prod(), product_back, {"x": between(0.5, 2, 50)}),
    _case("(x - 1e6)² next to 1e6", lambda x: (x - 1e6) ** 2, lambda g, x: g * 2 * (x - 1e6), {"x": around(np.full(3, 1e6), 1e-3)}),
    _case("exp(x - 2020)", lambda x: np.exp(x - 2020), lambda g, x: g * np.exp(x - 2020), {"x": around(np.full(4, 2020.0), 1)}),
    _case("three leaves of 1e-8, 1, 1e8 in one sum", lambda x, z, w: np.sin(x).sum() + np.sin(z).sum() + np.sin(w * 1e-8).sum(), lambda g, x, z, w: (g * np.cos(x), g * np.cos(z), g * 1e-8 * np.cos(w * 1e-8)), {"x": normal(3, scale=1e-8), "z": normal(3), "w": normal(3, scale=1e8)}),
    _case("10,000 entries, one of them 1e9", lambda x: np.sin(x).sum(), lambda g, x: g * np.cos(x), {"x": np.where(np.arange(10_000) == 3, 1e9, np.sin(np.arange(10_000.0)))}),
    _case("zeros beside 1e8", lambda x: (x * x + x).sum(), lambda g, x: g * (2 * x + 1), {"x": np.array([0.0, 1e8, 0.0, -1e8])}),
    _case("a loss at its optimum", lambda x: ((x - 1) ** 2).sum(), lambda g, x: g * 2 * (x - 1), {"x": np.ones(4)}),
    _case("a loss 1e-9 from its optimum", lambda x: ((x - 1) ** 2).sum() + 5, lambda g, x: g * 2 * (x - 1), {"x": around(np.ones(4), 1e-9)}),
)  # fmt: skip


def small_only(right, factor: float):
    """Wrong in the entries below 1e-3 only."""

    def backward(g: Array, x: Array) -> Array:
        return right(g, x) * np.where(np.abs(x) < 1e-3, factor, 1)

    return backward


MISTAKES = (
    Mistake("wrong by 1 % where the leaf is tiny", MIXED, small_only(square_back, 1.01)),
    Mistake("wrong by 1e-6 where the leaf is tiny", MIXED, small_only(square_back, 1 + 1e-6)),
    Mistake("0 where the leaf is tiny", MIXED, small_only(square_back, 0)),
    Mistake("x for 2x at 1e-9", MIXED, changed_at(square_back, 3, 0.5)),
    Mistake("x for 2x at 1e12", MIXED, changed_at(square_back, 24, 0.5)),
    Mistake("the sign at 1", MIXED, changed_at(square_back, 12, -1)),
    Mistake("10 % at 1e-6", SUMMED, changed_at(total_back, 0, 1.1)),
    Mistake("the sign at 1e-6", SUMMED, changed_at(total_back, 0, -1)),
    Mistake("10 % at 1e-3", SUMMED, changed_at(total_back, 1, 1.1)),
    Mistake("10 % at 1", SUMMED, changed_at(total_back, 2, 1.1)),
    Mistake("wrong by 1e-8", TINY, scaled_by(square_back, 1 + 1e-8)),
    Mistake("an ε of 1e-8 in the square", TINY, lambda g, x: g * 2 * np.sqrt(x * x + 1e-16) * np.sign(x)),
    Mistake("an ε of 1e-14", TINY, lambda g, x: g * 2 * (x + 1e-14)),
    Mistake("wrong by 1e-8", HUGE, scaled_by(square_back, 1 + 1e-8)),
    Mistake("an offset of 1", HUGE, lambda g, x: g * (2 * x + 1)),
    Mistake("both the same", LEAVES, lambda g, x, z: (g * z, g * z)),
    Mistake("the tiny leaf wrong by 1e-6", LEAVES, scaled_by(product_back, 1 + 1e-6, 1)),
    Mistake("the huge leaf wrong by 1e-6", LEAVES, scaled_by(product_back, 1 + 1e-6, 0)),
    Mistake("W wrong by 1e-6", DENSE, scaled_by(dense_back, 1 + 1e-6, 1)),
    Mistake("X wrong by 1e-6", DENSE, scaled_by(dense_back, 1 + 1e-6, 0)),
    Mistake("the bias averaged", DENSE, scaled_by(dense_back, 0.25, 2)),
    Mistake("the small leaf has no gradient", BESIDE, scaled_by(beside_back, 0, 1)),
    Mistake("the small leaf has the other sign", BESIDE, scaled_by(beside_back, -1, 1)),
    Mistake("the small leaf wrong by 1 %", BESIDE, scaled_by(beside_back, 1.01, 1)),
    Mistake("an ε of 1e-12 in the square of the norm", ROWS, lambda g, X: unit_rows_back(g, X * np.sqrt(1 + 1e-12 / (X * X).sum(axis=1, keepdims=True)))),
    Mistake("the projection left out", ROWS, lambda g, X: g / np.sqrt((X * X).sum(axis=1, keepdims=True))),
    Mistake("the frequency wrong by 1e-6", FAST, lambda g, x: g * 1000 * np.cos(1000 * (1 + 1e-6) * x)),
    Mistake("the factor forgotten", FAST, lambda g, x: g * np.cos(1000 * x)),
    Mistake("an hour of 3601 seconds", YEARS, lambda g, x: g * np.cos(x / 3600) / 3601),
    Mistake("the sine for the cosine", YEARS, lambda g, x: g * np.sin(x / 3600) / 3600),
    Mistake("the small term forgotten", ROSENBROCK, lambda g, x: rosenbrock_back(g, x) + g * 2 * np.append(1 - x[:-1], 0)),
    Mistake("the sign", ROSENBROCK, scaled_by(rosenbrock_back, -1)),
    Mistake("wrong by 1e-3 where the curvature is largest", STIFF, changed_at(STIFF.backward, 6, 1.001)),
)  # fmt: skip
