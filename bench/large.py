"""What sketch takes at its largest: time and memory of pictures and edits of 3840x2160, and the room on the disk."""

from __future__ import annotations

import asyncio
import io
import re
import time
from importlib import metadata, resources
from pathlib import Path
from typing import Final

import numpy as np
from bench.figures import Figure
from bench.load import Connection, Target
from PIL import Image
from tests.serving import Server, serving

from bench import forms
from limner.engines.sketch.sheet import samples

MEBIBYTE: Final = 1024 * 1024
SKETCH: Final = "[engines.sketch]\n"
GENERATIONS: Final = "/openai/v1/images/generations"
EDITS: Final = "/openai/v1/images/edits"
WIDTH_PX, HEIGHT_PX = 3840, 2160
LARGEST: Final = f"{WIDTH_PX}x{HEIGHT_PX}"
PHOTOGRAPH: Final = Path(__file__).parents[1] / "tests" / "engines" / "sketch" / "photographs" / "pagoda.jpg"
MARGIN_PX: Final = 40
"""Of the photograph, which its mask keeps."""
MASKED: Final = (
    "remove it",
    "a red fox",
    "a mountain lake",
    "a bowl of fruit on a table, oil painting",
    "a village at night in watercolour",
    "a forest, paper cut",
    "stickers of cats and dogs in a park",
    "a low poly mountain",
    "make it night",
)
EDITED: Final = (
    (1, "variation"),
    (1, "move the subject to the left"),
    (1, "swap the subject for a cat"),
    (1, "replace the background with a beach, oil painting"),
    (1, "rotate it by 10 degrees"),
    (4, "make a collage"),
    (8, "make a collage"),
    (4, "blend them"),
)
"""How many photographs, and what is asked for."""
MEMORY_MIB_MAX: Final = 380
"""A little below 400 MB."""


def large(folder: Path) -> list[Figure]:
    """Every style and a tenth of the other prompts at 3840x2160, and edits: the slowest, and the most memory."""
    folder.joinpath("large").mkdir()
    with serving(folder / "large", SKETCH) as server:
        key = server.key("bench")
        drawing, editing = (Target(port=server.port, path=path, key=key) for path in (GENERATIONS, EDITS))
        prompts = [sample.text for sample in samples() if sample.topic == "style"]
        prompts += [sample.text for sample in samples()[::10] if sample.topic != "style"]
        requests = [drawing.request({"prompt": prompt, "size": LARGEST}) for prompt in prompts]
        _took_s(drawing, requests[0])
        drawn_s, drawn = _at_most(server, drawing, requests)
        masked_s, masked = _at_most(server, editing, [_edit(editing, prompt, mask=_mask()) for prompt in MASKED])
        edits = [_edit(editing, prompt, photographs=count) for count, prompt in EDITED]
        edited_s, edited = _at_most(server, editing, edits)
    return [
        Figure(name=f"sketch {LARGEST}, slowest", value=drawn_s, unit="s", target=3),
        Figure(name=f"memory for sketch {LARGEST}", value=drawn, unit="MiB", target=MEMORY_MIB_MAX),
        Figure(name=f"masked edit of {LARGEST}, slowest", value=masked_s, unit="s"),
        Figure(name=f"memory for a masked edit of {LARGEST}", value=masked, unit="MiB", target=MEMORY_MIB_MAX),
        Figure(name=f"other edit of {LARGEST}, slowest", value=edited_s, unit="s"),
        Figure(name=f"memory for another edit of {LARGEST}", value=edited, unit="MiB", target=MEMORY_MIB_MAX),
    ]


def room(_: Path) -> list[Figure]:
    """The packed art, and Limner with everything a base install brings."""
    art = resources.files("limner.engines.sketch") / "art"
    art_bytes = sum(len(entry.read_bytes()) for entry in art.iterdir())
    return [
        Figure(name="packed art", value=art_bytes / MEBIBYTE, unit="MiB", target=4),
        Figure(name="base install", value=_installed_bytes("limner", set()) / MEBIBYTE, unit="MiB", target=250),
    ]


def _at_most(server: Server, target: Target, requests: list[bytes]) -> tuple[float, float]:
    """Seconds of the slowest request, one after the other, and the most memory of the server meanwhile."""
    server.forget_memory_peak()
    slowest_s = max(_took_s(target, request) for request in requests)
    return slowest_s, server.memory_peak_bytes() / MEBIBYTE


def _took_s(target: Target, request: bytes) -> float:
    async def ask() -> float:
        connection = await Connection.to(target)
        begun_s = time.perf_counter()
        await connection.send(request)
        await connection.answer()
        connection.close()
        return time.perf_counter() - begun_s

    return asyncio.run(ask())


def _edit(target: Target, prompt: str, *, photographs: int = 1, mask: bytes | None = None) -> bytes:
    """An edit of a photograph, or of several that are the same."""
    photograph = io.BytesIO()
    Image.open(PHOTOGRAPH).resize((WIDTH_PX, HEIGHT_PX)).save(photograph, "JPEG", quality=92)
    parts = [forms.field("prompt", prompt), forms.field("size", LARGEST)]
    parts += [forms.png("image[]", photograph.getvalue())] * photographs
    parts += [forms.png("mask", mask)] if mask is not None else []
    body = b"".join([*parts, forms.END])
    head = (
        f"POST {target.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {target.key}\r\n"
        f"Content-Type: {forms.CONTENT_TYPE}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _mask() -> bytes:
    """All of a photograph but its margin."""
    mask = io.BytesIO()
    pixels = np.full((HEIGHT_PX, WIDTH_PX, 4), 255, np.uint8)
    pixels[MARGIN_PX:-MARGIN_PX, MARGIN_PX:-MARGIN_PX, 3] = 0
    Image.fromarray(pixels).save(mask, "PNG", compress_level=1)
    return mask.getvalue()


def _installed_bytes(name: str, seen: set[str]) -> int:
    """The files of a distribution and of all it requires without extras, those in `seen` left out."""
    name = re.sub(r"[-_.]+", "-", name).lower()
    if name in seen:
        return 0
    seen.add(name)
    try:
        found = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return 0  # Wanted on other systems only.
    paths = [Path(str(found.locate_file(file))) for file in found.files or ()]
    own = sum(path.stat().st_size for path in paths if path.is_file())
    if name == "limner":
        # A checkout is installed as a pointer to it.
        package = Path(str(resources.files("limner")))
        own = sum(path.stat().st_size for path in package.rglob("*") if path.is_file() and path.suffix != ".pyc")
    wanted = [line for line in found.requires or () if "extra ==" not in line]
    return own + sum(_installed_bytes(re.split(r"[\s\[<>=!~;(]", line)[0], seen) for line in wanted)
