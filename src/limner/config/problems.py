"""What is wrong with a configuration, said so that its operator can mend it without looking anything up.

A problem names where the setting was written, the setting, the value received, what is allowed, and for a misspelt name
the nearest known one. Secrets are never repeated: a field that pydantic marks as a password shows no value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final, TypeAlias

from pydantic import BaseModel, ValidationError

from limner.job import Json

Schema: TypeAlias = Mapping[str, Any]
"""A JSON Schema, as pydantic writes it."""

_VALUE_CHARS_MAX: Final = 60
_PREFIX_OF_OWN_RULES: Final = "Value error, "
_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")
"""TOML 1.0, "Keys": any other key needs quotes."""


class ConfigError(Exception):
    """The configuration cannot be used; `problems` has one sentence for each thing found wrong, not just the first."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


def field_schemas(section: type[BaseModel]) -> Mapping[str, Schema]:
    """Name of each setting of `section` -> its JSON Schema, with references resolved and `null` left out."""
    whole = section.model_json_schema()
    return {name: _resolved(schema, whole.get("$defs", {})) for name, schema in whole.get("properties", {}).items()}


def allowed(schema: Schema) -> str:
    """What a setting may be, as the words after "it must be"."""
    if "anyOf" in schema:
        return " or ".join(allowed(option) for option in schema["anyOf"])
    if "enum" in schema:
        return _either([f"`{value}`" for value in schema["enum"]])
    if "const" in schema:
        return f"`{schema['const']}`"
    match schema.get("type"):
        case "integer":
            return "a whole number" + _range(schema)
        case "number":
            return "a number" + _range(schema)
        case "boolean":
            return "`true` or `false`"
        case "array":
            return f"a list, each element {allowed(schema.get('items', {}))}"
        case "object":
            return "a table"
        case "string":
            return {"path": "a path", "uri": "an http:// or https:// address"}.get(schema.get("format", ""), "text")
        case _:
            return "something else"


def is_secret(schema: Schema) -> bool:
    """Whether a setting's value must not be shown anywhere."""
    return bool(schema.get("writeOnly")) or any(is_secret(option) for option in schema.get("anyOf", ()))


def table_name(path: Sequence[str]) -> str:
    """A table as it is written in the file: ("models", "gpt-image-2.5") -> `[models."gpt-image-2.5"]`."""
    return f"[{'.'.join(step if _BARE_KEY.fullmatch(step) else json.dumps(step) for step in path)}]"


def shown(value: Json) -> str:
    """`value` as it would be written, cut to fit a line; tables by kind only, since they may hold secrets."""
    if isinstance(value, dict):
        return "a table"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _VALUE_CHARS_MAX else text[: _VALUE_CHARS_MAX - 1] + "…"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The known name nearest to `name`, or all of them when none is near."""
    names = sorted(known)
    nearest = get_close_matches(name, names, n=1)
    return f"did you mean `{nearest[0]}`?" if nearest else f"known here: {', '.join(names) or 'none'}"


def faults(table: str, section: type[BaseModel], error: ValidationError) -> list[tuple[str, str]]:
    """What pydantic found wrong in `table`, once a setting: its name ("" for the table as a whole) and a sentence."""
    schemas = field_schemas(section)
    found: dict[str, str] = {}
    for fault in error.errors(include_url=False):
        name = str(fault["loc"][0]) if fault["loc"] else ""
        # A setting with several allowed shapes has a fault for each of them; the sentence on the field says them all.
        found.setdefault(name, _sentence(table, name, schemas, fault))
    return list(found.items())


def _sentence(table: str, name: str, schemas: Mapping[str, Schema], fault: Mapping[str, Any]) -> str:
    schema = schemas.get(name, {})
    nested = ".".join(str(step) for step in fault["loc"][1:])
    match fault["type"]:
        case "extra_forbidden" if not nested:
            return f"unknown setting `{table} {name}`: {did_you_mean(name, schemas)}"
        case "missing" if not nested:
            return f"{table} {name} is missing; it must be {allowed(schema)}. {schema.get('description', '')}".rstrip()
        case "value_error":
            return f"{table} {name}".rstrip() + f": {fault['msg'].removeprefix(_PREFIX_OF_OWN_RULES)}"
    if nested and (schema.get("type") == "object" or schema.get("items", {}).get("type") == "object"):
        return f"{table} {name}.{nested}: {fault['msg'][0].lower()}{fault['msg'][1:]}"
    value = "set to a hidden value" if is_secret(schema) else shown(fault["input"])
    verb = "holds" if nested and "anyOf" not in schema else "is"
    return f"{table} {name} {verb} {value}; it must be {allowed(schema)}"


def _range(schema: Schema) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        return f" from {low} to {high}"
    if low is not None:
        return f" of at least {low}"
    if "exclusiveMinimum" in schema:
        above = f" above {schema['exclusiveMinimum']}"
        return above if high is None else f"{above} and at most {high}"
    return "" if high is None else f" of at most {high}"


def _either(options: Sequence[str]) -> str:
    return options[0] if len(options) == 1 else f"{', '.join(options[:-1])} or {options[-1]}"


def _resolved(schema: Schema, definitions: Mapping[str, Schema]) -> Schema:
    """`schema` with its reference, if any, replaced and with the option of being absent taken away."""
    own = {key: value for key, value in schema.items() if key not in {"$ref", "anyOf"}}
    if "$ref" in schema:
        own = {**definitions[schema["$ref"].rpartition("/")[2]], **own}
    if "items" in own:
        own["items"] = _resolved(own["items"], definitions)
    options = [_resolved(option, definitions) for option in schema.get("anyOf", ()) if option.get("type") != "null"]
    if len(options) == 1:
        return {**options[0], **own}
    return {**own, "anyOf": options} if options else own
