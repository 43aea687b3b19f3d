"""The records that a package of derivations is made of.

nnverify reads them by attribute name, so a package of your own may use any object with these attributes.
Records only: no formula lives here, and nothing is computed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Formula:
    """One derivation row: the gradient of a loss by one leaf, written three times.

    identifier   "batch.dw"
    statement    the vectorized formula in plain letters
    latex        the same for a typesetter
    source       tutorial and section
    forward      the loss: a scalar function of the arguments, in their order
    arguments    {"X": "m n", "b": "", …}: axis words by name. "function" is an elementwise function and
                 "derivative of f" its derivative, both called with arrays and with single numbers.
                 "n[l] n[l-1]" is one array per layer l = 1 … ℓ, n[0] the input's size and n[-1] the
                 output's; "function[l]" is one function per layer
    leaf         the argument whose gradient this is
    jacobian, index, vector
                 the three forms; each takes the forward's arguments and returns the gradient, shaped like the leaf
    output       for a pullback: the function whose output ``dout`` is upstream of, of the arguments without
                 ``dout``; the loss is then Σ dout ⊙ output
    """

    identifier: str
    statement: str
    latex: str
    source: str
    forward: Callable[..., Any]
    arguments: Mapping[str, str]
    leaf: str
    jacobian: Callable[..., Any]
    index: Callable[..., Any]
    vector: Callable[..., Any]
    output: Callable[..., Any] | None = None


@dataclass(frozen=True)
class Counterexample:
    """A claim that is wrong, kept because it looks right: nnverify must refute it.

    of        identifier of the formula that states the right gradient
    vector    the claimed gradient, a function of that formula's arguments
    mistake   what was mistaken for what
    """

    identifier: str
    statement: str
    source: str
    of: str
    vector: Callable[..., Any]
    mistake: str


@dataclass(frozen=True)
class SpecialCase:
    """One formula as a special case of another, stated as data so that the two derivations never meet.

    arguments   turns the special formula's arguments into the general formula's
    result      turns the general gradient into the special one
    """

    special: str
    general: str
    arguments: Callable[..., tuple[Any, ...]]
    result: Callable[[Any], Any]
