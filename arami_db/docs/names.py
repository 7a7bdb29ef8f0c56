"""Names turned into anchors and file names."""

from __future__ import annotations

import hashlib
import re

from arami_db.facts.names import split

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")


def slug(name: str) -> str:
    """A stable name for anchors and files, which depends only on the name.

    Plain names stay as they are. Others contain a digest, so that two names never become one, even
    on a file system that ignores case.

    Args:
        name: any qualified name; that of a function has the types of its parameters.
    """
    name, bracket, arguments = name.partition("(") if name.endswith(")") else (name, "", "")
    suffix = f"-{_digest(arguments)}" if bracket and arguments != ")" else ""
    return f"{_slug(name)}{suffix}"


def _slug(name: str) -> str:
    parts = []
    rest = name
    while rest:
        rest, last = split(rest)
        parts.append(last)
    if all(_PLAIN.fullmatch(part) for part in parts):
        return "-".join(reversed(parts))
    readable = re.sub(r"[^a-z0-9_]+", "-", name.lower()).strip("-")[:80]
    return f"{readable}-{_digest(name)}".lstrip("-")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
