"""Layers in everybody's style, as they are: the right ones pass, the wrong ones fail, and the right leaf is blamed."""

from __future__ import annotations

from typing import Any

import pytest

from nnverify import Outcome, Verdict, check_gradients
from tests.sampling import sampled
from tests.zoo import ZOO, Entry


def _checked(entry: Entry, target: Any, options: Any) -> Verdict:
    functions = target if isinstance(target, tuple) else (target,)
    return check_gradients(*functions, leaves=entry.leaves, **options)


@pytest.mark.parametrize("entry", ZOO, ids=lambda entry: entry.name)
def test_right_versions_pass(entry: Entry) -> None:
    verdict = _checked(entry, entry.right(), entry.options)
    assert verdict.outcome is Outcome.PASS, verdict


@pytest.mark.parametrize("entry", sampled(ZOO, lambda entry: entry.shape, each=8), ids=lambda entry: entry.name)
def test_wrong_versions_fail_where_they_are_wrong(entry: Entry) -> None:
    options = {"effort": "point", **(entry.options if entry.wrongly is None else entry.wrongly)}
    verdict = _checked(entry, entry.wrong(), options)
    blamed = {name for name, finding in verdict.by_leaf.items() if finding.outcome is Outcome.FAIL}
    assert blamed == set(entry.blamed), verdict


def test_most_are_recognised_and_none_needs_much_to_be_said() -> None:
    said = [entry.said for entry in ZOO]
    assert len(ZOO) >= 40
    assert len({entry.name for entry in ZOO}) == len(ZOO)
    assert said.count(0) >= 0.75 * len(ZOO)
    assert max(said) <= 2


def test_all_four_shapes_are_there() -> None:
    assert {entry.shape for entry in ZOO} >= {"function", "pair", "object", "values"}
