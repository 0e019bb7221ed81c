"""Limner: OpenAI's Images API, self-hosted, in front of any image engine, with every picture accounted for."""

__version__ = "0.1.0"
