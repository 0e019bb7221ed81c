"""Where settings come from: the file, the environment over it, the command line over both. Makes one tree of them.

Knows names and nesting, and which text of the environment is a number or a list; leaves what values mean to validation.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

from pydantic import BaseModel

from limner.config.problems import ConfigError, Schema, did_you_mean, field_schemas
from limner.config.sections import TABLES, ModelSection
from limner.contract.families import known_models
from limner.engines import KINDS as ENGINE_KINDS
from limner.job import Json
from limner.moderators import KINDS as MODERATOR_KINDS

Tree: TypeAlias = "dict[str, Json]"
"""Tables by name, as TOML nests them."""
SettingPath: TypeAlias = tuple[str, ...]

FILE_NAME: Final = "limner.toml"
ENV_PREFIX: Final = "LIMNER_"
ENV_CONFIG: Final = "LIMNER_CONFIG"
ENV_OF_COMMANDS: Final = frozenset({ENV_CONFIG, "LIMNER_BASE_URL", "LIMNER_API_KEY"})
"""Names of ours that are no settings: where the file lies, and what the drawing commands talk to."""

_SERVICE_LINK: Final = re.compile(r"LIMNER_(SERVICE_(HOST|PORT)(_\w+)?|PORT_\d+_(TCP|UDP)(_(PROTO|PORT|ADDR))?)")
"""What Kubernetes sets in every container near a service called limner (Kubernetes, "Environment variables")."""
_SERVICE_ADDRESSES: Final = ("tcp://", "udp://")

KINDS: Final[Mapping[str, Mapping[str, type[BaseModel]]]] = {
    "engines": {kind: engine.settings for kind, engine in ENGINE_KINDS.items()},
    "moderators": {kind: moderator.settings for kind, moderator in MODERATOR_KINDS.items()},
}
"""Table of named things -> each kind of them -> its settings."""


@dataclass(frozen=True, slots=True)
class Sources:
    """All settings that were written somewhere, and where. problems: what could not be placed in the tree."""

    tree: Tree
    file: Path | None
    problems: tuple[str, ...]
    origins: Mapping[SettingPath, str] = field(default_factory=dict)

    def origin(self, path: SettingPath) -> str:
        """Where the setting at `path` was written, as the start of a sentence: "limner.toml: ", or "" for nowhere."""
        place = self.origins.get(path) or (str(self.file) if self.file else "")
        return f"{place}: " if place else ""


def gather(path: Path | None, environ: Mapping[str, str], flags: Mapping[str, Mapping[str, Json]]) -> Sources:
    """Read every source. `flags` has the settings given on the command line, by table.

    path: the file to read; None reads the one LIMNER_CONFIG names, else `limner.toml` when there is one.
    Raises ConfigError when a named file is missing or is no TOML.
    """
    file = path or _file_of(environ)
    tree = _read(file) if file else {}
    origins: dict[SettingPath, str] = {}
    problems: list[str] = []
    known = dict(_settings_by_env_name(tree, environ))
    for name in sorted(filter(_is_ours, environ)):
        text = environ[name]
        if not text or _is_service_link(name, text):
            continue
        if name not in known:
            problems.append(f"unknown environment variable {name}: {did_you_mean(name, known)}")
            continue
        setting, schema = known[name]
        _put(tree, setting, _value(text, schema))
        origins[setting] = name
    for table, settings in flags.items():
        for name, value in settings.items():
            _put(tree, (table, name), value)
            origins[table, name] = f"--{name}"
    return Sources(tree, file, tuple(problems), origins)


def env_name(*path: str) -> str:
    """The environment variable of the setting at `path`: ("server", "port") -> LIMNER_SERVER__PORT."""
    return ENV_PREFIX + "__".join(re.sub(r"\W", "_", step).upper() for step in path)


def _is_ours(name: str) -> bool:
    return name.startswith(ENV_PREFIX) and name not in ENV_OF_COMMANDS


def _is_service_link(name: str, text: str) -> bool:
    # LIMNER_PORT alone is more likely somebody's guess at LIMNER_SERVER__PORT, unless it holds an address.
    return bool(_SERVICE_LINK.fullmatch(name)) or (name == "LIMNER_PORT" and text.startswith(_SERVICE_ADDRESSES))


def _file_of(environ: Mapping[str, str]) -> Path | None:
    named = environ.get(ENV_CONFIG)
    if named:
        return Path(named)
    return Path(FILE_NAME) if Path(FILE_NAME).is_file() else None


def _read(file: Path) -> Tree:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigError([f"{file}: there is no such file"]) from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            [f"{file}: cannot be read: {getattr(error, 'strerror', None) or 'it is no UTF-8'}"]
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([f"{file}: is no TOML: {error}"]) from error


def _settings_by_env_name(tree: Tree, environ: Mapping[str, str]) -> Iterator[tuple[str, tuple[SettingPath, Schema]]]:
    """Every variable that can be set, with its place in the tree and what it may be."""
    for table, section in TABLES.items():
        for name, schema in field_schemas(section).items():
            yield env_name(table, name), ((table, name), schema)
    for table, kinds in KINDS.items():
        for named in _names(tree, environ, table):
            kind_path = (table, named, "kind")
            yield env_name(*kind_path), (kind_path, {"type": "string"})
            settings = kinds.get(environ.get(env_name(*kind_path)) or _kind(tree, table, named))
            for name, schema in field_schemas(settings).items() if settings else ():
                yield env_name(table, named, name), ((table, named, name), schema)
    for model in _names(tree, environ, "models"):
        for name, schema in field_schemas(ModelSection).items():
            yield env_name("models", model, name), (("models", model, name), schema)


def _names(tree: Tree, environ: Mapping[str, str], table: str) -> Sequence[str]:
    """Names in `table`: those of the file and, in small letters, those that only the environment mentions."""
    written = tree.get(table, {})
    names = {env_name(table, name): name for name in written} if isinstance(written, dict) else {}
    # No variable can be called gpt-image-2.5-flare: OpenAI's own names are recognised.
    public = {env_name(table, name): name for name in known_models()} if table == "models" else {}
    prefix = env_name(table) + "__"
    for variable in environ:
        if variable.startswith(prefix) and (name := variable.removeprefix(prefix).split("__")[0]):
            names.setdefault(prefix + name, public.get(prefix + name, name.lower()))
    return tuple(names.values())


def _kind(tree: Tree, table: str, named: str) -> str:
    """The kind of what is `named` in `table` as the file has it; what has none is named for its kind."""
    written = tree.get(table)
    section = written.get(named) if isinstance(written, dict) else None
    kind = section.get("kind") if isinstance(section, dict) else None
    return kind if isinstance(kind, str) else named


def _value(text: str, schema: Schema) -> Json:
    """`text` as it is when the setting takes text, else read as a TOML value; unreadable text is left to validation."""
    types = {option.get("type") for option in schema.get("anyOf", (schema,))}
    looks_nested = text.startswith(("{", "["))
    if "string" in types and not (looks_nested and types & {"object", "array"}):
        return text
    try:
        value: Json = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
    return value


def _put(tree: Tree, path: SettingPath, value: Json) -> None:
    table = tree
    for step in path[:-1]:
        below = table.setdefault(step, {})
        if not isinstance(below, dict):
            return  # The file has a plain value where a table belongs: validation says so.
        table = below
    table[path[-1]] = value
