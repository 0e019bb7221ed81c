"""Loads and gateways are described so that what is measured is what was meant."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path

import pytest
from bench.gateways.peers import limner_config, litellm_config, nginx_config
from bench.gateways.scenarios import IMAGE_BYTES, MASK_BYTES, SCENARIOS, Scenario
from bench.gateways.upstream import document
from bench.pictures import noisy_png
from bench.profile import Profile
from PIL import Image

from limner.config import load

UPSTREAM = "https://127.0.0.1:9"


@pytest.mark.parametrize(("edge_px", "size_bytes"), [(1024, 37_500), (1024, 1_500_000), (2048, 6_000_000)])
def test_a_picture_has_its_size_and_length(edge_px: int, size_bytes: int) -> None:
    """It is a PNG that opens, of exactly as many bytes as asked for."""
    picture = noisy_png(edge_px, size_bytes)
    image = Image.open(io.BytesIO(picture))
    image.load()
    assert (len(picture), image.size, image.mode) == (size_bytes, (edge_px, edge_px), "RGB")


def test_a_mask_has_alpha() -> None:
    """OpenAI wants masks with an alpha channel."""
    assert Image.open(io.BytesIO(noisy_png(1024, MASK_BYTES, alpha=True))).mode == "RGBA"


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_the_upstream_answers_what_is_asked_for(scenario: Scenario) -> None:
    """The answer's picture has the size of the request, so that no gateway needs to change it; the usage comes last."""
    answer = json.loads(document(scenario.answer))
    text = answer["data"][0]["b64_json"]
    edge_px = scenario.answer.edge_px
    assert len(text) == scenario.answer.base64_bytes
    assert Image.open(io.BytesIO(base64.b64decode(text))).size == (edge_px, edge_px)
    assert f"{edge_px}x{edge_px}".encode() in scenario.body()[1]
    assert list(answer)[-1] == "usage"


def test_an_edit_carries_its_pictures() -> None:
    """A picture of 1.5 MB and a mask of 20 KB go up."""
    edit = next(scenario for scenario in SCENARIOS if scenario.edit)
    content_type, body = edit.body()
    assert content_type.startswith("multipart/form-data; boundary=")
    assert IMAGE_BYTES + MASK_BYTES < len(body) < IMAGE_BYTES + MASK_BYTES + 2000


def test_no_two_loads_share_a_name() -> None:
    """They are named on the command line."""
    assert len({scenario.name for scenario in SCENARIOS}) == len(SCENARIOS)


def test_limners_configuration_is_one(tmp_path: Path) -> None:
    """Limner reads it, and serves the model that is asked for."""
    file = tmp_path / "limner.toml"
    file.write_text(limner_config(UPSTREAM))
    assert list(load(file, environ={}).models) == ["gpt-image-2"]


def test_peers_are_pointed_at_the_upstream(tmp_path: Path) -> None:
    """Nothing in their templates is left to fill in, and nginx speaks TLS when the upstream does."""
    assert "proxy_pass https://stand_in;" in nginx_config(tmp_path, 1234, UPSTREAM)
    assert "server 127.0.0.1:9;" in nginx_config(tmp_path, 1234, UPSTREAM)
    assert "api_base: https://127.0.0.1:9/v1" in litellm_config(UPSTREAM)


def test_a_profile_leaves_waiting_threads_out() -> None:
    """Shares are of threads at work; a function's own time is told apart from that of what it calls."""
    profile = Profile.of(
        [
            "run (a.py:1);work (a.py:2) 30",
            "run (a.py:1) 10",
            "run (a.py:1);_worker (concurrent/futures/thread.py:81) 99",
        ]
    )
    assert profile.table(profile.own) == " 75.0%  work (a.py:2)\n 25.0%  run (a.py:1)"
    assert profile.table(profile.within) == "100.0%  run (a.py:1)\n 75.0%  work (a.py:2)"
