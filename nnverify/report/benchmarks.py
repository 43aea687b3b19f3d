"""Benchmarks as tables: forms side by side with the speed-up, figures beside their floors, the rest by group.

100 columns at most. What a benchmark noted in its ``extra_info`` decides where it is shown: layer, form, dtype and
sizes make it a form, figure, value and floor a figure, and everything else is noted beside its time.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence

from tabulate import tabulate

from nnverify.report import scaling
from nnverify.report.sources import Bench

WIDTH = 100
_FORM = {"layer", "form", "dtype", "sizes"}
_FIGURE = {"figure", "value", "floor"}


def figures(benches: Sequence[Bench]) -> list[dict[str, str]]:
    """What was to be reached, and what was."""
    own = [one.info for one in benches if set(one.info) >= _FIGURE]
    return [
        {
            "figure": str(info["figure"]),
            "floor": f"{info['floor']:g}",
            "here": f"{info['value']:.3g}",
            "": "reached" if info["value"] >= info["floor"] else "NOT REACHED",
        }
        for info in own
    ]


def others(benches: Sequence[Bench]) -> dict[str, list[Bench]]:
    """By group: the benchmarks that are no form of a layer."""
    own = [one for one in benches if not set(one.info) >= _FORM]
    return {group: [one for one in own if one.group == group] for group in dict.fromkeys(one.group for one in own)}


def noted(one: Bench) -> dict[str, str]:
    """What a benchmark noted beside its time, by name; what a figure says is shown elsewhere."""
    return {name: _words(value) for name, value in one.info.items() if name not in _FIGURE | {"by", "sizes"}}


def _words(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3g}"
    return f"{value:,}" if type(value) is int else str(value)


def tables(benches: Sequence[Bench], form: str = "simple", escaped: Callable[[str], str] = str) -> Iterator[str]:
    """Every table and sentence, one block each."""
    points = scaling.points((one.median, one.least, one.info) for one in benches)
    rows = scaling.rows(points)
    for layer in dict.fromkeys(row.layer for row in rows):
        own = [row for row in rows if row.layer == layer]
        yield _table([_forms(row) for row in own], form, escaped)
        yield "\n".join(_item(line, form) for line in scaling.sentences(points) if line.startswith(f"{layer}, "))
    yield _table([_peaks(row) for row in rows if row.peaks and row.dtype == "float64"], form, escaped)
    for group, rest in others(benches).items():
        yield _table([_row(group, one) for one in rest], form, escaped)
    yield _table(figures(benches), form, escaped)


def _table(rows: Sequence[Mapping[str, str]], form: str, escaped: Callable[[str], str]) -> str:
    """Without the columns that are empty in all rows."""
    names = [name for name in dict.fromkeys(name for row in rows for name in row) if any(row.get(name) for row in rows)]
    cells = [[escaped(row.get(name, "")) for name in names] for row in rows]
    if not rows:
        return ""
    shown = tabulate(cells, names, tablefmt=form, disable_numparse=True)
    over = max(map(len, shown.splitlines())) - WIDTH
    if form == "simple" and over > 0:
        # The first column holds the names, which are what is long.
        width = max(20, max(len(row[0]) for row in cells) - over)
        cells = [["\n".join(textwrap.wrap(row[0], width)), *row[1:]] for row in cells]
        shown = tabulate(cells, names, tablefmt=form, disable_numparse=True)
    return shown


def _forms(row: scaling.Row) -> dict[str, str]:
    shown = {form: scaling.seconds(row.seconds[form]) if form in row.seconds else "" for form in scaling.FORMS}
    worth = {form: row.speedup(form) for form in ("index", "jacobian")}
    return {
        row.layer: row.size,
        "dtype": row.dtype,
        "index": shown["index"],
        "Jacobian": shown["jacobian"],
        "vector": shown["vector"],
        "forward": shown["forward"],
        "index/vec": f"{worth['index']:,.0f} x" if worth["index"] else "",
        "Jac./vec": f"{worth['jacobian']:,.0f} x" if worth["jacobian"] else "",
    }


def _peaks(row: scaling.Row) -> dict[str, str]:
    shown = {form: scaling.amount(row.peaks[form]) if form in row.peaks else "" for form in scaling.FORMS}
    names = {"index": "index", "jacobian": "Jacobian", "vector": "vectorized", "forward": "forward"}
    return {"memory peak": row.layer, "size": row.size} | {names[form]: value for form, value in shown.items()}


def _row(group: str, one: Bench) -> dict[str, str]:
    name = str(one.info.get("by", one.name))
    own = {group or "benchmark": name, "median": scaling.seconds(one.median), "rounds": f"{one.rounds:,}"}
    return own | noted(one)


def _item(line: str, form: str) -> str:
    """A sentence in a list; in a terminal it is broken at the width."""
    return f"- {line}." if form == "github" else textwrap.fill(f"{line}.", WIDTH, subsequent_indent="  ")
