"""What checking costs: against the size of a layer, against the number of wrong entries, over workers.

Every figure is a count, or a ratio within one run: the floor is the layer's own forward pass, in the same process.
"""
