"""A deployment's settings: arami-db.toml, or [tool.arami-db] in pyproject.toml."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arami_db.errors import UsageError

FILE, SHARED = "arami-db.toml", "pyproject.toml"
_KINDS = ("role", "publication", "function", "table")
_API = {"anon", "authenticated", "service_role", "authenticator", "public"}


@dataclass(frozen=True)
class Declaration:
    """Something of this deployment's own, which the schema does not state and which may be there.

    Attributes:
        kind: "role", "publication", "function" or "table".
        name: its name; of a function its signature, both as `verify` writes them.
        reason: why it is there.
        place: the file, and which of its entries this is.
    """

    kind: str
    name: str
    reason: str
    place: str


@dataclass(frozen=True)
class Settings:
    """What a deployment has set.

    Attributes:
        accept: what it has declared, in the order of the file.
    """

    accept: tuple[Declaration, ...] = ()


def read_settings(folder: Path) -> Settings:
    """Read the settings of a folder; of no other, so that nobody is bound by a file elsewhere.

    Args:
        folder: where arami-db.toml or pyproject.toml may lie.

    Returns:
        The settings; empty ones where there are none.

    Raises:
        UsageError: the file cannot be read, says something this tool does not know, or both files
            have settings.
    """
    own, shared = folder / FILE, folder / SHARED
    table = _load(own) if os.path.lexists(own) else None
    if shared.is_file():
        ours = _load(shared).get("tool", {}).get("arami-db")
        if ours is not None and table is not None:
            raise UsageError(
                f"{own} and [tool.arami-db] of {shared} are both there",
                hint="Keep the settings in one of the two.",
            )
        if ours is not None:
            return _settings(ours, f"{SHARED}, tool.arami-db")
    return _settings(table or {}, FILE)


def _load(path: Path) -> dict[str, Any]:
    import tomllib

    if not path.is_file():  # to open a pipe would wait for ever
        raise UsageError(f"{path}: is no file that can be read")
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:  # what is no TOML, and no UTF-8, are of the latter
        raise UsageError(f"{path}: cannot be read: {error}") from error


def _settings(table: Any, place: str) -> Settings:
    entries = _known(table, place, {"accept"}).get("accept", [])
    if not isinstance(entries, list):
        raise UsageError(f"{place}: accept is no list", hint="Write each entry as [[accept]].")
    numbered = enumerate(entries, 1)
    return Settings(tuple(_declaration(entry, f"{place}, accept {n}") for n, entry in numbered))


def _known(table: Any, place: str, keys: set[str]) -> dict[str, Any]:
    if not isinstance(table, dict):
        raise UsageError(f"{place}: is no table")
    for key in table:
        if key not in keys:
            raise UsageError(
                f"{place}: unknown key {key!r}", hint=f"Known: {', '.join(sorted(keys))}."
            )
    return table


def _declaration(entry: Any, place: str) -> Declaration:
    texts = _known(entry, place, {*_KINDS, "reason"})
    for key, value in texts.items():
        if not isinstance(value, str) or not value.strip():
            raise UsageError(f"{place}: {key} is no text, or empty")
    named = [kind for kind in _KINDS if kind in texts]
    if len(named) != 1:
        raise UsageError(f"{place}: names {len(named)} of {', '.join(_KINDS)}; one is wanted")
    if "reason" not in texts:
        raise UsageError(f"{place}: has no reason", hint='Say why it is there: reason = "…".')
    [kind] = named
    name = texts[kind].strip()
    _refuse(kind, name, place)
    return Declaration(kind, name, texts["reason"].strip(), place)


def _refuse(kind: str, name: str, place: str) -> None:
    """Refuse what would accept more than it seems to, or could never match."""
    if kind == "role" and unquoted(name).lower() in _API:
        raise UsageError(
            f"{place}: role {name} is one that the API acts through, or everybody",
            hint="What it may do is the schema's to say; declare the table or function instead.",
        )
    if kind == "table" and ("." not in name.strip(".") or "(" in name):
        raise UsageError(f"{place}: write the table with its schema, such as public.{name}")
    if kind == "function" and not ("." in name and "(" in name and name.endswith(")")):
        raise UsageError(
            f"{place}: write the function with schema and types, such as public.f(uuid, integer)"
        )


def unquoted(name: str) -> str:
    """A name without the quotes that SQL may write around it."""
    is_quoted = len(name) > 1 and name[0] == name[-1] == '"'
    return name[1:-1].replace('""', '"') if is_quoted else name
