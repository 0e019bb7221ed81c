"""Limner's thin path measured beside other gateways, each on a core of its own, in front of a stand-in upstream."""
