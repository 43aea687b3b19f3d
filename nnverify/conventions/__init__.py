"""Foreign conventions, each turned into a Subject once, at the edge; one file and one table row each."""
