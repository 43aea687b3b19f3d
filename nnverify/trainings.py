"""Trainings of a package: the gradient is checked where it starts, then it runs, and its history is thinned to curves.

A package that trains has a module with EXPERIMENTS, functions that return a plan, and ``train``, which carries one out.
reference/experiments.py documents both records; nothing needs to be imported from here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from itertools import islice
from types import ModuleType
from typing import Any

import numpy as np

from nnverify._errors import NothingToCheck, UsageError
from nnverify.api import check_gradients
from nnverify.verdict import Outcome, Verdict

_POINTS = 60  # of a curve: as many as a plot shows


def plans(modules: Iterable[ModuleType], *, only: str, where: str) -> tuple[list[Any], Callable[[Any], Any]]:
    """The plans whose names match, and what carries one out. Raises NothingToCheck where there are none."""
    for module in modules:
        if hasattr(module, "EXPERIMENTS") and hasattr(module, "train"):
            found = [_plan(function, where) for function in _functions(module)]
            chosen = [plan for plan in found if fnmatchcase(plan.name, only)]
            if not chosen:
                known = "; ".join(plan.name for plan in found)
                raise NothingToCheck(what=f"--only {only!r} selects no training", where=where, fix=f"one of {known}")
            return chosen, module.train
    fix = "give a module EXPERIMENTS and train, as reference/experiments.py has them"
    raise NothingToCheck(what="no module trains anything", where=where, fix=fix)


def _functions(module: ModuleType) -> Sequence[Callable[[], Any]]:
    listed = module.EXPERIMENTS
    if isinstance(listed, list | tuple) and all(map(callable, [*listed, module.train])):
        return listed
    raise UsageError(
        what=f"EXPERIMENTS is {listed!r:.60}, train is {module.train!r:.60}",
        where=module.__name__,
        fix="list functions that return a plan, and give the function that carries one out",
    )


def _plan(function: Callable[[], Any], where: str) -> Any:
    try:
        return function()
    except Exception as error:
        name = getattr(function, "__name__", "EXPERIMENTS")
        what = f"{name}() raised {type(error).__name__}: {error}"
        raise UsageError(what=what, where=where, fix="mend it; it must return a plan") from error


def checked(plan: Any, seed: int) -> Verdict:
    """The verdict on the gradient at the start, for the samples of every step of the first epoch."""
    verdicts = [_checked(plan, samples, seed) for samples in islice(plan.steps(), plan.epoch)]
    findings = tuple(finding for verdict in verdicts for finding in verdict.findings)
    evaluations = sum(verdict.evaluations for verdict in verdicts)
    return Verdict(plan.name, findings, seed, evaluations, verdicts[0].shapes, "loss and gradients of one step")


def _checked(plan: Any, samples: Any, seed: int) -> Verdict:
    leaves = _named("w", plan.weights) | _named("b", plan.bias)
    count = len(_named("w", plan.weights))

    def slope(arrays: Sequence[Any]) -> Any:
        return plan.objective(_like(plan.weights, arrays[:count]), _like(plan.bias, arrays[count:]), samples)

    def forward(*arrays: Any) -> Any:
        return slope(arrays).loss

    def backward(dout: Any, *arrays: Any) -> dict[str, Any]:
        found = slope(arrays)
        gradients = [*_named("w", found.dweights).values(), *_named("b", found.dbias).values()]
        return {name: dout * gradient for name, gradient in zip(leaves, gradients, strict=True)}

    return check_gradients(forward, backward, leaves=leaves, name=plan.name, seed=seed)


def _named(letter: str, parameter: Any) -> dict[str, Any]:
    """One array by its letter, or one for each layer, numbered from 1."""
    if isinstance(parameter, tuple):
        return {f"{letter}{layer}": np.asarray(each) for layer, each in enumerate(parameter, start=1)}
    return {letter: np.asarray(parameter)}


def _like(parameter: Any, arrays: Sequence[Any]) -> Any:
    return tuple(arrays) if isinstance(parameter, tuple) else arrays[0]


def as_dict(plan: Any, check: Verdict, done: Any | None) -> dict[str, Any]:
    """Everything a report shows of one training, in plain types; of one that was not begun, why."""
    settings = dict(vars(plan.settings))
    known = {name: value for name, value in settings.items() if value is not None}
    own = {"name": plan.name, "reported": plan.reported, "settings": known, "check": check.to_dict()}
    if done is None:
        return own | {"predicted": None, "updates": 0, "history": []}
    end = {"weights": _flat(done.weights), "bias": _flat(done.bias)}
    curve = list(_thinned(done.history, plan.epoch))
    history = [*curve, {"step": len(done.history), "loss": curve[-1]["loss"]} | end]
    return own | {"predicted": done.predicted, "updates": len(done.history), "history": history}


def _thinned(history: Sequence[Any], epoch: int) -> Iterator[Mapping[str, Any]]:
    """At most that many points, each at the start of an epoch, closer where more happens: at the start.

    The loss is the mean up to the next point: that of one step hangs on which samples it saw.
    """
    places = np.linspace(0, 1, _POINTS) ** 2 * len(history)
    starts = sorted({int(place) // epoch * epoch for place in places if place < len(history)})
    for start, end in zip(starts, [*starts[1:], len(history)], strict=True):
        loss = float(np.mean([step.loss for step in history[start:end]]))
        step = history[start]
        yield {"step": start, "loss": loss, "weights": _flat(step.weights), "bias": _flat(step.bias)}


def _flat(parameter: Any) -> list[float]:
    parts = parameter if isinstance(parameter, tuple) else (parameter,)
    return [float(number) for part in parts for number in np.ravel(part)]


def begins(check: Verdict) -> bool:
    """Only a gradient that passes is descended."""
    return check.outcome is Outcome.PASS
