"""Residues obey the algebra and the identities they claim, have the right slopes, and notice undecided branches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from math import factorial, gcd
from typing import Any

import numpy as np
import pytest

from nnverify.draws import generator
from nnverify.numbers.arrays import residues
from nnverify.numbers.field import Residue, constant
from nnverify.numbers.quadratic import Field, I, parts
from nnverify.numbers.run import NotAvailable, Run, Unlucky, running
from nnverify.numbers.tower import EXP, EXPONENTS, TURN, VALUES, P, Q
from nnverify.numbers.uninterpreted import free
from tests.numbers.reconstruction import rational


@pytest.fixture(autouse=True)
def run() -> Iterator[Run]:
    with running(Run(100_000)) as one:
        yield one


def _drawn(count: int, seed: int = 0, low: float = 0.1) -> list[Any]:
    """Moving residues with positive floats."""
    rng = generator(seed, "field")
    return list(residues(rng.uniform(low, 0.9, count), rng, moving=True))


def _same(one: Any, two: Any) -> bool:
    one, two = Residue.lift(one), Residue.lift(two)
    return (one.residue, one.slope) == (two.residue, two.slope)


def _is_prime(n: int) -> bool:
    """Miller and Rabin with twelve bases: certain below 3·10²⁴."""
    odd, twos = n - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    return all(
        pow(a, odd, n) == 1 or n - 1 in [pow(a, odd << k, n) for k in range(twos)]
        for a in (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37)
    )


def test_a_composite_is_no_prime() -> None:
    assert not _is_prime(Q * 7)
    assert not _is_prime(factorial(20) + 1)


def test_the_two_primes_fit_each_other() -> None:
    """Q divides P − 1, −1 has no root in either, and 3 does not divide P − 1."""
    assert Q == 2**61 - 1
    assert _is_prime(Q)
    assert _is_prime(P)
    assert (P % Q, P % 4, Q % 4, gcd(3, P - 1)) == (1, 3, 3, 1)


@pytest.mark.parametrize("base", [*EXP, *TURN])
def test_the_bases_of_exp_have_order_q(base: int) -> None:
    assert base != 1
    assert pow(base, Q, P) == 1


def _complex(rng: np.random.Generator, p: int) -> int:
    real, imaginary = (int.from_bytes(rng.bytes(12), "little") % p for _ in range(2))
    return real + imaginary * I


@pytest.mark.parametrize("field", [VALUES, EXPONENTS], ids=["P", "Q"])
def test_packed_arithmetic_is_that_of_gaussian_numbers(field: Field) -> None:
    rng, p = generator(0, "packed"), field.p
    for _ in range(50):
        x, y = _complex(rng, p), _complex(rng, p)
        (a, b), (c, d) = parts(x), parts(y)
        assert parts(field.times(x, y)) == ((a * c - b * d) % p, (a * d + b * c) % p)
        assert parts(field.plus(x, y)) == ((a + c) % p, (b + d) % p)
        assert parts(field.minus(x, y)) == ((a - c) % p, (b - d) % p)
        assert field.times(x, field.inverse(x)) == 1
        assert field.power(x, 5) == field.times(x, field.times(field.times(x, x), field.times(x, x)))
        assert field.power(x, -2) == field.inverse(field.times(x, x))


@pytest.mark.parametrize("field", [VALUES, EXPONENTS], ids=["P", "Q"])
def test_roots_square_to_their_argument(field: Field) -> None:
    """Every residue has one, also where it takes √−1; of other numbers every other one."""
    rng, missing = generator(1, "packed"), 0
    for _ in range(100):
        real, other = parts(_complex(rng, field.p))[0], _complex(rng, field.p)
        assert field.times(field.root(real), field.root(real)) == real
        square = field.times(other, other)
        assert field.times(field.root(square), field.root(square)) == square
        try:
            assert field.times(field.root(other), field.root(other)) == other
        except Unlucky:
            missing += 1
    assert 25 < missing < 75


def test_zero_has_no_inverse() -> None:
    with pytest.raises(Unlucky):
        VALUES.inverse(0)


RATIONAL: dict[str, Callable[[Any, Any], Any]] = {
    "sum": lambda x, y: 2 + x + y - 1,
    "difference": lambda x, y: 1 - (x - y) - 3,
    "product": lambda x, y: 3 * x * y * 2 - (-x),
    "quotient": lambda x, y: x / y + 2 / x + y / 4 + x / 3,
    "powers": lambda x, y: x**3 + y**-2 + x**0 + (x * y) ** 1,
    "cancelling": lambda x, y: (x * x - y * y) / (x + y) - x,
}


@pytest.mark.parametrize("name", RATIONAL)
def test_rational_functions_are_those_of_fractions(name: str) -> None:
    """Value and slope against the function on fractions; its central difference there is off by 10⁻¹⁸."""
    function = RATIONAL[name]
    at, along = (Fraction(3, 4), Fraction(-5, 2)), (Fraction(1, 2), Fraction(7, 3))
    x, y = (Residue(float(v), _mod(v, P), _mod(v, Q), _mod(s, P)) for v, s in zip(at, along, strict=True))
    found = Residue.lift(function(x, y))
    true = Fraction(function(*at))
    assert found.residue == _mod(true, P)
    assert found.exponent == _mod(true, Q)
    assert found.value == pytest.approx(float(true))
    step = Fraction(1, 10**9)
    plus, minus = (function(*(v + sign * step * s for v, s in zip(at, along, strict=True))) for sign in (1, -1))
    assert float(rational(found.slope)) == pytest.approx(float((plus - minus) / (2 * step)), rel=1e-12, abs=1e-12)


def _mod(value: Fraction, p: int) -> int:
    return value.numerator * pow(value.denominator, -1, p) % p


# Both sides of what must be equal, value and slope.
IDENTITIES: dict[str, Callable[[Any, Any], tuple[Any, Any]]] = {
    "exp of a sum": lambda x, y: ((x + y).exp(), x.exp() * y.exp()),
    "exp of minus": lambda x, y: ((-x).exp() * x.exp(), 1),
    "exp of a multiple": lambda x, y: ((3 * x - y / 2).exp() ** 2, x.exp() ** 6 / y.exp()),
    "exp of a root": lambda x, y: ((x.sqrt() + y).exp(), x.sqrt().exp() * y.exp()),
    "exp of log": lambda x, y: ((x.log() + y).exp(), x * y.exp()),
    "exp of minus log": lambda x, y: ((y - 2 * x.log()).exp(), y.exp() / x**2),
    "exp of half a log": lambda x, y: ((x.log() / 2).exp(), x.sqrt()),
    "exp of logs": lambda x, y: ((x.log() - y.log()).exp(), x / y),
    "logistic": lambda x, y: (1 / (1 + (-x).exp()), x.exp() / (1 + x.exp())),
    "logistic by tanh": lambda x, y: (1 / (1 + (-x).exp()), (1 + (x / 2).tanh()) / 2),
    "softmax shifted": lambda x, y: (x.exp() / (x.exp() + y.exp()), 1 / (1 + (y - x).exp())),
    "log-softmax": lambda x, y: ((x - x.logaddexp(y)).exp(), x.exp() / (x.exp() + y.exp())),
    "tanh": lambda x, y: (x.tanh(), x.sinh() / x.cosh()),
    "1 - tanh²": lambda x, y: (1 - x.tanh() ** 2, 1 / x.cosh() ** 2),
    "cosh² - sinh²": lambda x, y: (x.cosh() ** 2 - x.sinh() ** 2, 1),
    "expm1": lambda x, y: (x.expm1() + 1, x.exp()),
    "exp2 of a sum": lambda x, y: ((x + y).exp2(), x.exp2() * y.exp2()),
    "log1p": lambda x, y: (x.log1p(), (1 + x).log()),
    "sin² + cos²": lambda x, y: (x.sin() ** 2 + x.cos() ** 2, 1),
    "sine of a sum": lambda x, y: ((x + y).sin(), x.sin() * y.cos() + x.cos() * y.sin()),
    "sine of minus": lambda x, y: ((-x).sin(), -x.sin()),
    "cosine doubled": lambda x, y: ((2 * x).cos(), 2 * x.cos() ** 2 - 1),
    "tan": lambda x, y: (x.tan(), x.sin() / x.cos()),
    "powers of -3/2": lambda x, y: (x**-1.5, 1 / (x * x.sqrt())),
    "powers that add up": lambda x, y: (x**0.25 * x, x**1.25),
    "cube root": lambda x, y: (x.cbrt() ** 3, x),
    "hypot": lambda x, y: (x.hypot(y), (x * x + y * y) ** 0.5),
    "powers of e": lambda x, y: (np.e**x, x.exp()),
    "power by log": lambda x, y: (x**y, (y * x.log()).exp()),
}


@pytest.mark.parametrize("name", IDENTITIES)
def test_identities_hold_with_their_slopes(name: str) -> None:
    one, two = IDENTITIES[name](*_drawn(2))
    assert _same(one, two)


@pytest.mark.parametrize("name", IDENTITIES)
def test_a_wrong_identity_does_not_hold(name: str) -> None:
    """Plus x instead of nothing: what these tests compare is able to differ."""
    x, y = _drawn(2)
    one, two = IDENTITIES[name](x, y)
    assert not _same(one + x, two)


# The slope of each function over that of its argument.
SLOPES: dict[str, Callable[[Any, Any], Any]] = {
    "exp": lambda x, f: f,
    "exp2": lambda x, f: f * np.log(2),
    "expm1": lambda x, f: f + 1,
    "log": lambda x, f: 1 / x,
    "log2": lambda x, f: 1 / (x * np.log(2)),
    "log10": lambda x, f: 1 / (x * np.log(10)),
    "log1p": lambda x, f: 1 / (1 + x),
    "sqrt": lambda x, f: 1 / (2 * f),
    "cbrt": lambda x, f: f / (3 * x),
    "sin": lambda x, f: x.cos(),
    "cos": lambda x, f: -x.sin(),
    "tan": lambda x, f: 1 + f * f,
    "arcsin": lambda x, f: 1 / (1 - x * x).sqrt(),
    "arccos": lambda x, f: -1 / (1 - x * x).sqrt(),
    "arctan": lambda x, f: 1 / (1 + x * x),
    "sinh": lambda x, f: x.cosh(),
    "cosh": lambda x, f: x.sinh(),
    "tanh": lambda x, f: 1 - f * f,
    "arcsinh": lambda x, f: 1 / (x * x + 1).sqrt(),
    "arccosh": lambda x, f: 1 / (x * x - 1).sqrt(),
    "arctanh": lambda x, f: 1 / (1 - x * x),
    "radians": lambda x, f: np.pi / 180,
    "degrees": lambda x, f: 180 / np.pi,
    "fabs": lambda x, f: 1,
    "square": lambda x, f: 2 * x,
    "reciprocal": lambda x, f: -f * f,
}


@pytest.mark.parametrize("name", SLOPES)
def test_functions_have_the_slopes_of_calculus(name: str) -> None:
    (x,) = array = residues([0.4], generator(0, name), moving=True)
    with np.errstate(invalid="ignore"):
        found = getattr(np, name)(array)[0]
        assert found.value == pytest.approx(getattr(np, name)(0.4), nan_ok=True)
    assert found.slope == VALUES.times(Residue.lift(SLOPES[name](x, found)).residue, x.slope)


@pytest.mark.parametrize("name", SLOPES)
def test_twice_the_slope_is_another(name: str) -> None:
    (x,) = array = residues([0.4], generator(0, name), moving=True)
    found = getattr(np, name)(array)[0]
    assert found.slope != VALUES.times(Residue.lift(2 * SLOPES[name](x, found)).residue, x.slope)


# What the module says it does not know: these should not hold, or the docstring is out of date.
UNKNOWN: dict[str, Callable[[Any, Any], tuple[Any, Any]]] = {
    "log of a product": lambda x, y: ((x * y).log().residue, (x.log() + y.log()).residue),
    "a rounded root": lambda x, y: (x.sqrt() / constant(2).sqrt(), x.sqrt() / np.sqrt(2)),
    "constants that round": lambda x, y: (0.1 * x + 0.2 * x, 0.3 * x),
    "powers that round": lambda x, y: (x**0.3 * x, x**1.3),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_is_not_known_differs(name: str) -> None:
    one, two = UNKNOWN[name](*_drawn(2))
    assert one != two if isinstance(one, int) else not _same(one, two)


def test_roots_multiply_up_to_the_sign() -> None:
    signs = set()
    for seed in range(40):
        x, y = _drawn(2, seed)
        ratio = (x.sqrt() * y.sqrt() / (x * y).sqrt()).residue
        assert ratio in (1, P - 1)
        signs.add(ratio)
    assert signs == {1, P - 1}


def test_a_root_is_counted(run: Run) -> None:
    _drawn(1)[0].sqrt()
    assert run.roots == 1


def test_floats_are_the_rationals_that_they_are() -> None:
    assert constant(0.1).residue * 2**55 % P == 3602879701896397
    assert _same(constant(0.5) + constant(0.25), 0.75)
    assert not _same(constant(0.1) + constant(0.2), 0.3)
    assert [constant(plain).residue for plain in (True, np.int8(-1), np.float32(0.5), np.bool_(False))] == [
        1,
        P - 1,
        _mod(Fraction(1, 2), P),
        0,
    ]


@pytest.mark.parametrize("plain", [np.inf, -np.inf, np.nan])
def test_infinity_has_no_residue(plain: float) -> None:
    with pytest.raises(NotAvailable, match="no residue"):
        _drawn(1)[0] + plain


def test_infinity_can_be_compared_with() -> None:
    """np.max(initial=-inf) does."""
    assert np.max(residues([1.0], generator(0)), initial=-np.inf).value == 1.0


@pytest.mark.parametrize("conversion", [float, int, complex, bool, round, lambda x: [0][x], lambda x: x * 1j])
def test_what_would_drop_the_residue_is_refused(conversion: Callable[[Any], Any]) -> None:
    with pytest.raises((NotAvailable, TypeError)):
        conversion(_drawn(1)[0])


@pytest.mark.parametrize("other", [None, 1j, [1.0], object()], ids=lambda one: type(one).__name__)
@pytest.mark.parametrize("name", ["__add__", "__sub__", "__mul__", "__truediv__", "__pow__", "__lt__"])
def test_what_is_no_real_number_does_not_mix_in(name: str, other: object) -> None:
    assert getattr(_drawn(1)[0], name)(other) is NotImplemented
    with pytest.raises(NotAvailable, match="no real number"):
        Residue.lift(other)


def test_a_cube_root_of_an_imaginary_number_is_drawn_again() -> None:
    with pytest.raises(Unlucky):
        Residue(1.0, I, I).cbrt()  # type: ignore[attr-defined]


def test_comparisons_follow_the_floats(run: Run) -> None:
    x, y = residues([1.0, 2.0], generator(0))
    assert x < y
    assert abs(-x).residue == x.residue
    assert np.sign(residues([-2.0], generator(0)))[0] == -1
    assert run.ties == 0


def test_equal_floats_that_are_not_equal_by_algebra_tie(run: Run) -> None:
    x, y = residues([1.0, 1.0], generator(0))
    assert x == x
    assert 2 * x / 2 >= x
    assert run.ties == 0
    assert x >= y
    assert run.ties == 1


def test_steps_follow_the_floats(run: Run) -> None:
    x = residues([2.75], generator(0), moving=True)
    assert [np.floor(x)[0].residue, np.rint(x)[0].residue, (x % 1.0)[0].residue] == [2, 3, (x[0].residue - 2) % P]
    assert run.ties == 0
    np.floor(residues([2.0], generator(0), moving=True))
    assert run.ties == 1


def test_a_free_function_has_the_derivative_of_its_name() -> None:
    f, df, g = free("f"), free("df"), free("g")
    (x,) = _drawn(1)
    assert f(x).slope == VALUES.times(df(x).residue, x.slope)
    assert f(x).residue == f(x + 0).residue
    assert len({f(x).residue, df(x).residue, g(x).residue, f(x + 1).residue}) == 4
    assert f(residues([1.0, 2.0], generator(0))).shape == (2,)


def test_a_free_function_takes_constants() -> None:
    assert free("f")(0.5).slope == 0


def test_draws_are_independent_and_repeat() -> None:
    values = np.zeros((2, 3))
    one, two = (residues(values, generator(0, "a"), moving=True) for _ in range(2))
    flat = [part for entry in one.flat for part in (entry.residue, entry.exponent, entry.slope)]
    assert len(set(flat)) == 18
    assert flat == [part for entry in two.flat for part in (entry.residue, entry.exponent, entry.slope)]
    assert {entry.slope for entry in residues(values, generator(0)).flat} == {0}
