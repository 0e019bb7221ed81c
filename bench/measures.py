"""What is measured, one function a figure or two. Each starts its own server and sends only to 127.0.0.1."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from bench.accounting import accounting
from bench.crowd import Crowd, Outcome
from bench.disk import disk
from bench.figures import Figure, ratio
from bench.large import large, room
from bench.load import Connection, Target, open_and_send
from bench.pictures import noisy_png
from PIL import Image
from tests.processes import Processes, free_port
from tests.serving import Server, scripted, serving

from bench import forms
from limner.engines.sketch.sheet import samples
from limner.imaging.codec import encode
from limner.job import COMPRESSION_DEFAULT, Format

MEBIBYTE: Final = 1024 * 1024
GENERATIONS: Final = "/openai/v1/images/generations"
SKETCH: Final = "[engines.sketch]\n"

STARTS: Final = 5
CALLS: Final = 300
CALLS_BEFORE: Final = 30
CALLS_AT_ONCE: Final = 16
PICTURE_BYTES: Final = 2_000_000
WAITING: Final = 1000
WAITING_BEFORE: Final = 50
WAIT_S: Final = 20
UPLOADS: Final = 16
UPLOAD_BYTES: Final = 20_000_000


def start(folder: Path) -> list[Figure]:
    """From the command to the first answer, and the memory of a server nobody has asked anything."""
    times_s, memories = [], []
    server = Server(_made(folder / "start"), SKETCH)
    for _ in range(STARTS):
        begun_s = time.perf_counter()
        server.start()
        times_s.append(time.perf_counter() - begun_s)
        memories.append(_settled(server.memory_bytes))
        server.stop()
    return [
        Figure(name="start to first answer", value=statistics.median(times_s), unit="s", target=2),
        Figure(name="memory when idle", value=statistics.median(memories) / MEBIBYTE, unit="MiB", target=150),
    ]


def call(folder: Path) -> list[Figure]:
    """What a call costs when the engine costs nothing: 2 MB pictures, 16 calls in flight."""
    with serving(_made(folder / "call"), scripted(fast=f"picture_bytes = {PICTURE_BYTES}")) as server:
        target = Target(port=server.port, path=GENERATIONS, key=server.key("bench"))
        wish = {"model": "scripted-fast", "prompt": "a lighthouse"}
        ours_ms, ours_per_s = _cpu_ms(Processes(server.pid), target, wish)
    with _peer(PICTURE_BYTES * 4 // 3) as (port, processes):
        peer_ms, peer_per_s = _cpu_ms(processes, Target(port=port, path="/"), wish)
    bare = "a bare Starlette app"
    return [
        Figure(
            name="processor time per call, 2 MB picture",
            value=ours_ms,
            unit="ms",
            target=5,
            peer=f"{ratio(ours_ms, peer_ms, bare)} ({peer_ms:.2f} ms)",
        ),
        Figure(
            name="calls per second, 2 MB pictures, 16 at once",
            value=ours_per_s,
            unit="/s",
            peer=f"{ratio(ours_per_s, peer_per_s, bare)} ({peer_per_s:.0f} /s)",
        ),
    ]


def waiting(folder: Path) -> list[Figure]:
    """Memory of each of a thousand requests that wait for a slow engine."""
    with serving(_made(folder / "waiting"), scripted(slow=f"delay_s = {WAIT_S}", fast="")) as server:
        key = server.key("bench")
        target = Target(port=server.port, path=GENERATIONS, key=key)
        _ask_many(target, {"model": "scripted-fast", "prompt": "x"}, calls=WAITING_BEFORE, at_once=5)
        before = _settled(server.memory_bytes)
        request = target.request({"model": "scripted-slow", "prompt": "a lighthouse", "size": "1024x1024"})

        async def wait_together() -> int:
            connections = await open_and_send(target, [request] * WAITING)
            held = await asyncio.to_thread(_settled, server.memory_bytes)
            for connection in connections:
                connection.close()
            return held

        held = asyncio.run(wait_together())
        server.kill()
    kibibytes = (held - before) / WAITING / 1024
    return [Figure(name="memory per waiting request", value=kibibytes, unit="KiB", target=100)]


def sketch(folder: Path) -> list[Figure]:
    """The embedded engine's pictures of 1024x1024, and what encoding them takes of it."""
    pictures = []
    with serving(_made(folder / "sketch"), SKETCH) as server:
        target = Target(port=server.port, path=GENERATIONS, key=server.key("bench"))

        async def draw(quality: str) -> list[float]:
            times_s = []
            connection = await Connection.to(target)
            prompts = [sample.text for sample in samples()]
            for prompt in (prompts[0], *prompts):
                begun_s = time.perf_counter()
                await connection.send(target.request({"prompt": prompt, "size": "1024x1024", "quality": quality}))
                body = await connection.answer()
                times_s.append(time.perf_counter() - begun_s)
                pictures.append(base64.b64decode(json.loads(body)["data"][0]["b64_json"]))
            connection.close()
            # The first picture of a process also loads libraries and art.
            return times_s[1:]

        times_s, low_s, high_s = (asyncio.run(draw(quality)) for quality in ("medium", "low", "high"))
    # Eleven of the hundred are enough to encode.
    pixels = [np.asarray(Image.open(io.BytesIO(picture)).convert("RGBA")) for picture in pictures[1:101:9]]
    ours_ms = _median_ms(lambda image: encode(image, Format.PNG, COMPRESSION_DEFAULT, opaque=True), pixels)
    pillow_ms = _median_ms(lambda image: Image.fromarray(image[..., :3]).save(io.BytesIO(), "PNG"), pixels)
    return [
        Figure(name="sketch 1024x1024, median", value=statistics.median(times_s) * 1000, unit="ms", target=200),
        Figure(
            name="sketch 1024x1024, 95th percentile",
            value=statistics.quantiles(times_s, n=20)[-1] * 1000,
            unit="ms",
            target=400,
        ),
        Figure(name="sketch 1024x1024, slowest", value=max(times_s) * 1000, unit="ms"),
        Figure(name="sketch 1024x1024, low quality, median", value=statistics.median(low_s) * 1000, unit="ms"),
        Figure(name="sketch 1024x1024, high quality, median", value=statistics.median(high_s) * 1000, unit="ms"),
        Figure(
            name="encoding one as PNG",
            value=ours_ms,
            unit="ms",
            target=20,
            peer=f"{ratio(ours_ms, pillow_ms, 'Pillow')} ({pillow_ms:.0f} ms)",
        ),
    ]


def upload(folder: Path) -> list[Figure]:
    """Memory that an edit of sixteen pictures of 20 MB takes while it is uploaded and read."""
    with serving(_made(folder / "upload"), scripted(fast="")) as server:
        target = Target(port=server.port, path="/openai/v1/images/edits", key=server.key("bench"))
        part = forms.png("image[]", noisy_png(1024, UPLOAD_BYTES))
        texts = [forms.field("model", "scripted-fast"), forms.field("prompt", "all of them")]
        length = UPLOADS * len(part) + sum(map(len, texts)) + len(forms.END)
        head = (
            f"POST {target.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {target.key}\r\n"
            f"Content-Type: {forms.CONTENT_TYPE}\r\nContent-Length: {length}\r\n\r\n"
        ).encode()

        async def send() -> float:
            begun_s = time.perf_counter()
            connection = await Connection.to(target)
            for piece in (head, *texts, *[part] * UPLOADS, forms.END):
                await connection.send(piece)
            await connection.answer()
            connection.close()
            return time.perf_counter() - begun_s

        server.forget_memory_peak()
        before = server.memory_bytes()
        taken_s = asyncio.run(send())
        peak = server.memory_peak_bytes()
    name = f"memory for an upload of {UPLOADS} x {UPLOAD_BYTES // 1_000_000} MB"
    return [
        Figure(name=name, value=(peak - before) / MEBIBYTE, unit="MiB", target=64),
        Figure(name="time for it", value=taken_s, unit="s"),
    ]


ALL: Final = (start, call, disk, accounting, waiting, sketch, large, room, upload)


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _cpu_ms(processes: Processes, target: Target, wish: object) -> tuple[float, float]:
    """Processor milliseconds a call, and calls a second."""
    _ask_many(target, wish, calls=CALLS_BEFORE, at_once=CALLS_AT_ONCE)
    used_s = processes.cpu_s()
    outcome = _ask_many(target, wish, calls=CALLS, at_once=CALLS_AT_ONCE)
    return (processes.cpu_s() - used_s) * 1000 / CALLS, CALLS / outcome.taken_s


def _ask_many(target: Target, wish: object, *, calls: int, at_once: int) -> Outcome:
    outcome = Crowd(port=target.port, request=target.request(wish), at_once=at_once, calls_max=calls).ask()
    if outcome.errors:
        raise RuntimeError(f"not every call was answered: {outcome.errors}")
    return outcome


@contextmanager
def _peer(body_bytes: int) -> Iterator[tuple[int, Processes]]:
    """The bare app as a process, and its port."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "bench.peer", str(port), str(body_bytes)])
    try:
        asyncio.run(_listening(port))
        yield port, Processes(process.pid)
    finally:
        process.terminate()
        process.wait()


async def _listening(port: int) -> None:
    async with asyncio.timeout(20):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionRefusedError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return


def _settled(memory_bytes: Callable[[], int]) -> int:
    """Memory once it no longer changes: what starts beside the first answer has then been loaded."""
    last, now = -1, memory_bytes()
    for _ in range(20):
        if abs(now - last) < MEBIBYTE // 4:
            break
        time.sleep(0.5)
        last, now = now, memory_bytes()
    return now


def _median_ms(function: Callable[[npt.NDArray[np.uint8]], object], images: list[npt.NDArray[np.uint8]]) -> float:
    times_s = []
    for image in images:
        begun_s = time.perf_counter()
        function(image)
        times_s.append(time.perf_counter() - begun_s)
    return statistics.median(times_s) * 1000
