"""The questions that are asked of a subject or a formula, one file each; the first docstring line is the question."""
