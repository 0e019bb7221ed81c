"""What can be said between two things, and which relation that is. A table only."""

from __future__ import annotations

from typing import Final

RELATIONS: Final = sorted(
    (
        (tuple(phrase.split()), relation)
        for relation, phrases in (
            (
                "riding",
                "riding on, riding, rides, flying on, on the back of, driving, flying a, flying an, flying his",
            ),
            (
                "on",
                "standing on top of, sitting on top of, on top of, sitting on, sits on, standing on, perched on",
            ),
            ("on", "lying on, sleeping on, resting on, atop, on a pile of, on a stack of, on"),
            ("in", "inside of, inside, sitting in, floating in, in"),
            ("under", "hiding under, sitting under, underneath, beneath, under, below"),
            ("behind", "hiding behind, peeking from behind, behind"),
            ("before", "standing in front of, in front of"),
            (
                "over",
                "flying over, flying above, hovering over, hovering above, jumping over, soaring over, above, over",
            ),
            (
                "holding",
                "holding, holds, carrying, carries, hugging, hugs, cuddling, playing, reading, eating, drinking",
            ),
            ("holding", "serving, serves, using, uses"),
            ("shaped", "in the shape of, in shape of, shaped like, shaped as"),
            ("wearing", "wearing, wears, dressed in"),
            ("with", "with"),
            ("of", "of, full of, filled with"),
        )
        for phrase in phrases.split(", ")
    ),
    key=lambda entry: -len(entry[0]),
)
"""What is said between two things -> their relation; what it makes of them is for `wearing.tie_of` to say."""
