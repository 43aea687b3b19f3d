"""What was given as shapes, integers and index arrays is varied where it is clear what it means, and only there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nnverify import Outcome, check_gradients
from nnverify.conventions._randomness import World
from nnverify.leaves import leaf, specs
from nnverify.options import validated
from nnverify.search.integers import points as integers
from nnverify.search.layer import Base, Layer, based
from nnverify.search.resized import points as resized

Array = Any


def _base(forward: Callable[..., Any], backward: Callable[..., Any], **leaves: Any) -> Base:
    layer = Layer(forward, backward, specs(leaves), validated({}, "test"), "test")
    return based(layer, World(forward, backward))


def _shapes(base: Base) -> list[list[tuple[int, ...]]]:
    return [[np.shape(one.value) for one in point.leaves] for point in resized(base)]


def dense(X: Array, W: Array) -> Array:
    return X @ W


def dense_back(dout: Array, X: Array, W: Array) -> tuple[Array, Array]:
    return dout @ W.T, X.T @ dout


def test_equal_sizes_change_together() -> None:
    found = _shapes(_base(dense, dense_back, X=(4, 3), W=(3, 5)))
    assert found[:3] == [[(4, 1), (1, 5)], [(1, 3), (3, 5)], [(4, 3), (3, 1)]]
    assert found[3] == [(1, 1), (1, 1)]
    assert max(a * b for a, b in found[4]) > 128


MEAN = np.array([0.5, -1.0, 2.0])


def test_a_size_that_is_written_into_forward_stays() -> None:
    """x of shape (4, 1) broadcasts against it, and a right backward is not for that: the output's shape shows it."""
    found = _shapes(_base(lambda x: x - MEAN, lambda dout, x: dout, x=(4, 3)))
    assert found == [[(1, 3)]]


def test_a_size_of_a_given_array_stays() -> None:
    base = _base(lambda x, t: x[np.arange(4), t], lambda dout, x, t: x, x=(4, 3), t=np.array([0, 2, 1, 1]))
    assert all(shape[0][0] == 4 for shape in _shapes(base))


@pytest.mark.parametrize(
    ("indices", "varied"),
    [
        ([2, 0, 3], True),
        ([3, 0, 2, 1, 2], True),
        ([2, 0, 1], False),  # a permutation, whose backward may be the inverse
        ([0, 2, 5], False),  # ascending: may be offsets
        ([1, 1, 1], False),
    ],
)
def test_only_what_can_be_nothing_but_indices_is_repeated(indices: list[int], varied: bool) -> None:
    base = _base(lambda x, i: x[i], lambda dout, x, i: x, x=(6, 2), i=np.array(indices))
    found = [np.asarray(point.leaves[1].value) for point in integers(base)]
    assert bool(found) is varied
    assert all(len(np.unique(one)) < len(indices) for one in found[:2])
    assert all(np.max(one) == max(indices) + 1 for one in found[2:])


def test_axes_are_those_that_exist_and_counts_stay_positive() -> None:
    def forward(x: Array, axis: int, size: int, seed: int) -> Array:
        return x * size

    base = _base(forward, lambda dout, x, *_: dout, x=(2, 3, 4), axis=1, size=1, seed=1234)
    assert [point.special for point in integers(base)] == ["axis is 0", "axis is 2", "axis is -1", "size is 2"]


def windows(x: Array, stride: int) -> Array:
    return np.array([x[i : i + 2].max() for i in range(0, len(x) - 1, stride)])


def windows_back(add: bool) -> Callable[..., Array]:
    def backward(dout: Array, x: Array, stride: int) -> Array:
        dx = np.zeros_like(x)
        for g, i in zip(dout, range(0, len(x) - 1, stride), strict=True):
            place = i + x[i : i + 2].argmax()
            dx[place] = g + add * dx[place]
        return dx

    return backward


@pytest.mark.parametrize(("add", "outcome"), [(True, Outcome.PASS), (False, Outcome.FAIL)])
def test_overlapping_windows_are_found_from_windows_that_do_not_overlap(add: bool, outcome: Outcome) -> None:
    """What an option may be beside its value is guessed, and only who asks for more effort is told."""
    assert check_gradients(windows, windows_back(add), x=(6,), stride=2).outcome is Outcome.PASS
    assert check_gradients(windows, windows_back(add), x=(6,), stride=2, effort="thorough").outcome is outcome


class Scaled:
    """In the manner of torch.autograd.Function."""

    wrong = False

    @staticmethod
    def forward(ctx: Any, x: Array, w: Array) -> Array:
        ctx.save_for_backward(x, w)
        return x * w

    @classmethod
    def backward(cls, ctx: Any, dout: Array) -> tuple[Array | None, Array]:
        x, w = ctx.saved_tensors
        dx, dw = dout * w, np.sum(dout * x, axis=0)
        return (dx, dw) if ctx.needs_input_grad[0] else (None, dw * (not cls.wrong))


class ScaledTooLazy(Scaled):
    wrong = True


@pytest.mark.parametrize(("target", "outcome"), [(Scaled, Outcome.PASS), (ScaledTooLazy, Outcome.FAIL)])
def test_a_leaf_alone_needs_its_gradient(target: type, outcome: Outcome) -> None:
    assert check_gradients(target, x=(4, 3), w=(3,)).outcome is outcome


class Value:
    """An engine; where it goes by identity, of two operands that are one only one is seen."""

    by_identity = False

    def __init__(self, data: Array, parts: Any = ()) -> None:
        self.data, self.parts, self.grad = np.asarray(data, dtype=float), parts, None

    def __mul__(self, other: Any) -> Any:
        return type(self)(self.data * other.data, ((self, other.data), (other, self.data)))

    def backward(self, grad: Array) -> None:
        self.grad = grad if self.grad is None else self.grad + grad
        parts = {id(one): (one, by) for one, by in self.parts}.values() if self.by_identity else self.parts
        for one, by in parts:
            one.backward(grad * by)


class ByIdentity(Value):
    by_identity = True


@pytest.mark.parametrize(("kind", "outcome"), [(Value, Outcome.PASS), (ByIdentity, Outcome.FAIL)])
def test_one_value_in_two_arguments_has_the_gradient_of_both(kind: type, outcome: Outcome) -> None:
    assert check_gradients(lambda a, b: a * b, a=(4, 3), b=(4, 3), tensor=kind).outcome is outcome


def test_at_the_standard_effort_an_index_occurs_twice() -> None:
    def overwriting(dout: Array, W: Array, i: Array) -> Array:
        dW = np.zeros_like(W)
        dW[i] = dout
        return dW

    assert check_gradients(lambda W, i: W[i], overwriting, W=(4, 3), i=np.array([2, 0, 3])).outcome is Outcome.FAIL


def test_a_forward_that_is_not_deterministic_is_not_searched() -> None:
    """Two of its runs differ, and nothing that differs between them means anything."""
    calls = iter(range(10**9))

    def forward(x: Array) -> Array:
        return x * (1 + next(calls) % 2)

    verdict = check_gradients(forward, lambda dout, x: dout, x=(4, 3))
    assert verdict.outcome is not Outcome.PASS
    assert "NV118" not in verdict.codes


def test_low_and_high_leave_their_ends_out() -> None:
    """At 0 this backward divides by nothing, and the caller has said that 0 is not to be tried."""

    def backward(dout: Array, x: Array) -> Array:
        return dout * np.sqrt(x) / x / 2

    assert check_gradients(np.sqrt, backward, x=leaf((4,), low=0.0, high=4.0)).outcome is Outcome.PASS


def det_back(dout: Array, A: Array) -> Array:
    return dout * np.linalg.det(A) * np.linalg.inv(A).T


def adjugate(dout: Array, A: Array) -> Array:
    """Right everywhere."""
    return dout * np.array([[A[1, 1], -A[1, 0]], [-A[0, 1], A[0, 0]]])


def first_positive(dout: Array, A: Array) -> Array:
    """Right, and raises where nothing is positive."""
    return adjugate(dout, A) + 0 * A[A > 0][0]


def poles(dout: Array, A: Array) -> Array:
    """Right, and NaN where an entry is zero."""
    return adjugate(dout, A) * A / A


MATRIX = np.array([[1.0, 2.0], [-3.0, 1.5]])


def step(A: Array) -> Array:
    """Jumps at zero, on one side of it."""
    return np.where(A > 0, 1.0, 0.0) + A


@pytest.mark.parametrize(
    ("forward", "backward", "outcome"),
    [
        pytest.param(np.linalg.det, det_back, Outcome.PASS, id="no inverse"),
        pytest.param(np.linalg.det, first_positive, Outcome.FAIL, id="index out of range"),
        pytest.param(np.linalg.det, poles, Outcome.FAIL, id="NaN where forward is smooth"),
        pytest.param(step, lambda dout, A: dout * A / A, Outcome.PASS, id="NaN where forward jumps"),
    ],
)
def test_a_special_point_without_a_gradient_accuses_nobody(forward: Any, backward: Any, outcome: Outcome) -> None:
    """A singular matrix has no inverse, and a jump no slope; what is careless with zeros or the empty set is wrong."""
    assert check_gradients(forward, backward, A=MATRIX).outcome is outcome
