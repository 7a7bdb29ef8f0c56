"""Names as facts write them: qualified, and quoted where SQL needs it."""

from __future__ import annotations

import re

_PART = re.compile(r'"(?:[^"]|"")*"|[^.]+')
_LISTED = re.compile(r'(?:"(?:[^"]|"")*"|[^",])+')
_HEAD = re.compile(r'(?:"(?:[^"]|"")*"|[^"(])+')


def split(name: str) -> tuple[str, str]:
    """The table and the last part of schema.table.part."""
    *table, last = _PART.findall(name)
    return ".".join(table), last


def schema_of(name: str) -> str:
    """The schema of a qualified name."""
    return _PART.findall(name)[0] if name else ""


def listed(text: str) -> list[str]:
    """The names of a list with commas between."""
    return [name.strip() for name in _LISTED.findall(text) if name.strip()]


def head(function: str) -> str:
    """The name of a function without the types of its arguments."""
    found = _HEAD.match(function)
    return found[0] if found else function


def unquoted(name: str) -> str:
    """A name without the quotes that SQL may need."""
    return name[1:-1].replace('""', '"') if name.startswith('"') else name
