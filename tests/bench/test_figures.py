"""The table of figures says what was measured and what was missed, and the page has a place for it."""

from __future__ import annotations

from bench.figures import Figure, ratio, table
from bench.run import PAGE, PARTS, marks


def test_a_figure_beside_its_target() -> None:
    """A row has the figure, rounded to what can be read, its target and its peer."""
    figure = Figure(name="a call", value=4.126, unit="ms", target=5, peer=ratio(4.126, 1.0, "a bare app"))
    assert table([figure]).splitlines()[-1] == "| a call | 4.13 ms | below 5 ms | 4.1 times a bare app |"


def test_a_missed_target_is_marked() -> None:
    """Whoever reads the table sees what is too much; exactly the target is not."""
    missed = Figure(name="memory", value=150.4, unit="MiB", target=150)
    met = Figure(name="memory", value=150, unit="MiB", target=150)
    assert missed.cells()[1] == "150 MiB (missed)"
    assert (missed.missed, met.missed) == (True, False)


def test_a_figure_without_a_target_cannot_miss() -> None:
    """Some figures are only told."""
    figure = Figure(name="calls", value=12.34, unit="/s")
    assert figure.cells() == ("calls", "12.3 /s", "", "")
    assert not figure.missed


def test_the_page_has_a_place_for_the_figures() -> None:
    """Both marks of every part stand in docs/performance.md once, in their order."""
    page = PAGE.read_text()
    for begin, end in map(marks, PARTS):
        assert (page.count(begin), page.count(end)) == (1, 1)
        assert page.index(begin) < page.index(end)
