"""check_gradients, assert_gradients, leaf: what a caller types.

Arguments are validated once and handed to the search, whose first point decides; further points can only add a
failure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from typing import Any

import numpy as np

from nnverify._errors import GradientInconclusive, GradientMismatch, UsageError, told
from nnverify._session import SESSION
from nnverify.conventions._order import in_order
from nnverify.conventions._randomness import restored
from nnverify.conventions.convention import title
from nnverify.leaves import leaf, specs
from nnverify.options import merged, validated
from nnverify.revealing import revealed
from nnverify.search import Layer, searched
from nnverify.verdict import Outcome, Verdict

__all__ = ["assert_gradients", "check_gradients", "leaf"]


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
    dtypes: Sequence[Any] | None = None,
    options: Mapping[str, Sequence[Any]] | None = None,
    budget: float | str | None = None,
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
    leaves      the forward's arguments, by its own names or else in its order: axis words "m n" (sizes are drawn and
                swept), a shape, an array (checked at this point), a function of a generator, or leaf(…). ``leaves=``
                takes names that are also options
    effort      "point": one draw; "standard": a glance at other sizes, special values, layouts and precisions, too;
                "thorough": all of these in full, and more; a failure comes with a program that reproduces it
    seed        of every draw; the same seed gives the same verdict
    rtol        added to the error bar, relative to the gradient; none by default: the bar is derived
    kink        "subgradient": at a kink any value between the slopes is right (default); or "inconclusive"
    dtype       of the arrays that forward gets; float64 by default, whatever was passed
    dtypes      others to try
    options     keyword arguments of forward and backward, each with the values to try: {"axis": [0, 1, -1]}
    budget      of the search: seconds, or a text such as "5 s" or "2000 evaluations"
    executor    any concurrent.futures.Executor: points after the first are checked there; it decides no verdict
    convention  "pair", "cache", "leaves", "function", "object", "context", "values": instead of recognising it
    reduction, batch_axis, terminal, fused, surrogate, penalty, derivative
                what only the caller can say of the backward: see the README
    tensor, params, grads, out, dx
                what to use where it is not found: constructor, parameters, gradients, output, input gradient
    name        what the report calls it; every name has draws of its own, so it is part of the seed

    Returns a Verdict. Raises UsageError for what cannot be run or told; never for a wrong gradient. The caller's
    objects, arrays and random states are as before.
    """
    given = dict(locals())
    where = name if isinstance(name, str) else title(forward)
    chosen = validated({key: value for key, value in given.items() if key not in _NOT_OPTIONS}, where)
    found = in_order(specs(merged(leaves, named_leaves, where)), forward, backward)
    return _told(Layer(forward, backward, found, chosen, where))


def _told(layer: Layer) -> Verdict:
    """The verdict, after every listener has heard it."""
    # The caller's functions are probed where they overflow or leave their domain: no warning is news there.
    with restored(layer.forward, layer.backward) as world, np.errstate(all="ignore"):
        try:
            verdict = revealed(searched(layer, world), SESSION.reveal)
        except SystemExit as error:
            what = f"forward or backward ended the program: {told(error)}"
            raise UsageError(what=what, where=layer.where, fix="raise an exception there, or return") from error
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
