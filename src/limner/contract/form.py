"""A multipart body's parts in the shape JSON has: bracketed names become objects and lists, files stand apart.

Knows names and parts, not fields. Source: how the official SDKs write nested values (`a[b]`, `a[]`, `a[][b]`),
measured November 2026.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from limner.blobs import Blob
from limner.contract.draft import Part
from limner.job import Json

_NAME: Final = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_DEPTH_MAX: Final = 8
"""Deeper brackets are taken as part of a flat name: no parameter nests further than three."""


@dataclass(frozen=True, slots=True)
class File:
    """A file part. name: as sent, brackets included; base: the name before its brackets."""

    name: str
    base: str
    blob: Blob


@dataclass(frozen=True, slots=True)
class Form:
    """texts: base name -> JSON value made of text. files: in order. repeated: plain names whose text came twice."""

    texts: dict[str, Json] = field(default_factory=dict)
    files: list[File] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    repeated: set[str] = field(default_factory=set)


def form_of(parts: Sequence[Part]) -> Form:
    """Gather `parts`. Of a plain name that comes twice the last text stays, and `repeated` tells it."""
    form = Form()
    seen: set[str] = set()
    for part in parts:
        base, path = _split(part.name)
        if base not in seen:
            seen.add(base)
            form.names.append(base)
        if part.blob is not None:
            # A browser sends an empty, nameless file for a file field that was left alone.
            if part.filename or part.blob.size_bytes:
                form.files.append(File(part.name, base, part.blob))
            continue
        text = part.text or ""
        if path:
            form.texts[base] = _inserted(form.texts.get(base), path, text)
            continue
        if base in form.texts:
            form.repeated.add(base)
        form.texts[base] = text
    return form


def _split(name: str) -> tuple[str, list[str]]:
    match = _NAME.fullmatch(name)
    if match is None or match[2].count("[") > _DEPTH_MAX:
        return name, []
    return match[1], match[2][1:-1].split("][") if match[2] else []


def _inserted(tree: Json, path: list[str], text: str) -> Json:
    """`tree` with `text` at `path`. An empty step appends; `[][k]` opens a new object once the last one has `k`."""
    if not path:
        return text
    step, rest = path[0], path[1:]
    if step:
        branch = tree if isinstance(tree, dict) else {}
        branch[step] = _inserted(branch.get(step), rest, text)
        return branch
    items = tree if isinstance(tree, list) else []
    last = items[-1] if items else None
    if rest and isinstance(last, dict) and rest[0] not in last:
        _inserted(last, rest, text)
    else:
        items.append(_inserted(None, rest, text))
    return items
