"""What is said of a gradient at a kink: that it is outside the slopes there, or these are not known; how finely."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nnverify._compare import SEEN, norm
from nnverify.oracles.estimate import Status
from nnverify.reading import Reading
from nnverify.slopes import Slopes
from nnverify.verdict import Finding, Outcome, place

CHECK = "gradient"


def at(name: str, slopes: Slopes) -> str:
    return f"{name}{place(slopes.index) if slopes.index else ''}"


def interval(slopes: Slopes) -> str:
    return f"the slopes {slopes.low:+z.6g} and {slopes.high:+z.6g}"


def subgradient(name: str, kinks: Sequence[Slopes], unseen: int, kink: str, told: float, *, elsewhere: bool) -> Finding:
    """What lies between the slopes of its kinks, and agrees elsewhere; PASS or, where a kink has no answer, open."""
    first, count = kinks[0], len(kinks) + unseen
    lies = f"at {at(name, first)} it is {first.backward:+z.6g}, between {interval(first)}"
    if kink == "inconclusive":
        message = f"d{name} has no one value at {_entries(count)}, which lie on a kink; {lies}"
        return Finding(CHECK, name, Outcome.INCONCLUSIVE, message, "NV201", first.index, first.backward)
    looked = f" ({len(kinks)} of them looked at)" if unseen else ""
    others = " agrees elsewhere, and" if elsewhere else ""
    message = f"d{name}{others} is a subgradient at {_entries(count)} on a kink{looked}; {lies}"
    return Finding(CHECK, name, Outcome.PASS, message, None, first.index, first.backward, resolution=told)


def _entries(count: int) -> str:
    return f"{count} {'entry' if count == 1 else 'entries'}"


def outside(name: str, slopes: Slopes, where: str) -> Finding:
    beyond = f"{interval(slopes)} of the kink there" if slopes.bent else f"the slope there, {slopes.low:+z.6g}"
    message = f"{where} is {slopes.backward:+z.6g}, outside {beyond}"
    numerical = slopes.low if slopes.backward < slopes.low else slopes.high
    code = "NV117" if slopes.bent else None
    return Finding(CHECK, name, Outcome.FAIL, message, code, slopes.index, slopes.backward, numerical, slopes.bar)


def crowded(name: str, slopes: Slopes) -> Finding:
    """What is outside, where there are more kinks than slopes could tell of."""
    return _open(name, slopes, "several kinks meet there", "NV201")


def disputed(name: str, slopes: Slopes, other: Slopes) -> Finding:
    """What is outside by the ladder's slopes, and not by those of another witness."""
    return _open(name, slopes, f"dual numbers see {interval(other)}", "NV208")


def _open(name: str, slopes: Slopes, but: str, code: str) -> Finding:
    where = f"d{at(name, slopes)} could not be judged: backward {slopes.backward:+z.6g}, outside {interval(slopes)}"
    message = f"{where}, but {but}"
    return Finding(CHECK, name, Outcome.INCONCLUSIVE, message, code, slopes.index, slopes.backward)


_UNKNOWN = {
    Status.CUSP: ("NV201", "its slope is infinite"),
    Status.JUMP: ("NV209", "the function jumps"),
    Status.DOMAIN: ("NV206", "the function is not finite on either side"),
}


def unknown(name: str, slopes: Slopes) -> Finding:
    code, why = _UNKNOWN.get(slopes.status, ("NV202", "the function is too noisy"))
    trouble = f" (forward raised {slopes.trouble})" if slopes.trouble and code == "NV206" else ""
    message = f"d{name} could not be judged: at {at(name, slopes)} {why}{trouble}"
    return Finding(CHECK, name, Outcome.INCONCLUSIVE, message, code, slopes.index, slopes.backward)


def whole(name: str, readings: Sequence[Reading], flat: Sequence[Slopes]) -> float:
    """Of the leaf as a whole, seen in groups: the groups' bars and sizes add up like independent errors."""
    bars = norm([*(found.bar for found in readings), *(slopes.bar for slopes in flat)])
    size = norm([*(found.sizes.get(name, 0.0) for found in readings), *(abs(slopes.backward) for slopes in flat)])
    return SEEN * bars / size if size > 0 else np.inf


def told(name: str, readings: Sequence[Reading], flat: Sequence[Slopes]) -> float:
    """The same by entries: one that was moved in small steps beside large ones is seen by so much less."""
    bars = [found.bar / np.min(np.abs(found.u[name][found.u[name] != 0])) for found in readings]
    sizes = [norm(np.asarray(found.one.gradients[name])[found.u[name] != 0]) for found in readings]
    size = norm([*sizes, *(abs(slopes.backward) for slopes in flat)])
    return SEEN * norm([*bars, *(slopes.bar for slopes in flat)]) / size if size > 0 else np.inf
