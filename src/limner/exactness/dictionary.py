"""Reading a `limner-parameters` header that somebody else wrote: RFC 9651's dictionaries, and nothing else. Pure.

What breaks the grammar is no report at all (section 4.2); a well-formed member that says nothing of a parameter is
passed over, such as `*more=3`.
"""

from __future__ import annotations

import re
from typing import Final

from limner.exactness.report import TEXT_BYTES_MAX
from limner.job import Fate, Report, Treatment

_KEY: Final = r"[a-z*][a-z0-9_.*-]*"
_STRING: Final = r'"(?:[ !#-\[\]-~]|\\["\\])*"'
_WORD: Final = r"[A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*"
_BARE: Final = (
    rf"(?:-?[0-9]{{1,12}}\.[0-9]{{1,3}}|-?[0-9]{{1,15}}|{_STRING}|{_WORD}"
    r'|:[A-Za-z0-9+/]*={0,2}:|\?[01]|@-?[0-9]{1,15}|%"(?:[ !#$&-~]|%[0-9a-f]{2})*")'
)
"""Decimals and integers, strings, tokens, byte sequences, booleans, dates, display strings: sections 3.3.1 to 3.3.8."""
_PARAMETERS: Final = rf"(?:; *{_KEY}(?:={_BARE})?)*"
_LIST: Final = rf"\( *(?:{_BARE}{_PARAMETERS}(?: +{_BARE}{_PARAMETERS})*)? *\)"
_MEMBER: Final = re.compile(
    rf"(?P<key>{_KEY})(?:=(?:(?P<token>{_WORD})|{_BARE}|{_LIST}))?(?P<parameters>{_PARAMETERS})"
    r"[ \t]*(?P<more>,[ \t]*)?"
)
_PARAMETER: Final = re.compile(rf"; *({_KEY})(?:=({_BARE}))?")
_ESCAPED: Final = re.compile(r'\\(["\\])')
_FATES: Final = frozenset(Fate)


def report_of(text: str) -> Report:
    """The report in a header's value; empty when it is longer than ours can be or no dictionary."""
    text = text.strip(" ")
    if len(text) > TEXT_BYTES_MAX:
        return {}
    report: dict[str, Treatment] = {}
    at, more = 0, bool(text)
    while more:
        member = _MEMBER.match(text, at)
        if member is None:
            return {}
        report.pop(member["key"], None)  # The last of equal keys counts.
        if member["token"] in _FATES:
            report[member["key"]] = Treatment(Fate(member["token"]), _to(member["parameters"]))
        at, more = member.end(), member["more"] is not None
    return report if at == len(text) else {}


def _to(parameters: str) -> str | None:
    """The string of the parameter `to`, the last one; None when there is none."""
    found = dict(_PARAMETER.findall(parameters)).get("to", "")
    return _ESCAPED.sub(r"\1", found[1:-1]) if found.startswith('"') else None
