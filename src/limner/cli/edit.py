"""`limner edit`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from limner.cli import drawing
from limner.cli.options import JsonOption
from limner.contract.families import MODEL_DEFAULT

app = typer.Typer(add_completion=False)


@app.command()
def edit(  # noqa: PLR0913 each argument is an option of the command line
    images: Annotated[
        list[Path],
        typer.Argument(
            help="Pictures to change, the main one first.",
            metavar="IMAGE",
            show_default=False,
            exists=True,
            dir_okay=False,
            readable=True,
        ),
    ],
    prompt: Annotated[str, typer.Argument(help="What to change.", metavar="PROMPT", show_default=False)],
    *,
    output: drawing.OutputOption,
    mask: Annotated[
        Path | None,
        typer.Option(
            help="PNG as large as the first picture; only where it is transparent is the picture changed.",
            show_default=False,
            exists=True,
            dir_okay=False,
            readable=True,
        ),
    ] = None,
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
    """Change one or more pictures and save the result.

    The prompt comes last. Everything else is as for `limner generate`.
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
        images=tuple(images),
        mask=mask,
    )
    drawing.draw(order, drawing.Server(base_url, api_key), as_json=as_json)
