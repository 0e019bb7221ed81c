"""`limner generate`."""

from __future__ import annotations

from typing import Annotated

import typer

from limner.cli import drawing
from limner.cli.options import JsonOption
from limner.contract.families import MODEL_DEFAULT

app = typer.Typer(add_completion=False)


@app.command()
def generate(  # noqa: PLR0913 each argument is an option of the command line
    prompt: Annotated[str, typer.Argument(help="What to draw.", metavar="PROMPT", show_default=False)],
    *,
    output: drawing.OutputOption,
    model: drawing.ModelOption = MODEL_DEFAULT,
    size: drawing.SizeOption = None,
    quality: drawing.QualityOption = None,
    n: drawing.NOption = 1,
    background: drawing.BackgroundOption = None,
    output_format: drawing.FormatOption = None,
    compression: drawing.CompressionOption = None,
    seed: drawing.SeedOption = None,
    partials: drawing.PartialsOption = None,
    base_url: drawing.BaseUrlOption = drawing.BASE_URL,
    api_key: drawing.ApiKeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Draw a picture from a prompt and save it.

    The picture's format follows the file's name unless --format says otherwise; with --n, files are numbered
    from -1. The saved files' names go to standard output.
    """
    order = drawing.Order(
        prompt=prompt,
        output=output,
        model=model,
        size=size,
        quality=quality,
        n=n,
        background=background,
        output_format=output_format,
        compression=compression,
        seed=seed,
        partials=partials,
    )
    drawing.draw(order, drawing.Server(base_url, api_key), as_json=as_json)
