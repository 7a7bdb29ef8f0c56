"""Names made into anchors and the names of files."""

from __future__ import annotations

import hashlib
import re

from arami_db.facts.names import split

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")


def slug(name: str) -> str:
    """A name for anchors and files, on which others may rely: the same for as long as the name is.

    Plain names stay as they are. Of others a digest is a part, so that no two become one: not even
    where a file system takes capitals for small letters.

    Args:
        name: any qualified name; of a function, with the types of its parameters.
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
