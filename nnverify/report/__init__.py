"""Verdicts and rows as text, JSON and more; decides nothing. One file for each thing that is shown."""
