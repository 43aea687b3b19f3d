"""check_gradients, assert_gradients, leaf: what a caller types.

Arguments are validated once, leaves drawn, the convention recognised, and every point handed to the pipeline. The
first point decides; further points can only add a failure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nnverify._errors import GradientInconclusive, GradientMismatch, UsageError
from nnverify._session import SESSION
from nnverify.conventions import subject_of
from nnverify.conventions._randomness import restored
from nnverify.conventions.convention import Call, title
from nnverify.executing import Lost
from nnverify.leaves import REGIMES, LeafSpec, in_precision, leaf, realise, specs
from nnverify.options import Options, merged, options
from nnverify.reading import Demand
from nnverify.revealing import revealed
from nnverify.sharing import in_order
from nnverify.subject import Subject
from nnverify.verdict import Finding, Outcome, Verdict
from nnverify.verify import verify

__all__ = ["assert_gradients", "check_gradients", "leaf"]

_THOROUGH = 24  # further draws


@dataclass(frozen=True)
class _Layer:
    """What is checked, and how; all that a draw needs beside its number."""

    forward: Any
    backward: Any
    found: Mapping[str, LeafSpec]
    chosen: Options
    where: str
    regime: str = "normal"

    @property
    def demand(self) -> Demand:
        return Demand(self.chosen.seed, self.chosen.rtol, self.chosen.kink)

    def drawn(self, number: int, regime: str) -> Subject:
        """The subject at one draw. Raises UsageError where the call cannot be run or told."""
        leaves = in_precision(realise(self.found, number, self.chosen.seed, regime), self.chosen.dtype)
        named = (self.chosen.declared, self.chosen.named, self.chosen.convention, self.where)
        return subject_of(Call(self.forward, self.backward, leaves, *named))


def check_gradients(
    forward: Any,
    backward: Any = None,
    /,
    *,
    leaves: Mapping[str, Any] | None = None,
    effort: str | None = None,
    seed: int | None = None,
    rtol: float | None = None,
    kink: str | None = None,
    dtype: Any = None,
    executor: Executor | None = None,
    convention: str | None = None,
    reduction: str | None = None,
    batch_axis: int | None = None,
    terminal: bool | None = None,
    fused: str | None = None,
    surrogate: Callable[..., Any] | None = None,
    penalty: Callable[..., Any] | None = None,
    derivative: str | None = None,
    tensor: Callable[[Any], Any] | None = None,
    params: Sequence[str] | None = None,
    grads: Mapping[str, str] | Sequence[str] | None = None,
    out: str | None = None,
    dx: str | None = None,
    name: str | None = None,
    **named_leaves: Any,
) -> Verdict:
    """Compare a backward pass with the numerical gradient of its forward.

    forward, backward
                two functions, one function that returns its own gradients, or an object or class with both
    leaves      the forward's arguments by name, in order: axis words "m n" (sizes are drawn and swept), a shape, an
                array (checked at this point), a function of a generator, or leaf(…). ``leaves=`` takes names that are
                also options
    effort      "point": one draw; "standard"; "thorough": more sizes and values
    seed        of every draw; the same seed gives the same verdict
    rtol        added to the error bar, relative to the gradient; none by default: the bar is derived
    kink        "subgradient": at a kink any value between the slopes is right (default); or "inconclusive"
    dtype       of the arrays that forward gets; float64 by default, whatever was passed
    executor    any concurrent.futures.Executor: draws after the first are checked there; it decides no verdict
    convention  "pair", "cache", "leaves", "function", "object", "context", "values": instead of recognising it
    reduction, batch_axis, terminal, fused, surrogate, penalty, derivative
                what only the caller can say of the backward: see the README
    tensor, params, grads, out, dx
                what to use where it is not found: constructor, parameters, gradients, output, input gradient
    name        what the report calls it

    Returns a Verdict. Raises UsageError for what cannot be run or told; never for a wrong gradient. The caller's
    objects, arrays and random states are as before.
    """
    given = dict(locals())
    where = title(forward)
    if isinstance(name, str):
        where = name
    chosen = options({key: value for key, value in given.items() if key not in _NOT_OPTIONS}, where)
    found = specs(merged(leaves, named_leaves, where))
    # The caller's functions are probed where they overflow or leave their domain: no warning is news there.
    with restored(forward, backward), np.errstate(all="ignore"):
        verdict = revealed(_points(_Layer(forward, backward, found, chosen, where)), SESSION.reveal)
    for listener in SESSION.listeners:
        listener(verdict)
    return verdict


_NOT_OPTIONS = ("forward", "backward", "leaves", "named_leaves")


def assert_gradients(forward: Any, backward: Any = None, /, **options_and_leaves: Any) -> Verdict:
    """check_gradients, as an assertion: takes the same arguments and returns the verdict of a PASS.

    Raises GradientMismatch for a wrong gradient and GradientInconclusive for one that could not be judged; both are
    AssertionErrors whose text is one line and whose ``.verdict`` has the rest.
    """
    __tracebackhide__ = True
    verdict = check_gradients(forward, backward, **options_and_leaves)
    if verdict.outcome is Outcome.FAIL:
        raise GradientMismatch(verdict.headline, verdict)
    if verdict.outcome is Outcome.INCONCLUSIVE:
        raise GradientInconclusive(verdict.headline, verdict)
    return verdict


def _points(layer: _Layer) -> Verdict:
    """The verdict at the first point, with the failures of all further ones."""
    subject, regime = _first(layer)
    verdict = verify(subject, layer.demand)
    numbers = range(1, 1 + _further_draws(layer.found, layer.chosen.effort))
    if verdict.outcome is Outcome.FAIL or not numbers:
        return verdict
    alone = replace(layer, chosen=replace(layer.chosen, executor=None), regime=regime)
    lost = []
    with closing(in_order(_further, alone, numbers, layer.chosen.executor, layer.where)) as found:
        for further in found:
            if isinstance(further, Lost):
                lost.append(further)
                continue
            verdict = _added(verdict, further)
            if verdict.outcome is Outcome.FAIL:
                return verdict
    return _missed(verdict, lost, len(numbers)) if lost else verdict


def _missed(verdict: Verdict, lost: Sequence[Lost], count: int) -> Verdict:
    """The verdict with what is open because points were given up."""
    words = f"was not checked at {len(lost)} of {count} further points: {lost[0].why}"
    more = tuple(
        Finding("points", leaf, Outcome.INCONCLUSIVE, f"d{leaf} {words}", lost[0].code) for leaf in verdict.by_leaf
    )
    return replace(verdict, findings=(*verdict.findings, *more))


def _further_draws(found: Mapping[str, LeafSpec], effort: str) -> int:
    """How many draws follow the first: none at given arrays; sizes that were left open are swept once."""
    if effort == "point" or all(spec.given for spec in found.values()):
        return 0
    names = {word for spec in found.values() for word in (spec.axes or "").split() if not word.isdecimal()}
    return _THOROUGH if effort == "thorough" else len(names) + 2 * bool(names)


def _first(layer: _Layer) -> tuple[Subject, str]:
    """The subject at the first point, in the first regime that forward is finite in and backward is not extreme in."""
    troubles: list[UsageError] = []
    extreme: list[tuple[Subject, str]] = []
    for regime in REGIMES:
        if extreme and regime != "unit":
            continue
        try:
            subject = layer.drawn(0, regime)
        except UsageError as error:
            troubles.append(error)
            continue
        if all(spec.given for spec in layer.found.values()):
            return subject, regime
        if _finite(subject) and not getattr(subject, "extreme", False):
            return (subject if regime == "normal" else _noted(subject, regime, extreme=bool(extreme))), regime
        if _finite(subject):
            extreme.append((subject, regime))
        else:
            troubles = troubles or [_nowhere(subject)]
    if extreme:
        return extreme[0]
    raise troubles[0]


def _finite(subject: Subject) -> bool:
    return bool(np.all(np.isfinite(subject.flatten(subject.at_point()[0]))))


def _nowhere(subject: Subject) -> UsageError:
    return UsageError(
        what="forward is not finite at any drawn point: normal values, and values between 0 and 2",
        where=subject.name,
        fix="say where its leaves lie: leaf('m n', low=…, high=…), or pass arrays",
    )


def _noted(subject: Subject, regime: str, *, extreme: bool) -> Subject:
    low, high = REGIMES[regime] or (0.0, 0.0)
    why = "the loss is clipped, and its gradient beyond measure," if extreme else "forward is not finite"
    note = f"values were drawn from {low:g} to {high:g}: {why} on normal ones"
    return replace(subject, notes=(*subject.notes, note))


def _further(layer: _Layer, number: int) -> Verdict | None:
    """The verdict at another draw, in the regime of the first or a later; None where forward does not take it.

    The caller's objects are as before.
    """
    with restored(layer.forward, layer.backward):
        for regime in tuple(REGIMES)[tuple(REGIMES).index(layer.regime) :]:
            try:
                subject = layer.drawn(number, regime)
                if _finite(subject):
                    return verify(subject, layer.demand)
            except UsageError:
                continue
    return None


def _added(verdict: Verdict, further: Verdict | None) -> Verdict:
    """The verdict with the failures of another point; what is open or right there changes nothing."""
    if further is None:
        return verdict
    verdict = replace(verdict, evaluations=verdict.evaluations + further.evaluations)
    if further.outcome is not Outcome.FAIL:
        return verdict
    return replace(further, evaluations=verdict.evaluations, notes=(*further.notes, f"found at {further.shapes}"))
