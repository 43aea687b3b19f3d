"""Backpropagation, derived: every gradient in Jacobian, index and vectorized form.

Reading order: notation, calculus, neuron, batch, activations, two_layer, delta, dense; then special_cases
(how the general δ recursion contains the rest), tuned, training and experiments. NumPy only, nothing of nnverify:
the two packages are separate witnesses.
"""

# The reading order, which is also the order of nnverify's report.
__all__ = [  # noqa: RUF022
    "notation",
    "formula",
    "calculus",
    "neuron",
    "batch",
    "activations",
    "two_layer",
    "delta",
    "dense",
    "special_cases",
    "tuned",
    "training",
    "experiments",
]
