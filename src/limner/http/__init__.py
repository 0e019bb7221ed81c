"""The HTTP surface: bytes in, bytes out. The web framework lives here and nowhere else."""
