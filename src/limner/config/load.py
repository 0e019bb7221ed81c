"""From settings as written to a configuration that can be used, or to the list of all that is wrong with it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from pydantic import BaseModel, ValidationError

from limner.config.problems import ConfigError, did_you_mean, faults, shown, table_name
from limner.config.sections import (
    TABLES,
    FilesSection,
    LimitsSection,
    ModelSection,
    ResultsSection,
    RetentionSection,
    ServerSection,
    WebhooksSection,
)
from limner.config.sources import KINDS, SettingPath, Sources, Tree, gather
from limner.contract.catalog import Delivery
from limner.contract.families import FAMILIES, MODEL_DEFAULT, delivery_default, family_of, known_models
from limner.job import Json
from limner.prices import InvalidPrice, PriceBook, PriceSetting, published

ENGINE_DEFAULT: Final = "sketch"
"""Name and kind of the only engine when none is written."""

_TABLE_NAMES: Final = (*TABLES, *KINDS, "models")

_Section = TypeVar("_Section", bound=BaseModel)


@dataclass(frozen=True, slots=True, kw_only=True)
class KindConfig:
    """One engine or moderator: its kind, and the settings from which `KINDS[kind]` of its package builds it."""

    kind: str
    settings: BaseModel


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelConfig:
    """One public model, complete.

    route: names of engines, the preferred one first, or in any order when weights have each one's share of the jobs;
    never empty. moderator: name of what judges requests before engines that do not; None has none. price: the
    operator's own, for the price book; None has the published one.
    """

    route: tuple[str, ...]
    weights: tuple[int, ...]
    family: str
    delivery: Delivery
    moderator: str | None
    price: PriceSetting | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything an operator can set. file: where it was read from, or None when there was none."""

    file: Path | None
    server: ServerSection
    limits: LimitsSection
    files: FilesSection
    results: ResultsSection
    retention: RetentionSection
    webhooks: WebhooksSection
    engines: Mapping[str, KindConfig]
    moderators: Mapping[str, KindConfig]
    models: Mapping[str, ModelConfig]


def load(
    file: Path | None = None,
    *,
    flags: Mapping[str, Mapping[str, Json]] | None = None,
    environ: Mapping[str, str] | None = None,
) -> Config:
    """The configuration from every source; `sources.gather` has their order.

    flags: settings from the command line, by table. environ: the process's own environment when None.
    Raises ConfigError with everything that is wrong.
    """
    reading = _Reading(gather(file, os.environ if environ is None else environ, flags or {}))
    for table in reading.sources.tree:
        if table not in _TABLE_NAMES:
            reading.refuse((table,), f"unknown table [{table}]: {did_you_mean(table, _TABLE_NAMES)}")
    engines = _of_kinds(reading, "engines", reading.tables("engines") or {ENGINE_DEFAULT: {}})
    moderators = _of_kinds(reading, "moderators", reading.tables("moderators"))
    config = Config(
        file=reading.sources.file,
        server=reading.section(ServerSection, ("server",)) or ServerSection(),
        limits=reading.section(LimitsSection, ("limits",)) or LimitsSection(),
        files=reading.section(FilesSection, ("files",)) or FilesSection(),
        results=reading.section(ResultsSection, ("results",)) or ResultsSection(),
        retention=reading.section(RetentionSection, ("retention",)) or RetentionSection(),
        webhooks=reading.section(WebhooksSection, ("webhooks",)) or WebhooksSection(),
        engines={name: engine for name, engine in engines.items() if engine},
        moderators={name: moderator for name, moderator in moderators.items() if moderator},
        models=_models(reading, tuple(engines), tuple(moderators)),
    )
    if reading.problems:
        raise ConfigError(reading.problems)
    return config


class _Reading:
    """The sources, and the problems found while they are read."""

    def __init__(self, sources: Sources) -> None:
        self.sources = sources
        self.problems = list(sources.problems)

    def refuse(self, path: SettingPath, sentence: str) -> None:
        """Note what is wrong with the setting at `path`."""
        self.problems.append(self.sources.origin(path) + sentence)

    def table(self, written: Tree, path: SettingPath) -> Tree:
        """The table at `path`, whose last step is a key of `written`; empty when absent or refused."""
        found = written.get(path[-1], {})
        if isinstance(found, dict):
            return found
        self.refuse(path, f"{table_name(path)} is {shown(found)}; it must be a table")
        return {}

    def tables(self, name: str) -> Mapping[str, Tree]:
        """The tables inside the table `name`."""
        outer = self.table(self.sources.tree, (name,))
        return {inner: self.table(outer, (name, inner)) for inner in outer}

    def section(self, section: type[_Section], path: SettingPath, written: Tree | None = None) -> _Section | None:
        """`written`, by default the whole table at `path`, as a checked `section`; None when it was refused."""
        settings = self.table(self.sources.tree, path) if written is None else written
        try:
            # By way of JSON, where strictness still lets text be a path or one of an enumeration, as TOML needs.
            return section.model_validate_json(json.dumps(settings, default=str), strict=True)
        except ValidationError as error:
            for name, sentence in faults(table_name(path), section, error):
                self.refuse((*path, name), sentence)
            return None


def _of_kinds(reading: _Reading, table: str, tables: Mapping[str, Tree]) -> Mapping[str, KindConfig | None]:
    """Name of each of `tables`, which stand in `table` -> its configuration, None when that was refused."""
    found, kinds = dict[str, KindConfig | None](), KINDS[table]
    for name, written in tables.items():
        path = (table, name)
        kind = written.get("kind", name)
        if not isinstance(kind, str) or kind not in kinds:
            missing = "" if "kind" in written else " (its name, since it has no `kind`)"
            reading.refuse(
                (*path, "kind"), f"{table_name(path)} kind is {shown(kind)}{missing}: {did_you_mean(str(kind), kinds)}"
            )
            found[name] = None
            continue
        settings = reading.section(kinds[kind], path, {key: written[key] for key in written if key != "kind"})
        found[name] = KindConfig(kind=kind, settings=settings) if settings else None
    return found


def _models(reading: _Reading, engines: Sequence[str], moderators: Sequence[str]) -> Mapping[str, ModelConfig]:
    """Public model -> its configuration. Without any written, every current gpt-image model on the only engine."""
    written = reading.tables("models")
    if not written and len(engines) > 1:
        route = ", ".join(f'"{engine}"' for engine in engines)
        reading.refuse(
            ("models",),
            f"there are {len(engines)} engines and no models: say which engines serve a model, the preferred one "
            f'first, such as [models."{MODEL_DEFAULT}"] route = [{route}]',
        )
        return {}
    models: dict[str, ModelConfig] = {}
    for name, settings in (written or {name: {} for name in known_models()}).items():
        section = reading.section(ModelSection, ("models", name), settings)
        if section:
            models[name] = _model(reading, engines, moderators, name, section)
    return models


def _model(
    reading: _Reading, engines: Sequence[str], moderators: Sequence[str], name: str, section: ModelSection
) -> ModelConfig:
    """One model, with what was left out filled in."""

    def refuse(setting: str, sentence: str) -> None:
        path = ("models", name)
        reading.refuse((*path, setting), f"{table_name(path)} {setting} {sentence}")

    family = section.family or family_of(name) or MODEL_DEFAULT
    if family not in FAMILIES:
        refuse("family", f'is "{family}": {did_you_mean(family, FAMILIES)}')
        family = MODEL_DEFAULT
    delivery = section.delivery or delivery_default(family)
    if delivery is Delivery.URL and not FAMILIES[family].legacy:
        refuse("delivery", f'is "url"; models of the family {family} always answer with "b64_json"')
    if section.moderator is not None and section.moderator not in moderators:
        refuse(
            "moderator",
            f'names "{section.moderator}", which does not exist: {did_you_mean(section.moderator, moderators)}',
        )
    route, weights = _route(section, engines, partial(refuse, "route"))
    try:
        PriceBook.load(published(), {name: section.price} if section.price else {}).require([name])
    except InvalidPrice as error:
        refuse("price", f"cannot be used: {error}")
    return ModelConfig(
        route=route,
        weights=weights,
        family=family,
        delivery=delivery,
        moderator=section.moderator,
        price=section.price,
    )


def _route(
    section: ModelSection, engines: Sequence[str], refuse: Callable[[str], None]
) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """The names of a model's engines, and their weights when they share its jobs."""
    if not section.route and len(engines) > 1:
        refuse(f"is missing; it must name engines, the preferred one first: {', '.join(engines)}")
    names, weights = list[str](), list[int]()
    for step in section.route or engines[:1]:
        if isinstance(step, str):
            names.append(step)
            continue
        match step:
            case {"engine": str(name), "weight": int(weight), **more} if weight > 0 and weight is not True and not more:
                names.append(name)
                weights.append(weight)
            case _:
                refuse(
                    f"has a table with {json.dumps(step, default=str)}; it must be an engine and a whole number of at "
                    'least 1, such as { engine = "NAME", weight = 3 }'
                )
                return (), ()
    for name in names:
        if name not in engines:
            refuse(f'names the engine "{name}", which does not exist: {did_you_mean(name, engines)}')
    if weights and (len(weights) < len(names) or len(set(names)) < len(names)):
        refuse("has weights; then it must give every engine one, and name each of them once")
        return (), ()
    return tuple(names), tuple(weights)
