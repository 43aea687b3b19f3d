"""A subject in, a subject out: what the declarations have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from nnverify.conventions.convention import Adapted
from nnverify.subject import Pullback


def noted(subject: Adapted, note: str, **changes: Any) -> Adapted:
    return replace(subject, notes=(*subject.notes, note), **changes)


def scaled(gradients: Mapping[str, Any], factor: Any) -> dict[str, Any]:
    return {name: None if part is None else factor * np.asarray(part) for name, part in gradients.items()}


def of_a_loss(subject: Adapted, loss: Callable[..., Any], note: str) -> Adapted:
    """The loss as the output; what the pullback gives for an upstream of ones is its gradient."""

    def run(*values: Any) -> tuple[Any, Pullback]:
        output, pullback = subject.run(*values)
        ones = np.ones_like(np.asarray(output, dtype=np.float64))[()]
        return loss(output, values), lambda dout: scaled(pullback(ones), dout)

    def forward(*values: Any) -> Any:
        return loss(subject.forward(*values), values)

    return noted(subject, note, run=run, forward=forward, terminal=False)
