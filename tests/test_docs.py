"""Documentation that the code can contradict is held against it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from limner.config.sources import KINDS

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("src/**/*.md")])


def table_names(page: Path) -> set[str]:
    """The first column of the tables in a page, without code marks."""
    return set(re.findall(r"^\| `?([^`|]+?)`? \|", page.read_text(), re.MULTILINE))


def test_every_runtime_dependency_has_its_line() -> None:
    """docs/dependencies.md names exactly the packages of pyproject.toml, those of extras too."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = [line for lines in project["optional-dependencies"].values() for line in lines]
    declared = {re.split(r"[\[>=<]", line)[0] for line in (*project["dependencies"], *extras)}
    assert table_names(ROOT / "docs" / "dependencies.md") - {"package", "---"} == declared


@pytest.mark.parametrize(("table", "kind"), [(table, kind) for table, kinds in KINDS.items() for kind in sorted(kinds)])
def test_every_setting_of_a_kind_is_documented(table: str, kind: str) -> None:
    """docs/engines.md and docs/moderation.md have a section for each kind, with a line for each of its settings."""
    page = {"engines": "engines.md", "moderators": "moderation.md"}[table]
    section = re.search(rf"^## {kind}$(.*?)(?=^## |\Z)", (ROOT / "docs" / page).read_text(), re.MULTILINE | re.DOTALL)
    assert section, f"no section for {kind}"
    documented = set(re.findall(r"^\| `([a-z_]+)` \|", section[1], re.MULTILINE))
    assert set(KINDS[table][kind].model_fields) <= documented


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    """Each relative link names a file or folder that exists."""
    for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text()):
        assert (page.parent / target).exists(), f"{page}: {target}"


def test_the_architecture_has_the_layers_of_the_code() -> None:
    """Every part of the house stands in ARCHITECTURE.md's table."""
    named = set(re.findall(r"`([a-z]+)/?`", (ROOT / "ARCHITECTURE.md").read_text()))
    parts = {path.name.removesuffix(".py") for path in (ROOT / "src" / "limner").iterdir()}
    assert parts - {"__init__", "__pycache__", "data", "py.typed"} <= named
