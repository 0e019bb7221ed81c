"""Configuration: everything an operator can set, checked as a whole before anything starts.

Settings come from `limner.toml`, from `LIMNER_*` in the environment and from the command line, later ones winning. What
leaves this package is frozen and complete: every route names engines that exist, every model has a family and a price.
"""

from __future__ import annotations

from limner.config.load import Config, KindConfig, ModelConfig, load
from limner.config.problems import ConfigError
from limner.config.sections import (
    Auth,
    LimitsSection,
    LogFormat,
    LogLevel,
    ResultsSection,
    RetentionSection,
    ServerSection,
)

__all__ = [
    "Auth",
    "Config",
    "ConfigError",
    "KindConfig",
    "LimitsSection",
    "LogFormat",
    "LogLevel",
    "ModelConfig",
    "ResultsSection",
    "RetentionSection",
    "ServerSection",
    "load",
]
