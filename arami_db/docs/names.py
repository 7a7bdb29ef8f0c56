"""Names as facts write them: quoted and qualified; taken apart, and made into anchors."""

from __future__ import annotations

import hashlib
import re

_LAST = re.compile(r'(?s)(.*)\.("(?:[^"]|"")+"|[^".]+)')
_FIRST = re.compile(r'("(?:[^"]|"")+"|[^".]+)\.')
_ONE = re.compile(r'"(?:[^"]|"")+"|[^",\s]+')
_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")


def apart(name: str) -> tuple[str, str]:
    """What comes before the last part of a qualified name, and that part.

    Args:
        name: such as public.users or public."odd.name"."a column".

    Returns:
        Both as they are written there; the first is empty where there is one part only.
    """
    match = _LAST.fullmatch(name)
    return (match[1], match[2]) if match else ("", name)


def schema_of(name: str) -> str:
    """The schema of an object, also of a function with the types of its parameters.

    Args:
        name: its qualified name.
    """
    match = _FIRST.match(name)
    return match[1] if match else ""


def bare(name: str) -> str:
    """A single name without its quotes."""
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def several(names: str) -> tuple[str, ...]:
    """The names of a list such as: id, "a, b", c."""
    return tuple(_ONE.findall(names))


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
        rest, last = apart(rest)
        parts.append(last)
    if all(_PLAIN.fullmatch(part) for part in parts):
        return "-".join(reversed(parts))
    readable = re.sub(r"[^a-z0-9_]+", "-", name.lower()).strip("-")[:80]
    return f"{readable}-{_digest(name)}".lstrip("-")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
