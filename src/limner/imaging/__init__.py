"""Bytes to pixels and back, and arithmetic on pixels. The imaging libraries live here and nowhere else."""
