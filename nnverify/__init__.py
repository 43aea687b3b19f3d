"""nnverify checks gradients that were derived by hand."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nnverify._errors import (
        GradientInconclusive,
        GradientMismatch,
        NnverifyError,
        NothingToCheck,
        UsageError,
    )
    from nnverify.api import assert_gradients, check_gradients, leaf
    from nnverify.mutation import mutants
    from nnverify.verdict import Finding, Outcome, Verdict

# Where each public name lives; resolved at first use, so that importing nnverify does not import NumPy.
_HOMES = {
    "assert_gradients": "nnverify.api",
    "check_gradients": "nnverify.api",
    "leaf": "nnverify.api",
    "mutants": "nnverify.mutation",
    "Finding": "nnverify.verdict",
    "GradientInconclusive": "nnverify._errors",
    "GradientMismatch": "nnverify._errors",
    "NnverifyError": "nnverify._errors",
    "NothingToCheck": "nnverify._errors",
    "Outcome": "nnverify.verdict",
    "UsageError": "nnverify._errors",
    "Verdict": "nnverify.verdict",
}

__all__ = [
    "Finding",
    "GradientInconclusive",
    "GradientMismatch",
    "NnverifyError",
    "NothingToCheck",
    "Outcome",
    "UsageError",
    "Verdict",
    "assert_gradients",
    "check_gradients",
    "leaf",
    "mutants",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'nnverify' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
