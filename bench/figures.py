"""One measured figure beside its target, and the table they make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What was measured. target: the most it may be, None without one. peer: the same done by something else."""

    name: str
    value: float
    unit: str
    target: float | None = None
    peer: str = ""

    @property
    def missed(self) -> bool:
        """Whether the target is exceeded."""
        return self.target is not None and self.value > self.target

    def cells(self) -> tuple[str, str, str, str]:
        """The figure as a row of text."""
        target = "" if self.target is None else f"below {self.target:g} {self.unit}"
        mark = " (missed)" if self.missed else ""
        return self.name, f"{rounded(self.value)} {self.unit}{mark}", target, self.peer


def ratio(value: float, peer: float, of: str) -> str:
    """How many times the peer's figure ours is."""
    return f"{value / peer:.1f} times {of}"


def table(figures: Sequence[Figure]) -> str:
    """A Markdown table."""
    rows = [("what", "measured", "target", "beside it"), ("---", "---", "---", "---")]
    rows += [figure.cells() for figure in figures]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def rounded(value: float) -> str:
    """Three digits, no more than can be believed."""
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"  # noqa: PLR2004  digits
