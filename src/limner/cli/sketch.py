"""`limner sketch sheet`, `limner sketch claims`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.progress import Progress

from limner.cli.drawing import FORMATS, STREAMED
from limner.cli.options import JsonOption
from limner.cli.terminal import fail, message_console, print_json, print_line
from limner.engines.sketch.claims import check_sheet
from limner.engines.sketch.sheet import contact_sheet, samples
from limner.imaging.codec import encode
from limner.imaging.pixels import Pixels, is_opaque
from limner.job import Format, Quality

SIDE_PX: Final = 256
_PAGE_COMPRESSION: Final = 88
"""Quality of a JPEG or WebP page."""

app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.callback()
def sketch() -> None:
    """See what the embedded illustrator draws, and how much of what was asked for is in it."""


@app.command("sheet")
def sheet(
    *,
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", help="File to save the page in: .png, .jpg or .webp.", metavar="FILE", show_default=False
        ),
    ],
    side_px: Annotated[
        int, typer.Option("--side", help="Width and height of each picture on the page, in pixels.", min=64, max=512)
    ] = SIDE_PX,
    quality: Annotated[Quality, typer.Option(help="Effort to spend on each.")] = Quality.MEDIUM,
    pictures: Annotated[
        Path | None,
        typer.Option(help="Folder to save each picture in, too, at twice the size.", show_default="none"),
    ] = None,
) -> None:
    """Draw a fixed set of 100 prompts to one page, to be looked at before and after a change."""
    form = FORMATS.get(output.suffix.lower())
    if form not in STREAMED:
        raise typer.BadParameter(f"{output} is no .png, .jpg or .webp", param_hint="--output")
    try:
        if pictures is not None:
            pictures.mkdir(parents=True, exist_ok=True)
        with Progress(console=message_console(), transient=True) as progress:
            task = progress.add_task("Drawing", total=len(samples()))

            def drawn(number: int, picture: Pixels) -> None:
                progress.update(task, completed=number + 1)
                if pictures is not None:
                    (pictures / f"{number + 1:03}.png").write_bytes(_png(picture))

            page = contact_sheet(side_px, quality, drawn)
        output.write_bytes(encode(page, form, _PAGE_COMPRESSION, opaque=True).read())
    except OSError as error:
        fail(f"{error.filename or output}: {error.strerror or error}")
    print_line(str(output))


@app.command("claims")
def claims(*, as_json: JsonOption = False) -> None:
    """Check what each picture of the sheet must show, on the scene graph and on the pixels, and tell the score."""
    verdicts = check_sheet()
    missed = [verdict for verdict in verdicts if verdict.fault is not None]
    if as_json:
        print_json({"claims": len(verdicts), "met": len(verdicts) - len(missed), "missed": [asdict(m) for m in missed]})
        return
    for verdict in missed:
        print_line(f"{verdict.prompt}: {verdict.claim}: {verdict.fault}")
    print_line(f"{len(verdicts) - len(missed)} of {len(verdicts)} claims hold")


def _png(pixels: Pixels) -> bytes:
    return encode(pixels, Format.PNG, 100, opaque=is_opaque(pixels)).read()
