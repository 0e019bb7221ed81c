"""A report as the value of the `limner-parameters` header: a structured-field dictionary.

    size=emulated, quality=adapted;to="high", foo=ignored

Names and values come from the caller, so both are made harmless and the whole is bounded.
Source: RFC 9651, sections 3.2 (dictionaries), 3.3.3 (strings) and 3.3.4 (tokens).
"""

from __future__ import annotations

import re
from typing import Final

from limner.job import Fate, Report, Treatment

TEXT_BYTES_MAX: Final = 4096
"""Proxies commonly allow 8 KB for all headers together."""
_KEY_CHARS_MAX: Final = 64
"""What every RFC 9651 parser must accept in a dictionary's key."""
_VALUE_CHARS_MAX: Final = 64
_MORE: Final = ", *more={}"
"""Closes a report that did not fit, with the number of parameters left out. No wire name starts with a star."""
_MORE_BYTES_MAX: Final = len(_MORE) + 8

_LOST: Final = frozenset({Fate.ADAPTED, Fate.IGNORED})

_NOT_IN_KEY: Final = re.compile(r"[^a-z0-9_.-]")
_NOT_IN_STRING: Final = re.compile(r"[^\x20-\x7e]")


def lost(report: Report) -> Report:
    """The part of `report`, in its order, on what is neither honoured nor emulated: not as the caller asked."""
    return {name: treatment for name, treatment in report.items() if treatment.fate in _LOST}


def report_text(report: Report) -> str:
    """`report` in its own order, at most 4 KB of ASCII; empty for an empty one.

    A name that cannot be a key is lower-cased, its other characters become `_`, and the first of equals stays.
    """
    members: dict[str, str] = {}
    for name, treatment in report.items():
        members.setdefault(key_of(name), _value(treatment))
    text = ""
    for index, (key, value) in enumerate(members.items()):
        member = f"{', ' if text else ''}{key}={value}"
        if len(text) + len(member) > TEXT_BYTES_MAX - _MORE_BYTES_MAX:
            return text + _MORE.format(len(members) - index)
        text += member
    return text


def key_of(name: str) -> str:
    """The dictionary's key for a parameter."""
    key = _NOT_IN_KEY.sub("_", name.lower())[:_KEY_CHARS_MAX]
    # A key starts with a letter (or a star, which is ours).
    return key if key[:1].isalpha() else f"x{key}"[:_KEY_CHARS_MAX]


def _value(treatment: Treatment) -> str:
    if treatment.to is None:
        return treatment.fate
    to = _NOT_IN_STRING.sub("?", treatment.to[:_VALUE_CHARS_MAX]).replace("\\", "\\\\").replace('"', '\\"')
    return f'{treatment.fate};to="{to}"'
