"""`limner prices list`, `limner prices quote`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from limner.app import price_book
from limner.cli.options import ConfigOption, JsonOption
from limner.cli.settings import configuration
from limner.cli.terminal import fail, print_json, result_console
from limner.contract.admin.prices import PROMPT_TOKENS_MAX
from limner.errors import LimnerError
from limner.job import Json, Size
from limner.money import NUSD_PER_USD, TOKENS_PER_PRICE, usd_text
from limner.prices import Banded, Bill, Free, Listing, PerImage, PerMegapixel, Price, TokenRates, Unpriced
from limner.quote import PROMPT_TOKENS, SIZE_ASSUMED, Quote, left_open, listed, prompt_of, quote, told

app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.callback()
def prices() -> None:
    """Show what models cost, and what a job would."""


@app.command("list")
def list_prices(
    *,
    everything: Annotated[bool, typer.Option("--all", help="Every published price, too.")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what the served models cost, and who says so."""
    settings = configuration(config)
    book = price_book(settings)
    shown = [listing for listing in book.listings if everything or listing.model in settings.models]
    if as_json:
        print_json([listed(listing) for listing in shown])
        return
    console = result_console()
    for (price, origin), models in _alike(shown).items():
        console.print(f"[bold]{escape(', '.join(models))}[/bold]")
        console.print(f"  {escape(price)}\n  [dim]{escape(origin)}[/dim]", soft_wrap=True)


@app.command("quote")
def quote_price(  # noqa: PLR0913 each argument is an option of the command line
    model: Annotated[
        str,
        typer.Argument(help="A served model, or one with a published price.", metavar="MODEL", show_default=False),
    ],
    *,
    size: Annotated[
        str | None, typer.Option(help="Width and height in pixels, such as 1536x1024.", show_default="auto")
    ] = None,
    quality: Annotated[str | None, typer.Option(help="As in a request.", show_default="auto")] = None,
    n: Annotated[int, typer.Option("--n", help="How many pictures.", min=1, max=10)] = 1,
    partials: Annotated[int, typer.Option(help="Unfinished pictures of a stream.", min=0, max=3)] = 0,
    input_images: Annotated[int, typer.Option(help="How many pictures go in.", min=0, max=16)] = 0,
    input_size: Annotated[str, typer.Option(help="Width and height of each of them, in pixels.", metavar="SIZE")] = str(
        SIZE_ASSUMED
    ),
    prompt: Annotated[str | None, typer.Option(help="The prompt.", show_default=False)] = None,
    tokens: Annotated[
        int | None,
        typer.Option(
            help="Tokens of the prompt, instead of it.",
            min=1,
            max=PROMPT_TOKENS_MAX,
            show_default=str(PROMPT_TOKENS),
        ),
    ] = None,
    markup_bp: Annotated[int, typer.Option(help="The account's markup in hundredths of a percent.", min=0)] = 0,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what a job would be held and charged, step by step, without sending it."""
    if prompt is not None and tokens is not None:
        raise typer.BadParameter("give the prompt or the number of its tokens", param_hint="--tokens")
    settings = configuration(config)
    fields: dict[str, Json] = {"n": n, "prompt": prompt_of(tokens or PROMPT_TOKENS) if prompt is None else prompt}
    fields |= {name: text for name, text in (("size", size), ("quality", quality)) if text is not None}
    if partials:
        fields |= {"stream": True, "partial_images": partials}
    try:
        found = quote(
            price_book(settings),
            model,
            fields,
            (_input_size(input_size),) * input_images,
            family=settings.models[model].family if model in settings.models else None,
            markup_bp=markup_bp,
        )
    except LimnerError as error:
        fail(error.message)
    except Unpriced as error:
        fail(str(error))
    if as_json:
        print_json(told(found))
    else:
        _show(found)


def _input_size(text: str) -> Size:
    width, _, height = text.partition("x")
    if not (width.isdecimal() and height.isdecimal() and int(width) and int(height)):
        raise typer.BadParameter(f"{text} is no size; write it as {SIZE_ASSUMED}", param_hint="--input-size")
    return Size(int(width), int(height))


def _alike(listings: Iterable[Listing]) -> dict[tuple[str, str], list[str]]:
    """Models by what is said of them: price and origin."""
    groups: dict[tuple[str, str], list[str]] = {}
    for listing in listings:
        groups.setdefault((described(listing.price), _origin(listing)), []).append(listing.model)
    return groups


def described(price: Price) -> str:
    """A price in a line."""
    match price:
        case TokenRates():
            text_in, image_in, text_out, image_out = (
                _short(rate_nusd * TOKENS_PER_PRICE)
                for rate_nusd in (
                    price.text_input_nusd,
                    price.image_input_nusd,
                    price.text_output_nusd,
                    price.image_output_nusd,
                )
            )
            return (
                f"{text_in} text in, {image_in} image in, {text_out} text out, {image_out} image out, USD per M tokens"
            )
        case PerImage():
            return f"{_short(price.image_nusd)} USD a picture{_with_inputs(price.input_image_nusd)}"
        case Banded():
            return f"{_range(price)}{_with_inputs(price.input_image_nusd)}"
        case PerMegapixel():
            first, further, inputs = map(_short, (price.first_nusd, price.further_nusd, price.input_nusd))
            return f"{first} USD the first megapixel, {further} each further one, {inputs} each of inputs"
        case Free():
            return "free"


def _range(price: Banded) -> str:
    by_quality = any(len(set(band.image_nusd.values())) > 1 for band in price.bands)
    functions = [name for name, is_one in (("size", len(price.bands) > 1), ("quality", by_quality)) if is_one]
    amounts = {nusd for band in price.bands for nusd in band.image_nusd.values()}
    span = " to ".join(dict.fromkeys(map(_short, (min(amounts), max(amounts)))))
    return f"{span} USD a picture" + (f", by {' and '.join(functions)}" if functions else "")


def _with_inputs(input_image_nusd: int) -> str:
    return f", {_short(input_image_nusd)} an input picture" if input_image_nusd else ""


def _origin(listing: Listing) -> str:
    found = f"{listing.source}, {listing.read_on}" if listing.source else ""
    if not listing.own:
        return f"published: {found}"
    return f"own, like {_like(listing)} ({found})" if found else "own"


def _like(listing: Listing) -> str | None:
    return None if isinstance(listing.written, str) else listing.written.get("like")


def _short(amount_nusd: int) -> str:
    """Dollars without needless zeros."""
    return usd_text(amount_nusd).rstrip("0").rstrip(".")


def _show(found: Quote) -> None:
    console = result_console()
    pictures = "1 picture" if found.request.n == 1 else f"{found.request.n} pictures"
    console.print(f"[bold]{escape(found.listing.model)}[/bold]: {pictures}, {found.size}, {found.quality.value}")
    console.print(f"[dim]{escape(_origin(found.listing))}; price book {found.price_book}[/dim]\n")
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("", no_wrap=True)
    for column in ("count", "each, USD", "USD"):
        table.add_column(column, justify="right", no_wrap=True)
    _add(table, "charge", found.charge)
    _add(table, "hold", found.hold)
    console.print(table)
    opened = left_open(found)
    if opened and found.hold.total_nusd != found.charge.total_nusd:
        console.print(f"\n[dim]{_remark(opened, found)}[/dim]")


def _add(table: Table, name: str, bill: Bill) -> None:
    table.add_row(f"[bold]{name}[/bold]", "", "", f"[bold]{_exact(bill.total_nusd)}[/bold]")
    for step in bill.steps:
        table.add_row(f"  {step.what}", f"{step.count:,}", _exact(step.each_nusd), _exact(step.amount_nusd))
    if bill.markup_nusd:
        table.add_row("  markup", "", "", _exact(bill.markup_nusd))


def _remark(opened: Sequence[str], found: Quote) -> str:
    here = " and ".join({"size": str(found.size), "quality": found.quality.value}[name] for name in opened)
    return (
        f"{' and '.join(opened).capitalize()} left open: the charge is for what is drawn, here {here}; "
        "the hold is for the dearest."
    )


def _exact(amount_nusd: int) -> str:
    """Dollars to the nano-dollar, so that points stand below one another."""
    dollars, rest = divmod(amount_nusd, NUSD_PER_USD)
    return f"{dollars:,}.{rest:09d}"
