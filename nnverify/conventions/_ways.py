"""The ways in which a backward could be called, the likeliest first.

Names decide; where they do not, positions list the candidates. Which of them is it, _way.chosen finds by running them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

import numpy as np

from nnverify.conventions import _names
from nnverify.conventions._known import Known
from nnverify.conventions._signature import Role, Signature
from nnverify.conventions._way import Roles, Tiers, Way


def tiers(found: Signature | None, known: Known) -> Tiers:
    """Ways by names, by names without the weak ones, as a loss, and by positions; those in one tier are as likely."""
    if found is None:
        return [[Way(_by_leaves(known))]]
    if not found.names and not found.demanded:
        return [[Way((Role("upstream"),))], [Way(_by_leaves(known))]] if found.variadic else [[Way(())]]
    roles = _by_name(found, known)
    named = {name: _role(name, known, first=False, needed=True) for name in found.demanded}
    optional = {name: role for name in found.keywords if (role := _handed(name, known)) and name not in named}
    ways: Tiers = []
    for version in _versions(roles, known):
        completed = _completed([*version, *named.values()], known, variadic=found.variadic)
        for rank in _ranked(completed):
            tier = [_with_names(way, named, optional) for way in rank]
            ways += [tier] if tier not in ways else []
    return ways


def _by_name(found: Signature, known: Known) -> list[Role | None]:
    """A role, or None, for every parameter that must be passed, and for those behind it that have one."""
    behind = any(_names.like_upstream(name) and name not in known.leaves for name in found.names[1 : found.required])
    roles = [
        _role(name, known, first=place == 0 and not behind, needed=place < found.required)
        for place, name in enumerate(found.names)
    ]
    if _one_for_each_output(roles, found.names, known):
        roles = [Role("upstream") if place < len(known.parts) else role for place, role in enumerate(roles)]
    elif Role("upstream") not in roles:
        roles = _with_upstream(roles, found, known)
    last = next((place for place in range(found.required, len(roles)) if roles[place] is None), len(roles))
    return roles[:last]


def _one_for_each_output(roles: Sequence[Role | None], names: Sequence[str], known: Known) -> bool:
    """Whether as many as forward returns come first, called like upstreams; dx may be a slope that was kept of x."""
    first = names[: len(known.parts)]
    plain = all(role is None or role.kind == "upstream" for role in roles[: len(first)])
    kept = any(name.lstrip("dg_") in known.leaves for name in first)
    return len(first) == len(known.parts) <= len(roles) and plain and not kept and _names.like_upstreams(first)


def _with_upstream(roles: list[Role | None], found: Signature, known: Known) -> list[Role | None]:
    """The upstream under another name: that of a rate in the first place, or one that says nothing."""
    place = None
    if roles[:1] == [Role("rate")] and found.names[0] not in _names.LEARNING_RATE:
        place = 0
    elif roles.count(None) == 1 and found.required == len(roles) and _is_upstream(roles, found.names, known):
        place = roles.index(None)
    return roles if place is None else [*roles[:place], Role("upstream"), *roles[place + 1 :]]


def _is_upstream(roles: Sequence[Role | None], names: Sequence[str], known: Known) -> bool:
    """Whether the only parameter whose name says nothing is no leaf: none is left, or it is not called like one."""
    name = names[list(roles).index(None)]
    leaves = sum(role is not None and role.kind == "leaf" for role in roles)
    if len(roles) == known.count == 1:
        return not (_names.like_input(name) or _names.like_output(name))
    return leaves == known.count and name not in known.settings and len(roles) > 1


def _versions(roles: Sequence[Role | None], known: Known) -> Iterator[Sequence[Role | None]]:
    losses = list(_as_losses(roles, known))
    yield from losses if known.reduced else ()
    yield roles
    yield _without(roles, "output")
    yield from losses
    yield _without(roles, "output", "upstream", "leaf", "part")


def _as_losses(roles: Sequence[Role | None], known: Known) -> Iterator[Sequence[Role | None]]:
    """A loss is called with the prediction in the upstream's place: the output forward has left, or the leaf itself."""
    taken = [role.key for role in roles if role is not None and role.kind == "leaf"]
    free = [place for place in range(known.count) if place not in taken]
    if len(free) != 1 or len(roles) != known.count or not roles or roles[0] != Role("upstream"):
        return
    yield from ([Role("left", name), *roles[1:]] for name in known.left)
    yield [Role("leaf", free[0]), *roles[1:]]


def _with_names(way: Way, named: Mapping[str, Role | None], optional: Mapping[str, Role]) -> Way:
    by_name = dict(zip(named, way.roles[len(way.roles) - len(named) :], strict=True)) | dict(optional)
    return replace(way, roles=way.roles[: len(way.roles) - len(named)], named=by_name)


def _by_leaves(known: Known) -> Roles:
    return (Role("upstream"), *(Role("leaf", place) for place in range(known.count)))


def _role(name: str, known: Known, *, first: bool, needed: bool) -> Role | None:
    """The role that the name alone gives; weak names only to what must be passed."""
    upstream = _names.like_upstream(name)
    if name in known.leaves and not (first and upstream and len(name) > 1):
        return Role("leaf", known.leaves[name])
    if role := _handed(name, known):
        return role
    if name in known.settings:
        return None
    for kind, names in (("rate", _names.RATE), ("nothing", _names.NOTHING), ("optimizer", _names.OPTIMIZER)):
        if needed and name in names:
            return Role(kind)
    if len(known.parts) > 1 and _names.like_cache(name):
        return Role("part")
    if upstream and (needed or first):
        return Role("upstream")
    return Role("output") if needed and (known.targeted or not first) and _names.like_output(name) else None


def _handed(name: str, known: Known) -> Role | None:
    """Rates and flags, which are handed over even where they have a default."""
    if name in known.leaves:
        return None
    kinds = {"rate": _names.LEARNING_RATE, "training": _names.TRAINING}
    return next((Role(kind) for kind, names in kinds.items() if _names.snake(name) in names), None)


def _without(roles: Sequence[Role | None], *kinds: str) -> list[Role | None]:
    return [None if role is not None and role.kind in kinds else role for role in roles]


def _completed(roles: Sequence[Role | None], known: Known, *, variadic: bool) -> Iterator[Way]:
    """The ways that give every parameter without a role one, and say how much of forward's result is output."""
    starts = [roles]
    if roles and not any(role is not None and role.kind == "upstream" for role in roles):
        # An unknown first parameter is the upstream; or, where there are just enough of them, the first leaf. A later
        # one may be the upstream of what is no loss.
        unknown = [place for place, role in enumerate(roles) if role is None]
        later = [] if roles[0] is None or np.size(known.parts[0]) == 1 else unknown
        places = [0] if roles[0] is None else later
        starts = [*([*roles[:place], Role("upstream"), *roles[place + 1 :]] for place in places), roles]
    for start in starts:
        for complete in _filled(start, known, variadic=variadic):
            yield from _divided(complete, known)


def _filled(roles: Sequence[Role | None], known: Known, *, variadic: bool) -> Iterator[Roles]:
    """What is unknown are the parts that forward returned beside its output, or the leaves that have no place yet."""
    taken = [role.key for role in roles if role is not None and role.kind == "leaf"]
    if len(set(taken)) < len(taken):
        return
    sure = [role for role in roles if role is not None]
    free = [Role("leaf", place) for place in range(known.count) if place not in taken]
    missing, beside = len(roles) - len(sure), len(known.parts) - 1
    if variadic and len(sure) == len(roles) == 1:
        yield (*sure, *free)
        yield from [(*sure, *[Role("part")] * beside)] if beside else ()
    elif missing == 0:
        yield tuple(sure)
    else:
        if roles[0] is not None and missing <= beside and not any(role.kind == "part" for role in sure):
            yield _put(roles, [Role("part")] * missing)
        if len(free) == missing:
            yield _put(roles, free)
        elif missing == len(free) + 1 and not beside and roles[0] is not None and Role("output") not in roles:
            yield from (_put(roles, [*free[:at], Role("output"), *free[at:]]) for at in range(missing))


def _put(roles: Sequence[Role | None], found: Sequence[Role]) -> Roles:
    rest = iter(found)
    return tuple(role if role is not None else next(rest) for role in roles)


def _divided(roles: Roles, known: Known) -> Iterator[Way]:
    """Parts lie behind the outputs, in order; several upstreams belong to as many outputs."""
    parts = sum(role.kind == "part" for role in roles)
    upstreams = sum(role.kind == "upstream" for role in roles)
    total = len(known.parts)
    if parts >= total or upstreams + parts > max(total, 1):
        return
    keys, number = count(total - parts), count()
    placed = tuple(
        Role("part", next(keys)) if role.kind == "part"
        else Role("upstream", next(number)) if role.kind == "upstream" and upstreams > 1
        else role
        for role in roles
    )  # fmt: skip
    if upstreams > 1:
        yield Way(placed, upstreams)
    elif parts:
        yield Way(placed, 1)
        if upstreams and total - parts > 1:
            yield Way(placed, total - parts)
    else:
        if not (upstreams and _no_output(known.parts[1:])):
            yield Way(placed)
        if upstreams and total > 1:
            yield Way(placed, 1)


def _no_output(parts: Sequence[Any]) -> bool:
    """Whether any part is something else than an array of real numbers."""
    return any(
        isinstance(part, tuple | list | dict | None) or np.asarray(part).dtype.kind not in "fiub" for part in parts
    )


def _ranked(ways: Iterator[Way]) -> Iterator[list[Way]]:
    """Ways with the same roles are likelier the earlier they come; those with different roles are as likely."""
    found = list(ways)
    if len({way.roles for way in found}) > 1:
        yield found
    else:
        yield from ([way] for way in found)
