"""Edit eight photographs by twelve instructions each and lay all results on one page: `python -m tools.edit_sheet`."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from limner.blobs import Blob
from limner.engines.sketch.art import font
from limner.engines.sketch.edit import edit_stages, natural_size
from limner.imaging.codec import decode_input, encode
from limner.imaging.composite import composite
from limner.imaging.pixels import Mask, Pixels, size_of
from limner.imaging.resize import stretch
from limner.imaging.sheet import Sheet, Stencil
from limner.job import Format, Quality, Size

PHOTOGRAPHS: Final = Path(__file__).parents[1] / "tests" / "engines" / "sketch" / "photographs"

SUBJECTS: Final = ("astronaut", "cat", "cup", "rocket", "raccoon", "pagoda", "flower", "man")
"""The photographs, each named for its subject."""


@dataclass(frozen=True, slots=True)
class Column:
    """An instruction for every photograph. `{it}` in the prompt is the subject's name.

    images: how many photographs are sent, the row's own first, then those that follow. hole: left, top, right, bottom
    of the mask's hole as shares, or None. fidelity: `input_fidelity`.
    """

    prompt: str
    images: int = 1
    hole: tuple[float, float, float, float] | None = None
    transparent: bool = False
    fidelity: str | None = None


PAGES: Final[Mapping[str, Sequence[Column]]] = {
    "twelve": (
        Column("make it brighter and warmer"),
        Column("make the {it} blue"),
        Column("blur the background"),
        Column("crop to the {it}"),
        Column("rotate 12 degrees"),
        Column("turn it into a watercolour painting"),
        Column("add a red balloon in the top left"),
        Column("remove the {it}"),
        Column("remove the background", transparent=True),
        Column("put the {it} on a beach"),
        Column("make it night"),
        Column("put the first image into the second", images=2),
    ),
    "more": (
        Column("make the sky darker"),
        Column("make the {it} black and white"),
        Column("make the background green"),
        Column("make it snow"),
        Column("make it a sunny day"),
        Column("make it autumn"),
        Column("put them side by side", images=2),
        Column("a collage of these", images=4),
        Column("a vase of flowers", hole=(0.08, 0.35, 0.42, 0.95)),
        Column("remove it", hole=(0.35, 0.3, 0.6, 0.6)),
        Column("express the sadness of Tuesdays"),
        Column("make it warmer", fidelity="low"),
    ),
    "objects": (
        Column("replace the {it} with a sunflower"),
        Column("put a crown on the {it}"),
        Column("put sunglasses on the {it}"),
        Column("add a dog next to the {it}"),
        Column("make the {it} bigger"),
        Column("move the {it} to the right"),
        Column("duplicate the {it}"),
        Column("keep only the {it} in colour"),
        Column("make it cinematic"),
        Column("make it more dramatic"),
        Column("replace the sky with a sunset"),
        Column("enhance the photo and add a white border"),
    ),
    "holes": (
        Column("a cat sitting on the ground", hole=(0.55, 0.45, 0.98, 0.98)),
        Column("a sunflower", hole=(0.02, 0.3, 0.3, 0.98)),
        Column("a hot air balloon", hole=(0.6, 0.02, 0.98, 0.5)),
        Column("a mountain lake", hole=(0.0, 0.0, 1.0, 0.5)),
        Column("make it blue", hole=(0.3, 0.2, 0.7, 0.8)),
        Column("make it black and white", hole=(0.5, 0.0, 1.0, 1.0)),
        Column("remove it", hole=(0.7, 0.1, 0.95, 0.6)),
        Column("remove it", hole=(0.05, 0.05, 0.3, 0.4)),
        Column("fill in the background", hole=(0.0, 0.7, 1.0, 0.9)),
        Column("put it here", images=2, hole=(0.5, 0.1, 0.98, 0.98)),
        Column('write "LIMNER"', hole=(0.1, 0.75, 0.9, 0.95)),
        Column("a purple glorp", hole=(0.3, 0.3, 0.7, 0.7)),
    ),
    "styles": tuple(
        Column(f"make it {style}")
        for style in (
            "an oil painting",
            "a pencil sketch",
            "pixel art",
            "low poly",
            "pop art",
            "a cartoon",
            "neon art",
            "a vintage photo",
            "noir",
            "a blueprint",
            "stained glass",
            "an ink drawing",
        )
    ),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One edit, carried out."""

    column: Column
    prompt: str
    pixels: Pixels
    followed: bool
    taken_s: float


def photographs() -> Mapping[str, Pixels]:
    """The photographs by the names of their subjects."""
    return {
        name: decode_input(Blob.from_bytes((PHOTOGRAPHS / f"{name}.jpg").read_bytes(), "image/jpeg"), name)
        for name in SUBJECTS
    }


def cells(name: str, columns: Sequence[Column], sources: Mapping[str, Pixels], side_px: int) -> Iterator[Cell]:
    """The edits of one photograph, at `side_px` on its longer side."""
    start = SUBJECTS.index(name)
    for column in columns:
        images = [sources[SUBJECTS[(start + step) % len(SUBJECTS)]] for step in range(column.images)]
        scale = side_px / max(images[0].shape[:2])
        natural = natural_size(column.prompt, images)
        size = Size(round(natural.width_px * scale), round(natural.height_px * scale))
        prompt = column.prompt.format(it=name)
        began = time.perf_counter()
        *_, result = edit_stages(
            prompt,
            images,
            None if column.hole is None else _mask(images[0], column.hole),
            size,
            seed=1,
            quality=Quality.MEDIUM,
            transparent=column.transparent,
            fidelity=column.fidelity,
        )
        yield Cell(column, prompt, result.pixels, result.followed, time.perf_counter() - began)


def _mask(pixels: Pixels, hole: tuple[float, float, float, float]) -> Mask:
    height_px, width_px = pixels.shape[:2]
    mask = np.zeros((height_px, width_px), np.uint8)
    left, top, right, bottom = hole
    mask[round(top * height_px) : round(bottom * height_px), round(left * width_px) : round(right * width_px)] = 255
    return mask


_GAP_PX: Final = 10
_LABEL_PX: Final = 24
_INK: Final = (40, 44, 52)
_RED: Final = (196, 40, 40)
_CHECK: Final = (228, 244)


def page(rows: Sequence[tuple[Pixels, Sequence[Cell]]], cell_px: int) -> Pixels:
    """A row for every photograph: itself and its edits, each under its prompt, in red where it was not followed."""
    columns = 1 + max(len(row) for _, row in rows)
    heights = [
        _LABEL_PX
        + _GAP_PX
        + max(_shrunk(pixels, cell_px).height_px for pixels in (source, *(cell.pixels for cell in row)))
        for source, row in rows
    ]
    sheet = np.full((sum(heights) + _GAP_PX, (cell_px + _GAP_PX) * columns + _GAP_PX, 4), 255, np.uint8)
    labels = Stencil.closed(size_of(sheet)), Stencil.closed(size_of(sheet))
    typeface = font("inter", 700, "latin", 12)
    top = _GAP_PX
    for height, (source, row) in zip(heights, rows, strict=True):
        shown = [("", source, True)] + [(cell.prompt, cell.pixels, cell.followed) for cell in row]
        for index, (prompt, pixels, followed) in enumerate(shown):
            left = _GAP_PX + index * (cell_px + _GAP_PX)
            labels[0 if followed else 1].write(prompt, typeface, left, top + _LABEL_PX - 8)
            _lay(sheet, pixels, left, top + _LABEL_PX, cell_px)
        top += height
    drawn = Sheet(sheet)
    for ink, stencil in zip((_INK, _RED), labels, strict=True):
        drawn.stain(ink, stencil)
    return drawn.pixels()


def _shrunk(pixels: Pixels, cell_px: int) -> Size:
    scale = cell_px / max(pixels.shape[:2])
    return Size(max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))


def _lay(sheet: Pixels, pixels: Pixels, left: int, top: int, cell_px: int) -> None:
    """A picture into its cell, on a chequered ground where it is transparent."""
    small = stretch(pixels, _shrunk(pixels, cell_px))
    height_px, width_px = small.shape[:2]
    rows, columns = np.mgrid[:height_px, :width_px] // 8
    ground = np.full_like(small, 255)
    ground[..., :3] = np.where((rows + columns) % 2, *_CHECK)[..., None]
    opaque = small.copy()
    opaque[..., 3] = 255
    sheet[top : top + height_px, left : left + width_px] = composite(ground, opaque, small[..., 3])


def main() -> None:
    """Draw a page, say what was not followed and how long edits took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="the page to write, a PNG")
    parser.add_argument("--page", choices=sorted(PAGES), default="twelve", help="which twelve instructions")
    parser.add_argument("--only", choices=SUBJECTS, nargs="*", default=SUBJECTS, help="which photographs")
    parser.add_argument("--columns", type=int, nargs="*", help="which instructions, counted from 1")
    parser.add_argument("--side", type=int, default=640, help="longer side of an edit, in pixels")
    parser.add_argument("--cell", type=int, default=240, help="longer side of an edit on the page, in pixels")
    options = parser.parse_args()
    sources = photographs()
    columns = [
        column
        for number, column in enumerate(PAGES[options.page], start=1)
        if not options.columns or number in options.columns
    ]
    rows = [(sources[name], list(cells(name, columns, sources, options.side))) for name in options.only]
    blob = encode(page(rows, options.cell), Format.PNG, 100, opaque=True)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_bytes(blob.read())
    every = [cell for _, row in rows for cell in row]
    slowest = max(every, key=lambda cell: cell.taken_s)
    median_s = sorted(cell.taken_s for cell in every)[len(every) // 2]
    print(f"{sum(cell.followed for cell in every)} of {len(every)} followed")
    print(f"median {median_s * 1000:.0f} ms, slowest {slowest.taken_s * 1000:.0f} ms: {slowest.prompt}")


if __name__ == "__main__":
    main()
