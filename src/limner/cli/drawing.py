"""What `limner generate` and `limner edit` share: their options, the request, the progress bar, the saved files."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from limner.cli.terminal import fail, message_console, print_json, print_line
from limner.client import ClientError, Drawn, ImagesClient, Pictures
from limner.job import Background, Format, Json, Quality

BASE_URL: Final = "http://127.0.0.1:8000/openai/v1"
PARTIALS_MAX: Final = 3
FORMATS: Final = {f".{form.value}": form for form in Format} | {".jpg": Format.JPEG}
"""Suffix of a file's name -> format of the picture in it."""
STREAMED: Final = frozenset({Format.PNG, Format.JPEG, Format.WEBP})
"""Formats OpenAI streams; the others are refused with `stream` (official SDK types, November 2026)."""

OutputOption: TypeAlias = Annotated[
    Path, typer.Option("--output", "-o", help="File to save the picture in.", metavar="FILE", show_default=False)
]
ModelOption: TypeAlias = Annotated[str, typer.Option(help="Model to ask for.")]
SizeOption: TypeAlias = Annotated[
    str | None, typer.Option(help="Width and height in pixels, such as 1536x1024.", show_default="auto")
]
QualityOption: TypeAlias = Annotated[Quality | None, typer.Option(help="Effort to spend.", show_default="auto")]
NOption: TypeAlias = Annotated[int, typer.Option("--n", help="How many pictures.", min=1, max=10)]
BackgroundOption: TypeAlias = Annotated[
    Background | None, typer.Option(help="Whether the picture may be see-through.", show_default="auto")
]
FormatOption: TypeAlias = Annotated[
    Format | None, typer.Option("--format", help="Format of the picture.", show_default="by FILE's name")
]
CompressionOption: TypeAlias = Annotated[
    int | None, typer.Option(help="Quality of a JPEG or WebP file.", min=0, max=100, show_default="100, the best")
]
SeedOption: TypeAlias = Annotated[
    int | None, typer.Option(help="Number that makes a picture repeatable, for engines that take one.")
]
PartialsOption: TypeAlias = Annotated[
    int | None,
    typer.Option(
        help="Unfinished pictures that move the progress bar; each counts 100 output tokens.",
        min=0,
        max=PARTIALS_MAX,
        show_default=f"{PARTIALS_MAX} on a terminal, else 0",
    ),
]
BaseUrlOption: TypeAlias = Annotated[
    str, typer.Option(help="Server to ask, with its /v1.", envvar=["LIMNER_BASE_URL", "OPENAI_BASE_URL"])
]
ApiKeyOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        help="Key to ask with; an environment variable keeps it out of the list of processes.",
        envvar=["LIMNER_API_KEY", "OPENAI_API_KEY"],
        show_default=False,
    ),
]


@dataclass(frozen=True, slots=True)
class Server:
    """Where to ask, and with which key."""

    base_url: str
    api_key: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A picture as it was ordered on the command line; None leaves a choice to the server."""

    prompt: str
    output: Path
    model: str
    size: str | None
    quality: Quality | None
    n: int
    background: Background | None
    output_format: Format | None
    compression: int | None
    seed: int | None
    partials: int | None
    images: tuple[Path, ...] = ()
    mask: Path | None = None


def draw(order: Order, server: Server, *, as_json: bool) -> None:
    """Ask `server` for the pictures, show how it goes, save them and name their files."""
    if not server.api_key:
        raise typer.BadParameter(
            "there is no key: give --api-key, or set LIMNER_API_KEY; `limner keys create NAME` makes one"
        )
    # Before anything is paid for.
    if not order.output.absolute().parent.is_dir():
        raise typer.BadParameter(f"the folder of {order.output} does not exist", param_hint="--output")
    console = message_console()
    fields = fields_of(order, partials_default=PARTIALS_MAX if console.is_terminal else 0)
    started_s = time.monotonic()
    try:
        answer = asyncio.run(_drawn(order, fields, server.base_url, server.api_key, console))
        files = _save(answer, order.output)
    except ClientError as error:
        request = f" (request {error.request_id})" if error.request_id else ""
        fail(error.message + request)
    except OSError as error:
        fail(f"{error.filename or order.output}: {error.strerror or error}")
    if as_json:
        print_json(_summary(answer, files))
        return
    _tell(answer, console, time.monotonic() - started_s)
    for file in files:
        print_line(str(file))


def fields_of(order: Order, *, partials_default: int) -> dict[str, Json]:
    """The request's parameters by their wire names; what was not ordered is left out.

    Raises typer.BadParameter when the file's name tells no format and none was ordered.
    """
    form = order.output_format or FORMATS.get(order.output.suffix.lower())
    if form is None:
        raise typer.BadParameter(
            f"the name of {order.output} tells no format: end it in {', '.join(FORMATS)}, or give --format",
            param_hint="--output",
        )
    partials = partials_default if order.partials is None else order.partials
    streamed = partials > 0 and order.n == 1 and form in STREAMED
    fields: dict[str, Json | None] = {
        "model": order.model,
        "prompt": order.prompt,
        "n": order.n if order.n > 1 else None,
        "size": order.size,
        "quality": order.quality,
        "background": order.background,
        "output_format": form.value,
        "output_compression": order.compression,
        "seed": order.seed,
        "stream": True if streamed else None,
        "partial_images": partials if streamed else None,
    }
    return {name: value for name, value in fields.items() if value is not None}


async def _drawn(order: Order, fields: dict[str, Json], base_url: str, api_key: str, console: Console) -> Pictures:
    """The finished pictures, with the bar moving as unfinished ones come in."""
    partials = fields.get("partial_images")
    steps = partials + 1 if isinstance(partials, int) else None
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=32), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        verb = "Changing" if order.images else "Drawing"
        task = progress.add_task(verb if order.n == 1 else f"{verb} {order.n} pictures", total=steps)
        async with ImagesClient(base_url, api_key) as client, aclosing(_events(client, order, fields)) as events:
            async for drawn in events:
                if isinstance(drawn, Pictures):
                    return drawn
                progress.update(task, completed=drawn.index + 1)
    raise AssertionError("a request ends with its pictures or with an error")


def _events(client: ImagesClient, order: Order, fields: dict[str, Json]) -> AsyncGenerator[Drawn, None]:
    return client.edit(fields, order.images, order.mask) if order.images else client.generate(fields)


def _save(answer: Pictures, output: Path) -> list[Path]:
    """Write each picture to its file: the one named, or numbered ones from -1 on beside it."""
    if len(answer.pictures) == 1:
        files = [output]
    else:
        files = [output.with_stem(f"{output.stem}-{number}") for number in range(1, len(answer.pictures) + 1)]
    for file, picture in zip(files, answer.pictures, strict=True):
        file.write_bytes(picture)
    return files


def _summary(answer: Pictures, files: list[Path]) -> dict[str, object]:
    return {
        "files": [str(file) for file in files],
        "size": answer.size,
        "quality": answer.quality,
        "output_format": answer.output_format,
        "usage": answer.usage,
        "request_id": answer.request_id,
        "parameters": answer.parameters,
    }


def _tell(answer: Pictures, console: Console, duration_s: float) -> None:
    """One quiet line on what came, and what became of parameters that could not be taken as they were."""
    tokens = answer.usage.get("total_tokens") if answer.usage else None
    facts = [answer.size, answer.quality and f"{answer.quality} quality", tokens and f"{tokens:,} tokens"]
    told = ", ".join(fact for fact in (*facts, f"{duration_s:.1f} s") if fact)
    console.print(f"[dim]{escape(told)}[/dim]", soft_wrap=True)
    changed = [fate for fate in (answer.parameters or "").split(", ") if fate and not fate.endswith("=honoured")]
    if changed:
        console.print(f"[yellow]{escape(', '.join(changed))}[/yellow]", soft_wrap=True)
