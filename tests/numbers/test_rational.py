"""Rationals stay exact or refuse; their exponentials obey every identity."""

from collections.abc import Callable
from fractions import Fraction
from operator import add, mul, sub, truediv
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnverify.numbers.rational import NotExact, Rational, keyed

small = st.builds(lambda n, d: Rational(n, d), st.integers(-12, 12), st.sampled_from([1, 2, 3]))


@pytest.mark.parametrize("inexact", [0.5, np.float64(0.5), 1j])
def test_a_float_is_refused(inexact: object) -> None:
    """One float would turn a proof into an approximation, unseen."""
    with pytest.raises(NotExact):
        Rational(1, 3) * inexact  # type: ignore[operator]
    with pytest.raises(NotExact):
        inexact + Rational(1, 3)  # type: ignore[operator]


@pytest.mark.parametrize("argument", [Rational(1, 7), Rational(10**6)])
def test_an_exponential_without_exact_value_is_refused(argument: Rational) -> None:
    with pytest.raises(NotExact):
        argument.exp()


@given(small, small)
def test_exp_turns_sums_into_products(x: Rational, y: Rational) -> None:
    assert (x + y).exp() == x.exp() * y.exp()


@given(small)
def test_tanh_squared_and_cosh_obey_their_identity(x: Rational) -> None:
    """1 − tanh² = 1/cosh² is what the forms of tanh′ rest on."""
    assert 1 - x.tanh() ** 2 == 1 / x.cosh() ** 2
    assert x.sinh() / x.cosh() == x.tanh()


@given(small, small)
def test_arithmetic_is_that_of_fractions(x: Rational, y: Rational) -> None:
    a, b = Fraction(x), Fraction(y)
    assert [x + y, x - y, x * y, -x, abs(x), x**2, x.square()] == [a + b, a - b, a * b, -a, abs(a), a**2, a * a]
    assert type(x * y) is Rational


def test_numpy_reaches_the_functions_through_object_arrays() -> None:
    x = np.array([Rational(1, 2), Rational(-3)], dtype=object)
    assert np.tanh(x)[0] == Rational(1, 2).tanh()
    assert np.log(x)[1] == keyed("log", Rational(-3))
    assert np.conjugate(x)[0] == Rational(1, 2)


def test_free_functions_depend_on_name_and_argument_alone() -> None:
    assert keyed("f", Rational(1, 2)) == keyed("f", Fraction(1, 2))
    assert keyed("f", Rational(1, 2)) != keyed("g", Rational(1, 2))
    assert keyed("f", Rational(1, 2)) != keyed("f", Rational(1, 3))


def test_uses_of_free_functions_are_counted() -> None:
    before = Rational.free_calls
    Rational(2).log()
    assert Rational.free_calls == before + 1


@pytest.mark.parametrize("operation", [add, sub, mul, truediv], ids=lambda one: one.__name__)
@given(small, st.one_of(small, st.integers(-6, 6)))
def test_results_are_in_lowest_terms_both_ways_round(operation: Callable[[Any, Any], Any], x: Rational, y: Any) -> None:
    """What is not reduced is unequal to what is."""
    for left, right in ((x, y), (y, x)):
        if operation is truediv and right == 0:
            continue
        found, expected = operation(left, right), operation(Fraction(left), Fraction(right))
        assert type(found) is Rational
        assert (found.numerator, found.denominator) == (expected.numerator, expected.denominator)
