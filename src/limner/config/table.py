"""The settings as Markdown tables, for docs/configuration.md; a test compares the two."""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel

from limner.config.problems import Schema, allowed, field_schemas
from limner.config.sections import MEBIBYTE, TABLES, ModelSection
from limner.config.sources import KINDS, env_name


def settings_table() -> str:
    """Every setting there is: a heading and a table for each section, for a model, and for each kind of a thing."""
    parts = [_part(f"`[{table}]`", section, env_name(table)) for table, section in TABLES.items()]
    parts.append(_part('`[models."NAME"]`', ModelSection, env_name("models", "NAME")))
    parts += [
        _part(f'`[{table}.NAME]` with `kind = "{kind}"`', settings, env_name(table, "NAME"))
        for table, kinds in KINDS.items()
        for kind, settings in kinds.items()
    ]
    return "\n".join(parts)


def _part(title: str, section: type[BaseModel], env_prefix: str) -> str:
    rows = [_row(name, schema) for name, schema in field_schemas(section).items()]
    head = ["| setting | it is | default | what it does |", "| --- | --- | --- | --- |"]
    return "\n".join([f"### {title}", "", f"In the environment: `{env_prefix}__SETTING`.", "", *head, *rows, ""])


def _row(name: str, schema: Schema) -> str:
    default = _default(name, schema["default"]) if "default" in schema else "must be written"
    return f"| `{name}` | {allowed(schema)} | {default} | {schema.get('description', '')} |"


def _default(name: str, value: Any) -> str:
    if value is None:
        return "absent"
    mebibytes, rest = divmod(value, MEBIBYTE) if name.endswith("bytes_max") else (0, 0)
    return f"`{json.dumps(value)}`" + (f" ({mebibytes} MiB)" if mebibytes and not rest else "")
