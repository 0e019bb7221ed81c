"""The command line as a whole: what it lists, what it loads, what is documented."""

from __future__ import annotations

import json
import platform
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import Result

from limner import __version__
from limner.cli import COMMANDS

Limner = Callable[..., Result]

DOCUMENT = (Path(__file__).parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## limner (\w+)\n(.*?)(?=^## |\Z)", DOCUMENT, re.MULTILINE | re.DOTALL))


def commands(name: str) -> Iterator[tuple[str, Any]]:
    """The command called `name` and those below it, with the words that call them."""
    command: Any = typer.main.get_command(import_module(f"limner.cli.{name}").app)
    below = getattr(command, "commands", None)
    if below is None:
        yield name, command
    else:
        for inner, inner_command in below.items():
            yield f"{name} {inner}", inner_command


def test_help_lists_every_command(limner: Limner) -> None:
    """Each command stands there with its sentence."""
    shown = " ".join(limner("--help").stdout.replace("│", " ").split())
    for name, sentence in COMMANDS.items():
        assert f"{name} {sentence}" in shown


def test_help_loads_no_command() -> None:
    """Listing the commands imports neither the settings nor the network nor the database, and so answers at once."""
    program = (
        "import sys, limner.cli\n"
        "try: limner.cli.app(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'pydantic', 'aiohttp', 'sqlalchemy', 'numpy', 'starlette'} & set(sys.modules)\n"
        "sys.exit(f'loaded: {heavy}' if heavy else 0)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_commands_sentence_is_the_one_in_the_list(name: str) -> None:
    """What `limner --help` says of a command is the first line of its own help."""
    command: Any = typer.main.get_command(import_module(f"limner.cli.{name}").app)
    assert command.help.splitlines()[0] == COMMANDS[name]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_is_in_the_document(name: str) -> None:
    """docs/cli.md has a section for each command, with each argument and option in it."""
    section = SECTIONS[name]
    for words, command in commands(name):
        assert f"limner {words}" in DOCUMENT
        for parameter in command.params:
            spelled = parameter.opts if parameter.opts[0].startswith("-") else [parameter.metavar]
            for spelling in spelled:
                assert spelling == "--help" or f"{spelling}" in section, f"{words}: {spelling}"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_has_a_sentence(name: str) -> None:
    """No argument and no option is left unexplained."""
    for words, command in commands(name):
        assert command.help, words
        assert [parameter.name for parameter in command.params if not parameter.help] == []


def test_the_document_describes_no_command_that_is_gone() -> None:
    """Sections and commands are the same."""
    assert SECTIONS.keys() == COMMANDS.keys()


def test_the_version_is_told(limner: Limner) -> None:
    """For people and for programs."""
    assert limner("version").stdout == f"limner {__version__}\n"
    assert json.loads(limner("version", "--json").stdout) == {
        "limner": __version__,
        "python": platform.python_version(),
    }


def test_without_a_command_the_list_is_shown(limner: Limner) -> None:
    """`limner` alone is a wrong call that helps itself."""
    result = limner()
    assert result.exit_code == 2
    assert "generate" in result.output
