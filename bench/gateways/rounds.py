"""Scenarios measured: every round asks each gateway in turn, so that ratios are of what was measured side by side."""

from __future__ import annotations

import base64
import http.client
import json
import os
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from bench.crowd import Crowd
from bench.gateways import upstream
from bench.gateways.quiet import Quiet
from bench.gateways.ratios import Reading, Readings
from bench.gateways.running import LOAD_CORE, Running, Upstream, awake_cores, gateway, stand_in
from bench.gateways.scenarios import Name, Scenario
from bench.pictures import noisy_png
from tests.processes import Processes, on_core

_WARM_UP_CALLS: Final = 48
_WARM_UP_S_MAX: Final = 2.0
_WARM_UP_AT_ONCE: Final = 16


class NotThin(RuntimeError):
    """A gateway changed what it should have passed on, so that its figures would say nothing."""


def measure(scenarios: Sequence[Scenario], *, rounds: int, without: Sequence[Name], patience_s: float) -> Readings:
    """All readings of the scenarios, by every gateway they name but those in `without`. patience_s: see Quiet."""
    readings, quiet = Readings(), Quiet(patience_s)
    with tempfile.TemporaryDirectory(prefix="limner-bench-") as temporary, on_core(LOAD_CORE), ExitStack() as stack:
        folder = Path(temporary)
        to = stack.enter_context(stand_in(folder))
        stack.enter_context(awake_cores())
        wanted = {name for scenario in scenarios for name in scenario.gateways} - set(without)
        # It takes some twenty seconds to start, so it stays. The others are fresh for each scenario.
        kept = [stack.enter_context(_begun(Name.LITELLM, folder, to, readings))] if Name.LITELLM in wanted else []
        for number, scenario in enumerate(scenarios):
            fresh = [name for name in scenario.gateways if name in wanted and name is not Name.LITELLM]
            place = folder / str(number)
            place.mkdir()
            with ExitStack() as started:
                begun = [started.enter_context(_begun(name, place, to, readings, tls=scenario.tls)) for name in fresh]
                begun += [running for running in kept if running.name in scenario.gateways]
                for running in begun:
                    _check(running, scenario, to)
                    _warm_up(running, scenario, to)
                for count in range(rounds):
                    print(f"measuring: {scenario.name}, round {count + 1} of {rounds}", file=sys.stderr)
                    for running in begun:
                        reading = quiet.measured(partial(_reading, running, scenario, to))
                        readings.took(scenario.name, running.name, reading)
    readings.others_shares += quiet.shares
    return readings


@contextmanager
def under_load(scenario: Scenario) -> Iterator[Processes]:
    """A Limner that is under a scenario's load, without an end, while the caller looks at it."""
    endless = replace(scenario, calls_max=sys.maxsize, seconds_max=float("inf"))
    with tempfile.TemporaryDirectory(prefix="limner-bench-") as temporary, on_core(LOAD_CORE):
        folder = Path(temporary)
        with stand_in(folder) as to, gateway(Name.LIMNER, folder / "limner", to, tls=scenario.tls) as running:
            assert running.processes
            _check(running, scenario, to)
            upstream.tell(to.port, scenario.answer)
            crowd = _crowd(running, endless)
            thread = threading.Thread(target=crowd.ask)
            thread.start()
            try:
                yield running.processes
            finally:
                crowd.calls_max = 0
                thread.join()


@contextmanager
def _begun(name: Name, folder: Path, to: Upstream, readings: Readings, *, tls: bool = False) -> Iterator[Running]:
    with gateway(name, folder / name.lower(), to, tls=tls) as running:
        if running.processes:
            running.processes.rest()
            readings.started(name, start_s=running.start_s, idle_bytes=running.processes.memory_bytes())
        yield running


def _check(running: Running, scenario: Scenario, to: Upstream) -> None:
    """Ask once. Raises NotThin unless the very picture comes back, and nothing had to be adapted."""
    answer = replace(scenario.answer, together=1)
    upstream.tell(to.port, answer)
    content_type, body = scenario.body()
    headers = {"Content-Type": content_type, "Authorization": f"Bearer {running.key}"}
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=60)
    try:
        connection.request("POST", running.prefix + scenario.path, body, headers)
        response = connection.getresponse()
        text = response.read()
    finally:
        connection.close()
    if response.status != http.client.OK:
        raise NotThin(f"{running.name}: {response.status} {text[:500].decode(errors='replace')}")
    picture = base64.b64encode(noisy_png(answer.edge_px, answer.base64_bytes // 4 * 3)).decode()
    if json.loads(text)["data"][0]["b64_json"] != picture:
        raise NotThin(f"{running.name}: the picture came back changed")
    treated = response.headers.get("limner-parameters", "")
    if any(part.partition("=")[2] != "honoured" for part in treated.split(", ") if part):
        raise NotThin(f"{running.name}: {treated}")


def _warm_up(running: Running, scenario: Scenario, to: Upstream) -> None:
    upstream.tell(to.port, replace(scenario.answer, together=1))
    at_once = min(scenario.at_once, _WARM_UP_AT_ONCE)
    warming = replace(scenario, at_once=at_once, calls_max=_WARM_UP_CALLS, seconds_max=_WARM_UP_S_MAX)
    _crowd(running, warming).ask()


def _reading(running: Running, scenario: Scenario, to: Upstream) -> Reading:
    upstream.tell(to.port, scenario.answer)
    processes, cpu_s = running.processes, 0.0
    if processes:
        processes.rest()
        processes.forget_memory_peak()
        cpu_s = processes.cpu_s()
    outcome = _crowd(running, scenario).ask()
    if processes:
        processes.rest()
        cpu_s = processes.cpu_s() - cpu_s
    told = upstream.tell(to.port, scenario.answer)
    return Reading(
        outcome=outcome,
        cpu_s=cpu_s if processes else None,
        peak_bytes=processes.memory_peak_bytes() if processes else None,
        held_max=told.held_max,
    )


def _crowd(running: Running, scenario: Scenario) -> Crowd:
    content_type, body = scenario.body()
    lines = (
        f"POST {running.prefix}{scenario.path} HTTP/1.1",
        f"Host: 127.0.0.1:{running.port}",
        f"Authorization: Bearer {running.key}",
        f"Content-Type: {content_type}",
        f"Content-Length: {len(body)}",
        "",
        "",
    )
    return Crowd(
        port=running.port,
        request="\r\n".join(lines).encode() + body,
        at_once=scenario.at_once,
        calls_max=scenario.calls_max,
        seconds_max=scenario.seconds_max,
        answer_bytes_min=scenario.answer.base64_bytes,
    )


def enough_cores() -> bool:
    """Whether there is a core for the load and one for what is measured."""
    return len(os.sched_getaffinity(0)) > 1
