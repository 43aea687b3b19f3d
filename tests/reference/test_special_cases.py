"""Section 6 contains sections 2-5: which rows say so, and that a wrong row would be seen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from reference.formula import SpecialCase
from reference.special_cases import SPECIAL_CASES

CONTAINED = {
    "neuron": {"dw", "db", "dx"},
    "batch": {"dw", "db", "dX"},
    "activations": {"dz", "dw", "db", "dX"},
    "two_layer": {"dW1", "db1", "dW2", "db2", "dX"},
}


def gradients(case: SpecialCase, formulas: dict[str, Any], arguments: list[Any]) -> tuple[Any, Any]:
    special, general = formulas[case.special], formulas[case.general]
    return special.vector(*arguments), case.result(general.vector(*case.arguments(*arguments)))


@pytest.mark.parametrize("section", CONTAINED)
def test_every_formula_by_a_parameter_or_input_comes_out_of_section_6(section):
    """A section without such rows would stand on its own derivation alone."""
    stated = {case.special for case in SPECIAL_CASES if case.general.startswith("delta.")}
    assert {f"{section}.{leaf}" for leaf in CONTAINED[section]} <= stated


@pytest.mark.parametrize("case", SPECIAL_CASES, ids=lambda case: f"{case.special}-{case.general}")
def test_special_case_holds(case, formulas, fractions, floats):
    """Exactly where the functions are rational; to rounding for tanh and the sigmoid."""
    if case.special in {"activations.tanh", "activations.sigmoid"}:
        special, general = gradients(case, formulas, floats(formulas[case.special], np.float64))
        assert general == pytest.approx(special, rel=1e-12)
    else:
        special, general = gradients(case, formulas, fractions(formulas[case.special]))
        assert np.shape(special) == np.shape(general)
        assert np.array_equal(special, general)


def test_a_case_with_the_wrong_layer_is_seen(formulas, fractions):
    """Shown a wrong row: the bias gradient of the layer above."""
    (right,) = (case for case in SPECIAL_CASES if case.special == "two_layer.db1")
    wrong = SpecialCase(right.special, right.general, right.arguments, lambda db: db[1])
    special, general = gradients(wrong, formulas, fractions(formulas[wrong.special]))
    assert not np.array_equal(special, general)


def test_no_case_is_its_own_general_case():
    """A formula proves nothing about itself."""
    assert all(case.special != case.general for case in SPECIAL_CASES)
