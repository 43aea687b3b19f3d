"""What one generic point does not show is found by a thorough search, and no right layer is accused by it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from nnverify import GradientMismatch, Outcome, Verdict, check_gradients
from tests.search import LAYERS, WRONG
from tests.search.case import Layer, Wrong

Case = tuple[Layer, Wrong]


def _label(case: Any) -> str:
    return case.name if isinstance(case, Layer) else f"{case[0].name}: {case[1].name}"


def _first_of_each_need() -> Iterator[Case]:
    seen = set()
    for layer, wrong in WRONG:
        if wrong.needs not in seen:
            seen.add(wrong.needs)
            yield layer, wrong


_KNOWN: dict[str, Verdict] = {}


def _searched(case: Case) -> Verdict:
    """Once for all tests: it takes a second or two."""
    (layer, wrong), label = case, _label(case)
    if label not in _KNOWN:
        options = {"leaves": layer.leaves, "name": layer.name, **layer.options}
        _KNOWN[label] = check_gradients(*layer.mistaken(wrong), effort="thorough", **options)
    return _KNOWN[label]


def test_the_corpus_is_as_large_as_it_says() -> None:
    assert len(LAYERS) >= 15
    assert len(WRONG) >= 90
    assert {wrong.needs for _, wrong in WRONG} == {
        "shape", "value", "index", "layout", "dtype", "option", "state", "composition"
    }  # fmt: skip


@pytest.mark.parametrize("case", list(_first_of_each_need()), ids=_label)
def test_one_mistake_of_each_kind_is_found(case: Case) -> None:
    assert _searched(case).outcome is Outcome.FAIL


@pytest.mark.parametrize("layer", [LAYERS[0], LAYERS[6]], ids=_label)
def test_a_right_layer_is_not_accused(layer: Layer) -> None:
    _accuses_nobody(layer)


@pytest.mark.slow
@pytest.mark.parametrize("case", WRONG, ids=_label)
def test_every_mistake_is_found(case: Case) -> None:
    assert _searched(case).outcome is Outcome.FAIL, _searched(case).notes


@pytest.mark.slow
@pytest.mark.parametrize("layer", LAYERS, ids=_label)
def test_no_right_layer_is_accused(layer: Layer) -> None:
    _accuses_nobody(layer)


def _accuses_nobody(layer: Layer) -> None:
    verdict = check_gradients(*layer.right(), leaves=layer.leaves, name=layer.name, effort="thorough", **layer.options)
    assert verdict.outcome is Outcome.PASS, verdict


@pytest.mark.slow
@pytest.mark.parametrize("case", WRONG, ids=_label)
def test_one_point_does_not_show_it(case: Case) -> None:
    """Else it would be no case for a search."""
    layer, wrong = case
    verdict = check_gradients(*layer.mistaken(wrong), leaves=layer.leaves, effort="point")
    assert verdict.outcome is Outcome.PASS, verdict


@pytest.mark.slow
def test_counterexamples_are_small() -> None:
    """No axis longer than 3 in nine of ten failures that depend on shapes or values."""
    cases = [case for case in WRONG if case[1].needs in ("shape", "value", "index")]
    longest = [max(map(int, re.findall(r"\d+(?=[,)])", _searched(case).shapes))) for case in cases]
    assert np.mean(np.array(longest) <= 3) >= 0.9, dict(zip(map(_label, cases), longest, strict=True))


def _reproduces(case: Case) -> bool | None:
    """Whether the printed program fails as the check did; None for one that says what it leaves out."""
    text = _searched(case).program
    if ": as in " in text:
        return None
    space: dict[str, Any] = {}
    exec(compile(text, "program", "exec"), space)
    (test,) = (value for name, value in space.items() if name.startswith("test_"))
    try:
        test()
    except GradientMismatch as error:
        return {one.leaf for one in error.verdict.findings if one.outcome is Outcome.FAIL} >= {
            next(one.leaf for one in _searched(case).findings if one.outcome is Outcome.FAIL)
        }
    return False


@pytest.mark.slow
def test_every_printed_program_fails_as_the_check_did() -> None:
    found = {_label(case): _reproduces(case) for case in WRONG}
    assert [name for name, reproduced in found.items() if reproduced is False] == []
    # The others hold a lambda or a closure, which has no name to import, and say so.
    assert sum(reproduced is True for reproduced in found.values()) >= 15


def test_a_printed_program_fails_as_the_check_did() -> None:
    named = [case for case in WRONG if case[1].backward.__name__ in ("_everyone", "_divided", "Grown")]
    assert [_reproduces(case) for case in named] == [True] * 3
