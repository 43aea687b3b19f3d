"""What is known of a backward's parameters before any is looked at: the leaves, and what forward takes and returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nnverify.conventions._signature import Signature


@dataclass(frozen=True)
class Known:
    """What a backward's parameters may refer to.

    leaves    names that a leaf goes by, with its place         count    how many leaves there are
    settings  further parameters of forward                     parts    what forward returned, one by one
    left      attributes in which forward has left an output beside what it returned
    reduced   whether the output is declared to be a loss per sample or entry
    targeted  whether there are leaves that forward does not take: then the loss is inside backward
    """

    leaves: Mapping[str, int]
    count: int
    settings: frozenset[str]
    parts: Sequence[Any]
    left: Sequence[str] = ()
    reduced: bool = False
    targeted: bool = False


def known(
    call_names: Sequence[str],
    forward: Signature | None,
    returned: Any,
    left: Sequence[str] = (),
    *,
    reduced: bool = False,
    targeted: bool = False,
) -> Known:
    """A leaf goes by the caller's name for it and by that of forward's parameter in its place."""
    own = forward.names if forward else ()
    places = {name: place for place, name in enumerate(own[: len(call_names)])}
    places |= {name: place for place, name in enumerate(call_names)}
    settings = frozenset(forward.every if forward else ()) - set(places)
    parts = list(returned) if isinstance(returned, tuple | list) and len(returned) > 1 else [returned]
    return Known(places, len(call_names), settings, parts, left, reduced, targeted)
