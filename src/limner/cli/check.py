"""`limner check`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

import typer
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from limner.app import CheckReport, EngineCheck, ModelModeration, Moderated
from limner.app import check as check_installation
from limner.cli.options import ConfigOption, DataOption, JsonOption
from limner.cli.settings import configuration
from limner.cli.storing import told_plainly
from limner.cli.terminal import FAILED, print_json, result_console
from limner.config import Config
from limner.engine import Ability
from limner.exactness import Survey
from limner.job import Format, Kind
from limner.money import usd_text

_NAMES_MAX: Final = 3
"""More are counted instead of named."""

app = typer.Typer(add_completion=False)


@app.command()
def check(*, config: ConfigOption = None, data: DataOption = None, as_json: JsonOption = False) -> None:
    """Check that the configuration, the engines and the ledger are sound.

    Every engine and every moderator must be reachable, a probe must be written, read and deleted where pictures are
    kept, and every account must add up. Draws nothing, has nothing judged and costs nothing; safe beside a running
    server. Exit code 1 tells that something is wrong.
    """
    settings = configuration(config, data=data)
    with told_plainly(settings):
        report = asyncio.run(check_installation(settings))
    if as_json:
        print_json(_facts(settings, report))
    else:
        _show(settings, report, result_console())
    if not report.sound:
        raise typer.Exit(FAILED)


def _show(settings: Config, report: CheckReport, console: Console) -> None:
    file = settings.file or "built-in settings"
    _line(console, str(file), f"engines: {len(settings.engines)}, models: {len(settings.models)}", sound=True)
    for engine in report.engines:
        _line(console, f"engine {engine.name}", f"{engine.kind}: {engine.probe.detail}", sound=engine.probe.reachable)
        for text in (*_seen(engine), ability_text(engine.ability)):
            console.print(Padding(escape(text), (0, 0, 0, 4), expand=False))
    for moderator in report.moderators:
        _line(
            console, f"moderator {moderator.name}", f"{moderator.kind}: {moderator.detail}", sound=moderator.reachable
        )
    _line(console, f"results {report.results.place}", report.results.detail, sound=report.results.usable)
    for audit in report.audits:
        found = f"entries: {audit.entries}, balance: {usd_text(audit.balance_nusd)} USD"
        _line(console, f"account {audit.account_id}", found, sound=audit.sound)
        for fault in audit.faults:
            console.print(f"    [red]{escape(fault)}[/red]", soft_wrap=True)
    console.print()
    console.print(_table(report))
    console.print()
    console.print(_moderation_table(report))


def _seen(engine: EngineCheck) -> list[str]:
    """The models that the engine's server lists, those that are called so here first; nothing where it has no list."""
    if engine.probe.models is None:
        return []
    names = sorted(engine.probe.models, key=lambda name: name not in engine.surveys)
    return [f"models seen: {_models(names) or 'none'}"]


def ability_text(ability: Ability) -> str:
    """What an engine does by itself, in one line."""
    sizes = (
        "any size" if ability.sizes is None else _counted(len(ability.sizes), "size", sorted(map(str, ability.sizes)))
    )
    traits = {
        "compression": ability.compression,
        "qualities": bool(ability.qualities),
        "transparency": ability.transparent,
        "masks": ability.mask,
        "partials": ability.partial_images,
    }
    return ", ".join(
        (
            " ".join(f"{kind}s" for kind in Kind if kind in ability.kinds),
            sizes,
            " ".join(image_format for image_format in Format if image_format in ability.formats),
            f"{ability.n_max} a call",
            *([f"inputs: {ability.images_max}"] if ability.images_max else []),
            *(name for name, has in traits.items() if has),
            *sorted(ability.parameters),
        )
    )


def _counted(count: int, noun: str, names: Sequence[str]) -> str:
    return " ".join(names) if count <= _NAMES_MAX else f"{count} {noun}s"


def _table(report: CheckReport) -> Table:
    """A line for each engine and each group of its models that fare alike."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("engine", "models", "what the engine does not do by itself"):
        table.add_column(column)
    for engine in report.engines:
        groups: dict[Survey, list[str]] = {}
        for model, found in engine.surveys.items():
            groups.setdefault(found, []).append(model)
        for found, models in groups.items():
            table.add_row(escape(engine.name), escape(_models(models)), _survey_text(found))
    return table


def _moderation_table(report: CheckReport) -> Table:
    """A line for each group of models that have the same before them."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("models", "moderation before an engine draws"):
        table.add_column(column)
    groups: dict[str, list[str]] = {}
    for model, found in report.moderation.items():
        groups.setdefault(_moderation_text(found), []).append(model)
    for text, models in groups.items():
        table.add_row(escape(_models(models)), escape(text))
    return table


def _moderation_text(found: ModelModeration) -> str:
    words = {
        Moderated.ENGINE: "by the engine itself",
        Moderated.MODERATOR: f"moderator {found.moderator}",
        Moderated.OFF: "off",
    }
    if len(set(found.engines.values())) == 1:
        return words[next(iter(found.engines.values()))]
    return "\n".join(f"{engine}: {words[moderated]}" for engine, moderated in found.engines.items())


def _survey_text(found: Survey) -> str:
    fates = {
        "emulated": found.emulated,
        "adapted": found.adapted,
        "without effect": found.ignored,
        "refused": found.refused,
    }
    return "\n".join(f"{fate}: {', '.join(names)}" for fate, names in fates.items() if names) or "nothing"


def _models(names: Sequence[str]) -> str:
    more = len(names) - _NAMES_MAX
    return " ".join(names) if more <= 0 else f"{' '.join(names[:_NAMES_MAX])} and {more} more"


def _line(console: Console, what: str, found: str, *, sound: bool) -> None:
    mark = "[green]ok  [/green]" if sound else "[red]bad [/red]"
    console.print(f"{mark}{escape(what)} [dim]{escape(found)}[/dim]", soft_wrap=True)


def _facts(settings: Config, report: CheckReport) -> dict[str, Any]:
    return {
        "sound": report.sound,
        "config": str(settings.file) if settings.file else None,
        "engines": [
            {
                "name": engine.name,
                "kind": engine.kind,
                "reachable": engine.probe.reachable,
                "detail": engine.probe.detail,
                "key_accepted": engine.probe.key_accepted,
                "models_seen": engine.probe.models,
                "ability": ability_text(engine.ability),
                "models": {model: asdict(found) for model, found in engine.surveys.items()},
            }
            for engine in report.engines
        ],
        "moderators": [asdict(moderator) for moderator in report.moderators],
        "moderation": {model: asdict(found) for model, found in report.moderation.items()},
        "results": asdict(report.results),
        "accounts": [
            {
                "id": audit.account_id,
                "balance_usd": usd_text(audit.balance_nusd),
                "held_usd": usd_text(audit.held_nusd),
                "entries": audit.entries,
                "faults": list(audit.faults),
            }
            for audit in report.audits
        ],
    }
