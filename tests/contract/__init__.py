"""Backward passes whose numbers are right, and which break a promise beside them; with a harmless twin of each."""
