"""How times grow with sizes, and what vectorizing is worth: fits and speed-ups of benchmarks of several forms.

A benchmark takes part by its ``extra_info``: layer, form, dtype and sizes by name. The fit is one power per size,
t = c·m^a·n^b, by least squares on logarithms, over all the sizes that were timed. It takes the shortest time of each:
what else the machine does can only add, and would be fitted as growth. Everything else is of medians.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

FORMS = {"index": "index form", "jacobian": "Jacobian form", "vector": "vectorized form", "forward": "forward"}
_MOST = 2**53
_SIGNS = str.maketrans("-", "−")


@dataclass(frozen=True)
class Point:
    """One form of one layer at one size: median and least seconds, and bytes at the peak where they were measured."""

    layer: str
    form: str
    dtype: str
    sizes: tuple[tuple[str, int], ...]
    seconds: float
    least: float
    peak: int | None = None

    @property
    def size(self) -> str:
        return " ".join(f"{name}={value}" for name, value in self.sizes)


@dataclass(frozen=True)
class Row:
    """One layer at one size: what each form takes, and how many times as long as the vectorized one."""

    layer: str
    dtype: str
    size: str
    seconds: Mapping[str, float]
    peaks: Mapping[str, int]

    def speedup(self, form: str) -> float | None:
        """None where either was not timed."""
        if form not in self.seconds or "vector" not in self.seconds:
            return None
        return self.seconds[form] / self.seconds["vector"]


def points(benches: Iterable[tuple[float, float, Mapping[str, Any]]]) -> list[Point]:
    """The benchmarks that say which form of which layer they are, from (median, least, extra_info).

    Raises ValueError where a size or a time cannot be one: its logarithm would be none.
    """
    found = [
        Point(
            str(info["layer"]),
            str(info["form"]),
            str(info["dtype"]),
            tuple((str(name), int(value)) for name, value in info["sizes"].items()),
            median,
            least,
            None if info.get("peak") is None else int(info["peak"]),
        )
        for median, least, info in benches
        if {"layer", "form", "dtype", "sizes"} <= set(info)
    ]
    for one in found:
        sizes = [value for _, value in one.sizes]
        if not (one.least > 0 and all(0 < value < _MOST for value in [*sizes, (one.peak or 0) + 1])):
            raise ValueError(f"{one.layer} has a size, a time or a peak that is no measure")
    return found


def rows(found: Sequence[Point]) -> list[Row]:
    """Side by side, in the order in which they were timed."""
    keys = dict.fromkeys((one.layer, one.dtype, one.size) for one in found)
    return [_row(key, [one for one in found if (one.layer, one.dtype, one.size) == key]) for key in keys]


def _row(key: tuple[str, str, str], own: Sequence[Point]) -> Row:
    peaks = {one.form: one.peak for one in own if one.peak is not None}
    return Row(*key, {one.form: one.seconds for one in own}, peaks)


def exponents(found: Sequence[Point]) -> dict[str, float]:
    """The power of each size that was varied; of one form of one layer. Empty where nothing was varied."""
    names = _names(found)
    sizes = {name: [dict(one.sizes)[name] for one in found] for name in names}
    varied = {name: values for name, values in sizes.items() if len(set(values)) > 1}
    columns = [np.ones(len(found)), *(np.log(values) for values in varied.values())]
    design = np.column_stack(columns)
    if not varied or np.linalg.matrix_rank(design) < len(columns):
        return {}
    solution, *_ = np.linalg.lstsq(design, np.log([one.least for one in found]), rcond=None)
    return dict(zip(varied, map(float, solution[1:]), strict=True))


def sentences(found: Sequence[Point]) -> list[str]:
    """How each layer's forms grow, one sentence for each layer and dtype, with the sizes it holds for."""
    keys = dict.fromkeys((one.layer, one.dtype) for one in found)
    return [line for key in keys if (line := _sentence(key, [one for one in found if (one.layer, one.dtype) == key]))]


def _sentence(key: tuple[str, str], own: Sequence[Point]) -> str:
    parts, ranges = [], dict[str, str]()
    for form, words in FORMS.items():
        mine = [one for one in own if one.form == form]
        powers = exponents(mine)
        if powers:
            shown = "·".join(f"{name}^{round(power, 1) + 0.0:.1f}" for name, power in powers.items()).translate(_SIGNS)
            parts.append(f"{words} as {shown}")
            ranges |= {name: _range(name, mine) for name in powers}
    if not parts:
        return ""
    return f"{key[0]}, {key[1]}: {', '.join(parts)} ({', '.join(ranges.values())})"


def _range(name: str, own: Sequence[Point]) -> str:
    values = sorted({dict(one.sizes)[name] for one in own})
    return f"{name} from {values[0]} to {values[-1]}"


def sweeps(found: Sequence[Point]) -> dict[str, list[Point]]:
    """By the size that varies: the points that differ from the most common ones in that size alone."""
    names = _names(found)
    most = {name: _most([dict(one.sizes)[name] for one in found]) for name in names}
    lines = {}
    for name in names:
        others = {other: value for other, value in most.items() if other != name}
        line = [one for one in found if {k: v for k, v in one.sizes if k != name} == others]
        if len({dict(one.sizes)[name] for one in line}) > 1:
            lines[name] = sorted(line, key=lambda one: dict(one.sizes)[name])
    return lines


def _names(found: Sequence[Point]) -> tuple[str, ...]:
    """Of the sizes, where all have the same."""
    kinds = {tuple(name for name, _ in one.sizes) for one in found}
    return next(iter(kinds)) if len(kinds) == 1 else ()


def _most(values: Sequence[int]) -> int:
    return max(set(values), key=values.count)


def seconds(value: float) -> str:
    """A time in the unit that reads best: 1.61 us."""
    for unit, factor in (("s", 1.0), ("ms", 1e3), ("us", 1e6)):
        if value * factor >= 1:
            return f"{value * factor:.3g} {unit}"
    return f"{value * 1e9:.3g} ns"


def amount(value: int) -> str:
    """Bytes in the unit that reads best: 2.1 MB."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if value >= factor:
            return f"{value / factor:.3g} {unit}"
    return f"{value} B"
