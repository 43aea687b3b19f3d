"""What goes through unmodified NumPy code is right, and what is not right is refused: one row for each construct.

The table is frozen. A NumPy release that turns a refusal into a wrong number, or a number into a refusal, shows here.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from operator import attrgetter
from typing import Any

import numpy as np
import pytest

from nnverify.numbers.arrays import numbers
from nnverify.numbers.dual import Dual
from nnverify.numbers.element import Element
from nnverify.numbers.field import Residue, constant
from nnverify.numbers.run import NotAvailable, Run, attempt, running
from tests.numbers.constructs import CONSTRUCTS, Construct, Function
from tests.numbers.reconstruction import rational

Array = np.ndarray[Any, Any]

# Odd multiples of 1/8, pairwise different, and slopes that are multiples of 1/8: what they give are small fractions.
_RNG = np.random.Generator(np.random.SFC64(7))
_VALUES = _RNG.permutation(np.arange(1, 49, 2))[:24].reshape(2, 3, 4) / 8
_SLOPES = _RNG.choice([-1.0, 1.0], (2, 3, 4)) * _RNG.permutation(np.arange(1, 25)).reshape(2, 3, 4) / 8
_STEP = 1e-5
_RTOL = 1e-6  # of central differences with this step: 1e-10 of truncation, 1e-11 of rounding, with room

_NAMES, COUNTS = ("Dual", "Residue", "complex"), [(200, 36, 0), (200, 36, 0), (175, 43, 18)]


def _truth(function: Function) -> Array:
    """Central differences of the construct on plain floats: the witness."""
    plus, minus = (_floats(function(*(_VALUES + sign * _STEP * _SLOPES))) for sign in (1, -1))
    return (plus - minus) / (2 * _STEP)


def _floats(output: Any) -> Array:
    return np.real(np.asarray(output, dtype=complex).ravel())


def _close(found: Any, true: Array) -> bool:
    return np.shape(found) == true.shape and np.allclose(found, true, rtol=_RTOL, atol=_RTOL)


def _through(function: Function, make: Callable[[float, float], Element]) -> Sequence[Any] | None:
    """The construct's output on numbers made of value and slope; None where it is refused."""
    with running(Run(10**6)):
        x, y = (
            numbers([make(*pair) for pair in zip(v.ravel().tolist(), s.ravel().tolist(), strict=True)], v.shape)
            for v, s in zip(_VALUES, _SLOPES, strict=True)
        )
        try:
            output = attempt("the construct", function, x, y)
        except NotAvailable:
            return None
        return [type(make(0, 0)).lift(one) for one in np.asarray(output, dtype=object).flat]


def _dual(function: Function) -> str:
    found = _through(function, Dual)
    if found is None:
        return "-"
    same = _close([one.value for one in found], _floats(function(*_VALUES)))
    return "r" if same and _close([one.slope for one in found], _truth(function)) else "w"


def _residue(function: Function) -> str:
    def make(value: float, slope: float) -> Residue:
        one = constant(value)
        return Residue(value, one.residue, one.exponent, constant(slope).residue)

    found = _through(function, make)
    if found is None:
        return "-"
    if not _close([one.value for one in found], _floats(function(*_VALUES))):
        return "w"
    true = _truth(function)
    slopes = [float(rational(one.slope)) if one.slope < 2**68 else np.nan for one in found]
    if _close(slopes, true):
        return "r"
    # A slope that is a small fraction is no symbol: then it must be the witness's.
    small = np.array([one.slope < 2**68 and rational(one.slope).denominator < 2**12 for one in found])
    return "s" if len(found) == true.size and _close(np.array(slopes)[small], true[small]) else "w"


def _complex(function: Function) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("error", np.exceptions.ComplexWarning)
        try:
            output = np.asarray(function(*(_VALUES + 1e-30j * _SLOPES)), dtype=complex)
        except (TypeError, ValueError, IndexError, AttributeError, np.exceptions.ComplexWarning):
            return "-"
    return "r" if _close(output.imag.ravel() / 1e-30, _truth(function)) else "w"


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Some constructs warn on complex numbers, or leave their domain on the way."""
    with np.errstate(all="ignore"):
        yield


@pytest.mark.parametrize("construct", CONSTRUCTS, ids=attrgetter("name"))
def test_construct_does_what_the_table_says(construct: Construct) -> None:
    """Right or refused, and never anything else; complex numbers may lie, and the table says where."""
    found = _dual(construct.function) + _residue(construct.function) + _complex(construct.function)
    assert found == construct.outcomes
    assert "w" not in found[:2]


def _losing(x: Any, y: Any) -> Any:
    """What a NumPy that unwraps elements would do."""
    if x.dtype != object:
        return x * y
    return np.array([type(one).lift(one.value * other.value) for one, other in zip(x.flat, y.flat, strict=True)])


@pytest.mark.parametrize("outcome", [_dual, _residue, _complex])
def test_a_lost_slope_is_called_wrong(outcome: Callable[[Function], str]) -> None:
    function = _losing if outcome is not _complex else lambda x, y: np.real(x) * y
    assert outcome(function) == "w"


@pytest.mark.parametrize("outcome", [_dual, _residue, _complex])
def test_another_value_is_called_wrong(outcome: Callable[[Function], str]) -> None:
    """Code that asks for the type of its array, and then does something else."""
    assert outcome(lambda x, y: x * y if x.dtype == float else x * y * 2) == "w"


def test_names_are_unique_and_there_are_many() -> None:
    assert len({construct.name for construct in CONSTRUCTS}) == len(CONSTRUCTS) >= 200


def test_the_counts_of_the_documentation(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> None:
    """Right, refused, silently wrong: frozen, so that a number in prose is one that was counted; shown with -v."""
    rows = [Counter(construct.outcomes[place] for construct in CONSTRUCTS) for place in range(3)]
    counts = [(row["r"] + row["s"], row["-"], row["w"]) for row in rows]
    if request.config.get_verbosity() > 0:
        text = "; ".join(
            f"{name} {r} right, {n} refused, {w} wrong" for name, (r, n, w) in zip(_NAMES, counts, strict=True)
        )
        with capsys.disabled():
            request.config.get_terminal_writer().line(f"\n{len(CONSTRUCTS)} constructs: {text}")
    assert counts == COUNTS
