"""What administrators ask of prices. `limner.quote` has the answers."""

from __future__ import annotations

from typing import Final

from limner.contract.arguments import Argument, Shape
from limner.contract.fields import PROMPT_CHARS_MAX

PROMPT_TOKENS_MAX: Final = 6_400
"""Of a prompt of OpenAI's 32,000 characters."""

LISTING: Final = (Argument(name="include_published", shape=Shape.FLAG, description="Every published price, too."),)
QUOTE: Final = (
    Argument(
        name="model",
        shape=Shape.TEXT,
        required=True,
        description="A served model, or one with a published price.",
    ),
    Argument(name="size", shape=Shape.TEXT, description="As in a request."),
    Argument(name="quality", shape=Shape.TEXT, description="As in a request."),
    Argument(name="n", shape=Shape.COUNT, minimum=1, maximum=10, default=1, description="How many pictures."),
    Argument(
        name="partial_images",
        shape=Shape.COUNT,
        minimum=0,
        maximum=3,
        default=0,
        description="Unfinished pictures of a stream.",
    ),
    Argument(name="input_sizes", shape=Shape.SIZES, description="Of each picture that goes in, its width and height."),
    Argument(name="prompt", shape=Shape.TEXT, maximum=PROMPT_CHARS_MAX, description="The prompt."),
    Argument(
        name="prompt_tokens",
        shape=Shape.COUNT,
        minimum=1,
        maximum=PROMPT_TOKENS_MAX,
        description="Tokens of the prompt, instead of it; 20 without either.",
    ),
    Argument(name="markup_percent", shape=Shape.PERCENT, description="The account's markup."),
)
