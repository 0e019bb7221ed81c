"""Write the settings into docs/configuration.md, between its two marks. `make docs` runs it."""

from __future__ import annotations

from pathlib import Path

from limner.config.table import settings_table

DOCUMENT = Path(__file__).parents[1] / "docs" / "configuration.md"
START, END = "<!-- settings: made by `make docs` -->\n", "<!-- end of settings -->"


def main() -> None:
    """Replace what stands between the marks."""
    before, _, rest = DOCUMENT.read_text(encoding="utf-8").partition(START)
    _, _, after = rest.partition(END)
    DOCUMENT.write_text(f"{before}{START}\n{settings_table()}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
