"""The `limner-parameters` header."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from limner.exactness.report import TEXT_BYTES_MAX, report_text
from limner.job import Fate, Treatment

MEMBER = re.compile(r'(?:[a-z][a-z0-9_.-]{0,63}=[a-z]+(?:;to="(?:[ !#-\[\]-~]|\\["\\])*")?|\*more=[0-9]+)')
"""RFC 9651, section 4.1.2: what a dictionary of ours is made of."""


def test_a_report_reads_as_a_dictionary_of_tokens() -> None:
    """Each parameter with its fate, in order, and what took its place as a string."""
    report = {
        "size": Treatment(Fate.HONOURED),
        "quality": Treatment(Fate.ADAPTED, "high"),
        "n": Treatment(Fate.EMULATED),
        "foo": Treatment(Fate.IGNORED),
    }
    assert report_text(report) == 'size=honoured, quality=adapted;to="high", n=emulated, foo=ignored'


def test_an_empty_report_is_empty() -> None:
    """Whoever sends no parameters gets no members."""
    assert report_text({}) == ""


def test_names_are_made_fit_for_a_key() -> None:
    """Capitals, spaces, brackets and line breaks cannot end up in a header; equal names appear once."""
    names = ["Negative Prompt", "arr[0]", "é", "", "0steps", "negative_prompt", "a\r\nset-cookie: x"]
    text = report_text(dict.fromkeys(names, Treatment(Fate.IGNORED)))
    keys = [member.partition("=")[0] for member in text.split(", ")]
    assert keys == ["negative_prompt", "arr_0_", "x_", "x", "x0steps", "a__set-cookie__x"]


def test_values_are_escaped() -> None:
    """Quotes and backslashes are escaped, what is not printable ASCII becomes a question mark."""
    text = report_text({"style": Treatment(Fate.ADAPTED, 'a"b\\c\né')})
    assert text == r'style=adapted;to="a\"b\\c??"'


def test_a_long_report_ends_with_what_is_missing() -> None:
    """Beyond 4 KB the parameters left out are counted instead of named."""
    text = report_text({f"parameter_{number}": Treatment(Fate.IGNORED) for number in range(1000)})
    assert len(text) <= TEXT_BYTES_MAX
    *members, more = text.split(", ")
    assert more == f"*more={1000 - len(members)}"


@given(
    st.dictionaries(
        st.text(max_size=90), st.builds(Treatment, st.sampled_from(Fate), st.none() | st.text(max_size=90)), max_size=80
    )
)
def test_every_report_is_a_bounded_dictionary(report: dict[str, Treatment]) -> None:
    """Whatever names and values callers invent, the header parses and stays below 4 KB."""
    text = report_text(report)
    assert text.isascii()
    assert len(text) <= TEXT_BYTES_MAX
    assert re.fullmatch(rf"(?:{MEMBER.pattern}(?:, {MEMBER.pattern})*)?", text)
