"""What a test session sets for every check in it, and who wants to hear of verdicts. Loads nothing.

The pytest plug-in writes here; the checks read. Outside pytest nothing changes these.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nnverify.verdict import Verdict


@dataclass
class Session:
    """Defaults of the options that a caller left out, and the listeners that every verdict is told to."""

    seed: int = 0
    effort: str = "standard"
    listeners: list[Callable[[Verdict], None]] = field(default_factory=list)


SESSION = Session()
