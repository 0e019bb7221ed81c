"""How a thing moves in an animation that loops: where it is, and how bright, at every moment of the loop."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Motion:
    """A movement that ends as it begins. Lengths are units.

    sway_x, sway_y: how far it goes to both sides and back. pass_x, pass_y: how far it goes one way, fading in and out
    again, as a flake does that others follow. twinkle: how much of its brightness it loses, 0 to 1. turns: how often in
    a loop. begins: at which share of its turn, so that not all move as one.
    """

    sway_x: float = 0.0
    sway_y: float = 0.0
    pass_x: float = 0.0
    pass_y: float = 0.0
    twinkle: float = 0.0
    turns: int = 1
    begins: float = 0.0

    def at(self, phase: float) -> tuple[float, float, float]:
        """Right, down, and what its opacity is multiplied by. phase: how much of the loop has gone by, 0 to 1."""
        turn = (phase * self.turns + self.begins) % 1
        swing = math.sin(turn * math.tau)
        light = 1 - self.twinkle * (0.5 - 0.5 * swing)
        if self.pass_x or self.pass_y:
            light *= min(1.0, 2.4 * math.sin(turn * math.pi))
        gone = turn - 0.5
        return self.sway_x * swing + self.pass_x * gone, self.sway_y * swing + self.pass_y * gone, light


def scattered(x: float, y: float) -> float:
    """A share of a turn for something at a place, unlike that of its neighbours. No dice: stills have no motion."""
    return (x * 0.137 + y * 0.0713) % 1
