"""Wrong backward passes that need a search, each beside the right one: the corpus of the thorough effort."""

from tests.search import elementwise, keywords, layers, objects, reductions

LAYERS = (*reductions.LAYERS, *elementwise.LAYERS, *layers.LAYERS, *keywords.LAYERS, *objects.LAYERS)
WRONG = [(layer, wrong) for layer in LAYERS for wrong in layer.wrong]
