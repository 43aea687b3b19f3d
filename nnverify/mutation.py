"""Mutants of a caller's backward: the same backward with one seeded fault, to see whether a test goes red.

Functions are wrapped, objects copied with their backward wrapped; the caller's own stay as they are. A subject, which
the tests of a session make, is wrapped where every convention has already become one.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nnverify._errors import UsageError
from nnverify.draws import generator, signs
from nnverify.faults import FAULTS, Fault
from nnverify.subject import Pullback, Subject, like


@dataclass(frozen=True)
class Mutant:
    """A backward, or an object with one, that has a fault; ``name`` says which."""

    name: str
    backward: Any

    def __str__(self) -> str:
        return self.name


def mutants(backward: Any, /, *, seed: int = 0) -> Iterator[Mutant]:
    """One mutant for each fault: of backward(dout, …), or of an object with a method ``backward``.

    A function's gradients may be an array, a tuple, a list or a dict; an object may leave them on itself. One of them
    is changed, chosen by ``seed``; where a fault does not apply to the first choice, the next is taken.
    """
    method = getattr(backward, "backward", None)
    if not callable(backward) and not callable(method):
        raise UsageError(
            what=f"{type(backward).__name__} is no backward", where="mutants", fix="pass backward, or an object with it"
        )
    for fault in FAULTS:
        made = _object(backward, fault, seed) if callable(method) else _function(backward, fault, seed)
        yield Mutant(fault.name, made)


def _function(backward: Callable[..., Any], fault: Fault, seed: int) -> Callable[..., Any]:
    @functools.wraps(backward)
    def mutant(dout: Any, *rest: Any, **named: Any) -> Any:
        if fault.upstream:
            return backward(_each(dout, fault), *rest, **named)
        return _one_changed(backward(dout, *rest, **named), fault, seed)

    return mutant


def _object(target: Any, fault: Fault, seed: int) -> Any:
    """A copy whose backward is wrapped; what it leaves on itself may be what is changed."""
    try:
        made = copy.deepcopy(target)
        vars(made)
    except Exception as error:
        what = f"{type(target).__name__} cannot be copied and changed: {type(error).__name__}: {error}"
        raise UsageError(what=what, where="mutants", fix="pass its backward, wrapped in a function") from error
    original = made.backward

    @functools.wraps(original)
    def mutant(*given: Any, **named: Any) -> Any:
        if fault.upstream:
            return original(_each(given[0], fault), *given[1:], **named)
        before = {name: id(value) for name, value in vars(made).items()}
        found = original(*given, **named)
        left = {name: value for name, value in vars(made).items() if _new(value, before.get(name))}
        changed = _one_changed({"": found, **left}, fault, seed)
        vars(made).update({name: changed[name] for name in left})
        return changed[""]

    made.backward = mutant
    return made


def _new(value: Any, before: int | None) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind == "f" and id(value) != before


def _each(value: Any, fault: Fault) -> Any:
    """The fault in every array of a tuple or list, or in the one."""
    return type(value)(fault(part) for part in value) if isinstance(value, tuple | list) else fault(value)


def _one_changed(found: Any, fault: Fault, seed: int) -> Any:
    """The gradients with one of them changed: the first that the fault applies to, from a place chosen by the seed."""
    items = dict(found) if isinstance(found, Mapping) else _by_number(found)
    names = list(items)
    start = seed % max(len(names), 1)
    for name in names[start:] + names[:start]:
        if items[name] is not None and _applies(items[name], fault):
            return _back(items | {name: _one_changed_or(items[name], fault, seed)}, found)
    return found


def _applies(value: Any, fault: Fault) -> bool:
    if isinstance(value, tuple | list | Mapping):
        return any(_applies(part, fault) for part in (value.values() if isinstance(value, Mapping) else value))
    return value is not None and fault.applies(value)


def _one_changed_or(value: Any, fault: Fault, seed: int) -> Any:
    nested = isinstance(value, tuple | list | Mapping)
    return _one_changed(value, fault, seed) if nested else fault(value)


def _by_number(found: Any) -> dict[Any, Any]:
    return dict(enumerate(found)) if isinstance(found, tuple | list) else {0: found}


def _back(items: Mapping[Any, Any], found: Any) -> Any:
    """The gradients in the form in which they came."""
    if isinstance(found, Mapping):
        return items
    if not isinstance(found, tuple | list):
        return items[0]
    parts = list(items.values())
    return type(found)(*parts) if hasattr(found, "_fields") else type(found)(parts)


def faulty(subject: Subject, fault: Fault, seed: int) -> Subject:
    """The subject with the fault in one gradient, and a note that says so; as it was where no gradient shows it."""
    for leaf in _in_turn(subject, seed):
        made = replace(subject, run=_wrapped(subject, fault, leaf))
        if _shows(subject, made, leaf):
            return replace(made, notes=(*subject.notes, f"{NOTE}{fault.name}, in d{leaf}"))
    return subject


NOTE = "fault put in: "


def put_in(name: str, seed: str) -> Callable[[Subject], Subject]:
    """What puts the named fault into a subject. Raises UsageError for what is no fault, or no seed."""
    fault = next((one for one in FAULTS if one.name == name), None)
    if fault is None or not seed.isdecimal():
        fix = f"a seed from 0, and one of {', '.join(one.name for one in FAULTS)}"
        raise UsageError(what=f"there is no fault {name!r} with seed {seed}", where="NNVERIFY_FAULT", fix=fix)
    return lambda subject: faulty(subject, fault, int(seed))


def _in_turn(subject: Subject, seed: int) -> list[str]:
    names = [leaf.name for leaf in subject.targets()]
    start = seed % len(names)
    return names[start:] + names[:start]


def _wrapped(subject: Subject, fault: Fault, leaf: str) -> Callable[..., tuple[Any, Pullback]]:
    def run(*values: Any) -> tuple[Any, Pullback]:
        output, pullback = subject.run(*values)

        def mutant(upstream: Any) -> Mapping[str, Any]:
            if not fault.upstream:
                right = pullback(upstream)
                return {**right, leaf: fault(right[leaf])} if right.get(leaf) is not None else right
            right = pullback(copy.deepcopy(upstream))
            return {**right, leaf: subject.run(*values)[1](_each(upstream, fault)).get(leaf)}

        return output, mutant

    return run


def _shows(subject: Subject, made: Subject, leaf: str) -> bool:
    """Whether the leaf's gradient is another, for a random upstream."""
    output, pullback = subject.at_point()
    vector = subject.flatten(output)
    upstream = signs(vector.shape, generator(0, "fault", subject.name), 1.0)
    one = pullback(like(upstream.copy(), output)).get(leaf)
    two = made.at_point()[1](like(upstream.copy(), output)).get(leaf)
    if one is None or two is None:
        return False
    left, right = np.asarray(one, dtype=np.float64), np.asarray(two, dtype=np.float64)
    return left.shape != right.shape or not np.allclose(left, right, rtol=1e-6, atol=0.0, equal_nan=True)
