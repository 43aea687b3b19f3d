"""Where a gradient differs and by what factor, in words, when no cause explains it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from nnverify._compare import excess
from nnverify.diagnosis.scene import Scene
from nnverify.verdict import place, times

Places = NDArray[np.bool_]

_ALL = {True: "in all entries", False: "in entries of no pattern that has a name"}
_FEW = 2  # entries that are listed one by one


def where(scene: Scene, right: Sequence[str]) -> str | None:
    """One sentence; None where there is nothing to add to the entries that are known to differ."""
    if scene.claimed.shape != scene.true.shape:
        return None
    gaps = excess(scene.claimed, scene.true, scene.bar(scene.claimed, scene.true)) > 1.0
    entries = np.any(gaps, axis=0)
    spot = next(_places(scene, entries), None) or next(_outputs(scene, gaps), _ALL[bool(np.all(entries))])
    others = f"; {', '.join(f'd{name}' for name in right)} {'is' if len(right) == 1 else 'are'} right" if right else ""
    return f"no known mistake explains every entry: d{scene.name} differs {spot}{_ratio(scene, gaps)}{others}"


def _ratio(scene: Scene, gaps: Places) -> str:
    """The factor in the entries that differ, or in those of their terms that do, if it is one."""
    true, claimed = scene.true[gaps], scene.claimed[gaps]
    if not np.all(true):
        return ""
    ratios = claimed / true
    low, high = float(np.min(ratios)), float(np.max(ratios))
    some = bool(np.any(~gaps & (scene.true != 0) & np.any(gaps, axis=0)))
    if not np.any(claimed):
        return "; some of its terms are lacking" if some else "; it is zero there"
    one = high - low <= 1e-7 * max(abs(low), abs(high))
    least, most = f"{low:.4g}", f"{high:.4g}"
    if not one and least == most:
        return ""
    if some:
        return f"; some of its terms are {times(low) if one else f'{least} to {most}'} x the right ones"
    return f", by a factor of {times(low)}" if one else f", by factors from {least} to {most}"


def _places(scene: Scene, wrong: Places) -> Iterator[str]:
    """Descriptions of the entries that are wrong, where just these are."""
    if np.all(wrong):
        return
    few = np.argwhere(wrong)
    if wrong.ndim and len(few) <= _FEW:
        yield "at " + " and ".join(place(tuple(map(int, index))) for index in few) + " only"
    for words, chosen in _sets(scene):
        if np.array_equal(chosen, wrong):
            yield words


def _sets(scene: Scene) -> Iterator[tuple[str, Places]]:
    value, shape = scene.value, scene.leaf_shape
    yield f"where {scene.name} is negative", value < 0
    yield f"where {scene.name} is positive", value > 0
    yield f"where {scene.name} is zero", value == 0
    _, places, counts = np.unique(value, return_inverse=True, return_counts=True)
    yield f"where entries of {scene.name} are equal", counts[places.reshape(shape)] > 1
    for axis, size in enumerate(shape):
        for index in range(size):
            chosen = np.zeros(shape, dtype=bool)
            chosen[(slice(None),) * axis + (index,)] = True
            words = f"at index {index} of axis {axis}"
            yield f"only {words}", chosen
            yield f"everywhere but {words}", ~chosen
    if len(shape) > 1:
        inner = np.zeros(shape, dtype=bool)
        inner[(slice(1, -1),) * len(shape)] = True
        yield "on the border", ~inner
        yield "inside the border", inner


def _outputs(scene: Scene, gaps: Places) -> Iterator[str]:
    """Descriptions of the outputs whose upstream brings it out; all entries are wrong for them."""
    if scene.linear and scene.output.size > 1 and np.all(np.any(gaps, axis=0)):
        wrong = np.any(gaps.reshape(len(gaps), -1), axis=1)
        if np.all(wrong):
            return
        yield from (words for words, chosen in _output_sets(scene) if np.array_equal(chosen, wrong))


def _output_sets(scene: Scene) -> Iterator[tuple[str, Places]]:
    y = scene.output
    yield "for outputs that are negative", y < 0
    yield "for outputs that are positive", y > 0
    yield "for outputs that are zero", y == 0
    for axis, size in enumerate(scene.shape_out):
        for index in range(size):
            chosen = np.zeros(scene.shape_out, dtype=bool)
            chosen[(slice(None),) * axis + (index,)] = True
            yield f"for the outputs at index {index} of axis {axis}", chosen.ravel()
            yield f"for all outputs but those at index {index} of axis {axis}", ~chosen.ravel()
