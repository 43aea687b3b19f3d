"""Hard cases: no right gradient is accused, every mistake above the printed resolution is, and trouble is named.

By default every twelfth case and mistake is looked at, at one point each; `pytest -m slow tests/test_hard.py` takes all
of them at five.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from nnverify import Outcome, Verdict, check_gradients
from nnverify._errors import NnverifyError
from tests.hard import domain, kinks, layers, matrices, precision, saturated, scales, structure
from tests.hard.case import Case, Mistake, Trouble
from tests.hard.troubled import TROUBLES

MODULES = (domain, kinks, layers, matrices, precision, saturated, scales, structure)
RIGHT = tuple(case for module in MODULES for case in module.RIGHT)
MISTAKES = tuple(mistake for module in MODULES for mistake in module.MISTAKES)
# Noise hides how sharp a kink is: several on one line leave less of each to be seen.
KINKS_32 = tuple(replace(case, options=case.options | {"dtype": np.float32}) for case in kinks.RIGHT)
SEEDS = range(5)
SHARE = 12

pytestmark = [
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),
    pytest.mark.filterwarnings("ignore::numpy.exceptions.ComplexWarning"),
]


def _checked(case: Case, backward: Callable[..., Any], seed: int) -> Verdict:
    with np.errstate(all="ignore"):
        return check_gradients(case.forward, backward, leaves=case.at(seed), seed=seed, **case.options)


def _accepted(case: Case, seed: int) -> None:
    verdict = _checked(case, case.backward, seed)
    open_for_a_reason = verdict.outcome is Outcome.INCONCLUSIVE and set(verdict.codes) <= set(case.open)
    assert verdict.outcome is Outcome.PASS or open_for_a_reason, str(verdict)


def _flagged(mistake: Mistake, seed: int) -> None:
    verdict = _checked(mistake.case, mistake.backward, seed)
    if verdict.outcome is not Outcome.FAIL:
        assert not mistake.kink, str(verdict)
        errors = _errors(mistake, seed)
        unseen = [name for name, error in errors.items() if error > _printed(verdict, name)]
        assert not unseen, f"{errors}\n{verdict}"


def _printed(verdict: Verdict, leaf: str) -> float:
    """The resolution that the report names for a leaf; where it could not be judged, that of its bar."""
    known = [one.resolution for one in verdict.by_leaf[leaf].findings if one.resolution is not None]
    return max(known, default=0.0)


def _errors(mistake: Mistake, seed: int) -> dict[str, float]:
    """How wrong the gradient of each leaf is, relative to the right one, for a random upstream."""
    leaves = mistake.case.at(seed)
    dtype = mistake.case.options.get("dtype", np.float64)
    values = [
        np.asarray(v).astype(dtype) if np.asarray(v).dtype.kind == "f" else np.asarray(v) for v in leaves.values()
    ]
    with np.errstate(all="ignore"):
        output = mistake.case.forward(*values)
        parts = output if isinstance(output, tuple) else (output,)
        rng = np.random.default_rng(seed)
        drawn = [np.asarray(rng.choice([-1.0, 1.0], np.shape(p)) * rng.uniform(1, 2, np.shape(p)))[()] for p in parts]
        dout = tuple(drawn) if isinstance(output, tuple) else drawn[0]
        sides = [_tuple(backward(dout, *values)) for backward in (mistake.case.backward, mistake.backward)]
    pairs = zip(leaves, *sides, strict=False)
    return {name: _distance(right, wrong) for name, right, wrong in pairs if np.asarray(wrong).dtype.kind == "f"}


def _tuple(found: Any) -> tuple[Any, ...]:
    return found if isinstance(found, tuple) else (found,)


def _distance(right: Any, wrong: Any) -> float:
    right, wrong = np.asarray(right, dtype=np.float64), np.asarray(wrong, dtype=np.float64)
    size = float(np.linalg.norm(right))
    return float(np.linalg.norm(wrong - right)) / size if size > 0 else float(np.linalg.norm(wrong) > 0)


def test_the_corpora_are_large_enough() -> None:
    assert len(RIGHT) >= 80
    assert len(MISTAKES) >= 80
    assert len({str(case) for case in RIGHT}) == len(RIGHT)
    assert len({str(mistake) for mistake in MISTAKES}) == len(MISTAKES)


def test_few_cases_may_stay_open() -> None:
    """At most one in twenty, and only for a reason that its row gives."""
    assert sum(bool(case.open) for case in RIGHT) <= len(RIGHT) // 20


@pytest.mark.parametrize("case", RIGHT[::SHARE], ids=str)
def test_a_right_gradient_is_not_accused(case: Case) -> None:
    _accepted(case, 0)


@pytest.mark.parametrize("mistake", MISTAKES[::SHARE], ids=str)
def test_a_mistake_is_flagged(mistake: Mistake) -> None:
    _flagged(mistake, 0)


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("case", RIGHT, ids=str)
def test_no_right_gradient_is_accused_at_any_point(case: Case, seed: int) -> None:
    _accepted(case, seed)


def _accused_in_float32(case: Case, seed: int) -> bool:
    return _checked(case, case.backward, seed).outcome is Outcome.FAIL


@pytest.mark.parametrize("case", KINKS_32[:: SHARE // 2], ids=str)
def test_a_kink_accuses_nobody_in_float32(case: Case) -> None:
    assert not any(_accused_in_float32(case, seed) for seed in range(2))


@pytest.mark.slow
@pytest.mark.parametrize("case", KINKS_32, ids=str)
def test_no_kink_accuses_anybody_in_float32(case: Case) -> None:
    assert not any(_accused_in_float32(case, seed) for seed in SEEDS)


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("mistake", MISTAKES, ids=str)
def test_every_mistake_above_the_resolution_is_flagged(mistake: Mistake, seed: int) -> None:
    _flagged(mistake, seed)


@pytest.mark.parametrize("trouble", TROUBLES, ids=str)
def test_a_troubled_forward_is_named_and_nobody_accused(trouble: Trouble) -> None:
    said = _said(trouble)
    assert said.startswith(("inconclusive", "error")), said
    assert re.search(trouble.names, said), said


def _said(trouble: Trouble) -> str:
    """The outcome, or that it was an error, and all that was said."""
    try:
        with np.errstate(all="ignore"):
            verdict = check_gradients(trouble.forward, trouble.backward, leaves=trouble.leaves, seed=0)
    except NnverifyError as error:
        return f"error: {error}"
    return " ".join((verdict.outcome, *verdict.codes, *(one.message for one in verdict.findings)))
