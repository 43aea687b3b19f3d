"""A derivative, how far it may be off, and what was met on the way to it."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray


class Status(StrEnum):
    """What the function looked like along the line, at the point itself."""

    SMOOTH = "smooth"
    KINK = "kink"  # both slopes exist and differ
    CUSP = "cusp"  # the slope is infinite, as that of sqrt|x|
    JUMP = "jump"  # the function is discontinuous
    DOMAIN = "domain"  # the function ends there


@dataclass(frozen=True)
class Estimate:
    """value ± error, elementwise; an error of infinity says that nothing is known."""

    value: NDArray[np.float64]
    error: NDArray[np.float64]
    status: Status
    evaluations: int
