"""The records of a cause: what it predicts at one scene, and what is said of it where all its predictions hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from nnverify.diagnosis.scene import Array, Scene

Key = tuple[Any, ...]


@dataclass(frozen=True)
class Guess:
    """One variant of a cause at one scene.

    key     the variant, the same in every scene: ("flip", 2, 3)
    rows    the gradients it predicts, one for each upstream; made only when asked for
    given   what is compared with them; the backward's gradients where it is None
    gain    how much larger than the numerical gradient's the error of the prediction may be
    number  a quantity fitted to this scene, such as a factor
    """

    key: Key
    rows: Callable[[], Array]
    given: Array | None = None
    gain: float = 1.0
    number: float | None = None


@dataclass(frozen=True)
class Named:
    """A cause in words: its code, a sentence with the evidence, a sentence with what to change."""

    code: str
    cause: str
    fix: str


@dataclass(frozen=True)
class Held:
    """A variant whose predictions were met in every scene: the scenes, and what was fitted in each."""

    key: Key
    scenes: Sequence[Scene]
    numbers: Sequence[float | None] = field(default=())

    @property
    def scene(self) -> Scene:
        return self.scenes[0]

    @property
    def name(self) -> str:
        return f"d{self.scene.name}"


@dataclass(frozen=True)
class Cause:
    """One row of the table.

    rank     smaller is simpler: of the causes that hold the simplest is named, and of equals all
    guesses  the variants at a scene
    words    what is said of a variant that held everywhere; None where that is no explanation after all
    """

    rank: int
    guesses: Callable[[Scene], Iterator[Guess]]
    words: Callable[[Held], Named | None]
