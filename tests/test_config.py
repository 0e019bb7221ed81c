"""The configuration: where settings come from, how they are checked, and what an operator is told."""

from __future__ import annotations

from pathlib import Path
from typing import Self

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError, model_validator

from limner.config import Auth, Config, ConfigError, load
from limner.config.problems import allowed, faults, field_schemas
from limner.config.sections import TABLES, ModelSection, Section
from limner.config.sources import KINDS, env_name
from limner.config.table import settings_table
from limner.contract.catalog import Delivery
from limner.contract.families import known_models

DOCUMENT = Path(__file__).parents[1] / "docs" / "configuration.md"
SOURCE = Path(__file__).parents[1] / "src" / "limner"
EXAMPLE = Path(__file__).parents[1] / "limner.example.toml"


def loaded(folder: Path, text: str, **environ: str) -> Config:
    """The configuration of a file with `text`."""
    file = folder / "limner.toml"
    file.write_text(text, encoding="utf-8")
    return load(file, environ=environ)


def problems(folder: Path, text: str, **environ: str) -> list[str]:
    """What is wrong with a file with `text`, without the file's name in front."""
    with pytest.raises(ConfigError) as caught:
        loaded(folder, text, **environ)
    assert str(caught.value).splitlines() == list(caught.value.problems)
    return [problem.removeprefix(f"{folder / 'limner.toml'}: ") for problem in caught.value.problems]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads a limner.toml that happens to lie in the working folder."""
    monkeypatch.chdir(tmp_path)


def test_nothing_written_serves_every_current_model_with_sketch() -> None:
    """Without a file and environment, one sketch engine serves OpenAI's current image models on localhost."""
    config = load(environ={})
    assert config.file is None
    assert (config.server.host, config.server.port, config.server.data) == ("127.0.0.1", 8000, Path("data"))
    assert config.server.auth is Auth.KEYS
    assert [engine.kind for engine in config.engines.values()] == ["sketch"]
    assert config.models.keys() == known_models().keys()
    assert {model.route for model in config.models.values()} == {("sketch",)}
    assert config.models["gpt-image-2.5-flare"].family == "gpt-image-2.5"


def test_flags_win_over_environment_and_environment_over_the_file(tmp_path: Path) -> None:
    """A setting comes from the command line, else the environment, else the file, else its default."""
    file = tmp_path / "limner.toml"
    file.write_text('[server]\nport = 1\nhost = "file"\ndata = "file"\n')
    environ = {"LIMNER_SERVER__PORT": "2", "LIMNER_SERVER__HOST": "environment"}
    config = load(file, environ=environ, flags={"server": {"port": 3}})
    assert (config.server.port, config.server.host, config.server.data) == (3, "environment", Path("file"))
    assert config.limits.keepalive_s == 15


@pytest.mark.parametrize("how", ["argument", "environment", "working folder"])
def test_the_file_is_named_or_found(tmp_path: Path, how: str) -> None:
    """The file is the one given, else the one LIMNER_CONFIG names, else limner.toml in the working folder."""
    file = tmp_path / ("limner.toml" if how == "working folder" else "other.toml")
    file.write_text("[server]\nport = 4\n")
    environ = {"LIMNER_CONFIG": str(file)} if how == "environment" else {}
    assert load(file if how == "argument" else None, environ=environ).server.port == 4


def test_the_process_environment_is_read_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without `environ`, variables of the process count."""
    monkeypatch.setenv("LIMNER_SERVER__PORT", "5")
    assert load().server.port == 5


@pytest.mark.parametrize(
    ("variable", "text", "setting", "value"),
    [
        ("LIMNER_SERVER__PORT", "9000", "port", 9000),
        ("LIMNER_SERVER__REMOTE_IMAGES", "true", "remote_images", True),
        ("LIMNER_SERVER__HOST", "8000", "host", "8000"),
        ("LIMNER_SERVER__DATA", "/srv/limner", "data", Path("/srv/limner")),
        ("LIMNER_SERVER__PUBLIC_URL", "", "public_url", None),
        ("LIMNER_SERVER__AUTH", "off", "auth", Auth.OFF),
    ],
)
def test_environment_text_becomes_what_the_setting_takes(variable: str, text: str, setting: str, value: object) -> None:
    """Numbers and truth values are read, text stays text, and an empty variable is as good as none."""
    assert getattr(load(environ={variable: text}).server, setting) == value


def test_engines_and_models_can_be_set_in_the_environment(tmp_path: Path) -> None:
    """A variable names an engine or model of the file, an engine of its own, or one of OpenAI's models."""
    config = loaded(
        tmp_path,
        '[engines.my-sketch]\nkind = "sketch"\n[models."house.style"]\nroute = ["my-sketch"]\nprice = "free"\n',
        LIMNER_ENGINES__MY_SKETCH__CONCURRENCY="7",
        LIMNER_ENGINES__SCRIPTED__DELAY_S="0.5",
        LIMNER_ENGINES__SPARE__KIND="scripted",
        LIMNER_ENGINES__SPARE__PICTURE_BYTES="12",
        LIMNER_MODELS__HOUSE_STYLE__FAMILY="gpt-image-1",
        LIMNER_MODELS__GPT_IMAGE_2_5_FLARE__ROUTE='["scripted", "spare"]',
        LIMNER_MODELS__GPT_IMAGE_2_5_FLARE__PRICE='{ per_image_usd = "0.02" }',
    )
    assert {name: engine.kind for name, engine in config.engines.items()} == {
        "my-sketch": "sketch",
        "scripted": "scripted",
        "spare": "scripted",
    }
    assert config.engines["my-sketch"].settings.model_dump()["concurrency"] == 7
    assert config.models["house.style"].family == "gpt-image-1"
    assert config.models["gpt-image-2.5-flare"].route == ("scripted", "spare")
    assert config.models["gpt-image-2.5-flare"].price == {"per_image_usd": "0.02"}


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("LIMNER_BASE_URL", "http://127.0.0.1:1/v1"),
        ("LIMNER_API_KEY", "sk-limner-x"),
        ("LIMNER_SERVICE_HOST", "10.0.0.1"),
        ("LIMNER_SERVICE_PORT_HTTP", "8000"),
        ("LIMNER_PORT", "tcp://10.0.0.1:8000"),
        ("LIMNER_PORT_8000_TCP_ADDR", "10.0.0.1"),
        ("OTHER_SERVER__PORT", "1"),
    ],
)
def test_variables_that_are_no_settings_are_left_alone(variable: str, text: str) -> None:
    """The commands' own variables, and those Kubernetes sets for a service called limner, are no mistakes."""
    assert load(environ={variable: text}) == load(environ={})


def test_a_variable_below_a_plain_value_leaves_the_telling_to_the_value(tmp_path: Path) -> None:
    """The file's `server = 3` is the one problem, not the variable that goes below it."""
    assert problems(tmp_path, "server = 3", LIMNER_SERVER__PORT="1") == ["[server] is 3; it must be a table"]


def test_unknown_names_are_refused_with_the_nearest_known_one(tmp_path: Path) -> None:
    """A misspelt table, setting, engine setting or variable names what was probably meant."""
    found = problems(
        tmp_path,
        "[servr]\n[server]\nprot = 1\n[engines.sketch]\nconcurency = 2\n[limits]\nzzz = 1\n",
        LIMNER_PORT="9000",
    )
    assert found == [
        "unknown environment variable LIMNER_PORT: did you mean `LIMNER_SERVER__PORT`?",
        "unknown table [servr]: did you mean `server`?",
        "unknown setting `[engines.sketch] concurency`: did you mean `concurrency`?",
        "unknown setting `[server] prot`: did you mean `port`?",
        f"unknown setting `[limits] zzz`: known here: {', '.join(sorted(field_schemas(TABLES['limits'])))}",
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('[server]\nport = "80"', '[server] port is "80"; it must be a whole number from 0 to 65535'),
        ("[server]\nport = 70000", "[server] port is 70000; it must be a whole number from 0 to 65535"),
        ('[server]\nauth = "on"', '[server] auth is "on"; it must be `keys` or `off`'),
        ("[server]\nverify_images = 1", "[server] verify_images is 1; it must be `true` or `false`"),
        ("[server]\ndata = 3", "[server] data is 3; it must be a path"),
        ('[server]\npublic_url = "x"', '[server] public_url is "x"; it must be an http:// or https:// address'),
        ("[limits]\nkeepalive_s = 0", "[limits] keepalive_s is 0; it must be a number above 0"),
        ("[limits]\nparts_max = 0", "[limits] parts_max is 0; it must be a whole number of at least 1"),
        ("[server.port]", "[server] port is a table; it must be a whole number from 0 to 65535"),
        ("limits = 3", "[limits] is 3; it must be a table"),
        ("engines = 3", "[engines] is 3; it must be a table"),
        ("[engines]\nsketch = 3", "[engines.sketch] is 3; it must be a table"),
        ('[engines.a]\nkind = "sktch"', '[engines.a] kind is "sktch": did you mean `sketch`?'),
        (
            "[engines.sketchy]",
            '[engines.sketchy] kind is "sketchy" (its name, since it has no `kind`): did you mean `sketch`?',
        ),
        ('[models.gpt-image-2]\nroute = "sketch"', None),
        (
            "[models.gpt-image-2]\nroute = [3]",
            "[models.gpt-image-2] route holds 3; it must be a list, each element text or a table",
        ),
        (
            '[models.gpt-image-2]\nroute = ["sktch"]',
            '[models.gpt-image-2] route names the engine "sktch", which does not exist: did you mean `sketch`?',
        ),
        (
            '[models.gpt-image-2]\nfamily = "gpt-image-3"',
            '[models.gpt-image-2] family is "gpt-image-3": did you mean `gpt-image-2`?',
        ),
        (
            '[models.gpt-image-2]\ndelivery = "url"',
            '[models.gpt-image-2] delivery is "url"; models of the family gpt-image-2 always answer with "b64_json"',
        ),
        (
            '[results]\nstore = "bucket"',
            (
                '[results] store: "bucket" is no place in an object store; it must be s3://BUCKET/PREFIX, '
                "gs://BUCKET/PREFIX or az://CONTAINER/PREFIX, the prefix of letters, digits and -_.=/ or left out"
            ),
        ),
        ('[results]\nstore = "gs://bucket"\naccount = "x"', "[results]: `account` means nothing to gs://"),
        ('[results]\nstore = "az://container/a/b/"\nregion = "x"', "[results]: `region` means nothing to az://"),
        (
            '[results]\nstore = "s3://bucket/a"\naccount = "x"',
            "[results]: `account` and `secret` go together: write both, or leave both to the environment",
        ),
        ('[models.gpt-image-2]\nprice = "fre"', '[models.gpt-image-2] price is "fre"; it must be `free` or a table'),
    ],
)
def test_a_wrong_value_is_told_with_what_is_allowed(tmp_path: Path, text: str, sentence: str | None) -> None:
    """Every refusal names the setting, the value received and what would be accepted."""
    expected = sentence or '[models.gpt-image-2] route is "sketch"; it must be a list, each element text or a table'
    assert problems(tmp_path, text) == [expected]


def test_every_problem_is_told_at_once_and_where_it_was_written(tmp_path: Path) -> None:
    """One error lists all problems; those from the environment and the command line say so."""
    file = tmp_path / "limner.toml"
    file.write_text("[server]\nauth = 1\n[limits]\nparts_max = 0\n")
    with pytest.raises(ConfigError) as caught:
        load(file, environ={"LIMNER_LIMITS__JOB_TIMEOUT_S": "soon"}, flags={"server": {"port": -1}})
    assert list(caught.value.problems) == [
        "--port: [server] port is -1; it must be a whole number from 0 to 65535",
        f"{file}: [server] auth is 1; it must be `keys` or `off`",
        f"{file}: [limits] parts_max is 0; it must be a whole number of at least 1",
        'LIMNER_LIMITS__JOB_TIMEOUT_S: [limits] job_timeout_s is "soon"; it must be a number above 0',
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "there is no such file"), (b"[server", "is no TOML"), (b"\xff", "it is no UTF-8")],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None, words: str) -> None:
    """A named file that is missing or is no TOML is a problem, not a default."""
    file = tmp_path / "mine.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigError, match=words) as caught:
        load(file, environ={})
    assert str(file) in str(caught.value)


def test_a_folder_in_place_of_the_file_is_a_problem(tmp_path: Path) -> None:
    """The system's own reason is passed on."""
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        load(tmp_path, environ={})


def test_a_route_can_share_its_jobs_by_weight(tmp_path: Path) -> None:
    """Each engine has its share; without weights the order counts."""
    file = tmp_path / "limner.toml"
    file.write_text(
        '[engines.sketch]\n[engines.spare]\nkind = "sketch"\n[models.gpt-image-2]\n'
        'route = [{ engine = "sketch", weight = 1 }, { engine = "spare", weight = 3 }]\n'
        '[models.gpt-image-1]\nroute = ["spare", "sketch"]\n'
    )
    models = load(file, environ={}).models
    assert (models["gpt-image-2"].route, models["gpt-image-2"].weights) == (("sketch", "spare"), (1, 3))
    assert (models["gpt-image-1"].route, models["gpt-image-1"].weights) == (("spare", "sketch"), ())


@pytest.mark.parametrize(
    ("route", "sentence"),
    [
        ('[{ engine = "sketch" }]', 'route has a table with {"engine": "sketch"}; it must be an engine and'),
        ('[{ engine = "sketch", weight = 0 }]', "it must be an engine and a whole number of at least 1, such as"),
        ('[{ engine = "sketch", weight = true }]', "it must be an engine and a whole number of at least 1, such as"),
        ('[{ engine = "sketch", weight = 1, n = 2 }]', "it must be an engine and a whole number of at least 1"),
        ('[{ engine = "sktch", weight = 1 }]', 'route names the engine "sktch", which does not exist'),
        ('["sketch", { engine = "sketch", weight = 1 }]', "route has weights; then it must give every engine one"),
        (
            '[{ engine = "sketch", weight = 1 }, { engine = "sketch", weight = 1 }]',
            "route has weights; then it must give every engine one, and name each of them once",
        ),
    ],
)
def test_a_route_with_bad_weights_is_refused(tmp_path: Path, route: str, sentence: str) -> None:
    """The sentence says what a step of a route is."""
    file = tmp_path / "limner.toml"
    file.write_text(f"[engines.sketch]\n[models.gpt-image-2]\nroute = {route}\n")
    with pytest.raises(ConfigError) as refusal:
        load(file, environ={})
    [problem] = refusal.value.problems
    assert sentence in problem


def test_several_engines_without_models_need_a_route(tmp_path: Path) -> None:
    """With more than one engine nobody can guess which one serves a model: the refusal shows how to say it."""
    engines = '[engines.a]\nkind = "scripted"\n[engines.b]\nkind = "sketch"\n'
    (refusal,) = problems(tmp_path, engines)
    assert refusal.startswith("there are 2 engines and no models: say which engines serve a model")
    assert refusal.endswith('such as [models."gpt-image-2"] route = ["a", "b"]')
    assert problems(tmp_path, engines + "[models.gpt-image-2]\n") == [
        "[models.gpt-image-2] route is missing; it must name engines, the preferred one first: a, b"
    ]


def test_a_model_names_its_moderator(tmp_path: Path) -> None:
    """A moderator is a table of its own, of a kind, and set in the environment like an engine; a model names it."""
    (tmp_path / "list.txt").write_text("[violence]\nblow up\n")
    text = '[moderators.house]\nkind = "words"\nfile = "list.txt"\n[models.gpt-image-2]\nmoderator = "house"\n'
    config = loaded(tmp_path, text)
    assert {name: moderator.kind for name, moderator in config.moderators.items()} == {"house": "words"}
    assert config.models["gpt-image-2"].moderator == "house"
    config = loaded(tmp_path, "[models.gpt-image-2]", LIMNER_MODERATORS__WORDS__FILE="list.txt")
    assert config.moderators["words"].settings.model_dump() == {"file": Path("list.txt")}
    assert config.models["gpt-image-2"].moderator is None


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            '[models.gpt-image-2]\nmoderator = "hose"\n[moderators.house]\nkind = "words"\nfile = "list.txt"',
            '[models.gpt-image-2] moderator names "hose", which does not exist: did you mean `house`?',
        ),
        (
            '[models.gpt-image-2]\nmoderator = "words"',
            '[models.gpt-image-2] moderator names "words", which does not exist: known here: none',
        ),
        ('[moderators.a]\nkind = "word"', '[moderators.a] kind is "word": did you mean `words`?'),
        (
            '[moderators.words]\nfile = "none.txt"',
            '[moderators.words] file: "none.txt" cannot be read: No such file or directory',
        ),
        (
            '[moderators.words]\nfile = "bad.txt"',
            '[moderators.words] file: "bad.txt": line 1 has neither letters nor digits: ***',
        ),
    ],
)
def test_a_moderator_that_cannot_be_used_is_told(tmp_path: Path, text: str, sentence: str) -> None:
    """Unknown names, unknown kinds and lists that are none keep the server from starting."""
    (tmp_path / "list.txt").write_text("blow up\n")
    (tmp_path / "bad.txt").write_text("***\n")
    assert problems(tmp_path, text) == [sentence]


def test_one_engine_serves_whatever_names_no_route(tmp_path: Path) -> None:
    """With one engine a route can be left out, and without models all current ones are served."""
    config = loaded(tmp_path, '[engines.only]\nkind = "scripted"\n')
    assert config.models.keys() == known_models().keys()
    assert config.models["gpt-image-2"].route == ("only",)
    named = loaded(tmp_path, '[models.gpt-image-2]\n[models.mine]\nprice = "free"\n')
    assert named.models.keys() == {"gpt-image-2", "mine"}
    assert named.models["mine"].route == ("sketch",)
    assert named.models["mine"].family == "gpt-image-2"


def test_dall_e_models_answer_with_links_unless_told_otherwise(tmp_path: Path) -> None:
    """Delivery follows the family, and only a dall-e family may choose."""
    config = loaded(
        tmp_path,
        '[models.dall-e-3]\nprice = "free"\n[models.dall-e-2]\nprice = "free"\ndelivery = "b64_json"\n',
    )
    assert config.models["dall-e-3"].delivery is Delivery.URL
    assert config.models["dall-e-2"].delivery is Delivery.B64_JSON


def test_a_model_without_a_price_is_refused_and_free_must_be_written(tmp_path: Path) -> None:
    """A model nobody has priced does not start; its operator is shown the ways to price it."""
    (unpriced,) = problems(tmp_path, "[models.mine]\n")
    assert unpriced.startswith("[models.mine] price cannot be used: no price is published for mine")
    assert 'price = "free"' in unpriced
    (rounded,) = problems(tmp_path, "[models.mine]\nprice = { per_image_usd = 0.02 }\n")
    assert "write it in quotes" in rounded
    assert loaded(tmp_path, '[models.mine]\nprice = { like = "gpt-image-2" }\n').models["mine"].price == {
        "like": "gpt-image-2"
    }


class Upstream(Section):
    """Settings of an engine with a secret, as an engine of a vendor has."""

    key: SecretStr
    spare_key: SecretStr | None = None
    stages: tuple[Section, ...] = ()

    @model_validator(mode="after")
    def _differ(self) -> Self:
        if self.spare_key == self.key:
            raise ValueError("the spare key is the key itself")
        return self


@given(st.integers() | st.lists(st.integers(), min_size=1) | st.dictionaries(st.text(), st.integers(), min_size=1))
def test_a_secret_is_never_shown(value: object) -> None:
    """A refused secret is told without its value."""
    with pytest.raises(ValidationError) as caught:
        Upstream.model_validate({"key": "sk-fine", "spare_key": value})
    ((name, sentence),) = faults("[engines.up]", Upstream, caught.value)
    assert name == "spare_key"
    assert sentence == "[engines.up] spare_key is set to a hidden value; it must be text"


def test_a_secret_is_masked_in_the_configuration() -> None:
    """What is printed of a configuration holds no secret."""
    assert "sk-fine" not in repr(Upstream.model_validate({"key": "sk-fine"}))


def test_faults_of_other_shapes_are_told_too() -> None:
    """Missing settings, nested tables and an engine's own rules have their sentences."""
    with pytest.raises(ValidationError) as caught:
        Upstream.model_validate({"stages": [{"x": 1}]})
    assert faults("[engines.up]", Upstream, caught.value) == [
        ("key", "[engines.up] key is missing; it must be text."),
        ("stages", "[engines.up] stages.0.x: extra inputs are not permitted"),
    ]
    with pytest.raises(ValidationError) as caught:
        Upstream.model_validate({"key": "sk-fine", "spare_key": "sk-fine"})
    assert faults("[engines.up]", Upstream, caught.value) == [("", "[engines.up]: the spare key is the key itself")]


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "integer"}, "a whole number"),
        ({"type": "integer", "maximum": 3}, "a whole number of at most 3"),
        ({"type": "number", "exclusiveMinimum": 0, "maximum": 1}, "a number above 0 and at most 1"),
        ({"const": "x"}, "`x`"),
        ({"enum": ["x"]}, "`x`"),
        ({"enum": ["x", "y", "z"]}, "`x`, `y` or `z`"),
        ({"type": "object"}, "a table"),
        ({}, "something else"),
    ],
)
def test_what_is_allowed_is_said_in_words(schema: dict[str, object], words: str) -> None:
    """Ranges and choices read as a sentence goes on."""
    assert allowed(schema) == words


@pytest.mark.parametrize(("table", "kind"), [(table, kind) for table, kinds in KINDS.items() for kind in kinds])
def test_settings_of_kinds_are_documented_and_refuse_unknown_names(table: str, kind: str) -> None:
    """The settings of every engine and moderator have a sentence each, and a misspelt one is refused."""
    settings = KINDS[table][kind]
    assert settings.model_config.get("extra") == "forbid"
    assert settings.model_config.get("frozen") is True
    assert [name for name, schema in field_schemas(settings).items() if not schema.get("description")] == []


def test_every_setting_has_a_sentence_and_stands_in_the_document() -> None:
    """docs/configuration.md holds the settings as the code has them."""
    for section in TABLES.values():
        assert [name for name, schema in field_schemas(section).items() if not schema.get("description")] == []
    assert settings_table() in DOCUMENT.read_text(encoding="utf-8"), "`make docs` writes it anew"


def test_the_example_file_is_sound_and_says_the_defaults() -> None:
    """limner.example.toml can be used as it is, and changes nothing."""
    assert load(EXAMPLE, environ={}).server == load(environ={}).server
    assert load(EXAMPLE, environ={}).limits == load(environ={}).limits


def test_every_setting_is_used() -> None:
    """A setting nobody reads would be a promise nobody keeps."""
    source = (SOURCE / "app.py").read_text() + (SOURCE / "config" / "load.py").read_text()
    sections: list[type[Section]] = [*TABLES.values(), ModelSection]
    for section in sections:
        assert [name for name in section.model_fields if f".{name}" not in source] == []


def test_environment_names_are_made_from_any_name() -> None:
    """Characters no variable can have become underscores."""
    assert env_name("models", "gpt-image-2.5") == "LIMNER_MODELS__GPT_IMAGE_2_5"


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://limner:hunter2@db.example.org/limner",
        "postgres://limner@127.0.0.1:5433/limner?sslmode=require",
        "postgresql:///limner?host=/run/postgresql",
    ],
)
def test_a_database_is_named_by_its_address(address: str) -> None:
    """By file or environment; what is printed of it holds no password."""
    config = load(environ={"LIMNER_SERVER__DATABASE": address})
    assert config.server.database_address == address
    assert "hunter2" not in repr(config)
    assert load(environ={}).server.database_address is None


@pytest.mark.parametrize(
    "address",
    ["mysql://limner:hunter2@db/limner", "limner.db", "postgresql://limner:hunter2@db", "postgresql://a:hunter2@b:x/c"],
)
def test_what_names_no_postgresql_database_is_refused(address: str) -> None:
    """With the way it is written, and without the password in it."""
    with pytest.raises(ConfigError, match="written as `postgresql://") as refused:
        load(environ={"LIMNER_SERVER__DATABASE": address})
    assert "hunter2" not in str(refused.value)
