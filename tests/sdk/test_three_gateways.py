"""The show of one bill over several gateways: whichever of them a retry meets, it finds the job it means."""

from __future__ import annotations

from pathlib import Path

import openai
import psycopg
from tests.fleet import balanced, fleet
from tests.postgres import PostgresServer
from tests.sdk.conftest import Sent
from tests.serving import scripted

ENGINE_S = 9
PATIENCE_S = 2


def test_retries_over_three_gateways_buy_one_picture(tmp_path: Path, postgres: PostgresServer, sent: Sent) -> None:
    """Two seconds' patience, an engine that takes nine, each retry at the next gateway: one picture, one charge."""
    address = postgres.create()
    with fleet(tmp_path, address, scripted(slow=f"delay_s = {ENGINE_S}")) as gateways:
        with balanced(gateways) as (base_url, balancer):
            client = openai.OpenAI(
                api_key=gateways[0].key("hurried"),
                base_url=base_url,
                timeout=PATIENCE_S,
                max_retries=5,
                http_client=openai.DefaultHttpxClient(event_hooks={"request": [sent.note]}, trust_env=False),
            )
            with client:
                answer = client.images.generate(model="scripted-slow", prompt="x")
        with psycopg.connect(address) as connection:
            jobs = connection.execute("SELECT id, outcome, charge_nusd FROM jobs").fetchall()
            entries = connection.execute("SELECT kind, amount_nusd FROM entries ORDER BY id").fetchall()
            [(balance_nusd,)] = connection.execute("SELECT balance_nusd FROM accounts").fetchall()
        assert gateways[2].check()["sound"]
    assert answer.data
    assert answer.data[0].b64_json
    assert len(sent.requests) > 1
    assert set(balancer.served) == {gateway.port for gateway in gateways}
    [(job_id, outcome, charge_nusd)] = jobs
    assert job_id == answer._request_id
    assert outcome in {"delivered", "stored"}
    assert charge_nusd > 0
    assert [kind for kind, _ in entries] == ["hold", "settle"]
    assert sum(amount for _, amount in entries) == balance_nusd == -charge_nusd
