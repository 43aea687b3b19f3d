"""The record of one mistake in a layer, with its twin."""

from __future__ import annotations

from dataclasses import dataclass

from tests.diagnosis.layers import Backward, Layer


@dataclass(frozen=True)
class Mutant:
    """A backward with one thing wrong, and one with something as small changed that stays right.

    leaf   whose gradient is wrong; its finding is the one that is judged
    codes  of the causes that are right to name: several where the numbers are those of several mistakes
    """

    name: str
    layer: Layer
    leaf: str
    wrong: Backward
    twin: Backward
    codes: tuple[str, ...]
