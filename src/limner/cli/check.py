"""`limner check`."""

from __future__ import annotations

import asyncio
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape

from limner.app import CheckReport
from limner.app import check as check_installation
from limner.cli.options import ConfigOption, DataOption, JsonOption
from limner.cli.settings import configuration
from limner.cli.storing import told_plainly
from limner.cli.terminal import FAILED, print_json, result_console
from limner.config import Config
from limner.money import usd_text

app = typer.Typer(add_completion=False)


@app.command()
def check(*, config: ConfigOption = None, data: DataOption = None, as_json: JsonOption = False) -> None:
    """Check that the configuration, the engines and the ledger are sound.

    Every engine must be reachable and every account must add up. Draws nothing and costs nothing; safe beside a running
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
        _line(console, f"engine {engine.name}", f"{engine.kind}: {engine.detail}", sound=engine.reachable)
    for audit in report.audits:
        found = f"entries: {audit.entries}, balance: {usd_text(audit.balance_nusd)} USD"
        _line(console, f"account {audit.account_id}", found, sound=audit.sound)
        for fault in audit.faults:
            console.print(f"    [red]{escape(fault)}[/red]", soft_wrap=True)


def _line(console: Console, what: str, found: str, *, sound: bool) -> None:
    mark = "[green]ok  [/green]" if sound else "[red]bad [/red]"
    console.print(f"{mark}{escape(what)} [dim]{escape(found)}[/dim]", soft_wrap=True)


def _facts(settings: Config, report: CheckReport) -> dict[str, Any]:
    return {
        "sound": report.sound,
        "config": str(settings.file) if settings.file else None,
        "engines": [
            {"name": engine.name, "kind": engine.kind, "reachable": engine.reachable, "detail": engine.detail}
            for engine in report.engines
        ],
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
