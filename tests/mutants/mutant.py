"""The record of a wrong gradient that looks right. Nothing is judged here: test_power.py does.

A mutant changes one thing of one form of reference/. Its twin changes something as small and stays right, so that a
harness cannot win by refusing whatever is unfamiliar. Both are written out, and the twin stays exact on rationals.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

EVERY = "all"


@dataclass(frozen=True)
class Mutant:
    """One mistake in one form of a formula.

    name      formula, form and mistake: "batch-dw-vector-one-over-m-twice"
    formula   identifier of the formula
    form      "jacobian", "index" or "vector"; or "all": the same mistake in the three, on which they agree
    wrong     stands where the form stood, and takes its arguments
    twin      the same, and right
    """

    name: str
    formula: str
    form: str
    wrong: Callable[..., Any]
    twin: Callable[..., Any]
