"""Hard cases: where a checker is tempted to accuse a right gradient, or to let a wrong one pass."""
