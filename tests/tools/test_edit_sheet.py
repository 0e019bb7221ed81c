"""`tools/edit_sheet.py`: every photograph and every instruction has its cell."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from limner.blobs import Blob
from limner.imaging.codec import decode_input
from limner.imaging.pixels import Pixels

ROOT = Path(__file__).parents[2]


def test_the_sheet_shows_each_photograph_and_each_edit(tmp_path: Path) -> None:
    """A row for a photograph has its picture and one for every instruction asked for, and the figures are told."""
    out = tmp_path / "sheet.png"
    asked = ("--only", "flower", "man", "--columns", "1", "5", "--side", "96", "--cell", "80")
    told = subprocess.run(
        [sys.executable, "-m", "tools.edit_sheet", out, *asked],
        cwd=ROOT,
        env={"PYTHONPATH": ":".join((str(ROOT / "src"), *sys.path))},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert told.startswith("4 of 4 followed\nmedian ")
    sheet: Pixels = decode_input(Blob.from_bytes(out.read_bytes(), "image/png"), "sheet")
    assert sheet.shape[1] == 3 * 90 + 10
    shown = sheet[..., :3].min(axis=-1) < 250
    for column in range(3):
        assert shown[:, 10 + 90 * column : 90 + 90 * column].mean() > 0.4


def test_every_photograph_tells_its_source_and_licence() -> None:
    """What lies in the folder is in its list, with a licence that lets it be passed on."""
    folder = ROOT / "tests" / "engines" / "sketch" / "photographs"
    listed = (folder / "README.md").read_text(encoding="utf-8")
    pictures = sorted(folder.glob("*.jpg"))
    assert len(pictures) == 8
    for picture in pictures:
        line = next(line for line in listed.splitlines() if f"`{picture.name}`" in line)
        assert any(licence in line for licence in ("public domain", "CC0 1.0", "CC BY 2.0"))
        assert picture.stat().st_size < 150_000
