"""Section 1 on numbers small enough to differentiate by hand."""

from __future__ import annotations

import numpy as np

from reference import calculus

W = np.array([[1, 2, 3], [4, 5, 6]])
x = np.array([1, 0, -1])
FORMS = ("jacobian", "index", "vector")


def each(name: str, *arguments: object) -> list[object]:
    return [np.asarray(getattr(calculus, f"{name}_{form}")(*arguments)).tolist() for form in FORMS]


def test_derivative_of_a_dot_product_is_the_other_factor():
    """∂(wᵀx)/∂w = xᵀ, here three times that."""
    w = np.array([2, 5, 7])
    assert each("dot_dw", w, x, 3) == [[3, 0, -3]] * 3
    assert each("dot_dx", w, x, 3) == [[6, 15, 21]] * 3


def test_derivative_of_a_matrix_product_by_the_vector_is_the_matrix():
    """(1, 10)·W = (1 + 40, 2 + 50, 3 + 60): rows of W weighted by dout, and added."""
    assert each("linear_dx", W, x, np.array([1, 10])) == [[41, 52, 63]] * 3


def test_derivative_of_a_matrix_product_by_the_matrix_is_an_outer_product():
    """Row k of W meets only output k: dout_k x."""
    assert each("linear_dW", W, x, np.array([1, 10])) == [[[1, 0, -1], [10, 0, -10]]] * 3


def test_derivative_of_a_hadamard_product_is_diagonal():
    """Entry h of u meets only entry h of v."""
    assert each("hadamard_du", x, np.array([2, 5, 7]), np.array([1, 1, 10])) == [[2, 5, 70]] * 3


def test_derivative_of_an_elementwise_function_is_diagonal():
    """f(z) = z³: f′ = 3z² is 3, 12, 27 at 1, 2, 3."""
    z, dout = np.array([1, 2, 3]), np.array([1, 1, 10])
    assert each("elementwise_dz", z, lambda z: z**3, lambda z: 3 * z**2, dout) == [[3, 12, 270]] * 3


def test_derivative_of_a_squared_distance_is_twice_the_difference():
    """‖a − y‖² grows fastest away from y."""
    assert each("squares_da", np.array([3, 1, 0]), np.array([1, 1, 2]), 10) == [[40, 0, -40]] * 3


def test_chain_rule_multiplies_in_the_order_of_the_functions():
    """y = (2x₁ + x₂)², then 3y and y²: ∂y/∂x = 2·4·(2, 1) at x = (1, 2), and dout sends 3·1 + 2·16·1 = 35 into it."""
    U, V = np.array([[3], [1]]), np.array([[2, 1]])

    def f(z):  # the identity for the first output, the square for the second; told apart by their arguments, 48 and 16
        return np.where(z == 48, z, z * z)

    def df(z):
        return np.where(z == 48, 1, 2 * z)

    arguments = np.array([1, 2]), U, V, f, df, lambda z: z * z, lambda z: 2 * z, np.array([1, 1])
    assert each("chain_dx", *arguments) == [[35 * 16, 35 * 8]] * 3
