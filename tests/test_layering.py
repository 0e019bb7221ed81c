"""The house's one rule: imports go upward only. The table here is the one in ARCHITECTURE.md."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "limner"

LAYERS: tuple[frozenset[str], ...] = (
    frozenset({"errors", "money", "clock", "blobs", "vocabulary", "process", "addresses"}),
    frozenset({"job"}),
    frozenset({"record", "limits", "claims", "trail"}),
    frozenset({"tasks", "webhooks"}),
    frozenset(
        {"engine", "accounts", "keys", "ledger", "prices", "tokens", "files", "usage", "health", "leases", "data"}
    ),
    frozenset({"imaging"}),
    frozenset({"exactness"}),
    frozenset({"router", "moderation", "statement"}),
    frozenset({"contract"}),
    frozenset({"inputs", "turns", "download", "outbound", "courier"}),
    frozenset({"run"}),
    frozenset({"attempts", "joining"}),
    frozenset({"gateway", "admin", "quote"}),
    frozenset({"backlog", "outbox"}),
    frozenset({"engines", "moderators", "storage", "http", "sinks", "remote", "client"}),
    frozenset({"config"}),
    frozenset({"app"}),
    frozenset({"cli"}),
)
"""From the top of the house down: a part may import parts of earlier rows, and itself."""

HOMES = {
    "PIL": "imaging",
    "isal": "imaging",
    "starlette": "http",
    "uvicorn": "http",
    "jinja2": "http",
    "python_multipart": "http",
    "sqlalchemy": "storage",
    "alembic": "storage",
    "sqlite3": "storage",
    "psycopg": "storage",
    "obstore": "storage",
    "pyvips": "engines",
    "typer": "cli",
    "rich": "cli",
}
"""Outside library -> the one part that may import it."""


def parts_of(path: Path) -> tuple[str, list[tuple[str, int]]]:
    """The part a file belongs to, and the modules it imports with their lines."""
    relative = path.relative_to(SOURCE)
    part = relative.parts[0].removesuffix(".py")
    imported: list[tuple[str, int]] = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            imported += [(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: a relative import hides its layer"
            module = node.module or ""
            names = [f"limner.{alias.name}" for alias in node.names] if module == "limner" else [module]
            imported += [(name, node.lineno) for name in names]
    return part, imported


FILES = sorted(path for path in SOURCE.rglob("*.py") if path.name != "__init__.py" or path.parent != SOURCE)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_go_upward_only(path: Path) -> None:
    """Each file imports only parts of earlier layers, and outside libraries only in their one home."""
    row_of = {part: row for row, parts in enumerate(LAYERS) for part in parts}
    part, imported = parts_of(path)
    assert part in row_of, f"{part} has no place in the table"
    for module, line in imported:
        names = module.split(".")
        if names[0] == "limner" and len(names) > 1 and names[1] != part and names[1] != "__version__":
            assert row_of[names[1]] < row_of[part], f"{path}:{line}: {part} may not import {names[1]}"
        assert HOMES.get(names[0], part) == part, f"{path}:{line}: {names[0]} belongs in {HOMES[names[0]]}/"


def test_the_table_names_no_part_that_is_gone() -> None:
    """Every part in the table exists, so that the table stays a map of the house."""
    existing = {path.name.removesuffix(".py") for path in SOURCE.iterdir()}
    assert {part for parts in LAYERS for part in parts} <= existing
