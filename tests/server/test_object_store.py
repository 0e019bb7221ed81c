"""A server whose pictures are kept in an object store: links, uploads, and a store that goes away and comes back."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest
from tests.serving import LIMNER, Server, scripted
from tests.storage.object_server import ACCOUNT, BUCKET, REGION, SECRET, ObjectServer, Trouble, serving_objects

PRICE_NUSD = 40_000_000
TIMEOUT_S = 2.0
"""For the store: long enough for it to be asked again, short enough for a test in which it is gone."""


def config(store: ObjectServer) -> str:
    """A model that answers with links, one that edits files, and the store; the secret is in the environment."""
    return f"""
{scripted(fast="")}
[models.linked]
route = ["fast"]
family = "dall-e-3"
price = {{ per_image_usd = "0.04" }}

[results]
store = "s3://{BUCKET}/limner"
endpoint = "{store.url}"
region = "{REGION}"
account = "{ACCOUNT}"
timeout_s = {TIMEOUT_S}
"""


@pytest.fixture(scope="module")
def running_store() -> Iterator[ObjectServer]:
    """An object store with an empty bucket."""
    with serving_objects() as running:
        yield running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, running_store: ObjectServer) -> Iterator[Server]:
    """A server that keeps its pictures there; in the end its log must not have the secret."""
    environment = {"LIMNER_RESULTS__SECRET": SECRET}
    running = Server(tmp_path_factory.mktemp("server"), config(running_store), environment)
    running.start()
    yield running
    running.kill()
    assert SECRET not in running.log()


@pytest.fixture(scope="module")
def key(server: Server) -> str:
    """A key for it."""
    return server.key("caller")


@pytest.fixture
def store(running_store: ObjectServer) -> ObjectServer:
    """The store, empty and well again."""
    running_store.objects.clear()
    running_store.troubles, running_store.trouble = [], None
    running_store.released.clear()
    return running_store


@pytest.fixture
def client(server: Server, key: str) -> Iterator[httpx.Client]:
    """Somebody with the key."""
    headers = {"authorization": f"Bearer {key}"}
    with httpx.Client(base_url=server.base_url, headers=headers, trust_env=False, timeout=30) as opened:
        yield opened


def generated(client: httpx.Client) -> httpx.Response:
    """The answer to a request for a picture by its address."""
    return client.post("/images/generations", json={"model": "linked", "prompt": "a fox"})


def link_of(answer: httpx.Response) -> str:
    """The address in an answer."""
    assert answer.status_code == 200, answer.text
    link = answer.json()["data"][0]["url"]
    assert isinstance(link, str)
    return link


def assert_not_stored(server: Server, answer: httpx.Response) -> None:
    """The caller got the envelope of an error on our side, the operator the reason."""
    assert (answer.status_code, answer.json()["error"]["type"]) == (500, "server_error")
    assert answer.json()["error"]["message"].startswith("The server had an error while processing your request.")
    assert "job.not_stored" in server.log()


@contextmanager
def paying(server: Server, charge_nusd: int) -> Iterator[None]:
    """What happens in the block costs so much, and no hold stays open; read as an accountant would."""
    before_nusd = books(server)[0]
    yield
    assert books(server) == (before_nusd - charge_nusd, 0)


def books(server: Server) -> tuple[int, int]:
    """The balance, and how many holds are open."""
    with closing(sqlite3.connect(f"file:{server.data / 'limner.db'}?mode=ro", uri=True, timeout=10)) as connection:
        [(balance_nusd,)] = connection.execute("SELECT balance_nusd FROM accounts")
        [(holds,)] = connection.execute(
            "SELECT count(*) FROM entries WHERE kind = 'hold' AND id NOT IN "
            "(SELECT resolves FROM entries WHERE resolves IS NOT NULL)"
        )
    return balance_nusd, holds


def test_a_link_serves_the_picture_from_the_store(server: Server, store: ObjectServer, client: httpx.Client) -> None:
    """The bytes behind the link are the object's, the folder has none, and the picture is charged."""
    with paying(server, PRICE_NUSD):
        link = link_of(generated(client))
    [(key, stored)] = store.objects.items()
    assert key == f"limner/results/{link.split('?')[0].partition('/results/')[2]}"
    picture = httpx.get(link, trust_env=False)
    assert (picture.status_code, picture.content) == (200, stored.data)
    assert list((server.data / "results").iterdir()) == []


def test_a_picture_deleted_from_the_store_is_no_longer_kept(store: ObjectServer, client: httpx.Client) -> None:
    """As by a rule of the bucket: its link is answered like that of an expired one."""
    link = link_of(generated(client))
    store.objects.clear()
    gone = httpx.get(link, trust_env=False)
    assert (gone.status_code, gone.json()["error"]["message"]) == (404, "This result is no longer kept.")


def test_nothing_is_charged_while_the_store_is_gone(server: Server, store: ObjectServer, client: httpx.Client) -> None:
    """Nothing is held or paid, links fail, and once the store is back all goes on."""
    link = link_of(generated(client))
    store.kill()
    with paying(server, 0):
        assert_not_stored(server, generated(client))
    assert httpx.get(link, trust_env=False, timeout=30).status_code == 500
    store.listen()
    assert httpx.get(link, trust_env=False).status_code == 200
    with paying(server, PRICE_NUSD):
        assert httpx.get(link_of(generated(client)), trust_env=False).status_code == 200


@pytest.mark.parametrize("trouble", [Trouble.FORBIDDEN, Trouble.STALL])
def test_nothing_is_charged_for_what_the_store_does_not_take(
    server: Server, store: ObjectServer, client: httpx.Client, trouble: Trouble
) -> None:
    """Whether it says so or says nothing at all."""
    store.trouble = trouble
    with paying(server, 0):
        assert_not_stored(server, generated(client))
    store.released.set()


def test_a_picture_whose_answer_was_lost_is_charged_once(
    server: Server, store: ObjectServer, client: httpx.Client
) -> None:
    """The store is asked again, sees what it has, and the caller has the picture."""
    store.troubles = [Trouble.UNANSWERED]
    with paying(server, PRICE_NUSD):
        assert httpx.get(link_of(generated(client)), trust_env=False).status_code == 200


def test_pictures_past_their_time_go_from_the_store(tmp_path: Path, store: ObjectServer) -> None:
    """All that can be deleted; one that cannot be is deleted in a later round."""
    settings = f"{config(store)}\n[retention]\nresults_s = 0\n"
    server = Server(tmp_path, settings, {"LIMNER_RESULTS__SECRET": SECRET})
    server.start()
    headers = {"authorization": f"Bearer {server.key('caller')}"}
    with httpx.Client(base_url=server.base_url, headers=headers, trust_env=False) as client:
        links = [link_of(generated(client)) for _ in range(3)]
    assert [httpx.get(link, trust_env=False).status_code for link in links] == [200] * 3
    server.stop()
    store.troubles = [Trouble.FORBIDDEN]
    for left in (1, 0):
        server.start()
        server.until(lambda left=left: len(store.objects) == left)  # type: ignore[misc]  # a default for what it means now
        server.stop()


def test_uploaded_files_are_in_the_store_too(store: ObjectServer, client: httpx.Client, photo_png: bytes) -> None:
    """A file comes back, is edited by its id, and goes when it is deleted; not in its row alone."""
    uploaded = client.post("/files", files={"file": ("photo.png", photo_png)}, data={"purpose": "vision"}).json()
    assert [key for key in store.objects if "uploads" in key] == [f"limner/uploads/{uploaded['id']}"]
    assert client.get(f"/files/{uploaded['id']}/content").content == photo_png
    edited = client.post(
        "/images/edits",
        json={"model": "scripted-fast", "prompt": "a fox", "images": [{"file_id": uploaded["id"]}]},
    )
    assert edited.status_code == 200, edited.text
    store.trouble = Trouble.FORBIDDEN
    assert client.delete(f"/files/{uploaded['id']}").status_code == 500
    store.trouble = None
    assert client.get(f"/files/{uploaded['id']}/content").content == photo_png
    assert client.delete(f"/files/{uploaded['id']}").status_code == 200
    assert [key for key in store.objects if "uploads" in key] == []


def test_the_check_tells_whether_the_store_can_be_used(server: Server, store: ObjectServer) -> None:
    """By writing, reading and deleting a probe; the secret is not told."""
    found = server.check()
    place = f"s3://{BUCKET}/limner"
    assert found["results"] == {"place": place, "usable": True, "detail": "a probe was written, read and deleted"}
    assert found["sound"] is True
    assert store.objects == {}
    store.trouble = Trouble.FORBIDDEN
    found = server.check()
    assert found["sound"] is False
    assert found["results"]["usable"] is False
    assert "nothing can be written: " in found["results"]["detail"]
    assert "AccessDenied" in found["results"]["detail"]
    assert SECRET not in json.dumps(found)


def test_the_extra_that_is_missing_is_named(tmp_path: Path, store: ObjectServer) -> None:
    """Without obstore a command that needs it ends with a sentence that says what to install."""
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "obstore.py").write_text('raise ModuleNotFoundError("No module named obstore", name="obstore")\n')
    (tmp_path / "limner.toml").write_text(config(store))
    path = os.pathsep.join(filter(None, (str(hidden), os.environ.get("PYTHONPATH"))))
    done = subprocess.run(
        [LIMNER, "check", "--config", tmp_path / "limner.toml", "--data", tmp_path / "data"],
        env={**os.environ, "PYTHONPATH": path, "LIMNER_RESULTS__SECRET": SECRET},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (
        1,
        f"error: s3://{BUCKET}/limner: results in an object store need a package more: pip install 'limner[objects]'\n",
    )
