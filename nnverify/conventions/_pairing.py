"""Which slot holds the gradient of which: by the names that public code uses, side by side or across two stores."""

from __future__ import annotations

from collections.abc import Container, Iterator
from functools import lru_cache
from typing import Any

from nnverify.conventions._names import (
    GRADIENT_FIELDS,
    GRADIENT_OF,
    GRADIENT_STORES,
    PARAMETER_STORES,
    SYNONYM_PATTERNS,
    SYNONYMS,
    VALUE_FIELDS,
)
from nnverify.conventions._slots import Path

_STORES = tuple(sorted(GRADIENT_STORES))
_SHORT = ("g", "_g")  # names of stores, but of parameters as well


def gradient_paths(path: Path, known: Container[Path]) -> list[Path]:
    """Where the gradient of the slot at ``path`` may lie among the known slots, likeliest first."""
    return list(dict.fromkeys(found for found in candidates(path) if found != path and found in known))


def candidates(path: Path) -> Iterator[Path]:
    """The paths under which the gradient of ``path`` is looked for, likeliest first."""
    *front, (kind, last) = path
    parent, name = tuple(front), str(last)
    if kind != "item":
        yield from _beside(parent, kind, name)
    yield from _across_stores(path)
    if kind != "item":
        yield from _in_a_store(parent, name)
        yield from (_at(parent, kind, other) for other in _synonyms(name))
    if kind == "key" and parent:
        yield from _outside(parent, name)


def _at(parent: Path, kind: str, name: Any) -> Path:
    return (*parent, (kind, name))


def _beside(parent: Path, kind: str, name: str) -> Iterator[Path]:
    """self.W and self.dW; self.data and self.grad; self.params and self.grads, where these are arrays."""
    yield from (_at(parent, kind, other) for other in variants(name))
    if name in VALUE_FIELDS:
        yield from (_at(parent, kind, other) for other in GRADIENT_FIELDS)
    if name in PARAMETER_STORES:
        yield from (_at(parent, kind, other) for other in _STORES)


def _in_a_store(parent: Path, name: str) -> Iterator[Path]:
    """self.W and self.grads["dW"]."""
    for store in _STORES:
        holder = _at(parent, "attribute", store)
        yield from (_at(holder, "key", other) for other in (*variants(name), name))


def _outside(parent: Path, name: str) -> Iterator[Path]:
    """self.params["W"] and self.dW."""
    yield from (_at(parent[:-1], "attribute", other) for other in (*variants(name), *_synonyms(name)))


def _across_stores(path: Path) -> Iterator[Path]:
    """The same place, or the same key with a d, in a store named for the gradients of this one."""
    for place, (kind, name) in enumerate(path[:-1]):
        if kind == "item":
            continue
        for store in (*variants(str(name)), *_STORES, *_synonyms(str(name)), *_SHORT):
            moved = (*path[:place], (kind, store), *path[place + 1 :])
            yield moved
            last_kind, last = moved[-1]
            if last_kind == "key":
                yield from (_at(moved[:-1], "key", variant) for variant in variants(str(last)))


@lru_cache(maxsize=4096)
def variants(name: str) -> tuple[str, ...]:
    """What the gradient of NAME may be called; for names with an underscore in front, also behind it."""
    bare, short = name.lstrip("_"), name.rstrip("s")
    found = [pattern.format(name) for pattern in GRADIENT_OF]
    if bare != name:
        found += [f"_{pattern.format(bare)}" for pattern in GRADIENT_OF]
    found += [pattern.format(name[:1].upper() + name[1:]) for pattern in ("grad{}", "d{}", "delta{}", "dLd{}")]
    if short != name and short:
        found += [pattern.format(short) for pattern in GRADIENT_OF if pattern.endswith(("grads", "gradients"))]
    return tuple(found)


@lru_cache(maxsize=4096)
def _synonyms(name: str) -> tuple[str, ...]:
    """The gradient under another word for the same parameter: weights and dW."""
    others = [other for words in SYNONYMS if name in words for other in sorted(words) if other != name]
    return tuple(pattern.format(other) for pattern in SYNONYM_PATTERNS for other in others)
