"""Sketch: the embedded illustrator."""
