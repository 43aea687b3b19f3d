"""The gradient check refuses wrong gradients, accepts right ones, and says where it cannot tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from nnverify import UsageError
from nnverify.draws import generator
from nnverify.reading import Demand
from nnverify.subject import Subject
from nnverify.verdict import Outcome, Verdict
from nnverify.verify import verify as verify_subject
from tests.subjects import dense, dense_backward, dense_leaves, dense_with, subject


def verify(subject: Subject, seed: int = 0, kink: str = "subgradient") -> Verdict:
    return verify_subject(subject, Demand(seed, kink=kink))


Change = Callable[[Any], Any]


def _one_entry(gradient: Any) -> Any:
    changed = gradient.copy()
    changed[1, 2] *= 1 + 1e-6
    return changed


WRONG: dict[str, tuple[str, Change]] = {
    "sign": ("W", np.negative),
    "twice": ("W", lambda dW: 2 * dW),
    "zero": ("X", np.zeros_like),
    "relative error of 1e-9": ("b", lambda db: db * (1 + 1e-9)),
    "one entry by 1e-6": ("W", _one_entry),
    "rows reversed": ("X", lambda dX: dX[::-1]),
    "a constant added": ("b", lambda db: db + 1e-7),
}


def _outcomes(verdict: Verdict) -> dict[str, str]:
    return {leaf: one.outcome.value for leaf, one in verdict.by_leaf.items()}


@pytest.mark.parametrize(("leaf", "change"), WRONG.values(), ids=WRONG)
def test_the_wrong_leaf_fails_and_only_it(leaf: str, change: Change) -> None:
    """Which leaves are right is half of the diagnosis."""
    found = _outcomes(verify(dense_with(**{leaf: change})))
    assert found == {name: "fail" if name == leaf else "pass" for name in ("X", "W", "b")}


def test_a_layer_of_many_entries_takes_no_more_evaluations_than_a_small_one() -> None:
    """And is seen as finely: none of its entries has a line of its own for being next to zero by chance."""
    sizes = ((4, 3, 5), (300, 8, 10_000))
    small, large = (verify(subject(dense, dense_backward, **dense_leaves(*each))) for each in sizes)
    assert small.outcome is large.outcome is Outcome.PASS
    assert large.evaluations <= small.evaluations + 16 <= 80
    assert large.resolution is not None
    assert large.resolution < 1e-9


@pytest.mark.parametrize("seed", range(20))
def test_a_right_layer_passes_with_every_seed(seed: int) -> None:
    verdict = verify(subject(dense, dense_backward, **dense_leaves(seed=seed)), seed=seed)
    assert verdict.outcome is Outcome.PASS, str(verdict)
    assert verdict.resolution is not None
    assert verdict.resolution < 1e-9


def test_two_wrong_leaves_do_not_hide_each_other() -> None:
    found = _outcomes(verify(dense_with(W=np.negative, b=np.negative)))
    assert found == {"X": "pass", "W": "fail", "b": "fail"}


def test_a_failure_names_both_sides_and_the_bar() -> None:
    verdict = verify(dense_with(W=lambda dW: 2 * dW))
    (finding,) = verdict.by_leaf["W"].findings
    assert finding.backward is not None
    assert finding.numerical is not None
    assert finding.bar is not None
    assert abs(finding.backward - 2 * finding.numerical) <= 3 * finding.bar
    assert "backward" in finding.message
    assert "numerical" in finding.message


MALFORMED: dict[str, tuple[Change, str, str]] = {
    "transposed": (np.transpose, "NV102", "dW has shape (5, 3), but W has shape (3, 5)"),
    "not summed": (lambda dW: np.stack([dW, dW]), "NV301", "dW has shape (2, 3, 5), but W has shape (3, 5)"),
    "a scalar": (np.sum, "NV105", "dW has shape (), but W has shape (3, 5)"),
    "None": (lambda dW: None, "NV303", "dW is missing"),
    "NaN": (lambda dW: np.where(np.arange(5) == 2, np.nan, dW), "NV304", "dW[0,2] is nan: 3 of 15 entries"),
    "infinite": (lambda dW: dW + np.inf, "NV304", "15 of 15 entries"),
}


@pytest.mark.parametrize(("change", "code", "sentence"), MALFORMED.values(), ids=MALFORMED)
def test_shape_and_finiteness_come_before_values(change: Change, code: str, sentence: str) -> None:
    verdict = verify(dense_with(W=change))
    assert verdict.by_leaf["W"].codes == (code,)
    assert sentence in verdict.by_leaf["W"].findings[0].message
    assert _outcomes(verdict) == {"X": "pass", "W": "fail", "b": "pass"}


def test_a_backward_that_raises_is_wrong() -> None:
    def backward(dout: Any, X: Any, W: Any, b: Any) -> dict[str, Any]:
        return {"X": dout @ W}

    verdict = verify(subject(dense, backward, **dense_leaves()))
    assert verdict.codes == ("NV306",)
    assert "backward raised ValueError: matmul" in verdict.findings[0].message


def _elementwise(f: Change, df: Change, x: Any) -> Subject:
    return subject(f, lambda dout, x: {"x": dout * df(x)}, x=np.asarray(x, dtype=float))


OPEN: dict[str, tuple[Subject, str]] = {
    "jump": (_elementwise(lambda x: (x > 0) + x, lambda x: 1 + 0 * x, [0.0, 1.0]), "NV209"),
    "infinite slope": (_elementwise(lambda x: np.sqrt(np.abs(x)), lambda x: 0.5 * x, [0.0, 1.0]), "NV201"),
    "vacuous": (_elementwise(lambda x: np.maximum(x - 1e6, 0), lambda x: 0 * x, [-1.0, -2.0]), "NV205"),
    "not finite": (_elementwise(lambda x: x / np.array([0.0, 1.0]), lambda x: 1 + 0 * x, [1.0, 2.0]), "NV304"),
    "noise": (_elementwise(lambda x: np.rint(64 * x) / 64, lambda x: 1 + 0 * x, [1.01, 2.02]), "NV202"),
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("layer", "code"), OPEN.values(), ids=OPEN)
def test_what_cannot_be_judged_is_neither_right_nor_wrong(layer: Subject, code: str) -> None:
    """Unknown is INCONCLUSIVE, with its reason; a zero gradient where the truth is zero proves nothing."""
    with np.errstate(all="ignore"):
        verdict = verify(layer)
    assert (verdict.outcome, verdict.codes) == (Outcome.INCONCLUSIVE, (code,)), str(verdict)


BAD_FORWARDS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "raises": (lambda x: x.nothing, "forward raised AttributeError"),
    "returns None": (lambda x: None, "forward returned NoneType"),
    "returns text": (lambda x: "x", "forward returned str"),
    "returns complex": (lambda x: x * 1j, "forward returned an array of complex128"),
    "returns a generator": (lambda x: (y for y in x), "forward returned generator"),
}


@pytest.mark.parametrize(("forward", "sentence"), BAD_FORWARDS.values(), ids=BAD_FORWARDS)
def test_a_forward_that_gives_no_numbers_is_misuse(forward: Callable[[Any], Any], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        verify(subject(forward, lambda dout, x: {"x": dout}, x=np.ones(2)))


def test_a_backward_that_returns_no_dictionary_is_misuse() -> None:
    with pytest.raises(UsageError, match="backward returned ndarray, not a gradient for each leaf"):
        verify(subject(np.sin, lambda dout, x: dout * np.cos(x), x=np.ones(2)))


def test_several_outputs_share_one_check() -> None:
    def forward(x: Any) -> tuple[Any, Any]:
        return np.sin(x), np.sum(x**2)

    def backward(dout: Any, x: Any) -> dict[str, Any]:
        return {"x": dout[0] * np.cos(x) + dout[1] * 2 * x}

    x = generator(0).standard_normal(3)
    assert verify(subject(forward, backward, x=x)).outcome is Outcome.PASS
    wrong = subject(forward, lambda dout, x: {"x": dout[0] * np.cos(x) + 2 * x}, x=x)
    assert verify(wrong).outcome is Outcome.FAIL


def test_a_constant_leaf_needs_no_gradient() -> None:
    layer = dense_with()
    leaves = tuple(type(leaf)(leaf.name, leaf.value, leaf.name != "b") for leaf in layer.leaves)
    verdict = verify(Subject("layer", leaves, layer.run, layer.forward))
    assert list(verdict.by_leaf) == ["X", "W"]


def test_the_callers_arrays_and_global_randomness_stay_as_they_were() -> None:
    """A forward that writes into its argument meets copies only."""

    def forward(x: Any) -> Any:
        x *= 1.0
        return np.sin(x)

    def backward(dout: Any, x: Any) -> dict[str, Any]:
        dout *= np.cos(x)
        return {"x": dout}

    x = generator(1).standard_normal(4)
    before, state = x.copy(), np.random.get_state()[1].copy()  # noqa: NPY002
    assert verify(subject(forward, backward, x=x)).codes == ("NV114",)
    assert np.array_equal(x, before)
    assert np.array_equal(np.random.get_state()[1], state)  # noqa: NPY002


def test_a_leaf_with_tiny_gradient_beside_a_large_one_is_judged_by_itself() -> None:
    """Along a common line the large gradient's noise would drown it."""

    def backward(dout: Any, x: Any, y: Any) -> dict[str, Any]:
        return {"x": dout * 1e6 * np.cos(x), "y": -dout * 1e-6 * np.cos(y)}

    leaves = {"x": np.array([0.3]), "y": np.array([0.4])}
    layer = subject(lambda x, y: 1e6 * np.sin(x) + 1e-6 * np.sin(y), backward, **leaves)
    verdict = verify(layer)
    assert verdict.by_leaf["x"].outcome is Outcome.PASS
    assert verdict.by_leaf["y"].outcome is Outcome.FAIL


SURE = (30 * np.eye(4) + np.arange(16).reshape(4, 4) / 16).astype(np.float32)


def _entropy(X: Any) -> Any:
    """−Σ log p_ii: in float32, p is 1 to the last bit."""
    top = X.max(axis=1, keepdims=True)
    return (top[:, 0] + np.log(np.exp(X - top).sum(axis=1)) - X[np.arange(4), np.arange(4)]).sum()


def _entropy_back(dout: Any, X: Any) -> Any:
    e = np.exp(X - X.max(axis=1, keepdims=True))
    return {"X": dout * (e / e.sum(axis=1, keepdims=True) - np.eye(4, dtype=X.dtype))}


@pytest.mark.parametrize(("factor", "wrong"), [(1.0, False), (1.5, True), (-1.0, True)])
def test_what_cancels_in_float32_is_asked_for_in_float64(factor: float, wrong: bool) -> None:
    """p − 1 is 0 there, and no mistake of the formula; dual numbers, which see more digits, must not say that it is."""
    one = subject(_entropy, lambda dout, X: {"X": np.float32(factor) * _entropy_back(dout, X)["X"]}, X=SURE)
    assert (verify(one).outcome is Outcome.FAIL) is wrong


def _hardtanh_back(dout: Any, x: Any) -> Any:
    return {"x": (dout * (np.abs(x) < 1)).astype(x.dtype)}


@pytest.mark.parametrize("seed", range(6))
def test_kinks_of_either_sign_on_one_line_accuse_nobody_in_float32(seed: int) -> None:
    """Their sum has slopes on both sides; that of a right gradient need not lie between these."""
    x = np.array([-1, 1, 0.5, 1, -1, 3, 1, -1], dtype=np.float32)
    assert verify(subject(lambda x: np.clip(x, -1, 1), _hardtanh_back, x=x), seed).outcome is Outcome.PASS


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_mistake_at_one_value_is_no_rounding(dtype: type) -> None:
    """Arguments a few units in the last place away are right, and alike; rounding would scatter them."""
    x, y = np.array([0.5, 2, 3], dtype=dtype), np.array([1, 2, 1.5], dtype=dtype)

    def backward(dout: Any, x: Any, y: Any) -> Any:
        return {"x": dout * y * x ** (y - 1) * (y != 1), "y": dout * x**y * np.log(x)}

    assert _outcomes(verify(subject(np.power, backward, x=x, y=y))) == {"x": "fail", "y": "pass"}


@pytest.mark.parametrize(("factor", "outcome"), [(1.0, Outcome.PASS), (1.001, Outcome.FAIL)])
def test_what_the_condition_of_a_matrix_makes_of_rounding_is_no_mistake(factor: float, outcome: Outcome) -> None:
    """Forward and backward factor the matrix and its transpose: each is right for another one, a last place away."""
    rng = np.random.default_rng(2)
    U, V = (np.linalg.qr(rng.standard_normal((4, 4)))[0] for _ in range(2))
    A = U @ np.diag([1, 1e-2, 1e-5, 1e-8]) @ V

    def backward(dout: Any, A: Any, b: Any) -> Any:
        db = np.linalg.solve(A.T, dout)
        return {"A": -np.outer(db, np.linalg.solve(A, b)), "b": factor * db}

    found = [
        verify(subject(np.linalg.solve, backward, A=A, b=rng.standard_normal(4)), s).by_leaf["b"] for s in range(5)
    ]
    assert {one.outcome for one in found} == {outcome}


def test_a_forward_that_is_not_finite_at_times_is_told_as_such() -> None:
    rng = np.random.default_rng(0)
    verdict = verify(
        subject(lambda x: np.where(rng.random(8) < 0.5, np.nan, x), lambda dout, x: {"x": dout}, x=np.ones(8))
    )
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.codes == ("NV207",)


@pytest.mark.parametrize(("factor", "outcome"), [(1.0, "inconclusive"), (1 + 1e-6, "fail")])
def test_the_condition_of_a_matrix_that_functions_hold_accuses_nobody(factor: float, outcome: str) -> None:
    rng = np.random.default_rng(0)
    U, V = (np.linalg.qr(rng.standard_normal((6, 6)))[0] for _ in range(2))
    A = U @ np.diag(np.logspace(0, -6, 6)) @ V

    def backward(dout: Any, b: Any) -> Any:
        return {"b": factor * np.linalg.solve(A.T, dout)}

    verdict = verify(subject(lambda b: np.linalg.solve(A, b), backward, b=rng.standard_normal(6)))
    assert verdict.outcome.value == outcome
    assert ("NV211" in verdict.codes) is (outcome == "inconclusive")


def test_terms_of_a_loss_that_weigh_the_same_twice_are_seen_along_two_lines() -> None:
    """One line would be one look: what cancels along it is found by the other."""
    ones = replace(
        subject(lambda x: x * x, lambda dout, x: {"x": 2 * dout * x}, x=np.arange(1.0, 101)), unit_outputs=100
    )
    free = replace(ones, unit_outputs=0)
    assert verify(ones).evaluations > 1.5 * verify(free).evaluations


@pytest.mark.parametrize(("factor", "outcome"), [(1.0, Outcome.PASS), (2.0, Outcome.FAIL), (0.0, Outcome.FAIL)])
def test_entries_that_a_few_beside_a_pole_drown_are_judged_by_themselves(factor: float, outcome: Outcome) -> None:
    """A handful of slopes is a million times as large as those of half of the entries."""
    x = np.tanh(3 * np.random.default_rng(0).standard_normal(1000))

    def backward(dout: Any, x: Any) -> dict[str, Any]:
        return {"x": dout / (1 - x**2) * np.where(np.abs(x) < 0.5, factor, 1.0)}

    assert verify(subject(lambda x: np.sum(np.arctanh(x)), backward, x=x)).outcome is outcome


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("size", [300, 1000])
@pytest.mark.parametrize("factor", [1.0, 1.01])
def test_what_is_drowned_by_what_the_backward_rounds_is_judged_by_itself(size: int, seed: int, factor: float) -> None:
    """Beside its pole, 1 / (1 - x²) is known to few digits: more is lost there than the other slopes amount to."""
    x = np.tanh(3 * np.random.default_rng(0).standard_normal(size))

    def backward(dout: Any, x: Any) -> dict[str, Any]:
        return {"x": dout / (1 - x**2) * np.where(np.abs(x) < 0.9, factor, 1.0)}

    verdict = verify(subject(lambda x: np.arctanh(x), backward, x=x), seed)
    assert verdict.outcome is (Outcome.PASS if factor == 1 else Outcome.FAIL)


@pytest.mark.parametrize("seed", range(3))
def test_a_backward_of_few_digits_passes_where_dual_numbers_are_too_coarse_to_tell(seed: int) -> None:
    x = np.tanh(3 * np.random.default_rng(0).standard_normal(50))
    assert verify(subject(np.arctanh, lambda dout, x: {"x": dout / (1 - x**2)}, x=x), seed).outcome is Outcome.PASS
