"""The study as text, at most 100 columns wide."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

from tabulate import tabulate

from benchmarks.accuracy.bars import Bars
from benchmarks.accuracy.mistakes import DIRECTIONS
from benchmarks.accuracy.resolution import LAYERS, Resolution, enough
from benchmarks.accuracy.study import Study, floors
from benchmarks.accuracy.verdicts import Verdicts

_WIDTH = 100


def text(found: Study) -> str:
    """All tables, what they were measured on, and the floors that are missed."""
    blocks = [
        _titled("Error bars: each oracle against 300 digits", _bars(found.bars)),
        *(_wrapped(f"{one.oracle}, {one.dtype}, bars missed", one.missed) for one in found.bars if one.missed),
        _titled("Right gradients through the whole check", _verdicts(found.verdicts)),
        *(_wrapped(f"{one.dtype}, accused", one.accused) for one in found.verdicts if one.accused),
        *(_wrapped(f"{one.dtype}, inconclusive", one.open) for one in found.verdicts if one.open),
        *(_titled(_heading(found, layer), _resolutions(found.resolutions, layer)) for layer in LAYERS),
        *(f"{name}: left out, it is not installed. Try: pip install '.[bench]'" for name in found.absent),
        textwrap.fill(", ".join(f"{name} {version}" for name, version in found.machine.items()), _WIDTH),
        _floors(found),
    ]
    return "\n\n".join(blocks)


def _titled(title: str, table: str) -> str:
    return f"{title}\n\n{table}"


def _wrapped(what: str, counts: Mapping[str, int]) -> str:
    named = ", ".join(f"{family} {count}" for family, count in counts.items())
    return textwrap.fill(f"{what}: {named}", _WIDTH, subsequent_indent="  ")


def _bars(found: Sequence[Bars]) -> str:
    rows = [
        {
            "oracle": one.oracle,
            "dtype": one.dtype,
            "cases": f"{one.cases:,}",
            "answered": f"{one.answered:.1%}",
            "error": f"{one.error:.1e}",
            "bar": f"{one.bar:.1e}",
            "ratio": f"{one.ratio:.0f}",
            "covered": f"{one.covered:.2%}",
            "worst": f"{one.worst:.1g}",
            "calls": f"{one.evaluations:.0f}",
        }
        for one in found
    ]
    return tabulate(rows, headers="keys", disable_numparse=True)


def _verdicts(found: Sequence[Verdicts]) -> str:
    rows = [
        {
            "dtype": one.dtype,
            "cases": f"{one.cases:,}",
            "PASS": f"{one.passed:,}",
            "INCONCLUSIVE": f"{one.inconclusive:,}",
            "FAIL": f"{one.failed:,}",
        }
        for one in found
    ]
    return tabulate(rows, headers="keys", disable_numparse=True)


def _heading(found: Study, layer: str) -> str:
    seeds = found.effort.seeds
    return f"Resolution on {layer}: the smallest relative error found in {enough(seeds)} of {seeds} seeds"


def _resolutions(found: Sequence[Resolution], layer: str) -> str:
    rows = [
        {
            "checker": one.checker,
            "scaled": _size(one.found["scaled gradient"]),
            "one entry": _size(one.found["one entry"]),
            "worst direction": f"{_size(one.worst)} ({one.worst_direction})",
            "false alarms": f"{one.alarms} in {one.right}"
            if one.threshold is None
            else f"threshold {one.threshold:.0e}",
            "time": f"{one.milliseconds:.1f} ms",
        }
        for one in found
        if one.layer == layer and any(kind in one.found for kind in DIRECTIONS)
    ]
    return tabulate(rows, headers="keys", disable_numparse=True)


def _size(size: float | None) -> str:
    return "> 1e+03" if size is None else f"{size:.0e}"


def _floors(found: Study) -> str:
    every = floors(found)
    missed = [f"MISSED  {one.demand}: {one.measured}" for one in every if not one.met]
    return "\n".join([f"{len(every) - len(missed)} of {len(every)} floors met", *missed])
