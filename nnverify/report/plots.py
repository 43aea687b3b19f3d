"""Plots as SVG that takes its colours from the page: light, dark and printed alike. Draws; judges nothing.

Matplotlib writes placeholders for colours, which become CSS names. Every id gets the plot's own prefix, for a page
holds many plots. Coordinates keep one decimal: a tenth of a point is finer than a screen.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from nnverify.report.scaling import FORMS, Point
from nnverify.verdict import Details

_INK, _FAINT, _GROUND = "#010203", "#010204", "#010205"
_SERIES = ("#010211", "#010212", "#010213", "#010214")
_COLOURS = {_INK: "currentColor", _FAINT: "var(--faint)", _GROUND: "var(--ground)"}
_COLOURS |= {colour: f"var(--series{number})" for number, colour in enumerate(_SERIES, start=1)}
# What recurs in every plot; page.html says the same by these names.
_CLASSES = {
    f"fill: {_INK}; stroke: {_INK}; stroke-width: 0.8": "tick",
    f"stroke: {_INK}; stroke-width: 0.8": "tick",
    f"font-size: 9px; text-anchor: middle; fill: {_INK}": "below",
    f"font-size: 9px; text-anchor: end; fill: {_INK}": "beside",
    f"fill: none; stroke: {_INK}; stroke-width: 0.8; stroke-linejoin: miter; stroke-linecap: square": "axis",
}
_NAMES = {"faint": _FAINT, **{f"series{number}": colour for number, colour in enumerate(_SERIES, start=1)}}
for _name, _colour in _NAMES.items():
    for _width in ("1.6", "1.1"):
        _CLASSES[f"fill: none; stroke: {_colour}; stroke-width: {_width}; stroke-linecap: square"] = f"line {_name}"
    _CLASSES[f"fill: {_colour}; stroke: {_colour}"] = f"dot {_name}"
    _CLASSES[f"stroke: {_colour}; stroke-linejoin: miter"] = f"dot {_name}"
_NOT_SHOWN = ("metadata", "style", "clipPath")
_DECIMALS = re.compile(r"\d+\.\d{2,}")
_STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "nnverify",
    "font.size": 9,
    "axes.edgecolor": _INK,
    "axes.labelcolor": _INK,
    "text.color": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 9,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
}
_MOST_CELLS = 64  # a side of the heat map; larger gradients are shown by blocks
_DIGITS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def svg(draw: Callable[[Any], None], *, name: str, title: str, width: float = 4.2, height: float = 2.7) -> str:
    """One plot. ``name`` makes its ids unique in the page, ``title`` is what a screen reader says."""
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        draw(figure.add_subplot())
        written = io.StringIO()
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(written, format="svg", transparent=True, metadata=nothing)
    return _page_ready(written.getvalue(), name, title)


def _page_ready(text: str, name: str, title: str) -> str:
    """Without what the page says once for all plots, and without what draws nothing."""
    text = re.sub(r"<!--.*?-->| xmlns(:\w+)?=\"[^\"]*\"|xlink:", "", text[text.index("<svg") :], flags=re.DOTALL)
    root = ElementTree.fromstring(text)
    box = root.attrib["viewBox"]
    root.attrib.clear()
    root.attrib.update({"viewBox": box, "role": "img", "aria-label": title})
    _slim(root)
    text = ElementTree.tostring(root, encoding="unicode")
    text = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", text)
    for colour, page in _COLOURS.items():
        text = text.replace(colour, page)
    return text


def _slim(element: ElementTree.Element) -> None:
    """Groups that say nothing dissolved, styles that recur named, coordinates rounded.

    Clips go too: every plot is as wide as what it shows.
    """
    children: list[ElementTree.Element] = []
    for child in element:
        _slim(child)
        said = {key: value for key, value in child.attrib.items() if key != "id"}
        if child.tag not in _NOT_SHOWN and said.get("style") != "fill: none":
            children += list(child) if child.tag == "g" and not said else [child]
    element[:] = children
    element.text = (element.text or "").strip() or None
    element.tail = None
    element.attrib.pop("clip-path", None)
    for key, value in list(element.attrib.items()):
        element.attrib[key] = _DECIMALS.sub(lambda found: f"{float(found[0]):.1f}".removesuffix(".0"), value)
    _restyle(element)


def _restyle(element: ElementTree.Element) -> None:
    said = element.attrib
    if element.tag == "path":
        said["d"] = re.sub(r"\s*L\s*|\s+", " ", said["d"]).strip()  # after M, pairs are lines
    if said.get("transform", "").startswith("rotate(-0"):
        del said["transform"]
    style = re.sub(r"font-family: [^;]*; ", "", said.pop("style", ""))
    if style in _CLASSES:
        said["class"] = _CLASSES[style]
    elif style:
        said["style"] = style


def step_curve(details: Details) -> Callable[[Any], None]:
    """Error against step: the gap of this gradient, and behind it that of the right one."""
    steps = [one.step for one in details.steps]
    gaps = [max(one.backward, 1e-18) for one in details.steps]
    right = [max(one.numerical, 1e-18) for one in details.steps]

    def draw(axes: Any) -> None:
        axes.loglog(steps, right, "s-", color=_FAINT, markersize=3, label="a right gradient")
        axes.loglog(steps, gaps, "s-", color=_SERIES[1], markersize=3, label="this gradient")
        axes.set(xlabel="relative step", ylabel="error")
        axes.legend()
        _powers(axes)

    return draw


@dataclass(frozen=True)
class Grid:
    """log10 of the relative errors by rows and columns, nan where nothing was looked at; blocks by their largest."""

    errors: Any
    block: tuple[int, int]


def heat_map(details: Details) -> Callable[[Any], None]:
    """The error of every entry that was looked at, the worst outlined; the others stay grey. In units of entries."""
    found = grid(details)
    tall, wide = found.block
    low, high = -16.0, max(0.0, float(np.nanmax(found.errors)))

    def draw(axes: Any) -> None:
        rows, columns = found.errors.shape
        axes.add_patch(Rectangle((0, 0), columns * wide, rows * tall, color=_FAINT, alpha=0.25, linewidth=0))
        shades = mpl.colormaps["viridis"]
        for row, column in np.argwhere(np.isfinite(found.errors)):
            colour = shades((max(found.errors[row, column], low) - low) / (high - low))
            axes.add_patch(Rectangle((column * wide, row * tall), wide, tall, facecolor=colour, linewidth=0))
        row, column = map(int, np.unravel_index(np.nanargmax(found.errors), found.errors.shape))
        worst = Rectangle((column * wide, row * tall), wide, tall, fill=False, edgecolor="black", linewidth=2.5)
        axes.add_patch(worst)
        axes.set(xlim=(0, columns * wide), ylim=(rows * tall, 0), xlabel="last axis", ylabel="other axes")
        _middles(axes.xaxis, columns * wide)
        _middles(axes.yaxis, rows * tall)
        steps = mpl.colors.ListedColormap(shades(np.linspace(0, 1, 16)))
        scale = mpl.cm.ScalarMappable(mpl.colors.Normalize(low, high), steps)
        axes.figure.colorbar(scale, ax=axes, label="log₁₀ relative error")

    return draw


def _middles(axis: Any, count: int) -> None:
    """Some numbers of entries, each at the middle of its own."""
    numbers = range(0, count, -(-count // 6))
    axis.set_ticks([number + 0.5 for number in numbers], [str(number) for number in numbers])


def grid(details: Details) -> Grid:
    """The entries on the rows and columns of the last axis and all others."""
    columns = details.shape[-1] if details.shape else 1
    rows = max(1, int(np.prod(details.shape[:-1])))
    tall, wide = -(-rows // _MOST_CELLS), -(-columns // _MOST_CELLS)
    errors = np.full((-(-rows // tall), -(-columns // wide)), np.nan)
    scale = max((abs(one.numerical) for one in details.entries if np.isfinite(one.numerical)), default=0.0) or 1.0
    for one in details.entries:
        index = one.index or (0,)
        row = int(np.ravel_multi_index(index[:-1], details.shape[:-1])) if len(index) > 1 else 0
        place = row // tall, index[-1] // wide
        gap = abs(one.backward - one.numerical) / scale
        errors[place] = np.fmax(errors[place], np.log10(max(gap, 1e-16)) if np.isfinite(gap) else 0.0)
    return Grid(errors, (tall, wide))


def scaling(own: Sequence[Point], size: str) -> Callable[[Any], None]:
    """Median time of every form against one size."""

    def draw(axes: Any) -> None:
        for form, colour in zip(FORMS, (_SERIES[1], _SERIES[2], _SERIES[0], _FAINT), strict=True):
            line = [one for one in own if one.form == form]
            places = [dict(one.sizes)[size] for one in line]
            if line:
                axes.loglog(places, [one.seconds for one in line], "s-", color=colour, markersize=3, label=FORMS[form])
        ticks = sorted({dict(one.sizes)[size] for one in own})
        axes.set_xticks(ticks, [str(tick) for tick in ticks])
        axes.set(xlabel=size, ylabel="seconds")
        axes.minorticks_off()
        axes.legend(fontsize=7)
        _powers(axes, horizontal=False)

    return draw


def curves(
    steps: Sequence[int], lines: Mapping[str, Sequence[float]], label: str, *, logarithmic: bool = False
) -> Callable[[Any], None]:
    """Values against the step of a training; named where there are few."""

    def draw(axes: Any) -> None:
        for number, (name, values) in enumerate(lines.items()):
            axes.plot(steps, values, color=_SERIES[number % len(_SERIES)], linewidth=1.1, label=name)
        if logarithmic:
            axes.set_yscale("log")
            _powers(axes, horizontal=False)
        axes.set(xlabel="step", ylabel=label)
        if 1 < len(lines) <= len(_SERIES):
            axes.legend(fontsize=7)

    return draw


def _powers(axes: Any, *, horizontal: bool = True) -> None:
    """Ticks at powers of ten, written as such."""
    for axis in (axes.xaxis, axes.yaxis) if horizontal else (axes.yaxis,):
        axis.set_major_formatter(lambda value, _: f"10{str(round(np.log10(value))).translate(_DIGITS)}")
        axis.set_minor_formatter(mpl.ticker.NullFormatter())
