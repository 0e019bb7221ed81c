"""What an operator may write, and the table of dialects holding together."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from limner.config import ConfigError, load
from limner.engines.upstream.dialects import DIALECTS, DialectName
from limner.engines.upstream.settings import UpstreamSettings
from limner.job import Format, Kind


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ({"dialect": "sglang"}, "`base_url` must say where it is"),
        ({"sizes": ["big"]}, '"big" is no size'),
        ({"sizes": []}, "its own list"),
        ({"dialect": "xai", "sizes": ["512x512"]}, "its own list"),
        ({"dialect": "opneai"}, "openai"),
        ({"base_url": "ftp://host/"}, "http"),
        ({"base_url": "https://h/openai/v1?api-version=preview"}, "`api_version`"),
        ({"base_url": "https://h/openai/v1?"}, "it has no query"),
        ({"base_url": "https://h/v1#a"}, "it has no query"),
        ({"result_hosts": ["minio:9000"]}, '"minio:9000" is no host'),
        ({"result_hosts": ["http://minio"]}, "without scheme and port"),
        ({"result_hosts": ["[::1]"]}, "is no host"),
        ({"base_url": "https://user:word@h/v1", "key": "k"}, "only one of it and `key`"),
        ({"dialect": "xai", "mask": True}, "`mask` claims"),
        ({"dialect": "siliconflow", "images_max": 1}, "`images_max` claims"),
        ({"dialect": "together-kontext", "images_max": 2}, "`images_max` claims"),
        ({"dialect": "azure-flux", "base_url": "http://h", "images_max": 2}, "`images_max` claims"),
        ({"dialect": "recraft", "images_max": 2}, "`images_max` claims"),
        ({"dialect": "seedream", "n_max": 2}, "`n_max` claims"),
        ({"dialect": "xai", "formats": ["png"]}, "`formats` claims"),
        ({"formats": []}, "at least 1"),
        ({"formats": ["bmp"]}, "'gif' or 'svg'"),
        ({"dialect": "recraft", "partial_images": True}, "`partial_images` claims"),
        ({"dialect": "localai", "base_url": "http://h", "mask": True, "n_max": 2}, "`n_max` claims"),
        ({"timeout_s": 0}, "greater than 0"),
        ({"cost": {"like": "nobodys"}}, "'nobodys' has no published price"),
        ({"cost": {"per_image_usd": "-1"}}, "a picture costs from 0"),
    ],
)
def test_mistakes_are_said(written: dict[str, Any], sentence: str) -> None:
    """Before anything is asked."""
    with pytest.raises(ValidationError, match=sentence):
        UpstreamSettings.model_validate(written)


def test_formats_can_be_more_and_fewer_than_the_dialects() -> None:
    """A model may make what few others do, or answer in one encoding alone."""
    more = UpstreamSettings.model_validate({"formats": ["png", "gif"]}).deviations.ability
    fewer = UpstreamSettings.model_validate({"dialect": "xai", "formats": ["jpeg"]}).deviations.ability
    assert more.formats == {Format.PNG, Format.GIF}
    assert fewer.formats == {Format.JPEG}


def test_hosts_are_known_in_any_letters() -> None:
    """As they are where a result's address is read."""
    hosts = ("MinIO.internal", "10.0.0.1", "FD00::1", "::ffff:10.0.0.1")
    settings = UpstreamSettings.model_validate({"result_hosts": hosts})
    assert settings.result_hosts == ("minio.internal", "10.0.0.1", "fd00::1", "::ffff:10.0.0.1")


def test_the_key_is_never_shown() -> None:
    """Neither in the settings' text nor in what is said of a wrong one."""
    assert "sk-secret" not in repr(UpstreamSettings.model_validate({"key": "sk-secret"}))


def test_the_environment_gives_the_key() -> None:
    """As every setting; a mistake beside it does not repeat it."""
    environ = {"LIMNER_ENGINES__OPENAI__KIND": "upstream", "LIMNER_ENGINES__OPENAI__KEY": "sk-secret"}
    settings = load(environ=environ).engines["openai"].settings
    assert isinstance(settings, UpstreamSettings)
    assert settings.key is not None
    assert settings.key.get_secret_value() == "sk-secret"
    with pytest.raises(ConfigError) as wrong:
        load(environ={**environ, "LIMNER_ENGINES__OPENAI__N_MAX": "99"})
    assert "sk-secret" not in str(wrong.value)


def test_there_is_a_dialect_for_every_name() -> None:
    """And no other."""
    assert set(DIALECTS) == set(DialectName)


@pytest.mark.parametrize("name", DIALECTS)
def test_a_dialect_can_do_what_it_says(name: DialectName) -> None:
    """An ability without the address or the field for it would be a promise nobody keeps."""
    dialect = DIALECTS[name]
    ability, names = dialect.ability, dialect.generation.names
    assert (Kind.EDIT in ability.kinds) == (dialect.edit is not None) == (ability.images_max > 0)
    assert ability.n_max == 1 or "n" in names
    assert "output_format" in names or dialect.generation.format_accepted or len(ability.formats) == 1
    assert not ability.compression or "output_compression" in names
    assert not ability.qualities or "quality" in names
    assert not ability.partial_images or {"stream", "partial_images"} <= set(names)
    assert "size" in names
    assert ability.sizes == (frozenset(dialect.sizes) if dialect.sizes else ability.sizes)
    everything = set(names) | set(dialect.edit.names if dialect.edit else ())
    assert ability.parameters <= everything
    # Of OpenAI's models few make them, and of the others none is known to.
    assert not ability.formats & {Format.SVG, Format.GIF} or name is DialectName.LIMNER
