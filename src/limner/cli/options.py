"""Options that several commands share, each defined once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

ConfigOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--config", help="Settings file.", show_default="limner.toml, if there is one", envvar="LIMNER_CONFIG"
    ),
]
DataOption: TypeAlias = Annotated[
    Path | None, typer.Option("--data", help="Folder of the database and the pictures.", show_default="data")
]
JsonOption: TypeAlias = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
HostOption: TypeAlias = Annotated[str | None, typer.Option(help="Address to listen on.", show_default="127.0.0.1")]
PortOption: TypeAlias = Annotated[
    int | None, typer.Option(help="Port to listen on; 0 takes any free one.", min=0, max=65_535, show_default="8000")
]
