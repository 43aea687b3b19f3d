"""Statements in plain letters become MathML: scripts, fractions, names; nothing is lost, nothing breaks out."""

from __future__ import annotations

import re
from html import unescape
from xml.etree import ElementTree

import pytest

from nnverify.report.mathml import formula
from reference import activations, batch, calculus, delta, dense, neuron, two_layer

STATEMENTS = [
    one.statement
    for module in (calculus, neuron, batch, activations, two_layer, delta, dense)
    for one in (*module.FORMULAS, *getattr(module, "COUNTEREXAMPLES", ()))
]


@pytest.mark.parametrize(
    ("statement", "part"),
    [
        ("dW", "<mi>d</mi><mi>W</mi>"),
        ("dW2", "<mi>d</mi><msub><mi>W</mi><mrow><mn>2</mn></mrow></msub>"),
        ("dout", "<mi>dout</mi>"),
        ("Xᵀ", '<msup><mi>X</mi><mrow><mi mathvariant="normal">T</mi></mrow></msup>'),
        ("A1ᵀ", '<msubsup><mi>A</mi><mrow><mn>1</mn></mrow><mrow><mi mathvariant="normal">T</mi></mrow></msubsup>'),
        ("(2/m)", "<mfrac><mn>2</mn><mi>m</mi></mfrac>"),
        ("δ1", "<mi>δ</mi><mn>1</mn>"),
        ("δAᵀ", "<mi>δ</mi><msup>"),
        ("w_jk", "<msub><mi>w</mi><mrow><mi>j</mi><mi>k</mi></mrow></msub>"),
        ("Σᵢ", "<msub><mi>Σ</mi><mrow><mi>i</mi></mrow></msub>"),
        ("<b>", "<mo>&lt;</mo>"),
    ],
)
def test_a_notation_becomes_its_element(statement: str, part: str) -> None:
    assert part in formula(statement)


@pytest.mark.parametrize("statement", STATEMENTS)
def test_every_derivation_keeps_all_its_letters(statement: str) -> None:
    """Well formed, and read without its markup the same letters in the same order."""
    shown = formula(statement)
    ElementTree.fromstring(shown)
    letters = unescape(re.sub("<[^>]*>", "", shown))
    assert _letters(letters) == _letters(statement)


def _letters(text: str) -> str:
    return re.sub(r"[\s/()\[\]]", "", text.translate(str.maketrans("ᵀˡ⁽⁾⁻⁺²¹", "Tl()−+21")))
