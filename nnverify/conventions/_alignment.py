"""Which gradients belong to which leaves where both stand in order, and some of either have no partner."""

from __future__ import annotations

from collections.abc import Sequence

Shape = tuple[int, ...]


def aligned(wanted: Sequence[Shape | None], given: Sequence[Shape]) -> dict[int, int]:
    """{place in wanted: place in given}, as many as have equal shapes in the same order; the first of such ones."""
    rows, columns = len(wanted), len(given)
    longest = [[0] * (columns + 1) for _ in range(rows + 1)]
    for i in reversed(range(rows)):
        for j in reversed(range(columns)):
            fits = wanted[i] == given[j]
            longest[i][j] = 1 + longest[i + 1][j + 1] if fits else max(longest[i + 1][j], longest[i][j + 1])
    pairs, i, j = {}, 0, 0
    while i < rows and j < columns:
        if wanted[i] == given[j] and longest[i][j] == 1 + longest[i + 1][j + 1]:
            pairs[i], i, j = j, i + 1, j + 1
        elif longest[i + 1][j] >= longest[i][j + 1]:
            i += 1
        else:
            j += 1
    return pairs
