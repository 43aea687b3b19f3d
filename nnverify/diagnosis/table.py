"""All causes, one row each. Adding one is a row here, a mutant with its twin in the tests, and a page."""

from nnverify.diagnosis.activation import ACTIVATION
from nnverify.diagnosis.attention import ATTENTION
from nnverify.diagnosis.cause import Cause
from nnverify.diagnosis.elsewhere import ELSEWHERE
from nnverify.diagnosis.inside import INSIDE
from nnverify.diagnosis.layout import LAYOUT
from nnverify.diagnosis.normalised import NORMALISED
from nnverify.diagnosis.places import PLACES
from nnverify.diagnosis.recurrent import RECURRENT
from nnverify.diagnosis.structure import STRUCTURE
from nnverify.diagnosis.sums import SUMS
from nnverify.diagnosis.terms import TERMS
from nnverify.diagnosis.upstream import UPSTREAM
from nnverify.diagnosis.values import VALUES
from nnverify.diagnosis.windows import WINDOWS

CAUSES: tuple[Cause, ...] = tuple(
    sorted(
        (
            *VALUES,
            *UPSTREAM,
            *SUMS,
            *PLACES,
            *LAYOUT,
            *STRUCTURE,
            *NORMALISED,
            *TERMS,
            *ACTIVATION,
            *ELSEWHERE,
            *RECURRENT,
            *INSIDE,
            *ATTENTION,
            *WINDOWS,
        ),
        key=lambda cause: cause.rank,
    )
)
