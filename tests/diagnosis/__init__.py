"""Mistakes in layers, each with the cause that must be named and a twin that is right."""
