"""Why is a gradient wrong? A table of causes, each with a signature that numbers prove or refute.

A cause predicts the wrong gradient from the right one. It is named only where its prediction meets every entry, for
every upstream, at every point and size that was looked at. Nothing here decides whether a gradient is wrong.
"""
