"""Layers as public code writes them, in a right and a wrong version each; written here, never copied."""

from tests.zoo.cached import CACHED
from tests.zoo.contexts import CONTEXTS
from tests.zoo.courses import COURSES
from tests.zoo.elementwise import ELEMENTWISE
from tests.zoo.engines import ENGINES
from tests.zoo.entry import Entry
from tests.zoo.graphs import GRAPHS
from tests.zoo.kept import KEPT
from tests.zoo.left import LEFT
from tests.zoo.losses import LOSSES
from tests.zoo.pullbacks import PULLBACKS
from tests.zoo.sequences import SEQUENCES
from tests.zoo.steps import STEPS
from tests.zoo.stores import STORES
from tests.zoo.strangers import STRANGERS

ZOO: tuple[Entry, ...] = (
    *KEPT, *STORES, *SEQUENCES, *LEFT, *STEPS, *CACHED, *COURSES, *ELEMENTWISE, *LOSSES, *PULLBACKS, *CONTEXTS, *ENGINES,
    *STRANGERS,
    *GRAPHS,
)  # fmt: skip
