"""`limner sketch`: the contact sheet as a command."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from limner.blobs import Blob
from limner.imaging.codec import inspect

Limner = Callable[..., Result]


def test_the_sheet_is_one_page_and_every_picture(limner: Limner, tmp_path: Path) -> None:
    """Ten columns and ten rows in the file that was named, which is told, and each picture in its folder."""
    page, pictures = tmp_path / "sheet.png", tmp_path / "each"
    result = limner("sketch", "sheet", "-o", str(page), "--side", "64", "--quality", "low", "--pictures", str(pictures))
    assert result.stdout == f"{page}\n"
    size = inspect(Blob.from_bytes(page.read_bytes(), "image/png")).size
    assert size.width_px > 640
    assert size.height_px > size.width_px
    assert len(list(pictures.glob("*.png"))) == 100


@pytest.mark.parametrize("name", ["sheet.txt", "sheet"])
def test_a_page_of_no_known_format_is_refused(limner: Limner, tmp_path: Path, name: str) -> None:
    """Before anything is drawn."""
    result = limner("sketch", "sheet", "-o", str(tmp_path / name))
    assert result.exit_code == 2
    assert list(tmp_path.iterdir()) == []
