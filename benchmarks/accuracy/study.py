"""The whole study: how much is measured in either mode, and what is demanded of it."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.accuracy.bars import DTYPES, Bars, measure
from benchmarks.accuracy.checkers import CHECKERS, available
from benchmarks.accuracy.family import Family
from benchmarks.accuracy.functions import FUNCTIONS
from benchmarks.accuracy.layers import LAYERS as FAMILIES_OF_LAYERS
from benchmarks.accuracy.mistakes import DIRECTIONS
from benchmarks.accuracy.resolution import LAYERS, SIZES, Resolution, resolve
from benchmarks.accuracy.verdicts import Verdicts, judge

_SINGLE = ("scaled gradient", "one entry")


@dataclass(frozen=True)
class Effort:
    """How much is measured.

    functions, layers  points of each function and of each layer for the error bars
    verdicts           points of each for the whole check
    right, seeds       right gradients, and seeds of every mistake of every size
    kinds, sizes       of mistakes
    """

    functions: int
    layers: int
    verdicts: int
    right: int
    seeds: int
    kinds: tuple[str, ...]
    sizes: tuple[float, ...]


QUICK = Effort(2, 1, 1, 3, 3, (*_SINGLE, "turned"), SIZES[::3])
FULL = Effort(100, 40, 8, 200, 20, (*_SINGLE, *DIRECTIONS), SIZES)


@dataclass(frozen=True)
class Study:
    """Everything that was measured, with what it was measured on; ``absent`` are peers that are not installed."""

    effort: Effort
    machine: dict[str, str]
    bars: list[Bars]
    verdicts: list[Verdicts]
    resolutions: list[Resolution]
    absent: list[str]

    def to_dict(self) -> dict[str, Any]:
        return {"schema": 1} | asdict(self) | {"floors": [asdict(one) for one in floors(self)]}


def study(effort: Effort, only: Sequence[str], progress: Callable[[str], None]) -> Study:
    """``only``: checkers by name; none of them selects all that are installed."""
    bars, verdicts, resolutions = [], [], []
    for dtype in DTYPES:
        progress(f"error bars, {dtype}")
        bars += measure(dtype, _points(effort.functions, effort.layers))
        progress(f"verdicts on right gradients, {dtype}")
        verdicts.append(judge(dtype, _points(effort.verdicts, effort.verdicts)))
    present = list(available())
    for checker in present:
        for layer in LAYERS if not only or checker.name in only else ():
            progress(f"resolution, {checker.name}, {layer}")
            resolutions.append(resolve(checker, layer, effort))
    absent = [one.name for one in CHECKERS if one not in present]
    return Study(effort, machine(), bars, verdicts, resolutions, absent)


def _points(functions: int, layers: int) -> dict[Family, int]:
    return dict.fromkeys(FUNCTIONS, functions) | dict.fromkeys(FAMILIES_OF_LAYERS, layers)


def machine() -> dict[str, str]:
    """What the figures depend on."""
    packages = dict.fromkeys(["numpy", "mpmath", *(one.package for one in available())])
    versions = {name: importlib.metadata.version(name) for name in packages if name != "nnverify"}
    return {"processor": _processor(), "system": platform.system(), "python": platform.python_version()} | versions


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    lines = information.read_text(encoding="utf-8").splitlines() if information.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{names[0]}, {len(names)} cores" if names else platform.machine()


@dataclass(frozen=True)
class Floor:
    """A demand, what was measured, and whether that meets it."""

    demand: str
    measured: str
    met: bool


_COVERED = {"float64": 0.999, "float32": 0.99}
_RATIO = 100.0
_FOUND = {"scaled gradient": 1e-10, "one entry": 1e-8}


def floors(found: Study) -> list[Floor]:
    """What the issue of an accurate check demands; float16 is measured, and nothing is demanded of it."""
    held = [_of_bars(one) for one in found.bars if one.dtype in _COVERED and one.cases]
    own = [one for one in found.resolutions if one.checker == "nnverify"]
    return [*(floor for pair in held for floor in pair), *(floor for one in own for floor in _of_resolution(one))]


def _of_bars(one: Bars) -> tuple[Floor, Floor]:
    name, least = f"{one.oracle}, {one.dtype}", _COVERED[one.dtype]
    return (
        Floor(f"{name}: {least:.1%} of the bars hold", f"{one.covered:.2%}", one.covered >= least),
        Floor(f"{name}: median bar within {_RATIO:.0f} errors", f"{one.ratio:.0f}", one.ratio <= _RATIO),
    )


def _of_resolution(one: Resolution) -> list[Floor]:
    sizes = [
        Floor(f"{one.layer}: {kind} found at {most:.0e}", _size(one.found[kind]), (one.found[kind] or 1e9) <= most)
        for kind, most in _FOUND.items()
    ]
    return [*sizes, Floor(f"{one.layer}: no false alarm", f"{one.alarms} in {one.right}", one.alarms == 0)]


def _size(size: float | None) -> str:
    return "> 1e+03" if size is None else f"{size:.0e}"
