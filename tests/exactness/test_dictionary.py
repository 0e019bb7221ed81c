"""Reports that somebody else wrote."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.exactness import report_of, report_text
from limner.exactness.report import TEXT_BYTES_MAX
from limner.job import Fate, Treatment

IGNORED = Treatment(Fate.IGNORED)


def test_a_report_is_read_as_it_was_written() -> None:
    """Fates in order, and what took a value's place, without its escapes."""
    report = {"size": Treatment(Fate.HONOURED), "style": Treatment(Fate.ADAPTED, 'a"b\\c'), "n": IGNORED}
    assert report_of(report_text(report)) == report
    assert list(report_of(report_text(report))) == ["size", "style", "n"]


@pytest.mark.parametrize(
    "text",
    ["a=ignored,b=ignored", "a=ignored \t,\tb=ignored", "  a=ignored, b=ignored  ", "a=honoured, b=ignored, a=ignored",
     'a=ignored;x;y=?0;z="; to=", b=ignored', "c=1, a=ignored, d=-2.5, b=ignored, e=?1, f", "c, a=ignored, b=ignored",
     'c=("x" y;q=1  -3 ), a=ignored, b=ignored, d=()', 'c="a=b, c", a=ignored, b=ignored',
     'c=:cHJldGVuZA==:, a=ignored, b=ignored, d=@1659578233, e=%"%c3%bc"', "c=ignoredness, a=ignored, b=ignored",
     'c="ignored", a=ignored, b=ignored', "c=honoured, a=ignored, b=ignored, c=3", "*more=3, a=ignored, b=ignored"],
)  # fmt: skip
def test_whatever_is_a_dictionary_is_read(text: str) -> None:
    """Every kind of value of RFC 9651 may stand in it; only a fate says something, and the last of equals counts."""
    report = report_of(text)
    assert {name: report.get(name) for name in "abc"} == {"a": IGNORED, "b": IGNORED, "c": None}


@pytest.mark.parametrize(
    "text",
    ["", ",", "a=ignored,", "a=ignored,,b=ignored", "A=ignored", "a = ignored", "a=ignored b=ignored", "=ignored",
     'a=ignored;to="x', 'a=ignored;to="\x7f"', r'a=ignored;to="\x"', "a=ignored, b=1.", "a=ignored, b=1.2345",
     "a=ignored, b=1234567890123456", "a=ignored, b=:?:", "a=ignored, b=?2", "a=ignored, b=(1", "a=ignored, b=('x')",
     'a=ignored, b=%"%C3"', "a=ignored\r\nb=ignored", "a=ignored, é=ignored", "a=ignored;B", '{"a": "ignored"}',
     "a=ignored, b=" + "(" * 3000, "a=ignored, b=" + "x" * TEXT_BYTES_MAX],
)  # fmt: skip
def test_what_is_none_says_nothing(text: str) -> None:
    """A part that breaks the grammar, or a text longer than ours can be, makes the whole worthless."""
    assert report_of(text) == {}


@given(st.text(st.sampled_from('a*1-."\\=,;( )?:@% \ttoignored'), max_size=60))
def test_nothing_breaks_the_reader(text: str) -> None:
    """Whatever a stranger answers is a report that can be written again."""
    report = report_of(text)
    assert report_of(report_text(report)).keys() >= {name for name in report if name[:1].isalpha()}


NAMES = st.from_regex(r"[a-z][a-z0-9_.-]{0,63}", fullmatch=True)
TREATMENTS = st.builds(
    Treatment,
    st.sampled_from(Fate),
    st.none() | st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=64),
)


@given(st.dictionaries(NAMES, TREATMENTS, max_size=20))
def test_every_report_of_ours_is_read(report: dict[str, Treatment]) -> None:
    """What `report_text` writes and does not cut, `report_of` reads."""
    assert report_of(report_text(report)) == report
