"""Plots show what was measured: each entry in its place, each form at its size; nothing drawn is nothing said."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from nnverify.verdict import Details, Entry, StepError

pytest.importorskip("matplotlib", reason="plots are an extra: nnverify[report]")

from nnverify.report import plots

STEPS = tuple(StepError(10.0**-k, 1.0, 10.0 ** -(2 * k)) for k in range(1, 5))


def _details(shape: tuple[int, ...], *entries: Entry) -> Details:
    return Details(shape, entries, STEPS)


@pytest.mark.parametrize(
    ("shape", "index", "place"),
    [
        ((4, 3), (3, 1), (3, 1)),
        ((5,), (2,), (0, 2)),
        ((), (), (0, 0)),
        ((2, 3, 4), (1, 2, 3), (5, 3)),
        ((200, 130), (150, 100), (37, 33)),
    ],
)
def test_an_entry_is_in_its_place(shape: tuple[int, ...], index: tuple[int, ...], place: tuple[int, int]) -> None:
    """Rows are all axes but the last; large gradients in blocks, here of 4 by 3."""
    found = plots.grid(_details(shape, Entry(index, 2.0, 1.0, 0.0)))
    assert [tuple(each) for each in np.argwhere(np.isfinite(found.errors))] == [place]


def test_errors_are_relative_to_the_largest_entry_and_blocks_show_their_worst() -> None:
    entries = [Entry((0, 0), 100.1, 100.0, 0.0), Entry((0, 1), 1.0, 2.0, 0.0), Entry((64, 64), 5.0, 5.0, 0.0)]
    found = plots.grid(_details((128, 128), *entries))
    assert found.block == (2, 2)
    assert found.errors[0, 0] == pytest.approx(-2)
    assert found.errors[32, 32] == -16


def test_what_is_not_finite_is_entirely_wrong() -> None:
    found = plots.grid(_details((2,), Entry((0,), float("nan"), 1.0, 0.0), Entry((1,), 1.0, float("inf"), 0.0)))
    assert found.errors.tolist() == [[0.0, 0.0]]


def _drawn(draw: Callable[[Any], None], name: str = "a") -> ElementTree.Element:
    return ElementTree.fromstring(plots.svg(draw, name=name, title='<"&>'))


def test_a_plot_is_well_formed_and_says_its_title() -> None:
    root = _drawn(plots.heat_map(_details((2, 2), Entry((0, 0), 2.0, 1.0, 0.0))))
    assert root.attrib["aria-label"] == '<"&>'


def test_every_reference_is_to_an_id_of_the_same_plot() -> None:
    """Groups were dissolved and ids renamed: a marker that points nowhere would not be drawn."""
    root = _drawn(plots.step_curve(_details((2, 2), Entry((0, 0), 2.0, 1.0, 0.0))), "own")
    ids = {one.attrib["id"] for one in root.iter() if "id" in one.attrib}
    uses = {one.attrib["href"] for one in root.iter("use")}
    assert uses
    assert uses <= {f"#{one}" for one in ids}
    assert all(one.startswith("own-") for one in ids)


def test_the_curve_of_the_wrong_gradient_is_flat_and_that_of_the_right_one_falls() -> None:
    root = _drawn(plots.step_curve(_details((2, 2), Entry((0, 0), 2.0, 1.0, 0.0))))
    lines = [one for one in root.iter("path") if "line" in one.get("class", "")]
    right, wrong = (_heights(one.attrib["d"]) for one in lines[:2])
    assert len(set(wrong)) == 1
    assert right == sorted(right)  # heights of a screen grow downwards, and smaller steps come last
    assert len(set(right)) == len(STEPS)


def _heights(path: str) -> list[float]:
    """Of a line's points, those of a legend's are three."""
    return [float(one) for one in re.findall(r"-?[\d.]+", path)][1::2]


def test_colours_are_the_pages_own() -> None:
    """A placeholder that is left would be nearly black, in the dark too."""
    shown = plots.svg(plots.curves([0, 1], {"a": [1.0, 2.0], "b": [2.0, 1.0]}, "loss"), name="a", title="t")
    assert "#0102" not in shown
    assert "series1" in shown
